import { parse } from 'csv-parse/sync';
import { beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import { capture } from '../../src/capabilities/store-credit/capture.ts';
import { credit } from '../../src/capabilities/store-credit/credit.ts';
import { debit } from '../../src/capabilities/store-credit/debit.ts';
import { hold } from '../../src/capabilities/store-credit/hold.ts';
import { type JournalLine, journal, journalCsv } from '../../src/capabilities/store-credit/journal.ts';
import { loadBalancesAt } from '../../src/capabilities/store-credit/loaders.ts';
import { activity, breakage, expiryCalendar, liability } from '../../src/capabilities/store-credit/reports.ts';
import { reverse } from '../../src/capabilities/store-credit/reverse.ts';
import { revert } from '../../src/capabilities/store-credit/revert.ts';
import { statementCsv, statementOf } from '../../src/capabilities/store-credit/statement.ts';
import { transfer } from '../../src/capabilities/store-credit/transfer.ts';
import { backends, openTestApp } from '../support/backends.ts';
import { givenCustomer } from '../support/given.ts';
import { randomFrom } from '../support/random-operations.ts';

// Reports are the shop's: this file has a currency that no other uses.
const CURRENCY = 'BOB';
const HOUR_MS = 3_600_000;
const BEGIN = Date.parse('2036-01-30T12:00:00Z');
const EVENTS = ['ADJUSTMENT', 'GOODWILL', 'OPENING_BALANCE', 'ORDER_REFUND'] as const;
const REASONS = [null, 'LATE', 'FAIR'];

const money = (amountMinor: bigint) => ({ amountMinor, currency: CURRENCY });
const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);

