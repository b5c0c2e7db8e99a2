import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAddress } from '../../src/capabilities/addresses/create.ts';
import { updateCustomer } from '../../src/capabilities/customers/update.ts';
import { followCredit } from '../../src/capabilities/merges/follow-credit.ts';
import { planUndo } from '../../src/capabilities/merges/undo-plan.ts';
import { debit } from '../../src/capabilities/store-credit/debit.ts';
import { reconcile } from '../../src/capabilities/store-credit/reconcile.ts';
import { backends, openTestApp, type TestApp } from '../support/backends.ts';
import { everythingOfCustomer, merge, mergeInto, takingBack, undo } from '../support/merging.ts';
import {
  givenHold,
  givenOrder,
  givenRandomCredit,
  givenRandomCustomer,
  givenShop,
  maybe,
  oneOf,
  type Shop,
  upTo,
} from '../support/random-customer.ts';

/** `MERGE_RUNS=500` for a long run. */
const RUNS = Number(process.env.MERGE_RUNS ?? 25);

describe.each(backends)('any two profiles on $name', (kind) => {
  let test: TestApp;
  let shop: Shop;
  beforeAll(async () => {
    test = await openTestApp(kind);
    shop = await givenShop(test.app);
  });
  afterAll(() => test.app.close());

  /** What both hold, by currency. */
  const money = async (ids: readonly string[]): Promise<Record<string, bigint>> => {
    const accounts = await test.app.backend.database.prisma.storeCreditAccount.findMany({ where: { customerId: { in: [...ids] } } });
    const sums: Record<string, bigint> = {};
    for (const { currency, balanceMinor } of accounts) sums[currency] = (sums[currency] ?? 0n) + balanceMinor;
    return sums;
  };

  const expectRightBooks = async (ids: readonly string[]): Promise<void> => {
    const { prisma, sql } = test.app.backend.database;
    for (const { id } of await prisma.storeCreditAccount.findMany({ where: { customerId: { in: [...ids] } }, select: { id: true } }))
      expect((await reconcile(sql, { accountId: id, limit: 1 })).faults).toEqual([]);
  };

  it(`are what they were when a merge is undone with nothing between (${RUNS} pairs)`, { timeout: 300_000 }, async () => {
    for (let run = 0; run < RUNS; run += 1) {
      const pair = [await givenRandomCustomer(test.app, shop), await givenRandomCustomer(test.app, shop)] as const;
      const [one, two] = pair;
      const before = [await everythingOfCustomer(test.app, one), await everythingOfCustomer(test.app, two)];
      const keep = oneOf([one, two, null]);
      const { mergeId } = await merge(test.app, { customerOneId: one, customerTwoId: two, customerIdToKeep: keep });
      if (maybe()) await followCredit(test.app);
      await undo(test.app, mergeId);
      expect([await everythingOfCustomer(test.app, one), await everythingOfCustomer(test.app, two)]).toEqual(before);
      await expectRightBooks(pair);
    }
  });

  it(`lose no change that was made between, and no money (${RUNS} pairs)`, { timeout: 300_000 }, async () => {
    for (let run = 0; run < RUNS; run += 1) {
      const [kept, closed] = [await givenRandomCustomer(test.app, shop), await givenRandomCustomer(test.app, shop)];
      const pair = [kept, closed];
      const expected = await money(pair);
      const { mergeId } = await mergeInto(test.app, kept, closed);
      expect(await money(pair)).toEqual({ ...expected });
      const fields: Record<string, unknown> = {};
      const [addresses, orders]: [string[], string[]] = [[], []];
      for (let count = upTo(6); count > 0; count -= 1) {
        const id = oneOf(pair);
        switch (upTo(6)) {
          case 0: {
            const change = oneOf([{ firstName: `N${run}` }, { note: `n${run}${count}` }, { lastName: `L${count}` }, { locale: 'pl' }]);
            await test.app.transact('system', (tx) => updateCustomer(tx, kept, change));
            Object.assign(fields, change);
            break;
          }
          case 1:
            addresses.push(
              (await test.app.transact('system', (tx) => createAddress(tx, kept, { address1: `New ${run} ${count}` }, maybe()))).addressId,
            );
            break;
          case 2:
            orders.push((await givenOrder(test.app, id)).orderId);
            break;
          case 3: {
            const { currency, amountMinor } = await givenRandomCredit(test.app, id);
            expected[currency] = (expected[currency] ?? 0n) + amountMinor;
            break;
          }
          case 4:
            await givenHold(test.app, kept);
            break;
          default: {
            const account = await test.app.backend.database.prisma.storeCreditAccount.findFirst({
              where: { customerId: kept, balanceMinor: { gt: 1n } },
            });
            const amountMinor = account ? account.balanceMinor / 3n : 0n;
            if (!account || amountMinor === 0n || account.heldMinor > 0n) break;
            const amount = { amountMinor, currency: account.currency };
            await debit(test.app.ledger, { account: { customerId: id }, amount, actor: 'system', idempotency: null });
            expected[account.currency] = (expected[account.currency] ?? 0n) - amountMinor;
          }
        }
      }
      expect(await money(pair)).toEqual(expected);
      const { conflicts } = await test.app.transact('system', (tx) => planUndo(tx, mergeId, []));
      const choices = conflicts.map(({ customerId, field }) => ({ customerId, field, resolution: 'KEEP_NOW' as const }));
      await undo(test.app, mergeId, choices);
      const { prisma } = test.app.backend.database;
      const now = await prisma.customer.findUniqueOrThrow({ where: { id: kept } });
      expect(now).toMatchObject(fields);
      expect(await prisma.address.count({ where: { id: { in: addresses }, customerId: kept } })).toBe(addresses.length);
      expect(await prisma.order.count({ where: { id: { in: orders }, customerId: kept } })).toBe(orders.length);
      expect(await money(pair)).toEqual(expected);
      await expectRightBooks(pair);
    }
  });

  it('are whole when a merge fails in the middle, wherever that is', async () => {
    const [one, two] = [await givenRandomCustomer(test.app, shop), await givenRandomCustomer(test.app, shop)];
    await givenRandomCredit(test.app, one);
    const before = [await everythingOfCustomer(test.app, one), await everythingOfCustomer(test.app, two)];
    // The last thing that a merge writes is refused: all before it has been done.
    await takingBack(test.app, async (tx) => {
      const { mergeCustomers } = await import('../../src/capabilities/merges/merge.ts');
      await mergeCustomers(tx, { customerOneId: one, customerTwoId: two }, { undoDays: 30 });
    });
    expect([await everythingOfCustomer(test.app, one), await everythingOfCustomer(test.app, two)]).toEqual(before);
    await expectRightBooks([one, two]);
  });
});
