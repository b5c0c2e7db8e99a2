import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { debit } from '../../src/capabilities/store-credit/debit.ts';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCredit, givenCustomer, givenSession } from '../support/given.ts';
import { watchBySocket } from '../support/watch.ts';
import { type Statement, watchStatements } from '../support/watch-statements.ts';

const PROFILE = `id displayName emailAddress { emailAddress verified } defaultAddress { formatted } tags state
  addresses(first: 10) { nodes { id formatted(withName: true) city } }`;
const CREDIT = `storeCreditAccounts(first: 5) { nodes { id balance { amount currencyCode } available { amount } version
  transactions(first: 10, reverse: true) { nodes { id amount { amount } createdAt account { id } } pageInfo { hasNextPage endCursor } } } }`;

const READS: readonly [string, string][] = [
  ['a customer with all that an account page shows', `query ($id: ID!) { customer(id: $id) { ${PROFILE} ${CREDIT} } }`],
  ['a customer beside another field', `query ($id: ID!) { customer(id: $id) { ${CREDIT} } __typename }`],
  ['a page of customers', `{ customers(first: 20) { nodes { ${PROFILE} ${CREDIT} } pageInfo { hasNextPage } } }`],
  [
    'an account',
    'query ($account: ID!) { storeCreditAccount(id: $account) { balance { amount } owner { ... on Customer { id } } transactions { edges { cursor } } } }',
  ],
];

/** Whether a statement is a read's own: not the look at its token and the note of its use, nor the outbox's at what waits there. */
const isRead = ({ text }: Statement): boolean => !/access_hash|last_used_at|outbox_event/.test(text);

