import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCredit, givenCustomer } from '../support/given.ts';
import { type Statement, watchStatements } from '../support/watch-statements.ts';

/** The embedded database takes half a minute to write as many as PostgreSQL does in three seconds; a tenth shows the same plans. */
const TRANSACTIONS = { service: 300_000, embedded: 30_000 } as const;
const CUSTOMERS = 3_000;
const OPENED_WITH = 100_000_000n;

interface Edge {
  readonly cursor: string;
  readonly node: { readonly number: string };
}

const PAGE = 'edges { cursor node { id number amount { amount } createdAt } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';

/** Debits of one minor unit each in a few statements, as the ledger's door would have left them but for the hashes; none of them from a moment to come. */
const fillAccount = async ({ app }: TestGateway, accountId: string, lotId: string, last: number): Promise<void> => {
  await app.backend.database.prisma.$transaction(
    async (db) => {
      await db.$executeRawUnsafe("set local session_replication_role = 'replica'");
      await db.$executeRawUnsafe(
        `insert into store_credit_transaction (id, account_id, number, version, kind, event, currency, amount_minor, balance_after_minor,
           available_after_minor, actor, created_at, hash)
         select gen_random_uuid(), a.id, n, n, 'DEBIT', 'ADJUSTMENT', a.currency, -1, ${OPENED_WITH} + 1 - n, ${OPENED_WITH} + 1 - n, 'system',
           a.created_at + n * interval '1 microsecond', sha256(n::text::bytea)
         from store_credit_account a cross join generate_series(2, ${last}) n where a.id = '${accountId}'`,
      );
      await db.$executeRawUnsafe(
        `insert into store_credit_allocation (transaction_id, lot_id, amount_minor)
         select id, '${lotId}', 1 from store_credit_transaction where account_id = '${accountId}' and number > 1`,
      );
      await db.$executeRawUnsafe(`update store_credit_lot set remaining_minor = ${OPENED_WITH} + 1 - ${last} where id = '${lotId}'`);
      await db.$executeRawUnsafe(
        `update store_credit_account a set balance_minor = t.balance_after_minor, version = t.version, last_number = t.number, last_hash = t.hash,
           updated_at = t.created_at
         from store_credit_transaction t where a.id = '${accountId}' and t.account_id = a.id and t.number = ${last}`,
      );
    },
    { timeout: 120_000 },
  );
  await app.backend.database.sql('analyze store_credit_transaction', []);
};

interface Plan {
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly Plan[];
}

/** Rows of a table that a plan looked at, those it threw away included. */
const touched = (plan: Plan, table: string): number =>
  (plan['Relation Name'] === table ? (plan['Actual Rows'] + (plan['Rows Removed by Filter'] ?? 0)) * plan['Actual Loops'] : 0) +
  (plan.Plans ?? []).reduce((sum, child) => sum + touched(child, table), 0);

/** Rows of a table that the database looked at to answer these statements, by running each again under EXPLAIN. */
const rowsTouched = async ({ app }: TestGateway, statements: readonly Statement[], table: string): Promise<number> => {
  let sum = 0;
  let count = 0;
  for (const { text, values } of statements.filter(({ text }) => /^select/i.test(text) && text.includes(`"${table}"`))) {
    const [row] = await app.backend.database.sql<{ 'QUERY PLAN': [{ Plan: Plan }] }>(`explain (analyze, format json) ${text}`, values);
    sum += touched(row?.['QUERY PLAN'][0].Plan as Plan, table);
    count += 1;
  }
  expect(count).toBeGreaterThan(0);
  return sum;
};

