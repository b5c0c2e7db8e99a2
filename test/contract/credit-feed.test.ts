import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { credit } from '../../src/capabilities/store-credit/credit.ts';
import { debit } from '../../src/capabilities/store-credit/debit.ts';
import { feedCursor, feedEnd, feedPosition } from '../../src/capabilities/store-credit/feed.ts';
import { postWithin } from '../../src/capabilities/store-credit/post.ts';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCredit, givenCustomer } from '../support/given.ts';
import { subscribeBySocket, subscribeBySse } from '../support/subscribe.ts';

const FEED = `subscription ($query: String, $after: String) { storeCreditTransactions(query: $query, after: $after) {
  cursor transaction { id amount { amount } event } account { id version balance { amount } } } }`;

interface Told {
  readonly cursor: string;
  readonly transaction: { id: string; amount: { amount: string }; event: string } | null;
  readonly account: { id: string; version: string; balance: { amount: string } } | null;
}

const WAYS = [
  ['WebSocket', subscribeBySocket],
  ['SSE', subscribeBySse],
] as const;

describe.each(backends)('all transactions of the shop, live, on $name', (kind) => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await startTestGateway(kind);
  });
  afterAll(() => test.stop());

  const why = { actor: 'system', idempotency: null };
  const eur = (amountMinor: bigint) => ({ amountMinor, currency: 'EUR' });
  const watch = (way: (typeof WAYS)[number][1], variables: object) =>
    way<{ storeCreditTransactions: Told }>({ graphqlUrl: test.graphqlUrl, token: test.staffToken, query: FEED, variables });
  const take = async (reader: ReturnType<typeof watch>, count: number): Promise<Told[]> => {
    const told: Told[] = [];
    while (told.length < count) told.push((await reader.next()).storeCreditTransactions);
    return told;
  };

  it.each(WAYS)('are told over %s to whom they concern, with the account as each left it, and go on after a break', async (_name, way) => {
    const { customerId, gid } = await givenCustomer(test.app);
    const other = await givenCustomer(test.app);
    const reader = watch(way, { query: `customer_id:"${gid}" currency_code:EUR event:goodwill` });
    const [first] = await take(reader, 1);
    expect(first).toMatchObject({ transaction: null, account: null });
    const give = (to: string, amountMinor: bigint, more: object = {}) =>
      credit(test.app.ledger, { account: { customerId: to }, amount: eur(amountMinor), expiresAt: null, event: 'GOODWILL', ...why, ...more });
    await give(customerId, 100n);
    await give(other.customerId, 100n);
    await give(customerId, 7n, { event: 'LOYALTY' });
    await give(customerId, 200n);
    const told = await take(reader, 2);
    expect(told.map(({ transaction, account }) => [transaction?.amount.amount, account?.version, account?.balance.amount])).toEqual([
      ['1.00', '1', '1.00'],
      ['2.00', '3', '3.07'],
    ]);
    await reader.stop();
    await give(customerId, 300n);
    await give(customerId, 400n);
    const again = watch(way, { query: `customer_id:"${gid}"`, after: told[0]?.cursor });
    expect((await take(again, 4)).map(({ transaction }) => transaction?.amount.amount)).toEqual(['0.07', '2.00', '3.00', '4.00']);
    await again.stop();
  });

  it('miss none and repeat none, however many are made at once and however often the reader breaks off', async () => {
    const people = await Promise.all(Array.from({ length: 6 }, () => givenCustomer(test.app)));
    const end = await feedEnd(test.app.backend.database.sql);
    const made: string[] = [];
    const note = async (posted: Promise<{ transactionId: string }>) => made.push((await posted).transactionId);
    const writing = Promise.all(
      people.map(async ({ customerId }) => {
        for (let round = 0; round < 12; round += 1) {
          await note(credit(test.app.ledger, { account: { customerId }, amount: eur(500n), expiresAt: null, ...why }));
          await note(debit(test.app.ledger, { account: { customerId }, amount: eur(1n), ...why }));
          // Some commit as a part of longer transactions, out of turn.
          await test.app.transactSql('system', async (tx) => {
            const [answer] = await postWithin(tx, [{ kind: 'CREDIT', accountId: null, customerId, ...eur(3n), event: 'ADJUSTMENT', ...why }]);
            made.push((answer as { ok: { transactionId: string } }).ok.transactionId);
            await tx.sql('select pg_sleep(random() / 50)', []);
          });
        }
      }),
    );
    const mine = people.map(({ gid }) => `customer_id:"${gid}"`).join(' OR ');
    const seen: string[] = [];
    let after = feedCursor(end);
    while (seen.length < 6 * 36) {
      const reader = watch(subscribeBySse, { query: mine, after });
      for (const { cursor, transaction } of await take(reader, Math.min(31, 6 * 36 - seen.length))) {
        seen.push(transaction?.id.split('/').at(-1) as string);
        after = cursor;
      }
      await reader.stop();
    }
    await writing;
    expect(new Set(seen).size).toBe(seen.length);
    expect([...seen].sort()).toEqual([...made].sort());
  });

  it.runIf(kind.name === 'service')('wait for what began before them, and tell it first', async () => {
    const [{ customerId, gid }, late] = [await givenCustomer(test.app), await givenCustomer(test.app)];
    await givenCredit(test.app, customerId, 1n);
    // What was just made may be told too, where something older is under way in the same cluster.
    const reader = watch(subscribeBySse, { query: `(customer_id:"${gid}" OR customer_id:"${late.gid}") event:goodwill` });
    await take(reader, 1);
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let begun = (): void => {};
    const isBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const slow = test.app.transactSql('system', async (tx) => {
      await postWithin(tx, [{ kind: 'CREDIT', accountId: null, customerId: late.customerId, ...eur(11n), event: 'GOODWILL', ...why }]);
      begun();
      await held;
    });
    await isBegun;
    await credit(test.app.ledger, { account: { customerId }, amount: eur(22n), expiresAt: null, event: 'GOODWILL', ...why });
    const next = take(reader, 2);
    const early = await Promise.race([next.then(() => 'told'), new Promise((resolve) => setTimeout(() => resolve('waits'), 400))]);
    expect(early).toBe('waits');
    release();
    await slow;
    expect((await next).map(({ transaction }) => transaction?.amount.amount)).toEqual(['0.11', '0.22']);
    await reader.stop();
  });

  it('are for staff who may read credit, and refuse a cursor that is none', async () => {
    const { data } = await test.graphql(
      'mutation ($input: StaffTokenInput!) { staffTokenCreate(input: $input) { token } }',
      { input: { name: 'some', scopes: ['customers:read'] } },
      test.staffToken,
    );
    const refused = async (token: string, variables: object): Promise<string> => {
      const reader = subscribeBySse({ graphqlUrl: test.graphqlUrl, token, query: FEED, variables });
      const message = await reader.next().then(
        () => 'told',
        (error: Error) => error.message,
      );
      await reader.stop();
      return message;
    };
    expect(await refused(data.staffTokenCreate.token, {})).toContain('FORBIDDEN');
    const end = await feedEnd(test.app.backend.database.sql);
    for (const after of ['', 'nothing', feedCursor({ ...end, cluster: '1' }), feedCursor({ ...end, number: '9999999999999999999' })])
      expect(await refused(test.staffToken, { after })).toContain('BAD_USER_INPUT');
    expect(feedPosition(feedCursor(end), end)).toEqual(end);
  });

  it('begin anew in a database that was restored elsewhere, with what there was in its order', async () => {
    const { sql } = test.app.backend.database;
    const { customerId, gid } = await givenCustomer(test.app);
    await givenCredit(test.app, customerId, 5n);
    const before = await feedEnd(sql);
    // As a dump has it when it is read into another cluster: the former one's name, and numbers that are yet to come.
    await sql(`update setting set value = '"1"' where name = 'outbox_cluster'`, []);
    await sql(`update outbox_event set committed_by = committed_by + 1000000 where customer_id = $1::text::uuid`, [customerId]);
    const after = await feedEnd(sql);
    expect(after.cluster).toBe(before.cluster);
    const reader = watch(subscribeBySse, { query: `customer_id:"${gid}"` });
    await take(reader, 1);
    await givenCredit(test.app, customerId, 6n);
    expect((await take(reader, 1)).map(({ transaction }) => transaction?.amount.amount)).toEqual(['0.06']);
    await reader.stop();
  });
});
