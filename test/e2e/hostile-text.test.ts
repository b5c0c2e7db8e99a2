import { isInputObjectType, isNonNullType } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { argumentsAbout } from '../support/arguments-about.ts';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenSomebody, operationsOn, rootFields, type Somebody } from '../support/schema-walk.ts';
import { type TextPath, textPaths } from '../support/text-paths.ts';

const LONG = 100_000;
const TEXTS: readonly string[] = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '\ud800',
  'a\udc00b',
  'x'.repeat(LONG),
  '🦊'.repeat(LONG / 4),
  "'; drop table customer; --",
  '%_\\',
  '\u202e\ufeff\u2028',
  '{"$ne":1}',
  '../../etc/passwd',
];
const IDS: readonly string[] = [
  ...TEXTS,
  'gid://shopify/Customer/123',
  `gid://shopify/Customer/${'9'.repeat(5_000)}`,
  'gid://shopify/Order/1',
  'gid://clientele/MoneyV2/00000000-0000-4000-8000-000000000000',
  'gid://clientele/Query/00000000-0000-4000-8000-000000000000',
  'gid://clientele/constructor/00000000-0000-4000-8000-000000000000',
  "gid://clientele/Customer/' or '1'='1",
  'gid://clientele/Customer/00000000-0000-4000-8000-000000000000\u0000',
];
const SEARCHES: readonly string[] = [
  ...TEXTS,
  'id:x',
  'created_at:x',
  'created_at:>0000-01-01',
  'created_at:>+275760-09-13',
  'created_at:<-271821-04-20',
  'expires_at:<0000-01-01',
  'type:constructor',
  'constructor:x',
  '__proto__:x',
  'id:ffffffff-ffff-ffff-ffff-ffffffffffff0',
  'id:0-0-0-0-0000000000000000000000000000000000',
  'id:12345678-------------------------------1',
  'tag:"\u0007"',
  '"',
  'OR',
  'NOT',
  '- - -',
  'email:',
];
const MOMENTS: readonly string[] = [
  ...TEXTS,
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00+14:00',
  '9999-12-31T23:59:59Z',
  '9999-12-31T23:59:59-14:00',
  '2026-02-30T00:00:00Z',
];
const HOSTILE: Readonly<Record<string, readonly string[]>> = {
  String: TEXTS,
  ID: IDS,
  Search: SEARCHES,
  DateTime: MOMENTS,
  Date: [...TEXTS, '0000-01-01', '9999-12-31', '2026-02-30', '-000001-01-01'],
  Decimal: [...TEXTS, '-1', '0', '1e400', 'NaN', 'Infinity', '9'.repeat(19), `0.${'0'.repeat(18)}1`, '9'.repeat(40)],
  URL: TEXTS,
  UnsignedInt64: [...TEXTS, '-1', '18446744073709551615', '18446744073709551616', '9'.repeat(400)],
};

/** A copy of `variables` with one text replaced; where an input takes one of several fields, with that one alone. */
const withText = (variables: object, { path, isList }: TextPath, text: string, oneOf: ReadonlySet<string>): Record<string, unknown> => {
  const copy = structuredClone(variables) as Record<string, unknown>;
  let at = copy;
  for (const [depth, name] of path.slice(0, -1).entries()) {
    if (oneOf.has(path.slice(0, depth + 1).join('.')) || typeof at[name] !== 'object') at[name] = {};
    at = at[name] as Record<string, unknown>;
  }
  at[path.at(-1) as string] = isList ? [text] : text;
  return copy;
};