describe.each(backends)('reports on $name', (kind) => {
  let app: App;
  let now = BEGIN;
  const customers: string[] = [];
  /** What each account held when. */
  const seen: { accountId: string; at: number; balanceMinor: bigint }[] = [];

  /** A few months of a small shop: everything that can happen to credit. */
  const live = async (): Promise<void> => {
    const random = randomFrom(17);
    const upTo = (count: number): number => Math.floor(random() * count);
    const oneOf = <Item>(items: readonly Item[]): Item => items[upTo(items.length)] as Item;
    const credits: string[] = [];
    const debits: string[] = [];
    const holds: string[] = [];
    for (let count = 0; count < 5; count += 1) customers.push((await givenCustomer(app)).customerId);
    const steps: readonly (() => Promise<unknown>)[] = [
      async () => {
        const expiresAt = random() < 0.6 ? new Date(now + (1 + upTo(400)) * HOUR_MS) : null;
        const why = { event: oneOf(EVENTS), reason: oneOf(REASONS), actor: 'system', idempotency: null };
        credits.push(
          (await credit(app.ledger, { account: { customerId: oneOf(customers) }, amount: money(BigInt(100 + upTo(900))), expiresAt, ...why }))
            .transactionId,
        );
      },
      async () => {
        const event = oneOf(['ORDER_PAYMENT', 'ADJUSTMENT'] as const);
        debits.push(
          (await debit(app.ledger, { account: { customerId: oneOf(customers) }, amount: money(BigInt(1 + upTo(300))), event, ...post }))
            .transactionId,
        );
      },
      async () => {
        const { holdId } = await hold(app.ledger, new Date(now), {
          account: { customerId: oneOf(customers) },
          amount: money(BigInt(1 + upTo(200))),
          ...post,
        });
        holds.push(holdId);
      },
      async () =>
        debits.push(
          (await capture(app.ledger, { holdId: oneOf(holds), amount: money(BigInt(1 + upTo(80))), isFinal: random() < 0.5, ...post })).transactionId,
        ),
      () => revert(app.ledger, oneOf([0, 86_400]), { transactionId: oneOf(debits), amount: money(BigInt(1 + upTo(100))), ...post }),
      async () => debits.push((await reverse(app.ledger, { transactionId: oneOf(credits), ...post })).transactionId),
      () =>
        transfer(app.ledger, {
          from: { customerId: oneOf(customers) },
          to: { customerId: oneOf(customers) },
          currency: CURRENCY,
          amount: money(BigInt(1 + upTo(200))),
          ...post,
        }),
      () => app.ledger.post({ kind: 'EXPIRATION', transactionId: oneOf(credits), event: 'EXPIRATION', ...post }),
    ];
    for (let step = 0; step < 260; step += 1) {
      // What is refused changes nothing, and is as good as not asked.
      await (random() < 0.35 ? steps[0] : oneOf(steps))?.().catch(() => undefined);
      for (const { id, balanceMinor } of await app.backend.database.prisma.storeCreditAccount.findMany({ where: { currency: CURRENCY } }))
        seen.push({ accountId: id, at: now, balanceMinor });
      now += upTo(30) * HOUR_MS;
    }
  };
  const post = { actor: 'system', idempotency: null };

  beforeAll(async () => {
    ({ app } = await openTestApp(kind, () => new Date(now)));
    await live();
  });

  const sql = () => app.backend.database.sql;
  const transactions = () =>
    app.backend.database.prisma.storeCreditTransaction.findMany({ where: { currency: CURRENCY }, include: { related: true } });
  const periodOf = (fromDay: number, toDay: number) => ({
    from: new Date(BEGIN + fromDay * 24 * HOUR_MS),
    to: new Date(BEGIN + toDay * 24 * HOUR_MS),
  });
  const isIn =
    ({ from, to }: { from: Date; to: Date }) =>
    ({ createdAt }: { createdAt: Date }) =>
      createdAt >= from && createdAt < to;

  it('have something of everything to report', async () => {
    const all = await transactions();
    expect(all.length).toBeGreaterThan(100);
    for (const kindOf of ['CREDIT', 'DEBIT', 'DEBIT_REVERT', 'EXPIRATION'] as const)
      expect(all.filter((row) => row.kind === kindOf).length).toBeGreaterThan(3);
    expect(all.filter(({ kind: is, related }) => is === 'DEBIT' && related).length).toBeGreaterThan(1);
    expect(all.filter(({ event }) => event === 'TRANSFER').length).toBeGreaterThan(5);
  });

  it('tell any balance of the past as it was then', async () => {
    const last = new Map(seen.map((each) => [`${each.accountId} ${new Date(each.at).toISOString()}`, each.balanceMinor]));
    const told = await loadBalancesAt(sql(), [...last.keys()]);
    expect([...last.keys()].filter((key) => told.get(key) !== last.get(key))).toEqual([]);
    const between = await loadBalancesAt(
      sql(),
      seen.map(({ accountId }) => `${accountId} ${new Date(BEGIN - 1).toISOString()}`),
    );
    expect(new Set(between.values())).toEqual(new Set([0n]));
  });

  it('tell what is owed now, and at any moment', async () => {
    const accounts = await app.backend.database.prisma.storeCreditAccount.findMany({
      where: { currency: CURRENCY },
      include: { lots: { include: { credit: true } }, holds: true },
    });
    const [found] = await liability(sql(), CURRENCY, null, new Date(now));
    const lots = accounts.flatMap((account) => account.lots).filter(({ remainingMinor }) => remainingMinor > 0n);
    const owed = sum(lots.map(({ remainingMinor }) => remainingMinor));
    const aged = lots.reduce((total, { remainingMinor, credit: given }) => total + Number(remainingMinor) * (now - given.createdAt.getTime()), 0);
    expect(found).toMatchObject({
      currency: CURRENCY,
      accounts: accounts.filter(({ balanceMinor }) => balanceMinor > 0n).length,
      balance: owed.toString(),
      held: sum(
        accounts
          .flatMap(({ holds }) => holds)
          .filter(({ expiresAt, state }) => state === 'ACTIVE' && expiresAt.getTime() > now)
          .map(({ remainingMinor }) => remainingMinor),
      ).toString(),
      expired: sum(lots.filter(({ expiresAt }) => expiresAt && expiresAt.getTime() <= now).map(({ remainingMinor }) => remainingMinor)).toString(),
    });
    expect(found?.age).toBe(Math.round((aged / Number(owed) / (24 * HOUR_MS)) * 10) / 10);
    for (const at of [20, 55, 90].map((day) => new Date(BEGIN + day * 24 * HOUR_MS))) {
      const [then] = await liability(sql(), CURRENCY, at, null);
      const rows = (await transactions()).filter(({ createdAt }) => createdAt <= at);
      expect(then).toMatchObject({ balance: sum(rows.map(({ amountMinor }) => amountMinor)).toString(), held: null });
    }
  });

  it('tell what happened, by period, kind, event and reason', async () => {
    const period = periodOf(10, 120);
    const rows = (await transactions()).filter(isIn(period));
    const lengthOf = { DAY: 10, MONTH: 7 } as const;
    for (const interval of ['DAY', 'MONTH'] as const) {
      const recount = new Map<string, { transactions: number; amount: bigint }>();
      for (const { createdAt, kind: is, event, reason, amountMinor } of rows) {
        const key = [createdAt.toISOString().slice(0, lengthOf[interval]), is, event, reason].join('|');
        const before = recount.get(key) ?? { transactions: 0, amount: 0n };
        recount.set(key, { transactions: before.transactions + 1, amount: before.amount + amountMinor });
      }
      const told = await activity(sql(), CURRENCY, period, interval);
      const asMap = new Map(
        told.map((row) => [
          [row.period.slice(0, lengthOf[interval]), row.kind, row.event, row.reason].join('|'),
          { transactions: row.transactions, amount: BigInt(row.amount) },
        ]),
      );
      expect(asMap).toEqual(recount);
      expect(told).toHaveLength(recount.size);
    }
    const weeks = await activity(sql(), CURRENCY, period, 'WEEK');
    for (const { period: day } of weeks) expect(new Date(day).getUTCDay()).toBe(1);
    expect(weeks.reduce((total, row) => total + row.transactions, 0)).toBe(rows.length);
  });

  it('tell what expires when, and what never does', async () => {
    const lots = await app.backend.database.prisma.storeCreditLot.findMany({
      where: { account: { currency: CURRENCY }, remainingMinor: { gt: 0n } },
    });
    const recount = new Map<string | null, bigint>();
    for (const { expiresAt, remainingMinor } of lots) {
      if (expiresAt && expiresAt.getTime() <= now) continue;
      const key = expiresAt ? `${expiresAt.toISOString().slice(0, 7)}-01` : null;
      recount.set(key, (recount.get(key) ?? 0n) + remainingMinor);
    }
    const told = await expiryCalendar(sql(), CURRENCY, new Date(now), 'MONTH');
    expect(new Map(told.map(({ period, amount }) => [period, BigInt(amount)]))).toEqual(recount);
    expect(told.at(-1)?.period).toBeNull();
  });

  it('tell what became of what was given', async () => {
    const period = periodOf(5, 70);
    const given = (await transactions()).filter(isIn(period)).filter(({ kind: is, related }) => is === 'CREDIT' && !related);
    const parts = { issued: 0n, redeemed: 0n, expired: 0n, reversed: 0n, transferred: 0n, remaining: 0n };
    for (const { id } of given) {
      const lot = await app.backend.database.prisma.storeCreditLot.findUniqueOrThrow({
        where: { id },
        include: { allocations: { include: { transaction: { include: { related: true } } } } },
      });
      parts.issued += lot.amountMinor;
      parts.remaining += lot.remainingMinor;
      for (const { amountMinor, transaction } of lot.allocations) {
        const isBack = transaction.kind === 'DEBIT_REVERT';
        const taken = isBack ? transaction.related : transaction;
        const how =
          taken?.kind === 'EXPIRATION' ? 'expired' : taken?.relatedId ? 'reversed' : taken?.event === 'TRANSFER' ? 'transferred' : 'redeemed';
        parts[how] += isBack ? -amountMinor : amountMinor;
      }
    }
    const [told] = await breakage(sql(), CURRENCY, period);
    expect(told).toEqual({
      currency: CURRENCY,
      credits: given.length,
      ...Object.fromEntries(Object.entries(parts).map(([name, amount]) => [name, amount.toString()])),
    });
    expect(parts.redeemed + parts.expired + parts.reversed + parts.transferred + parts.remaining).toBe(parts.issued);
    for (const amount of Object.values(parts)) expect(amount).toBeGreaterThan(0n);
  });

  it('write a journal in which debits equal credits, and which moves the liability as the books do', async () => {
    const period = periodOf(10, 100);
    const lines = await journal(sql(), CURRENCY, period);
    const of = (account: JournalLine['account']) => lines.filter((line) => line.account === account);
    const debits = (of_: readonly JournalLine[]) => sum(of_.map(({ debitMinor }) => debitMinor));
    const creditsOf = (of_: readonly JournalLine[]) => sum(of_.map(({ creditMinor }) => creditMinor));
    expect(debits(lines)).toBe(creditsOf(lines));
    for (const day of new Set(lines.map((line) => line.day))) {
      const that = lines.filter((line) => line.day === day);
      expect(debits(that)).toBe(creditsOf(that));
    }
    const [before] = await liability(sql(), CURRENCY, new Date(period.from.getTime() - 1), null);
    const [after] = await liability(sql(), CURRENCY, new Date(period.to.getTime() - 1), null);
    const owed = of('STORE_CREDIT_LIABILITY');
    expect(creditsOf(owed) - debits(owed)).toBe(BigInt(after?.balance ?? 0) - BigInt(before?.balance ?? 0));
    const rows = (await transactions()).filter(isIn(period));
    const expired = rows.filter((row) => row.kind === 'EXPIRATION').map(({ amountMinor }) => -amountMinor);
    expect([debits(of('BREAKAGE_INCOME')), creditsOf(of('BREAKAGE_INCOME'))]).toEqual([0n, sum(expired)]);
    expect(debits(of('TRANSFER_CLEARING'))).toBe(creditsOf(of('TRANSFER_CLEARING')));
    expect(debits(of('TRANSFER_CLEARING'))).toBeGreaterThan(0n);
    const opened = rows.filter((row) => row.kind === 'CREDIT' && row.event === 'OPENING_BALANCE').map(({ amountMinor }) => amountMinor);
    expect(debits(of('OPENING_BALANCES'))).toBe(sum(opened));
    // A reversal and a revert stand against what they take back.
    const paid = rows.filter((row) => row.kind === 'DEBIT' && row.event === 'ORDER_PAYMENT').map(({ amountMinor }) => -amountMinor);
    const back = rows.filter((row) => row.kind === 'DEBIT_REVERT' && row.related?.event === 'ORDER_PAYMENT').map(({ amountMinor }) => amountMinor);
    expect([creditsOf(of('SALES_CLEARING')), debits(of('SALES_CLEARING'))]).toEqual([sum(paid), sum(back)]);
    const csv = parse(journalCsv(lines), { columns: true }) as { debit: string; credit: string }[];
    expect(csv).toHaveLength(lines.length);
    const total = (name: 'debit' | 'credit') => csv.reduce((all, row) => all + Math.round(Number(row[name] || 0) * 100), 0);
    expect([total('debit'), total('credit')]).toEqual([Number(debits(lines)), Number(debits(lines))]);
  });

  it('write a statement whose lines lead from its opening to its closing balance', async () => {
    for (const accountId of new Set(seen.map((each) => each.accountId))) {
      const period = periodOf(20, 80);
      const found = await statementOf(sql(), accountId, period);
      const rows = await app.backend.database.prisma.storeCreditTransaction.findMany({
        where: { accountId, createdAt: { gte: period.from, lt: period.to } },
        orderBy: { number: 'asc' },
      });
      expect(found?.lines.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
      expect((found?.openingMinor ?? 0n) + sum(rows.map(({ amountMinor }) => amountMinor))).toBe(found?.closingMinor);
    }
    expect(await statementOf(sql(), '0190d998-0000-7000-8000-000000000000', periodOf(0, 1))).toBeNull();
  });

  it('write a statement as CSV that no spreadsheet takes for formulas, with columns for staff', async () => {
    const { customerId } = await givenCustomer(app);
    const at = new Date(now);
    const about = { memo: '=HYPERLINK("http://evil.example","click"), "quoted"', note: '@SUM(A1)', reason: 'R', reference: '+4412' };
    const { accountId } = await credit(app.ledger, {
      account: { customerId },
      amount: { amountMinor: 12_345n, currency: 'BSD' },
      expiresAt: null,
      ...about,
      ...post,
    });
    await debit(app.ledger, { account: { accountId }, amount: { amountMinor: 45n, currency: 'BSD' }, ...post });
    const statement = await statementOf(sql(), accountId, { from: at, to: new Date(now + 1) });
    if (!statement) throw new Error('There is an account.');
    const rows = parse(statementCsv(statement, true), { columns: true }) as Record<string, string>[];
    expect(rows).toMatchObject([
      { type: 'OPENING', balance: '0.00', currency: 'BSD' },
      { number: '1', type: 'CREDIT', credit: '123.45', debit: '', balance: '123.45', memo: `'${about.memo}`, note: "'@SUM(A1)", reference: "'+4412" },
      { number: '2', type: 'DEBIT', credit: '', debit: '0.45', balance: '123.00' },
      { type: 'CLOSING', balance: '123.00' },
    ]);
    const hers = statementCsv(statement, false);
    expect(Object.keys((parse(hers, { columns: true }) as object[])[0] ?? {})).toEqual([
      'number',
      'date',
      'type',
      'event',
      'credit',
      'debit',
      'balance',
      'currency',
      'memo',
    ]);
    expect(hers).not.toContain('SUM');
  });
});
