import { readFileSync } from 'node:fs';
import { buildClientSchema, getIntrospectionQuery, type IntrospectionQuery, printSchema } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeGid } from '../../src/graphql/gid.ts';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway, WAYS } from '../support/gateway.ts';
import { givenSession, someAddress, someEmail } from '../support/given.ts';
import { send, type Told } from '../support/send.ts';

describe.each(WAYS)('by $way', ({ isFast }) => {
  let test: TestGateway;

  beforeAll(async () => {
    const [kind] = backends;
    if (!kind) throw new Error('There is always the embedded backend.');
    test = await startTestGateway(kind, undefined, isFast);
  });
  afterAll(() => test.stop());

  const post = (body: string, headers: Record<string, string> = {}, path = '/graphql'): Promise<Told> =>
    send(test.url + path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });

  it('shows the schema by name, as schema.graphql has it', async () => {
    const options = { specifiedByUrl: true, inputValueDeprecation: true, oneOf: true, directiveIsRepeatable: true };
    const { body } = await post(JSON.stringify({ query: getIntrospectionQuery(options) }));
    expect(`${printSchema(buildClientSchema((body as { data: IntrospectionQuery }).data))}\n`).toBe(readFileSync('schema.graphql', 'utf8'));
  });

  it('shows one type by name too', async () => {
    const { body } = await post('{"query":"{ __type(name: \\"Customer\\") { fields { name } } }"}');
    const names = (body as { data: { __type: { fields: { name: string }[] } } }).data.__type.fields.map(({ name }) => name);
    expect(names.length).toBeGreaterThan(10);
    expect(names).toEqual([...names].sort((a, b) => a.localeCompare(b, 'en')));
  });

  describe('another site’s page', () => {
    const foreign = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    const query = `?query=${encodeURIComponent('{ __typename }')}`;

    it.each(['text/plain', 'text/plain; charset=utf-8', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'TEXT/PLAIN'])(
      'cannot post %s, with or without saying where it is from',
      async (type) => {
        for (const headers of [{}, foreign]) {
          const told = await post('{"query":"{ __typename }"}', { ...headers, 'content-type': type });
          expect(told).toMatchObject({ status: 403, body: { errors: [{ extensions: { code: 'CSRF_PREVENTED' } }] } });
        }
      },
    );

    it('cannot post without a type', async () => {
      const response = await fetch(test.graphqlUrl, { method: 'POST', body: new Blob(['{"query":"{ __typename }"}']) });
      expect(response.status).toBe(403);
    });

    it('cannot get', async () => {
      const elsewhere: Record<string, string>[] = [
        { origin: 'https://evil.example' },
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
        foreign,
      ];
      for (const headers of elsewhere) {
        expect((await send(test.graphqlUrl + query, { headers: { accept: 'application/json', ...headers } })).status).toBe(403);
      }
      const frame = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' };
      expect((await send(test.graphqlUrl + query, { headers: frame })).status).toBe(403);
    });

    it('is told nothing that it could read by a preflight', async () => {
      const preflight = (origin: string) =>
        send(test.graphqlUrl, {
          method: 'OPTIONS',
          headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
        });
      expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
      const { headers } = await preflight('https://shop.example');
      expect(headers.get('access-control-allow-origin')).toBe('https://shop.example');
      expect(headers.get('access-control-allow-credentials')).toBeNull();
      expect(headers.get('access-control-allow-headers')?.toLowerCase()).toContain('content-type');
    });

    it('stops neither the shop’s own pages, nor what is no browser, nor a link to GraphiQL', async () => {
      const welcome: Record<string, string>[] = [
        {},
        { origin: 'https://shop.example', 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-origin' },
        { 'sec-fetch-site': 'none' },
      ];
      for (const headers of welcome) {
        expect((await send(test.graphqlUrl + query, { headers: { accept: 'application/json', ...headers } })).status).toBe(200);
      }
      const link = { accept: 'text/html', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
      expect((await send(test.graphqlUrl, { headers: link })).status).toBe(200);
      expect((await post('{"query":"{ __typename }"}', { origin: 'https://shop.example' })).headers.get('access-control-allow-origin')).toBe(
        'https://shop.example',
      );
    });
  });

  describe('a request', () => {
    it('is not a batch', async () => {
      const { status, body } = await post('[{"query":"{ __typename }"},{"query":"{ __typename }"}]');
      expect(status).toBe(400);
      expect(body.data).toBeUndefined();
    });

    it.each(['', '{', 'null', '"query"', '{"query":1}', '{"query":"{ __typename }","variables":"x"}', '\u0000'])(
      'with the body %j is 400',
      async (body) => {
        expect((await post(body)).status).toBe(400);
      },
    );

    it('by GET changes nothing', async () => {
      const mutation = encodeURIComponent('mutation { signOut { userErrors { code } } }');
      const { status, headers } = await send(`${test.graphqlUrl}?query=${mutation}`, {
        headers: { accept: 'application/json', authorization: test.staffToken },
      });
      expect(status).toBe(405);
      expect(headers.get('allow')).toBe('POST');
    });

    it.each(['/nothing', '/graphql/', '/graphqlx', '/customer/api/graphql', '/admin/api/2026-10/graphql', '/.env'])('for %s is 404', async (path) => {
      expect((await post('{"query":"{ __typename }"}', {}, path)).status).toBe(404);
      expect((await send(test.url + path, {})).status).toBe(404);
    });

    it.each(['/customer/api/2026-10/graphql', '/account/customer/api/unstable/graphql', '/admin/api/2026-10/graphql.json'])(
      'for %s is answered, since Shopify’s clients ask there',
      async (path) => expect((await post('{"query":"{ __typename }"}', {}, path)).body).toEqual({ data: { __typename: 'Query' } }),
    );

    it.each([
      ['PUT', '/graphql'],
      ['DELETE', '/graphql'],
      ['PATCH', '/customer/api/2026-10/graphql'],
      ['POST', '/health/live'],
      ['DELETE', '/metrics'],
      ['POST', '/dev/inbox'],
      ['GET', '/import/customers'],
    ])('by %s for %s is 405 and says what is allowed', async (method, path) => {
      const { status, headers } = await send(test.url + path, { method });
      expect(status).toBe(405);
      expect(headers.get('allow')).toMatch(/GET|POST/);
    });

    it('keeps its id in the answer when the id is plain, and gets one otherwise', async () => {
      const idFor = async (id: string) => (await post('{"query":"{ __typename }"}', { 'x-request-id': id })).headers.get('x-request-id');
      expect(await idFor('cart-1234567')).toBe('cart-1234567');
      for (const id of ['short', 'with spaces in it', '<script>alert(1)</script>', 'x'.repeat(65)])
        expect(await idFor(id)).toMatch(/^[0-9a-f-]{36}$/);
    });
  });

  describe('a query that was answered before', () => {
    const QUERY = 'query Profile($id: ID!) { customer(id: $id) { id displayName note } }';

    const cases: readonly [string, (variables: { id: string }) => object, ('staff' | 'other' | 'nobody' | 'broken')?][] = [
      ['of staff', (variables) => ({ variables })],
      ['with an operation’s name', (variables) => ({ variables, operationName: 'Profile' })],
      ['of another customer', (variables) => ({ variables }), 'other'],
      ['of nobody', (variables) => ({ variables }), 'nobody'],
      ['with a token that is none', (variables) => ({ variables }), 'broken'],
      ['without variables', () => ({})],
      ['with null for variables', () => ({ variables: null })],
      ['with no variable', () => ({ variables: {} })],
      ['with a variable of another type', () => ({ variables: { id: { id: 'x' } } })],
      ['with a list for variables', (variables) => ({ variables: [variables] })],
      ['with text for variables', (variables) => ({ variables: JSON.stringify(variables) })],
      ['with a variable more', (variables) => ({ variables: { ...variables, more: 1 } })],
      ['with a NUL in a variable', ({ id }) => ({ variables: { id: `${id}\u0000` } })],
      ['with a NUL in a variable that nobody declared', (variables) => ({ variables: { ...variables, more: ['\u0000'] } })],
      ['with an id that is none', () => ({ variables: { id: 'gid://clientele/Customer/1' } })],
      ['with another operation’s name', (variables) => ({ variables, operationName: 'Other' })],
      ['with an empty name', (variables) => ({ variables, operationName: '' })],
      ['with a number for a name', (variables) => ({ variables, operationName: 5 })],
      ['with extensions', (variables) => ({ variables, extensions: { client: 'x' } })],
      ['with a parameter that there is not', (variables) => ({ variables, more: true })],
      ['with a parameter of every object', (variables) => ({ variables, constructor: 'x' })],
    ];

    it.each(cases)('is answered as the first time %s', async (_name, more, whose = 'staff') => {
      const { customerId } = await givenSession(test.app, { email: someEmail() });
      const variables = { id: encodeGid('Customer', customerId) };
      const tokens = {
        staff: async () => test.staffToken,
        other: async () => (await givenSession(test.app)).tokens.accessToken,
        nobody: async () => null,
        broken: async () => 'clt_x',
      };
      const token = await tokens[whose]();
      const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
      for (const _time of ['first', 'second', 'third']) {
        const { body } = await post(JSON.stringify({ query: QUERY, variables }), {
          authorization: `Bearer ${test.staffToken}`,
        });
        expect(body).toMatchObject({ data: { customer: variables } });
      }
      const ask = async (query: string) => {
        const {
          status,
          headers: told,
          body,
        } = await post(JSON.stringify({ query, ...more(variables) }), { origin: 'http://localhost:3000', ...headers });
        return { status, body, told: [...told].filter(([name]) => !['date', 'x-request-id'].includes(name)) };
      };
      // A comment makes another text of it, which nobody has sent yet.
      expect(await ask(QUERY)).toEqual(await ask(`${QUERY} # ${customerId}`));
    });
  });

  it('buys no tries with a spoofed X-Forwarded-For', async () => {
    const real = someAddress();
    const ask = async (address: string) => {
      const headers = { 'x-forwarded-for': `${someAddress()}, ${address}` };
      const query = 'mutation ($email: String!) { signInCodeRequest(email: $email) { userErrors { code } } }';
      return (await test.graphql(query, { email: someEmail() }, null, headers)).data.signInCodeRequest.userErrors[0]?.code ?? 'SENT';
    };
    const answers: string[] = [];
    for (let count = 0; count < 61; count += 1) answers.push(await ask(real));
    expect(answers).toEqual([...Array(60).fill('SENT'), 'TOO_MANY_REQUESTS']);
    expect(await ask(someAddress())).toBe('SENT');
  });
});
