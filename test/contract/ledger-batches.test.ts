import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import { type Movement, type PostAnswer, postWithin } from '../../src/capabilities/store-credit/post.ts';
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
  const movementsOf = (drawns: readonly Drawn[], customers: readonly string[], scope: string): Movement[] =>
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
  const post = (movements: readonly Movement[], sizes: readonly number[]): Promise<PostAnswer[]> =>
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
});
