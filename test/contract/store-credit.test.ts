import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import { deleteCustomer } from '../../src/capabilities/customers/delete.ts';
import { credit } from '../../src/capabilities/store-credit/credit.ts';
import { debit } from '../../src/capabilities/store-credit/debit.ts';
import { postWithin } from '../../src/capabilities/store-credit/post.ts';
import { backends, openTestApp } from '../support/backends.ts';
import { givenCredit, givenCustomer } from '../support/given.ts';

const EUR = (amountMinor: bigint) => ({ amountMinor, currency: 'EUR' });
const HOUR_MS = 60 * 60 * 1000;

/** The account's books as SQL sees them. */
const booksOf = async (app: App, accountId: string) => {
  const { prisma } = app.backend.database;
  const account = await prisma.storeCreditAccount.findUniqueOrThrow({ where: { id: accountId } });
  const transactions = await prisma.storeCreditTransaction.findMany({ where: { accountId }, orderBy: { number: 'asc' } });
  const lots = await prisma.storeCreditLot.findMany({ where: { accountId }, orderBy: { number: 'asc' } });
  return { account, transactions, lots };
};

const expectAgreement = async (app: App, accountId: string): Promise<void> => {
  const { account, transactions, lots } = await booksOf(app, accountId);
  expect(transactions.reduce((sum, { amountMinor }) => sum + amountMinor, 0n)).toBe(account.balanceMinor);
  expect(lots.reduce((sum, { remainingMinor }) => sum + remainingMinor, 0n)).toBe(account.balanceMinor);
  expect(transactions.map(({ number }) => number)).toEqual(transactions.map((_, index) => BigInt(index + 1)));
};

