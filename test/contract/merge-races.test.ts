import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { service } from '../../src/backend/service.ts';
import { findOrCreateByEmail } from '../../src/capabilities/customers/find-or-create.ts';
import { updateCustomer } from '../../src/capabilities/customers/update.ts';
import { refreshDuplicates } from '../../src/capabilities/duplicates/refresh.ts';
import { followCredit } from '../../src/capabilities/merges/follow-credit.ts';
import { erase } from '../../src/capabilities/privacy/erasure.ts';
import { credit } from '../../src/capabilities/store-credit/credit.ts';
import { debit } from '../../src/capabilities/store-credit/debit.ts';
import { reconcile } from '../../src/capabilities/store-credit/reconcile.ts';
import { DomainError } from '../../src/core/errors.ts';
import { createDatabase, services, TEST_SECRET } from '../support/backends.ts';
import { givenMovements, givenOrders } from '../support/big-profile.ts';
import { givenCredit, givenSession, openAny } from '../support/given.ts';
import { everythingOfCustomer, givenProven, mergeInto, undo } from '../support/merging.ts';
import { givenOrder } from '../support/random-customer.ts';

const ROUNDS = Number(process.env.MERGE_RACE_ROUNDS ?? 2);
const BIG = { transactions: 10_000, orders: 5_000 };