describe.each(backends)('hostile text on $name', (kind) => {
  let test: TestGateway;
  let somebody: Somebody;
  let cases: Record<string, object[]>;

  beforeAll(async () => {
    test = await startTestGateway(kind);
    somebody = await givenSomebody(test);
    cases = argumentsAbout(somebody);
  });
  afterAll(() => test.stop());

  const places = (['query', 'mutation'] as const).flatMap((root) =>
    Object.values(rootFields(root)).flatMap(({ name, args }) =>
      args.flatMap((arg) => textPaths(arg.type, [arg.name]).map((place) => ({ root, name, place, at: `${root} ${name} ${place.path.join('.')}` }))),
    ),
  );
  const oneOf = new Set(
    [...Object.values(rootFields('query')), ...Object.values(rootFields('mutation'))].flatMap(({ args }) =>
      args.flatMap((arg) => {
        const type = isNonNullType(arg.type) ? arg.type.ofType : arg.type;
        return isInputObjectType(type) && type.isOneOf ? [arg.name] : [];
      }),
    ),
  );

  it('has many places to stand in', () => expect(places.length).toBeGreaterThan(60));

  it.each(places)('in $at is never a fault of ours', async ({ root, name, place }) => {
    const texts = HOSTILE[name === 'customers' && place.path[0] === 'query' ? 'Search' : place.type] ?? [];
    const query = operationsOn(root, name, 0)[0] as string;
    const base = cases[name]?.at(-1) ?? {};
    const tokens = [test.staffToken, ...(name === 'staffTokenRevoke' || name === 'signOut' ? [] : [somebody.token])];
    const answers = await Promise.all(
      texts.flatMap((text, index) =>
        tokens.map(async (token) => {
          const key = `${name} ${place.path.join('.')} ${index}`;
          const variables = withText(base, place, text, oneOf);
          const answer = await test.graphql(query, variables, token, root === 'mutation' ? { 'idempotency-key': key } : {});
          return { text: text.slice(0, 80), status: answer.status, codes: answer.errors?.map(({ extensions }) => extensions.code) ?? [] };
        }),
      ),
    );
    expect(answers.length).toBe(texts.length * tokens.length);
    expect(answers.filter(({ status, codes }) => status !== 200 || codes.includes('INTERNAL_SERVER_ERROR'))).toEqual([]);
  });

  it('in a document or a directive is refused as in a variable', async () => {
    const inDocument = String.raw`mutation { customerCreate(input: { firstName: "a\u0000b" }) { userErrors { code } } }`;
    const inDirective = String.raw`mutation { customerCreate(input: { firstName: "a" }) @idempotent(key: "a\u0000") { userErrors { code } } }`;
    const inVariable = 'mutation ($key: String!) { customerCreate(input: { firstName: "a" }) @idempotent(key: $key) { userErrors { code } } }';
    for (const [query, variables] of [
      [inDocument, {}],
      [inDirective, {}],
      [inVariable, { key: '\u0000' }],
      [inVariable, { key: '\udfff' }],
    ] as const) {
      const { status, data, errors } = await test.graphql(query, variables, test.staffToken);
      expect({ query, status, data, code: errors?.[0]?.extensions.code }).toEqual({ query, status: 200, data: undefined, code: 'BAD_USER_INPUT' });
    }
  });

  it('keeps whole characters whole, beyond the basic plane too', async () => {
    const query = 'mutation ($input: CustomerInput!) { customerCreate(input: $input) { customer { firstName } userErrors { code } } }';
    const { data } = await test.graphql(query, { input: { firstName: '🦊 Þóra 李' } }, test.staffToken);
    expect(data.customerCreate).toEqual({ customer: { firstName: '🦊 Þóra 李' }, userErrors: [] });
  });

  it('in searches of relations is never a fault of ours', async () => {
    const query = `query ($q: String) { customer { storeCreditAccounts(query: $q) { nodes { id } } all: storeCreditAccounts { nodes { transactions(query: $q) { nodes { id } } } } } }`;
    for (const q of SEARCHES) {
      const { status, errors } = await test.graphql(query, { q }, somebody.token);
      expect({
        q: q.slice(0, 80),
        status,
        codes: errors?.map(({ extensions }) => extensions.code).includes('INTERNAL_SERVER_ERROR') ?? false,
      }).toEqual({
        q: q.slice(0, 80),
        status: 200,
        codes: false,
      });
    }
  });

  it('in an id that names nothing here answers null', async () => {
    const query = 'query ($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }';
    for (const id of [
      'gid://shopify/Customer/123',
      'gid://shopify/Order/1',
      `gid://shopify/Customer/${'9'.repeat(5_000)}`,
      'gid://x/constructor/1',
    ]) {
      const answer = await test.graphql(query, { id }, test.staffToken);
      expect({ id, ...answer, headers: null }).toEqual({ id, status: 200, headers: null, data: { node: null, nodes: [null] } });
    }
    const customer = await test.graphql('query ($id: ID!) { customer(id: $id) { id } }', { id: 'gid://shopify/Customer/123' }, test.staffToken);
    expect(customer.data).toEqual({ customer: null });
  });
});
