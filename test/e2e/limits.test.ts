import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { embedded } from '../../src/backend/embedded.ts';
import { createServer, type Gateway } from '../../src/http/server.ts';
import { backends, TEST_SECRET } from '../support/backends.ts';
import { startTestGateway, type TestGateway, WAYS } from '../support/gateway.ts';
import { givenCredit, givenSession } from '../support/given.ts';
import { send, type Told } from '../support/send.ts';

const KIB = 1024;
const BODY_BYTES_MAX = 256 * KIB;
const BODY_MS = 400;

describe.each(WAYS)('by $way', ({ isFast }) => {
  let test: TestGateway;
  let hasty: Gateway;
  let hastyPort: number;

  beforeAll(async () => {
    const [kind] = backends;
    if (!kind) throw new Error('There is always the embedded backend.');
    test = await startTestGateway(kind, undefined, isFast);
    hasty = createServer(test.app, {
      isProduction: true,
      allowedOrigins: [],
      trustedProxyHops: 0,
      showInbox: false,
      waits: { bodyMs: BODY_MS, headersMs: BODY_MS },
    });
    hastyPort = await hasty.listen(0, '127.0.0.1');
  });
  afterAll(async () => {
    await hasty.close();
    await test.stop();
  });

  const post = (body: string, headers: Record<string, string> = {}, path = '/graphql'): Promise<Told> =>
    send(test.url + path, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
  const ask = (query: string, variables: object = {}): Promise<Told> => post(JSON.stringify({ query, variables }));

  describe('a document', () => {
    const levels = (count: number): string =>
      `{ customer ${'{ storeCreditAccounts { nodes { owner '.repeat(count)}{ __typename }${' } } }'.repeat(count)} }`;
    const refused = async (query: string, message: RegExp): Promise<void> => {
      const { status, body } = await ask(query);
      expect(status).toBe(200);
      expect(body.data).toBeUndefined();
      expect(body.errors?.[0]?.message).toMatch(message);
      expect(body.errors?.[0]?.extensions?.code).toMatch(/^[A-Z_]+$/);
    };

    it('may be 14 levels deep, and no deeper, also by way of fragments', async () => {
      expect((await ask(levels(4))).body.errors?.[0]?.extensions?.code).toBe('UNAUTHENTICATED');
      await refused(levels(5), /depth limit of 14/i);
      const fragments = Array.from({ length: 6 }, (_, index) => {
        const next = index < 5 ? `...F${index + 1}` : '__typename';
        return `fragment F${index} on Customer { storeCreditAccounts { nodes { owner { ${next} } } } }`;
      });
      await refused(`{ customer { ...F0 } } ${fragments.join(' ')}`, /depth limit of 14/i);
    });

    it('may have 30 aliases, those of __typename included', async () => {
      const aliases = (count: number, field: string): string => `{ ${Array.from({ length: count }, (_, index) => `a${index}: ${field}`).join(' ')} }`;
      expect((await ask(aliases(30, '__typename'))).body.errors).toBeUndefined();
      await refused(aliases(31, '__typename'), /aliases limit of 30/i);
      await refused(aliases(31, 'customer { id }'), /aliases limit of 30/i);
    });

    it('may have 20 directives', async () => {
      const directives = (count: number): string => `{ ${Array.from({ length: count }, () => '... @include(if: true) { __typename }').join(' ')} }`;
      expect((await ask(directives(20))).body.errors).toBeUndefined();
      await refused(directives(21), /directives limit of 20/i);
      await refused(`{ __typename ${'@nothing'.repeat(500)} }`, /directives limit of 20|can only be used once|unknown directive/i);
    });

    it('may have 2,000 tokens', async () => {
      const tokens = (count: number): string => `{ nodes(ids: [${'"gid://x/X/x" '.repeat(count)}]) { __typename } }`;
      expect((await ask(tokens(1_980))).body.errors?.[0]?.message).toContain('`ids` holds 1980');
      await refused(tokens(2_000), /token limit of 2000/i);
      await refused('{a'.repeat(100_000), /token limit of 2000/i);
    });

    it('cannot make the schema describe itself without end', async () => {
      const deep = `{ __schema { types { ${'fields { type { '.repeat(6)}name${' } }'.repeat(6)} } } }`;
      await refused(deep, /introspection depth/i);
    });

    it('cannot hold a circle of fragments', () =>
      refused('{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }', /cannot spread fragment|circular/i));
  });

  describe('the cost of an operation', () => {
    /** A gateway that counts what it asks its database, the look at the token aside. */
    const counting = async () => {
      let statements = 0;
      const { backend } = test.app;
      // Prisma itself reads as the gateway's reader does, and can be counted.
      const read = backend.database.prisma.$extends({
        query: {
          $allOperations: ({ args, query }) => {
            statements += 1;
            return query(args);
          },
        },
      });
      const options = { secretKeys: [TEST_SECRET], publicUrl: 'http://localhost:4000', shopName: 'Test Shop', mail: async () => {} };
      const app = createApp({ ...backend, database: { ...backend.database, read: read as never } }, { ...options, log: pino({ level: 'silent' }) });
      const gateway = createServer(app, { isProduction: true, allowedOrigins: [], trustedProxyHops: 0, showInbox: false });
      const url = `http://127.0.0.1:${await gateway.listen(0, '127.0.0.1')}/graphql`;
      const askStaff = (query: string, variables: object = {}) =>
        send(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: test.staffToken },
          body: JSON.stringify({ query, variables }),
        });
      return { askStaff, statements: () => statements, close: () => gateway.close() };
    };
    const pages = (outer: string, inner: string): string =>
      `${outer.startsWith('$') ? 'query ($n: Int)' : ''} { customers(first: ${outer}) { nodes { storeCreditAccounts(first: ${inner}) { nodes { balance { amount currencyCode } } } } } }`;

    it('counts pages within pages by their size, and refuses what is too much before it asks the database', async () => {
      const { askStaff, statements, close } = await counting();
      for (const [query, variables] of [
        [pages('250', '250'), {}],
        [pages('$n', '$n'), { n: 250 }],
        [
          '{ customers(first: 250) { edges { node { storeCreditAccounts(last: 250) { edges { node { balance { amount currencyCode } } } } } } } }',
          {},
        ],
      ] as const) {
        const { status, body } = await askStaff(query, variables);
        expect({ status, code: body.errors?.[0]?.extensions?.code }).toEqual({ status: 200, code: 'MAX_COST_EXCEEDED' });
        expect(body.errors?.[0]?.message).toMatch(/^This operation costs \d+ points, more than 25000\./);
      }
      expect(statements()).toBe(0);
      const { body } = await askStaff(pages('5', '5'));
      expect(body.errors).toBeUndefined();
      expect(statements()).toBeGreaterThan(0);
      await close();
    });

    it('counts many nodes as many, and looks up at most 250', async () => {
      const { askStaff, statements, close } = await counting();
      const ids = (count: number): string[] =>
        Array.from({ length: count }, (_, index) => `gid://clientele/Customer/00000000-0000-4000-8000-${String(index).padStart(12, '0')}`);
      const query = 'query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Customer { storeCreditAccounts(first: 250) { nodes { id } } } } }';
      const costly = await askStaff(query, { ids: ids(200) });
      expect(costly.body.errors?.[0]?.extensions?.code).toBe('MAX_COST_EXCEEDED');
      const many = await askStaff('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: ids(251) });
      expect(many.body.errors?.[0]).toMatchObject({ message: expect.stringContaining('at most 250'), extensions: { code: 'BAD_USER_INPUT' } });
      expect(statements()).toBe(0);
      const fit = await askStaff('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids: ids(250) });
      expect(fit.body).toEqual({ data: { nodes: Array.from({ length: 250 }, () => null) } });
      await close();
    });

    it('counts lists without pages too', async () => {
      const allocations =
        '{ nodes { ... on StoreCreditAccountDebitTransaction { allocations { creditTransaction { account { transactions(first: 250) { nodes { id } } } } } } } }';
      const { askStaff, close } = await counting();
      const { body } = await askStaff(
        `{ customers(first: 1) { nodes { storeCreditAccounts(first: 1) { nodes { transactions(first: 20) ${allocations} } } } } }`,
      );
      expect(body.errors?.[0]?.extensions?.code).toBe('MAX_COST_EXCEEDED');
      await close();
    });
  });

  describe('a page', () => {
    const page = (args: string) => test.graphql(`{ customers${args} { nodes { id } pageInfo { endCursor } } }`, {}, test.staffToken);

    it.each(['(first: 251)', '(last: 251)', '(first: 0)', '(first: -1)', '(first: 2147483647)', '(first: 2, last: 2)'])(
      'of %s is refused',
      async (args) => {
        expect((await page(args)).errors?.[0]?.extensions.code).toMatch(/^BAD_(?:USER_INPUT|REQUEST)$/);
      },
    );

    it('of 250 is not', async () => expect((await page('(first: 250)')).errors).toBeUndefined());

    const cursor = (text: string): string => Buffer.from(text).toString('base64');
    it.each([
      '',
      'nothing',
      cursor('GPC:S:nothing'),
      cursor('GPC:N:1'),
      cursor('GPC:Z:'),
      cursor('GPC:T:["D:8640000000000000","I:1"]'),
      cursor('GPC:O:{"lt":"z"}'),
      cursor("GPC:S:' or 1=1"),
    ])('after the cursor "%s" is refused as a fault of the caller’s, in every list', async (after) => {
      const { customerId, tokens } = await givenSession(test.app);
      await givenCredit(test.app, customerId, 100n);
      const lists = '(after: $after) { nodes { id } }';
      for (const [query, token] of [
        [`query ($after: String) { customers${lists} }`, test.staffToken],
        [`query ($after: String) { staffTokens${lists} }`, test.staffToken],
        [`query ($after: String) { customer { addresses${lists} } }`, tokens.accessToken],
        [`query ($after: String) { customer { storeCreditAccounts${lists} } }`, tokens.accessToken],
        [`query ($after: String) { customer { storeCreditAccounts { nodes { transactions${lists} } } } }`, tokens.accessToken],
        [
          `query ($after: String) { customer { storeCreditAccounts { nodes { transactions${lists.replace(')', ', sortKey: EXPIRES_AT)')} } } } }`,
          tokens.accessToken,
        ],
      ] as const) {
        for (const direction of [query, query.replace('(after:', '(before:')]) {
          const { status, errors } = await test.graphql(direction, { after }, token);
          expect({ direction, status, code: errors?.[0]?.extensions.code }).toMatchObject({
            direction,
            status: 200,
            code: expect.stringMatching(/^BAD_/),
          });
        }
      }
    });
  });

  describe('a body', () => {
    const padded = (bytes: number): string => {
      const head = '{"query":"{ __typename }","extensions":{"pad":"';
      return `${head}${'x'.repeat(bytes - head.length - 3)}"}}`;
    };
    const chunked = (body: string): Promise<number> =>
      new Promise((resolve, reject) => {
        const request = httpRequest(
          test.graphqlUrl,
          { method: 'POST', headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' } },
          (response) => {
            response.resume();
            resolve(response.statusCode ?? 0);
          },
        );
        request.once('error', reject);
        for (let at = 0; at < body.length; at += 16 * KIB) request.write(body.slice(at, at + 16 * KIB));
        request.end();
      });

    it('of 256 KiB is taken, one byte more is answered with 413, chunked or not', async () => {
      expect((await post(padded(BODY_BYTES_MAX))).status).toBe(200);
      expect(await chunked(padded(BODY_BYTES_MAX))).toBe(200);
      expect(await post(padded(BODY_BYTES_MAX + 1))).toMatchObject({
        status: 413,
        body: { errors: [{ extensions: { code: 'REQUEST_ENTITY_TOO_LARGE' } }] },
      });
      expect(await chunked(padded(BODY_BYTES_MAX + 1))).toBe(413);
    });

    it('that never ends is cut off long before it fills the memory', async () => {
      const socket = connect(Number(new URL(test.url).port), '127.0.0.1');
      socket.write('POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n');
      let sent = 0;
      socket.on('error', () => {});
      const chunk = `10000\r\n${'x'.repeat(64 * KIB)}\r\n`;
      const pour = setInterval(() => {
        if (socket.writable && socket.write(chunk)) sent += 64 * KIB;
      }, 1);
      const [told] = await once(socket, 'data');
      clearInterval(pour);
      socket.destroy();
      expect(String(told)).toMatch(/^HTTP\/1\.1 413 /);
      expect(sent).toBeLessThan(64 * 1024 * KIB);
    });

    const bare = async (head: string): Promise<{ told: string; ms: number }> => {
      const socket = connect(hastyPort, '127.0.0.1');
      const start = Date.now();
      let told = '';
      socket.on('error', () => {});
      socket.on('data', (bytes) => {
        told += bytes;
      });
      socket.write(head);
      const drip = setInterval(() => socket.writable && socket.write('x'), 50);
      await once(socket, 'close');
      clearInterval(drip);
      return { told, ms: Date.now() - start };
    };

    it('that drips in is cut off with 408', async () => {
      const { told, ms } = await bare('POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{');
      expect(told).toMatch(/^HTTP\/1\.1 408 /);
      expect(told).toContain('REQUEST_TIMEOUT');
      expect(ms).toBeGreaterThanOrEqual(BODY_MS - 10);
      expect(ms).toBeLessThan(BODY_MS + 2_000);
    });

    it('does not have to be there: headers that drip in are cut off too', async () => {
      const { told, ms } = await bare('POST /graphql HTTP/1.1\r\nhost: x\r\nx-slow: ');
      expect(told).toMatch(/^HTTP\/1\.1 408 /);
      expect(ms).toBeLessThan(BODY_MS + 2_000);
    });

    it('leaves the answer to a GET alone, however long it streams', async () => {
      const { customerId, tokens } = await givenSession(test.app);
      const { gid } = await givenCredit(test.app, customerId, 100n);
      const query = `subscription { storeCreditAccountUpdated(accountId: "${gid}") { account { version } } }`;
      const response = await fetch(`http://127.0.0.1:${hastyPort}/graphql?query=${encodeURIComponent(query)}`, {
        headers: { accept: 'text/event-stream', authorization: tokens.accessToken },
      });
      const reader = (response.body as ReadableStream<Uint8Array>).getReader();
      const until = Date.now() + BODY_MS * 2;
      while (Date.now() < until) expect((await reader.read()).done).toBe(false);
      await reader.cancel();
    });
  });

  describe('an error that is a bug', () => {
    it('is masked with the request’s id, in and out of an operation, and never with its cause', async () => {
      const lines: string[] = [];
      const backend = await embedded({ dataDir: 'memory' });
      const options = { secretKeys: [TEST_SECRET], publicUrl: 'http://localhost:4000', shopName: 'Test Shop', mail: async () => {} };
      const app = createApp(backend, { ...options, log: pino({ level: 'error' }, { write: (line) => void lines.push(line) }) });
      const gateway = createServer(app, { isProduction: true, allowedOrigins: [], trustedProxyHops: 0, showInbox: false });
      const url = `http://127.0.0.1:${await gateway.listen(0, '127.0.0.1')}/graphql`;
      await app.outbox.stop();
      await backend.close();
      const fail = (token: Record<string, string>, requestId: string) =>
        send(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-request-id': requestId, ...token },
          body: JSON.stringify({ query: 'mutation { sessionRefresh(refreshToken: "x") { userErrors { code } } }' }),
        });
      const within = await fail({}, 'bug-in-an-operation');
      expect(within).toMatchObject({
        status: 200,
        body: {
          errors: [
            {
              message: 'Something went wrong on our side. Quote request bug-in-an-operation when you report it.',
              extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: 'bug-in-an-operation' },
            },
          ],
        },
      });
      const before = await fail({ authorization: 'clt_at_x' }, 'bug-before-an-operation');
      expect(before).toMatchObject({
        status: 500,
        headers: expect.anything(),
        body: { errors: [{ extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: 'bug-before-an-operation' } }] },
      });
      const cause = lines.join('\n');
      expect(cause).toContain('bug-in-an-operation');
      expect(cause).toContain('bug-before-an-operation');
      for (const { body } of [within, before]) expect(JSON.stringify(body)).not.toMatch(/closed|prisma|pglite|stack/i);
      await gateway.close();
    });
  });
});