describe.each(backends)('a list without end on $name', (kind) => {
  const last = TRANSACTIONS[kind.name];
  let gateway: TestGateway;
  let owner: string;
  let account: string;

  const list = async (
    args: string,
    through: 'account' | 'node' | 'owner' = 'account',
  ): Promise<{ edges: Edge[]; pageInfo: Record<string, unknown> }> => {
    const fields = `id transactions(${args}) { ${PAGE} }`;
    const document = {
      account: `query ($id: ID!) { found: storeCreditAccount(id: $id) { ${fields} } }`,
      node: `query ($id: ID!) { found: node(id: $id) { ... on StoreCreditAccount { ${fields} } } }`,
      owner: `query ($id: ID!) { customer(id: $id) { storeCreditAccounts(first: 5) { nodes { ${fields} } } } }`,
    }[through];
    const { data, errors } = await gateway.graphql(document, { id: through === 'owner' ? owner : account }, gateway.staffToken);
    expect(errors).toBeUndefined();
    return (data.found ?? data.customer.storeCreditAccounts.nodes[0]).transactions;
  };
  const numbers = ({ edges }: { edges: readonly Edge[] }) => edges.map(({ node }) => Number(node.number));
  const range = (from: number, to: number) => Array.from({ length: Math.abs(to - from) + 1 }, (_, index) => from + (to < from ? -index : index));
  /** The cursor of a transaction in the middle, in that order. */
  const cursorAt = async (number: number, order = ''): Promise<string> => {
    const [row] = await gateway.app.backend.database.sql<{ id: string }>(
      'select id::text from store_credit_transaction where account_id = $1::text::uuid and number = $2::text::bigint',
      [account.split('/').at(-1), String(number)],
    );
    return (await list(`first: 1, query: "id:${row?.id}"${order}`)).edges[0]?.cursor as string;
  };

  beforeAll(async () => {
    gateway = await startTestGateway(kind);
    const { customerId, gid } = await givenCustomer(gateway.app);
    const { accountId, gid: accountGid, transactionId } = await givenCredit(gateway.app, customerId, OPENED_WITH);
    owner = gid;
    account = accountGid;
    await fillAccount(gateway, accountId, transactionId, last);
  }, 180_000);
  afterAll(() => gateway.stop());

  const middle = last / 2;
  const pages: [name: string, args: (middle: string) => string, expected: number[], order?: string][] = [
    ['the first page', () => 'first: 10', range(1, 10)],
    ['the newest', () => 'first: 10, reverse: true', range(last, last - 9)],
    ['the last page', () => 'last: 10', range(last - 9, last)],
    ['a page deep inside', (cursor) => `first: 10, after: "${cursor}"`, range(middle + 1, middle + 10)],
    ['a page deep inside, newest first', (cursor) => `first: 10, after: "${cursor}", reverse: true`, range(middle - 1, middle - 10)],
    ['the page before one deep inside', (cursor) => `last: 10, before: "${cursor}"`, range(middle - 10, middle - 1)],
    ['the first to expire', () => 'first: 10, sortKey: EXPIRES_AT', range(1, 10)],
    ['the last to expire', () => 'first: 10, sortKey: EXPIRES_AT, reverse: true', range(last, last - 9)],
    [
      'a page deep inside by expiry',
      (cursor) => `first: 10, after: "${cursor}", sortKey: EXPIRES_AT`,
      range(middle + 1, middle + 10),
      ', sortKey: EXPIRES_AT',
    ],
  ];

  describe.each(['account', 'node', 'owner'] as const)('through the %s', (through) => {
    it.each(pages)('reads %s and no more than it shows', async (_name, args, expected, order) => {
      const page = args(await cursorAt(middle, order));
      const statements = await watchStatements(async () => {
        expect(numbers(await list(page, through))).toEqual(expected);
      });
      // The page, one row that tells whether another follows, and who asks; with what runs in the background now and then.
      expect(statements.reduce((sum, { rows }) => sum + rows, 0)).toBeLessThan(40);
      expect(statements.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(10_000);
      expect(await rowsTouched(gateway, statements, 'store_credit_transaction')).toBeLessThan(40);
    });
  });

  it.each([
    ['its owner’s accounts', 'storeCreditAccounts(first: 5, after: $after)'],
    ['its owner’s addresses', 'addresses(first: 5, after: $after) { nodes { id } } storeCreditAccounts(first: 5)'],
  ])('is read no further when %s are paged', async (_name, lists) => {
    const query = `query ($id: ID!, $after: String) { customer(id: $id) { ${lists} { nodes { transactions(first: 10) { nodes { id } } } } } }`;
    const after = Buffer.from('GPC:S:00000000-0000-7000-8000-000000000000').toString('base64');
    const statements = await watchStatements(async () => {
      const { data } = await gateway.graphql(query, { id: owner, after }, gateway.staffToken);
      expect(data.customer.storeCreditAccounts.nodes[0].transactions.nodes).toHaveLength(10);
    });
    expect(statements.reduce((sum, { rows }) => sum + rows, 0)).toBeLessThan(40);
    expect(await rowsTouched(gateway, statements, 'store_credit_transaction')).toBeLessThan(40);
  });

  it('walks on from page to page, forth and back', async () => {
    let page = await list('first: 10');
    for (const start of [11, 21, 31]) {
      page = await list(`first: 10, after: "${page.pageInfo.endCursor}"`);
      expect(numbers(page)).toEqual(range(start, start + 9));
      expect(page.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
    }
    page = await list(`last: 30, before: "${page.pageInfo.startCursor}"`);
    expect(numbers(page)).toEqual(range(1, 30));
    expect(page.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    const end = await list(`first: 10, after: "${await cursorAt(last - 3)}"`);
    expect(numbers(end)).toEqual(range(last - 2, last));
    expect(end.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
  });

  it.each([
    ['no text of ours', 'nonsense'],
    ['an id', Buffer.from('GPC:S:01900000-0000-7000-8000-000000000000').toString('base64')],
    ['no number', Buffer.from('GPC:T:["S:1"]').toString('base64')],
    ['a number below zero', Buffer.from('GPC:T:["I:-1"]').toString('base64')],
    ['a number that no column holds', Buffer.from('GPC:T:["I:9223372036854775808"]').toString('base64')],
    ['a position in another order', Buffer.from('GPC:T:[null,"I:1"]').toString('base64')],
    ['nothing', Buffer.from('GPC:T:[null]').toString('base64')],
  ])('refuses a cursor that is %s', async (_what, cursor) => {
    const query = 'query ($id: ID!, $after: String) { storeCreditAccount(id: $id) { transactions(first: 1, after: $after) { nodes { id } } } }';
    const { data, errors } = await gateway.graphql(query, { id: account, after: cursor }, gateway.staffToken);
    expect(data).toEqual({ storeCreditAccount: null });
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });
});

describe.each(backends)('the order of a list on $name', (kind) => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway(kind);
  });
  afterAll(() => gateway.stop());

  /** All that a list holds, asked for in pages of four, from its beginning or from its end. */
  const walk = async (ask: (page: string) => Promise<{ edges: Edge[]; pageInfo: Record<string, unknown> }>, backward: boolean): Promise<Edge[]> => {
    const found: Edge[] = [];
    for (let cursor = ''; ; ) {
      const page = await ask(backward ? `last: 4${cursor && `, before: "${cursor}"`}` : `first: 4${cursor && `, after: "${cursor}"`}`);
      if (backward) found.unshift(...page.edges);
      else found.push(...page.edges);
      if (!page.pageInfo[backward ? 'hasPreviousPage' : 'hasNextPage']) return found;
      cursor = String(page.pageInfo[backward ? 'startCursor' : 'endCursor']);
    }
  };

  it('by expiry puts what never expires last, ties by number, and reverses the whole of it', async () => {
    const { customerId } = await givenCustomer(gateway.app);
    const day = (days: number) => new Date(Date.UTC(2090, 0, days));
    const expiries = [day(3), null, day(1), day(3), null, day(2), day(3), null, day(1), null, null];
    let account = '';
    for (const expiresAt of expiries) account = (await givenCredit(gateway.app, customerId, 100n, { expiresAt })).gid;
    const inOrder = [3, 9, 6, 1, 4, 7, 2, 5, 8, 10, 11];
    for (const reverse of [false, true]) {
      const ask = async (page: string) => {
        const query = `query ($id: ID!) { storeCreditAccount(id: $id) { transactions(${page}, sortKey: EXPIRES_AT, reverse: ${reverse}) { edges { cursor node { number } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }`;
        return (await gateway.graphql(query, { id: account }, gateway.staffToken)).data.storeCreditAccount.transactions;
      };
      for (const backward of [false, true]) {
        const numbers = (await walk(ask, backward)).map(({ node }) => Number(node.number));
        expect(numbers, `reverse ${reverse}, backward ${backward}`).toEqual(reverse ? inOrder.toReversed() : inOrder);
      }
    }
  });

  it('of customers is the same in pages as at once, with equal and missing names', async () => {
    const tag = `list-${crypto.randomUUID()}`;
    const names: [string | undefined, string | undefined][] = [
      ['Bo', 'Berg'],
      ['Anna', 'Berg'],
      [undefined, 'Berg'],
      ['Cleo', undefined],
      [undefined, undefined],
      ['Anna', 'Berg'],
      ['Anna', 'Aas'],
      [undefined, undefined],
      ['Anna', undefined],
      ['Zoe', 'Zander'],
    ];
    for (const [firstName, lastName] of names) await givenCustomer(gateway.app, { firstName, lastName, tags: [tag] });
    for (const sortKey of ['CREATED_AT', 'ID', 'NAME', 'UPDATED_AT']) {
      for (const reverse of [false, true]) {
        const ask = async (page: string) => {
          const query = `{ customers(${page}, query: "tag:${tag}", sortKey: ${sortKey}, reverse: ${reverse}) { edges { cursor node { id firstName lastName } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
          return (await gateway.graphql(query, {}, gateway.staffToken)).data.customers;
        };
        const whole = (await ask('first: 50')).edges;
        expect(whole).toHaveLength(names.length);
        for (const backward of [false, true]) expect(await walk(ask, backward), `${sortKey} ${reverse} ${backward}`).toEqual(whole);
      }
    }
  });

  it('of customers costs the database no more in its middle than at its beginning', async () => {
    const { sql } = gateway.app.backend.database;
    const id = (n: string) => `(lpad(to_hex(978307200000 + ${n}::bigint), 12, '0') || '7000' || '8' || lpad(${n}::text, 15, '0'))::uuid`;
    await sql(
      `insert into customer (id, created_at, updated_at) select ${id('n')}, at, at
       from generate_series(1, ${CUSTOMERS}) n cross join lateral (select timestamptz '2001-01-01' + n * interval '1 second' as at) moment`,
      [],
    );
    await sql('analyze customer', []);
    const [row] = await sql<{ id: string }>(`select ${id(`${CUSTOMERS / 2}`)}::text as id`, []);
    const after = Buffer.from(`GPC:S:${row?.id}`).toString('base64');
    for (const sortKey of ['CREATED_AT', 'ID', 'UPDATED_AT']) {
      const statements = await watchStatements(async () => {
        const { data } = await gateway.graphql(
          `{ customers(first: 10, after: "${after}", sortKey: ${sortKey}) { nodes { id } } }`,
          {},
          gateway.staffToken,
        );
        expect(data.customers.nodes).toHaveLength(10);
      });
      expect(await rowsTouched(gateway, statements, 'customer'), sortKey).toBeLessThan(40);
    }
  });
});
