import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import type { PlainMovement } from '../../src/capabilities/store-credit/movement.ts';
import { type PostAnswer, postWithin } from '../../src/capabilities/store-credit/post.ts';
import type { Tx } from '../../src/db/transact.ts';
import { backends, openTestApp } from '../support/backends.ts';
import { givenCredit, givenCustomer } from '../support/given.ts';

/** A movement as the property makes it: on one of two customers, in one of two currencies, sometimes expiring, sometimes sent again. */
interface Drawn {
  readonly customer: 0 | 1;
  readonly currency: 'EUR' | 'JPY';
  readonly kind: 'CREDIT' | 'DEBIT';
  readonly amount: number;
  readonly expiresInHours: number | null;
  readonly key: number | null;
}

const drawn: fc.Arbitrary<Drawn> = fc.record({
  customer: fc.constantFrom(0, 1),
  currency: fc.constantFrom('EUR', 'EUR', 'EUR', 'JPY'),
  kind: fc.constantFrom('CREDIT', 'DEBIT', 'DEBIT'),
  amount: fc.integer({ min: -1, max: 60 }),
  expiresInHours: fc.option(fc.integer({ min: -1, max: 5 })),
  key: fc.option(fc.integer({ min: 0, max: 3 }), { freq: 3 }),
});