describe.runIf(services)('merges that race on PostgreSQL', () => {
  const apps: App[] = [];
  beforeAll(async () => {
    if (!services) return;
    // Two gateways on one database, as two processes are.
    const databaseUrl = await createDatabase(services.databaseUrl);
    for (let count = 0; count < 2; count += 1) {
      const backend = await service({ databaseUrl, redisUrl: services.redisUrl, redisPrefix: `${randomBytes(6).toString('hex')}:`, poolSize: 12 });
      apps.push(
        createApp(backend, {
          secretKeys: [TEST_SECRET],
          publicUrl: 'http://localhost:4000',
          shopName: 'Test Shop',
          mail: async () => {},
          log: pino({ level: 'silent' }),
        }),
      );
    }
  });
  afterAll(async () => {
    for (const app of apps) {
      await app.close();
      await app.backend.close();
    }
  });

  const [first, second] = [() => apps[0] as App, () => apps[1] as App];
  const either = (place: number): App => apps[place % 2] as App;
  /** What a refusal says, and everything else is thrown. */
  const codeOf = (error: unknown): string => {
    if (error instanceof DomainError) return error.code;
    throw error;
  };

  it('never deadlock, and of crosswise merges one is done', { timeout: 120_000 }, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const people = await Promise.all([0, 1, 2].map(() => givenProven(first())));
      const ids = people.map(({ customerId }) => customerId) as [string, string, string];
      for (const id of ids) await givenCredit(first(), id, 1000n);
      const [a, b, c] = ids;
      const outcomes = await Promise.all(
        [
          [a, b],
          [b, a],
          [b, c],
          [c, a],
        ].map(([kept, closed], place) =>
          mergeInto(either(place), kept as string, closed as string).then(
            () => 'done',
            (error) => codeOf(error),
          ),
        ),
      );
      expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(2);
      const rows = await first().backend.database.prisma.customer.findMany({ where: { id: { in: ids } } });
      const living = rows.filter(({ deletedAt }) => deletedAt === null);
      expect(living).toHaveLength(1);
      for (const row of rows) expect(row.mergedIntoId).toBe(row.id === living[0]?.id ? null : living[0]?.id);
      const accounts = await first().backend.database.prisma.storeCreditAccount.findMany({ where: { customerId: { in: ids } } });
      expect(accounts.map(({ balanceMinor }) => balanceMinor).sort()).toEqual([0n, 0n, 3000n]);
    }
  });

  it('lose no cent, no sign-in, no order and no change that comes meanwhile', { timeout: 180_000 }, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const [one, two] = [await givenProven(first()), await givenProven(first())];
      const { accountId } = await givenCredit(first(), one.customerId, 100_000n);
      await givenCredit(first(), two.customerId, 100_000n);
      const why = { actor: 'system', idempotency: null };
      const amount = { amountMinor: 7n, currency: 'EUR' };
      let [given, taken] = [200_000n, 0n];
      const orders: string[] = [];
      const move = async (place: number): Promise<void> => {
        const app = either(place);
        const account = place % 3 === 0 ? { accountId } : { customerId: place % 3 === 1 ? one.customerId : two.customerId };
        if (place % 4 < 2) {
          await debit(app.ledger, { account, amount, ...why });
          taken += 7n;
        } else {
          await credit(app.ledger, { account, amount, ...why });
          given += 7n;
        }
      };
      const signIn = (place: number) =>
        either(place).transactSql('anonymous', async (tx) => {
          const { customerId } = await findOrCreateByEmail(tx, place % 2 ? one.email : two.email, null);
          return { customerId, session: await openAny(tx, customerId, 'email_code') };
        });
      const tell = async (place: number): Promise<void> => {
        orders.push((await givenOrder(either(place), place % 2 ? one.customerId : two.customerId)).orderId);
      };
      const touch = (place: number) =>
        either(place)
          .transact('system', (tx) => updateCustomer(tx, two.customerId, { locale: place % 2 ? 'de' : 'da' }))
          .catch(codeOf);
      const work = Array.from({ length: 40 }, (_, place) => [move, signIn, tell, touch].map((run) => () => run(place))).flat();
      const merging = async () => {
        const { mergeId } = await mergeInto(second(), two.customerId, one.customerId);
        if (round % 2) await undo(first(), mergeId, []).catch(codeOf);
      };
      await Promise.all([merging(), ...work.map((run) => run())]);
      await followCredit(first());
      const { prisma, sql } = first().backend.database;
      const accounts = await prisma.storeCreditAccount.findMany({ where: { customerId: { in: [one.customerId, two.customerId] } } });
      expect(accounts.reduce((sum, { balanceMinor }) => sum + balanceMinor, 0n)).toBe(given - taken);
      for (const { id } of accounts) expect((await reconcile(sql, { accountId: id, limit: 1 })).faults).toEqual([]);
      const living = await prisma.customer.findMany({
        where: { id: { in: [one.customerId, two.customerId] }, deletedAt: null },
        select: { id: true },
      });
      const ids = living.map(({ id }) => id);
      expect(await prisma.order.count({ where: { id: { in: orders }, customerId: { in: ids } } })).toBe(orders.length);
      // Nobody is signed in to a profile that is closed.
      const others = { notIn: ids };
      expect(
        await prisma.session.count({
          where: { AND: [{ customerId: { in: [one.customerId, two.customerId] } }, { customerId: others }], revokedAt: null },
        }),
      ).toBe(0);
    }
  });

  it('are one with erasures, scans and sign-ins: whoever is erased is erased whole, and nobody else loses anything', {
    timeout: 240_000,
  }, async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const [one, two, three] = [await givenProven(first()), await givenProven(first()), await givenProven(first())];
      const people = [one, two, three];
      const ids = people.map(({ customerId }) => customerId);
      for (const { customerId } of people) await givenCredit(first(), customerId, 1_000n);
      let taken = 0n;
      const why = { actor: 'system', idempotency: null };
      const spend = (place: number) =>
        debit(either(place).ledger, { account: { customerId: ids[place % 3] as string }, amount: { amountMinor: 3n, currency: 'EUR' }, ...why }).then(
          () => {
            taken += 3n;
          },
          (error) => codeOf(error),
        );
      const signIn = (place: number) =>
        either(place).transactSql('anonymous', async (tx) => {
          const { customerId } = await findOrCreateByEmail(tx, (people[place % 3] as (typeof people)[number]).email, null);
          return openAny(tx, customerId, 'email_code');
        });
      const attempt = (run: Promise<unknown>) =>
        run.then(
          () => 'done',
          (error) => codeOf(error),
        );
      const due = new Date(Date.now() - 60_000);
      const eraseOne = async (place: number, id: string) => {
        const app = either(place);
        const { count } = await app.backend.database.prisma.customer.updateMany({
          where: { id, deletedAt: null },
          data: { erasureRequestedAt: due, erasureDueAt: due },
        });
        return count === 0 ? 'DOES_NOT_EXIST' : attempt(app.transact('system', (tx) => erase(tx, id)));
      };
      const matchAll = async (place: number) => {
        for (let count = 0; count < 5; count += 1) await refreshDuplicates(either(place));
      };
      const work = [
        ...Array.from({ length: 12 }, (_, place) => [() => spend(place), () => attempt(signIn(place))]).flat(),
        () => attempt(mergeInto(first(), ids[1] as string, ids[0] as string)),
        () => eraseOne(1, ids[0] as string),
        () => attempt(mergeInto(second(), ids[0] as string, ids[1] as string)),
        () => attempt(mergeInto(first(), ids[2] as string, ids[1] as string)),
        () => eraseOne(0, ids[2] as string),
        () => matchAll(0),
        () => matchAll(1),
      ].sort(() => Math.random() - 0.5);
      // A deadlock, or any other fault that a caller would see, is thrown here.
      await Promise.all(work.map((run) => run()));
      while ((await followCredit(first())) > 0);
      const { prisma, sql } = first().backend.database;
      const rows = await prisma.customer.findMany({ where: { id: { in: ids } } });
      for (const row of rows) {
        // Erased, then nothing is left to know her by; else living, or closed into one of the others.
        if (row.erasedAt) expect([row.email, row.firstName, row.phone, row.note]).toEqual([null, null, null, null]);
        else expect(row.deletedAt === null || ids.includes(row.mergedIntoId ?? '')).toBe(true);
      }
      const accounts = await prisma.storeCreditAccount.findMany({ where: { customerId: { in: ids } } });
      for (const { id } of accounts) expect((await reconcile(sql, { accountId: id, limit: 1 })).faults).toEqual([]);
      // What the erased had is written off by the ledger itself: no cent is lost without a row that says so.
      const [moved] = await sql<{ sum: string }>(
        `select coalesce(sum(t.amount_minor), 0)::text as sum from store_credit_transaction t join store_credit_account a on a.id = t.account_id
        where a.customer_id = any($1::text[]::uuid[])`,
        [ids],
      );
      expect(accounts.reduce((sum, { balanceMinor }) => sum + balanceMinor, 0n)).toBe(BigInt(moved?.sum ?? 0));
      const [spent] = await sql<{ sum: string }>(
        `select coalesce(sum(-t.amount_minor), 0)::text as sum from store_credit_transaction t join store_credit_account a on a.id = t.account_id
        where a.customer_id = any($1::text[]::uuid[]) and t.kind = 'DEBIT' and t.event = 'ADJUSTMENT'`,
        [ids],
      );
      expect(BigInt(spent?.sum ?? 0)).toBe(taken);
      const alive = rows.filter(({ deletedAt, erasedAt }) => deletedAt === null && erasedAt === null).map(({ id }) => id);
      expect(await prisma.session.count({ where: { customerId: { in: ids.filter((id) => !alive.includes(id)) }, revokedAt: null } })).toBe(0);
      expect(
        await prisma.duplicateProfile.count({ where: { customerId: { in: rows.filter(({ erasedAt }) => erasedAt).map(({ id }) => id) } } }),
      ).toBe(0);
    }
  });

  it('leave both whole when the connection breaks in the middle', { timeout: 60_000 }, async () => {
    const [one, two] = [await givenProven(first()), await givenSession(first())];
    await givenCredit(first(), one.customerId, 1000n);
    const before = [await everythingOfCustomer(first(), one.customerId), await everythingOfCustomer(first(), two.customerId)];
    const { mergeCustomers } = await import('../../src/capabilities/merges/merge.ts');
    const broken = second().transact('staff:test', async (tx) => {
      await mergeCustomers(tx, { customerOneId: one.customerId, customerTwoId: two.customerId }, { undoDays: 30 });
      await tx.sql('select pg_terminate_backend(pg_backend_pid())', []);
    });
    await expect(broken).rejects.toThrow();
    expect([await everythingOfCustomer(first(), one.customerId), await everythingOfCustomer(first(), two.customerId)]).toEqual(before);
    expect((await mergeInto(second(), two.customerId, one.customerId)).resultingCustomerId).toBe(two.customerId);
  });

  it(`take ${BIG.transactions} transactions and ${BIG.orders} orders in one`, { timeout: 300_000 }, async () => {
    const [one, two] = [await givenProven(first()), await givenProven(first())];
    const { accountId } = await givenMovements(first(), one.customerId, BIG.transactions);
    await givenOrders(first(), one.customerId, BIG.orders);
    const { prisma } = first().backend.database;
    const lots = await prisma.storeCreditLot.count({ where: { accountId, isOpen: true } });
    const began = performance.now();
    const { mergeId } = await mergeInto(first(), two.customerId, one.customerId);
    const merged = performance.now();
    expect(await prisma.order.count({ where: { customerId: two.customerId } })).toBe(BIG.orders);
    const undoing = performance.now();
    await undo(first(), mergeId);
    const undone = performance.now();
    expect(await prisma.order.count({ where: { customerId: one.customerId } })).toBe(BIG.orders);
    console.log(
      `merge of ${BIG.transactions} transactions (${lots} open lots) and ${BIG.orders} orders: ${Math.round(merged - began)} ms; undo: ${Math.round(undone - undoing)} ms`,
    );
  });
});