describe.each(backends)('a read whose fields are all relations, on $name', (kind) => {
  let test: TestGateway;
  let customer: { gid: string; token: string; account: string };

  beforeAll(async () => {
    test = await startTestGateway(kind);
    const { gid, customerId, tokens } = await givenSession(test.app);
    const { gid: account } = await givenCredit(test.app, customerId, 500n);
    await givenCredit(test.app, customerId, 7n, { currency: 'JPY' });
    customer = { gid, token: tokens.accessToken, account };
  });
  afterAll(() => test.stop());

  const ask = (query: string, token: string) => test.graphql(query, { id: customer.gid, account: customer.account }, token);

  it.each(READS)('is one statement: %s', async (_name, query) => {
    for (const token of query.includes('customers(') ? [test.staffToken] : [test.staffToken, customer.token]) {
      // Executed the first time, compiled from the second on.
      for (const _time of ['first', 'second', 'third']) {
        const statements = await watchStatements(async () => {
          const { data, errors } = await ask(query, token);
          expect(errors).toBeUndefined();
          expect(JSON.stringify(data)).toContain('gid://clientele/');
        });
        expect(statements.filter(isRead)).toHaveLength(1);
      }
    }
  });

  it('asks once for what many ask for at the same time', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, async () => (await givenCustomer(test.app)).customerId));
    const { read } = test.app.backend.database;
    const ask = (id: string) => read.customer.findUnique({ where: { id }, select: { id: true, email: true } });
    const found: unknown[] = [];
    const statements = await watchStatements(async () => {
      found.push(...(await Promise.all([...ids, ids[0] as string, '0190d998-0000-7000-8000-000000000000'].map(ask))));
    });
    expect(found.map((row) => (row as { id: string } | null)?.id ?? null)).toEqual([...ids, ids[0], null]);
    expect(statements.filter(isRead)).toHaveLength(1);
  });

  it('reads rows of one statement as each asked for them', async () => {
    const { customerId } = await givenSession(test.app);
    const { accountId } = await givenCredit(test.app, customerId, 500n);
    const { read } = test.app.backend.database;
    const where = { id: accountId };
    // The account's id is not sent again with each movement, so these are one text.
    const [without, beside, alone] = await Promise.all([
      read.storeCreditAccount.findUnique({ where, select: { id: true, transactions: { select: { kind: true } } } }),
      read.storeCreditAccount.findUnique({ where, select: { id: true, transactions: { select: { accountId: true, kind: true } } } }),
      read.storeCreditAccount.findUnique({ where, select: { id: true, transactions: { select: { accountId: true } } } }),
    ]);
    expect(without).toEqual({ id: accountId, transactions: [{ kind: 'CREDIT' }] });
    expect(beside).toEqual({ id: accountId, transactions: [{ accountId, kind: 'CREDIT' }] });
    expect(alone).toEqual({ id: accountId, transactions: [{ accountId }] });
    const inside = await read.storeCreditTransaction.findFirst({
      where: { accountId },
      select: { accountId: true, account: { select: { id: true, customerId: true, customer: { select: { id: true } } } } },
    });
    expect(inside).toEqual({ accountId, account: { id: accountId, customerId, customer: { id: customerId } } });
  });

  it('asks a field’s own permission by a plan too', async () => {
    const query =
      'query ($id: ID!) { customer(id: $id) { storeCreditAccounts(first: 1) { nodes { transactions(first: 1) { nodes { id note } } } } } }';
    for (const _time of ['first', 'second', 'third']) expect((await ask(query, test.staffToken)).errors).toBeUndefined();
    expect((await ask(query, customer.token)).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  });

  it('asks once by a plan and once as ever for what is refused', async () => {
    const query = 'query ($id: ID!) { customer(id: $id) { id tags } }';
    for (const _time of ['first', 'second', 'third', 'fourth']) await ask(query, test.staffToken);
    const { tokens } = await givenSession(test.app);
    const statements = await watchStatements(async () => {
      expect((await ask(query, tokens.accessToken)).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    });
    expect(statements.filter(isRead)).toHaveLength(2);
  });

  it('leaves consents out where none is asked for', async () => {
    const askedFor = async (fields: string) => {
      const query = `query ($id: ID!) { customer(id: $id) { id emailAddress { ${fields} } phoneNumber { phoneNumber } } }`;
      for (const _time of ['first', 'second']) await ask(query, test.staffToken);
      const statements = await watchStatements(async () => {
        expect((await ask(query, test.staffToken)).errors).toBeUndefined();
      });
      return statements.filter(isRead).map(({ text }) => text.includes('customer_marketing'));
    };
    expect(await askedFor('emailAddress verified')).toEqual([false]);
    expect(await askedFor('emailAddress marketingState')).toEqual([true]);
  });

  it('tells watchers of a movement without a read', async () => {
    const { customerId, tokens } = await givenSession(test.app);
    const { accountId, gid } = await givenCredit(test.app, customerId, 500n);
    const watchers = [tokens.accessToken, test.staffToken, test.staffToken].map((token) =>
      watchBySocket({ graphqlUrl: test.graphqlUrl, token, accountId: gid }),
    );
    const told = async (): Promise<unknown[]> => Promise.all(watchers.map(async (watcher) => (await watcher.take(1))[0]));
    await told();
    const spend = (amountMinor: bigint) =>
      debit(test.app.ledger, { account: { accountId }, amount: { amountMinor, currency: 'EUR' }, actor: 'system', idempotency: null });
    const statements = await watchStatements(async () => {
      await spend(20n);
      const updates = await told();
      for (const update of updates) {
        expect(update).toMatchObject({
          account: { id: gid, version: '2', balance: { amount: '4.80' }, available: { amount: '4.80' } },
          transaction: { number: '2', amount: { amount: '-0.20' }, balanceAfterTransaction: { amount: '4.80' } },
        });
      }
    });
    expect(statements.filter(isRead).map(({ text }) => text)).toEqual([expect.stringContaining('store_credit_post')]);
    await Promise.all(watchers.map((watcher) => watcher.stop()));
  });

  it('tells a list from its end apart from the same rows turned round, though their statements read alike', async () => {
    const { customerId, gid } = await givenCustomer(test.app);
    for (const currency of ['EUR', 'JPY', 'KWD']) await givenCredit(test.app, customerId, 5n, { currency });
    const page = (args: string) =>
      test.graphql(
        `query ($id: ID!) { customer(id: $id) { storeCreditAccounts(${args}) { nodes { currencyCode } pageInfo { hasNextPage } } } }`,
        { id: gid },
        test.staffToken,
      );
    for (const _time of ['executed', 'compiled', 'again']) {
      const [last, first] = await Promise.all([page('last: 2'), page('first: 2, reverse: true')]);
      const codes = ({ data }: typeof last) =>
        data.customer.storeCreditAccounts.nodes.map(({ currencyCode }: { currencyCode: string }) => currencyCode);
      expect(codes(last)).toEqual(['JPY', 'KWD']);
      expect(codes(first)).toEqual(['KWD', 'JPY']);
    }
  });
});