describe.each(backends)('the ledger’s batches on $name', (kind) => {
  let app: App;
  beforeAll(async () => {
    ({ app } = await openTestApp(kind));
  });

  const now = new Date();
  const movementsOf = (drawns: readonly Drawn[], customers: readonly string[], scope: string): PlainMovement[] =>
    drawns.map(({ customer, currency, kind: what, amount, expiresInHours, key }) => ({
      kind: what,
      accountId: null,
      customerId: customers[customer] ?? null,
      currency,
      amountMinor: BigInt(amount),
      expiresAt: what === 'CREDIT' && expiresInHours !== null ? new Date(now.getTime() + expiresInHours * 3_600_000) : null,
      event: 'ADJUSTMENT',
      actor: 'system',
      idempotency:
        key === null ? null : { scope, key: `${customer} ${currency} ${key}`, fingerprint: String(amount).padStart(4, '0').replace('-', 'f') },
    }));

  /** Posts in statements of the given sizes, all at the same moment. */
  const post = (movements: readonly PlainMovement[], sizes: readonly number[]): Promise<PostAnswer[]> =>
    app.transact('system', async (tx) => {
      const answers: PostAnswer[] = [];
      const waiting = [...movements];
      for (const size of sizes) answers.push(...(await postWithin({ ...tx, now }, waiting.splice(0, size))));
      return answers;
    });

  /** Accounts are open: whether a debit before the first credit finds an account or no money is not what this is about. */
  const twoCustomers = async (): Promise<string[]> => {
    const customers = [(await givenCustomer(app)).customerId, (await givenCustomer(app)).customerId];
    for (const customerId of customers) for (const currency of ['EUR', 'JPY']) await givenCredit(app, customerId, 10n, { currency });
    return customers;
  };

  /** What an outsider can tell of the books, with ids replaced by places. */
  const booksOf = async (customers: readonly string[]) => {
    const { prisma } = app.backend.database;
    const accounts = await prisma.storeCreditAccount.findMany({
      where: { customerId: { in: [...customers] } },
      include: { transactions: { orderBy: { number: 'asc' }, include: { lot: true, allocations: { include: { lot: true } } } } },
    });
    return accounts
      .map(({ customerId, currency, balanceMinor, version, transactions }) => ({
        account: `${customers.indexOf(customerId)} ${currency}`,
        balanceMinor,
        version,
        transactions: transactions.map(({ number, amountMinor, balanceAfterMinor, availableAfterMinor, lot, allocations }) => ({
          number,
          amountMinor,
          balanceAfterMinor,
          availableAfterMinor,
          left: lot?.remainingMinor ?? null,
          spent: allocations.map((allocation) => [allocation.lot.number, allocation.amountMinor]).sort(),
        })),
      }))
      .sort((a, b) => a.account.localeCompare(b.account));
  };

  const outcomes = (answers: readonly PostAnswer[]) =>
    answers.map((answer) => ('ok' in answer ? `version ${answer.ok.version}` : answer.refused.code));

  it('leave the same books and answers as the same movements one by one', { timeout: 120_000 }, async () => {
    let met = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(drawn, { minLength: 1, maxLength: 14 }), async (drawns) => {
        const together = await twoCustomers();
        const apart = await twoCustomers();
        const one = await post(movementsOf(drawns, together, together[0] ?? ''), [drawns.length]);
        const many = await post(
          movementsOf(drawns, apart, apart[0] ?? ''),
          drawns.map(() => 1),
        );
        expect(outcomes(one)).toEqual(outcomes(many));
        expect(await booksOf(together)).toEqual(await booksOf(apart));
        met += outcomes(one).filter((outcome) => outcome === 'INSUFFICIENT_FUNDS').length;
      }),
      { numRuns: 40 },
    );
    expect(met).toBeGreaterThan(0);
  });

  /** What a run reads and writes of a table, counted by the database. */
  const countsOf = async (db: Tx['db'], table: string): Promise<{ read: number; updated: number }> => {
    const [row] = await db.$queryRawUnsafe<{ read: number; updated: number }[]>(
      `select (coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0))::int as read, n_tup_upd::int as updated from pg_stat_xact_user_tables where relname = $1`,
      table,
    );
    return row ?? { read: 0, updated: 0 };
  };

  const debits = (accountId: string, amounts: readonly bigint[]): PlainMovement[] =>
    amounts.map((amountMinor) => ({
      kind: 'DEBIT',
      accountId,
      customerId: null,
      currency: 'EUR',
      amountMinor,
      event: 'ADJUSTMENT',
      actor: 'system',
      idempotency: null,
    }));

  /** An account with a lot of 10 for each of many hours to come, the last to expire first in. */
  const accountOfLots = async (count: number): Promise<string> => {
    const { customerId } = await givenCustomer(app);
    const credits = Array.from({ length: count }, (_, index) => ({
      customer: 0 as const,
      currency: 'EUR' as const,
      kind: 'CREDIT' as const,
      amount: 10,
      expiresInHours: count - index,
      key: null,
    }));
    const answers = await post(movementsOf(credits, [customerId], ''), [count]);
    return answers.flatMap((answer) => ('ok' in answer ? answer.ok.accountId : []))[0] as string;
  };

  it('read as many lots as they spend, of however many there are', { timeout: 60_000 }, async () => {
    const accountId = await accountOfLots(1500);
    const { answers, before, after } = await app.transact('system', async (tx) => {
      const before = await countsOf(tx.db, 'store_credit_lot');
      const answers = await postWithin({ ...tx, now }, debits(accountId, [1n, 14n, 1n]));
      return { answers, before, after: await countsOf(tx.db, 'store_credit_lot') };
    });
    expect(outcomes(answers)).toEqual(['version 1501', 'version 1502', 'version 1503']);
    expect(after.read - before.read).toBeLessThan(30);
    const lots = await app.backend.database.prisma.storeCreditLot.findMany({
      where: { accountId, remainingMinor: { lt: 10n } },
      orderBy: { expiresAt: 'asc' },
      select: { number: true, remainingMinor: true },
    });
    expect(lots).toEqual([
      { number: 1500n, remainingMinor: 0n },
      { number: 1499n, remainingMinor: 4n },
    ]);
  });

  it('spend hundreds of lots at once, each in its turn', { timeout: 60_000 }, async () => {
    const accountId = await accountOfLots(400);
    const answers = await app.transact('system', (tx) => postWithin({ ...tx, now }, debits(accountId, [3005n, 20n, 1000n, 5n])));
    expect(outcomes(answers)).toEqual(['version 401', 'version 402', 'INSUFFICIENT_FUNDS', 'version 403']);
    const open = await app.backend.database.prisma.storeCreditLot.findMany({ where: { accountId, remainingMinor: { gt: 0n } } });
    expect(open.map(({ number }) => Number(number)).sort((a, b) => b - a)).toEqual(Array.from({ length: 97 }, (_, index) => 97 - index));
    expect(open.every(({ isOpen }) => isOpen)).toBe(true);
  });

  it('write an account once, however many of its movements they hold', async () => {
    const [customerId] = await twoCustomers();
    const { accountId } = await givenCredit(app, customerId as string, 1000n);
    const { answers, before, after } = await app.transact('system', async (tx) => {
      const before = await countsOf(tx.db, 'store_credit_account');
      const answers = await postWithin({ ...tx, now }, debits(accountId, Array<bigint>(100).fill(1n)));
      return { answers, before, after: await countsOf(tx.db, 'store_credit_account') };
    });
    expect(answers.every((answer) => 'ok' in answer)).toBe(true);
    expect(after.updated - before.updated).toBe(1);
    expect(answers.at(-1)).toMatchObject({ ok: { number: '102', balanceMinor: '910', availableMinor: '910', createdAt: expect.any(String) } });
  });

  const ABOUT = { note: 'ä|ö\u0001"\n', memo: 'For you', reason: 'LATE', metadata: { ab: 'ü', a: 'b' }, reference: '#1' };

  it('chain the hashes as documented', async () => {
    const [customerId] = await twoCustomers();
    const { accountId } = await givenCredit(app, customerId as string, 1000n, { expiresAt: new Date(now.getTime() + 3_600_000) });
    await app.transact('system', (tx) =>
      postWithin(tx, [...debits(accountId, [1n, 2n, 3n]).map((movement) => ({ ...movement, ...ABOUT })), ...debits(accountId, [4n])]),
    );
    const rows = await app.backend.database.prisma.storeCreditTransaction.findMany({ where: { accountId }, orderBy: { number: 'asc' } });
    expect(rows).toHaveLength(6);
    let previous: Uint8Array = new Uint8Array(32);
    for (const t of rows) {
      const fields = [2, t.id, t.accountId, t.number, t.version, t.kind, t.event, t.currency, t.amountMinor, t.balanceAfterMinor];
      const more = [t.availableAfterMinor, t.heldAfterMinor, t.expiresAt?.getTime() ?? '', t.relatedId ?? '', t.holdId ?? ''];
      const about = [t.note, t.reason, t.memo, t.reference, t.metadata && '{"a": "b", "ab": "ü"}', t.origin];
      const said = about.some((part) => part !== null) ? `[${about.map((part) => JSON.stringify(part)).join(', ')}]` : '';
      const text = [...fields, ...more, t.createdAt.getTime(), t.actor, said].join('|');
      previous = createHash('sha256').update(previous).update(text).digest();
      expect(Buffer.from(t.hash).toString('hex')).toBe(Buffer.from(previous).toString('hex'));
    }
  });
});