describe.each(backends)('store credit on $name', (kind) => {
  let app: App;
  beforeAll(async () => {
    ({ app } = await openTestApp(kind));
  });
  const post = { actor: 'system', idempotency: null };
  const keyed = (key: string, fingerprint = '00') => ({ actor: 'system', idempotency: { scope: 'test', key, fingerprint } });

  it('opens the account of an owner with the first credit in a currency', async () => {
    const { customerId } = await givenCustomer(app);
    const first = await credit(app.ledger, { account: { customerId }, amount: EUR(1000n), ...post });
    const second = await credit(app.ledger, { account: { customerId }, amount: EUR(500n), ...post });
    const other = await credit(app.ledger, { account: { customerId }, amount: { amountMinor: 7n, currency: 'JPY' }, ...post });
    expect(second.accountId).toBe(first.accountId);
    expect(other.accountId).not.toBe(first.accountId);
    expect((await booksOf(app, first.accountId)).account.balanceMinor).toBe(1500n);
  });

  it('spends the soonest-expiring credit first, credit without expiry last, and records what it took from where', async () => {
    const { customerId } = await givenCustomer(app);
    const soon = new Date(Date.now() + HOUR_MS);
    const later = new Date(Date.now() + 2 * HOUR_MS);
    const never = await givenCredit(app, customerId, 100n);
    const last = await givenCredit(app, customerId, 100n, { expiresAt: later });
    const first = await givenCredit(app, customerId, 100n, { expiresAt: soon });
    const { transactionId } = await debit(app.ledger, { account: { accountId: never.accountId }, amount: EUR(250n), ...post });
    const allocations = await app.backend.database.prisma.storeCreditAllocation.findMany({ where: { transactionId } });
    expect(new Map(allocations.map(({ lotId, amountMinor }) => [lotId, amountMinor]))).toEqual(
      new Map([
        [first.transactionId, 100n],
        [last.transactionId, 100n],
        [never.transactionId, 50n],
      ]),
    );
    await expectAgreement(app, never.accountId);
  });

  it('does not spend credit past its moment', async () => {
    const { customerId } = await givenCustomer(app);
    const { accountId } = await givenCredit(app, customerId, 100n, { expiresAt: new Date(Date.now() + 300) });
    await givenCredit(app, customerId, 30n);
    await new Promise((resolve) => setTimeout(resolve, 350));
    await expect(debit(app.ledger, { account: { accountId }, amount: EUR(31n), ...post })).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    await debit(app.ledger, { account: { accountId }, amount: EUR(30n), ...post });
    expect((await booksOf(app, accountId)).account.balanceMinor).toBe(100n);
  });

  it.each([
    ['an amount of zero', { amount: EUR(0n) }, 'NEGATIVE_OR_ZERO_AMOUNT'],
    ['an expiry that has passed', { amount: EUR(1n), expiresAt: new Date(Date.now() - 1000) }, 'EXPIRES_AT_IN_PAST'],
    ['more than can be kept', { amount: EUR(1_000_000_000_000_001n) }, 'CREDIT_LIMIT_EXCEEDED'],
    ['a note that is too long', { amount: EUR(1n), note: 'x'.repeat(5001) }, 'NOTE_TOO_LONG'],
  ])('refuses a credit of %s and opens no account for it', async (_what, input, code) => {
    const { customerId } = await givenCustomer(app);
    await expect(credit(app.ledger, { account: { customerId }, ...post, ...input })).rejects.toMatchObject({ code });
    expect(await app.backend.database.prisma.storeCreditAccount.count({ where: { customerId } })).toBe(0);
  });

  it('refuses what names nothing, and a currency that is not the account’s', async () => {
    const { customerId } = await givenCustomer(app);
    const { accountId } = await givenCredit(app, customerId, 100n);
    const nobody = randomUUID();
    await expect(credit(app.ledger, { account: { customerId: nobody }, amount: EUR(1n), ...post })).rejects.toMatchObject({
      code: 'OWNER_NOT_FOUND',
    });
    await expect(credit(app.ledger, { account: { accountId: nobody }, amount: EUR(1n), ...post })).rejects.toMatchObject({
      code: 'ACCOUNT_NOT_FOUND',
    });
    await expect(debit(app.ledger, { account: { customerId: nobody }, amount: EUR(1n), ...post })).rejects.toMatchObject({
      code: 'ACCOUNT_NOT_FOUND',
    });
    await expect(debit(app.ledger, { account: { accountId }, amount: { amountMinor: 1n, currency: 'SEK' }, ...post })).rejects.toMatchObject({
      code: 'MISMATCHING_CURRENCY',
    });
  });

  it('gives the same key the same answer and one effect, fifty times at once', async () => {
    const { customerId } = await givenCustomer(app);
    const { accountId } = await givenCredit(app, customerId, 1000n);
    const key = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => debit(app.ledger, { account: { accountId }, amount: EUR(10n), ...keyed(key) })),
    );
    expect(new Set(answers.map(({ transactionId }) => transactionId)).size).toBe(1);
    expect((await booksOf(app, accountId)).account.balanceMinor).toBe(990n);
  });

  it('refuses other input under a used key', async () => {
    const { customerId } = await givenCustomer(app);
    const { accountId } = await givenCredit(app, customerId, 1000n);
    const key = randomUUID();
    await debit(app.ledger, { account: { accountId }, amount: EUR(10n), ...keyed(key, '01') });
    await expect(debit(app.ledger, { account: { accountId }, amount: EUR(11n), ...keyed(key, '02') })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_PARAMETER_MISMATCH',
    });
  });

  it('keeps refusing a key that was refused, also when the money has come meanwhile', async () => {
    const { customerId } = await givenCustomer(app);
    const { accountId } = await givenCredit(app, customerId, 5n);
    const key = randomUUID();
    const attempt = () => debit(app.ledger, { account: { accountId }, amount: EUR(10n), ...keyed(key) });
    await expect(attempt()).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    await givenCredit(app, customerId, 100n);
    await expect(attempt()).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    expect((await booksOf(app, accountId)).account.balanceMinor).toBe(105n);
  });

  it('never lets racing debits take more than the account holds', async () => {
    const { customerId } = await givenCustomer(app);
    const { accountId } = await givenCredit(app, customerId, 100n);
    const results = await Promise.allSettled(
      Array.from({ length: 200 }, () => debit(app.ledger, { account: { accountId }, amount: EUR(1n), ...post })),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(100);
    const { account } = await booksOf(app, accountId);
    expect(account.balanceMinor).toBe(0n);
    await expectAgreement(app, accountId);
  });

  it('keeps the order of arrival for one account within and across statements', async () => {
    const { customerId } = await givenCustomer(app);
    const { accountId } = await givenCredit(app, customerId, 100_000n);
    const posted = await Promise.all(Array.from({ length: 300 }, () => debit(app.ledger, { account: { accountId }, amount: EUR(1n), ...post })));
    expect(posted.map(({ version }) => Number(version))).toEqual(posted.map((_, index) => index + 2));
  });

  it('harms no neighbour in the batch with a bad movement', async () => {
    const { customerId } = await givenCustomer(app);
    const { accountId } = await givenCredit(app, customerId, 100n);
    const bad = app.ledger.post({
      kind: 'DEBIT',
      accountId: 'not a uuid',
      customerId: null,
      currency: 'EUR',
      amountMinor: 1n,
      event: 'ADJUSTMENT',
      ...post,
    });
    const good = Array.from({ length: 10 }, () => debit(app.ledger, { account: { accountId }, amount: EUR(1n), ...post }));
    await expect(bad).rejects.toThrow();
    await Promise.all(good);
    expect((await booksOf(app, accountId)).account.balanceMinor).toBe(90n);
  });

  it('posts inside another transaction, all or nothing', async () => {
    const { customerId } = await givenCustomer(app);
    const { accountId } = await givenCredit(app, customerId, 100n);
    const movement = {
      kind: 'DEBIT' as const,
      accountId,
      customerId: null,
      currency: 'EUR',
      amountMinor: 40n,
      event: 'ADJUSTMENT' as const,
      ...post,
    };
    await expect(
      app.transact('system', async (tx) => {
        await postWithin(tx, [movement]);
        throw new Error('the rest failed');
      }),
    ).rejects.toThrow('the rest failed');
    expect((await booksOf(app, accountId)).account.balanceMinor).toBe(100n);
    await app.transact('system', (tx) => postWithin(tx, [movement, movement]));
    expect((await booksOf(app, accountId)).account.balanceMinor).toBe(20n);
  });

  it('writes one outbox event for each movement', async () => {
    const { customerId } = await givenCustomer(app);
    const { accountId, transactionId } = await givenCredit(app, customerId, 100n);
    const events = await app.backend.database.prisma.outboxEvent.findMany({ where: { customerId, type: 'store_credit_transaction.created' } });
    expect(events.map(({ payload }) => payload)).toEqual([{ customerId, accountId, transactionId, version: '1' }]);
  });

  it('will not delete a customer who holds credit, and keeps the books of one who did', async () => {
    const { customerId } = await givenCustomer(app);
    const { accountId } = await givenCredit(app, customerId, 100n);
    await expect(app.transact('system', (tx) => deleteCustomer(tx, customerId))).rejects.toMatchObject({ code: 'CUSTOMER_HAS_STORE_CREDIT' });
    await debit(app.ledger, { account: { accountId }, amount: EUR(100n), ...post });
    await app.transact('system', (tx) => deleteCustomer(tx, customerId));
    const { transactions } = await booksOf(app, accountId);
    expect(transactions).toHaveLength(2);
    const row = await app.backend.database.prisma.customer.findUniqueOrThrow({ where: { id: customerId } });
    expect(row).toMatchObject({ email: null, firstName: null, lastName: null });
    await expect(credit(app.ledger, { account: { accountId }, amount: EUR(1n), ...post })).rejects.toMatchObject({ code: 'OWNER_NOT_FOUND' });
  });

  describe('someone at a psql prompt', () => {
    it.each([
      ['overdraw an account', 'update store_credit_account set balance_minor = -1 where id = $1::text::uuid'],
      ['give credit by hand', 'update store_credit_account set balance_minor = balance_minor + 1 where id = $1::text::uuid'],
      ['delete an account', 'delete from store_credit_account where id = $1::text::uuid'],
      ['change a transaction', "update store_credit_transaction set note = 'x' where account_id = $1::text::uuid"],
      ['delete a transaction', 'delete from store_credit_transaction where account_id = $1::text::uuid'],
      ['refill a lot', 'update store_credit_lot set remaining_minor = amount_minor where account_id = $1::text::uuid'],
      ['delete a lot', 'delete from store_credit_lot where account_id = $1::text::uuid'],
      [
        'forget what was spent',
        'delete from store_credit_allocation where lot_id in (select id from store_credit_lot where account_id = $1::text::uuid)',
      ],
      [
        'add a transaction of their own',
        `insert into store_credit_transaction (id, account_id, number, version, kind, event, currency, amount_minor, balance_after_minor, available_after_minor, actor, created_at, hash)
         select gen_random_uuid(), id, last_number + 1, version + 1, 'CREDIT', 'ISSUE', currency, 5, balance_minor + 5, balance_minor + 5, 'me', now(), '' from store_credit_account where id = $1::text::uuid`,
      ],
    ])('cannot %s', async (_what, statement) => {
      const { customerId } = await givenCustomer(app);
      const { accountId } = await givenCredit(app, customerId, 100n);
      await debit(app.ledger, { account: { accountId }, amount: EUR(40n), ...post });
      const before = await booksOf(app, accountId);
      await expect(app.backend.database.sql(statement, [accountId])).rejects.toThrow();
      // Also not by pretending to be the ledger: the books are compared when the transaction commits.
      await expect(
        app.backend.database.prisma.$transaction(async (db) => {
          await db.$executeRawUnsafe(`select set_config('clientele.ledger_door', 'open', true)`);
          await db.$executeRawUnsafe(statement, accountId);
        }),
      ).rejects.toThrow();
      expect(await booksOf(app, accountId)).toEqual(before);
    });

    it('cannot empty the tables', async () => {
      await expect(app.backend.database.sql('truncate store_credit_transaction cascade', [])).rejects.toThrow();
      await expect(app.backend.database.sql('truncate customer cascade', [])).rejects.toThrow();
    });
  });
});
