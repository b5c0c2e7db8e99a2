import { isDeepStrictEqual } from 'node:util';
import { service } from '../src/backend/service.ts';
import { type BOOK_ACCOUNTS, journal } from '../src/capabilities/store-credit/journal.ts';
import { activity, breakage, expiryCalendar, liability } from '../src/capabilities/store-credit/reports.ts';
import type { Sql } from '../src/db/client.ts';
import { SERVICES } from './load.ts';
import { stopAll } from './servers.ts';
import { openShop, type Scale } from './shop.ts';
import { spread, table } from './table.ts';
import { atMost } from './targets.ts';

/** Two accounts for each; a database that the other suites do not use, as most of its credit runs out. */
const CUSTOMERS = 50_000;
const REPORT_MS_MAX = 1_000;
const DAY_MS = 86_400_000;

/** What is loaded knows one event and no end of credit: this gives it the variety that reports are about. */
const VARIETY: readonly string[] = [
  "insert into setting (name, value) values ('bench-variety', 'true')",
  "set session_replication_role = 'replica'",
  `update store_credit_transaction set
     event = (case kind when 'CREDIT' then array['ORDER_REFUND', 'GOODWILL', 'PROMOTION', 'OPENING_BALANCE'] else array['ORDER_PAYMENT', 'ADJUSTMENT'] end)
       [1 + abs(hashtext(id::text)) % case kind when 'CREDIT' then 4 else 2 end]::store_credit_system_event,
     reason = (array['LATE', 'FAIR', null])[1 + abs(hashtext(account_id::text)) % 3]
`,
  `update store_credit_lot set expires_at = now() + (abs(hashtext(id::text)) % 400 - 30) * interval '1 day'
   where abs(hashtext(account_id::text)) % 10 < 6`,
  "set session_replication_role = 'origin'",
  'analyze store_credit_transaction, store_credit_lot',
];

interface Moved {
  readonly accountId: string;
  readonly kind: string;
  readonly event: string;
  readonly reason: string | null;
  readonly currency: string;
  readonly amount: number;
  readonly at: number;
}

interface Lot {
  readonly id: string;
  readonly currency: string;
  readonly amount: number;
  readonly remaining: number;
  readonly expiresAt: number | null;
  readonly givenAt: number;
}

/** All movements, a month at a time. */
async function* movements(sql: Sql, from: Date, to: Date): AsyncGenerator<Moved> {
  for (let at = from.getTime(); at < to.getTime(); at += 30 * DAY_MS) {
    yield* await sql<Moved>(
      `select account_id::text as "accountId", kind::text, event::text, reason, currency, amount_minor::float8 as amount,
         (extract(epoch from created_at) * 1000)::float8 as at
       from store_credit_transaction where created_at >= $1::text::timestamptz and created_at < $2::text::timestamptz`,
      [new Date(at).toISOString(), new Date(Math.min(at + 30 * DAY_MS, to.getTime())).toISOString()],
    );
  }
}

/** Adds up under a key. */
class Tally {
  readonly sums = new Map<string, number[]>();
  add(key: readonly unknown[], ...values: readonly number[]): void {
    const name = JSON.stringify(key);
    const sums = this.sums.get(name) ?? values.map(() => 0);
    this.sums.set(
      name,
      values.map((value, place) => (sums[place] as number) + value),
    );
  }
}

const tallied = <Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => readonly unknown[],
  valuesOf: (row: Row) => readonly unknown[],
): Map<string, number[]> => new Map(rows.map((row) => [JSON.stringify(keyOf(row)), valuesOf(row).map(Number)]));

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);
const monthOf = (at: number): string => `${dayOf(at).slice(0, 7)}-01`;

/** By its own reading of the documentation: what the books know of a movement's other side. */
const contraOf = (kind: string, event: string): (typeof BOOK_ACCOUNTS)[number] => {
  if (event === 'OPENING_BALANCE') return 'OPENING_BALANCES';
  if (event === 'ORDER_REFUND') return kind === 'CREDIT' ? 'SALES_RETURNS' : 'SALES_CLEARING';
  if (event === 'ORDER_PAYMENT') return 'SALES_CLEARING';
  return event === 'ADJUSTMENT' ? 'ADJUSTMENTS' : 'PROMOTION_EXPENSE';
};

const same = (what: string, told: unknown, counted: unknown): void => {
  if (!isDeepStrictEqual(told, counted))
    throw new Error(
      `${what} says\n${JSON.stringify([...(told as Map<string, number[]>)])}\nwhere it is\n${JSON.stringify([...(counted as Map<string, number[]>)])}`,
    );
};

/** Every report over 100,000 accounts: compared with a count of all rows by this process, and timed. */
export const reports = async (scale: Scale): Promise<void> => {
  // A gateway that is up posts what has run out while its rows are counted.
  await stopAll();
  const shop = await openShop(scale.isSmoke ? scale.customers / 2 : CUSTOMERS);
  const { sql } = shop;
  const backend = await service({ ...SERVICES, databaseUrl: shop.databaseUrl, redisPrefix: 'clientele-bench:' });
  const { reporting } = backend.database;
  const isVaried = (await sql("select 1 from setting where name = 'bench-variety'", [])).length > 0;
  for (const statement of isVaried ? [] : VARIETY) await sql(statement, []);
  const [bounds] = await sql<{ first: Date; last: Date; accounts: number }>(
    'select min(created_at) as first, max(created_at) as last, (select count(*)::int from store_credit_account) as accounts from store_credit_transaction',
    [],
  );
  if (!bounds) throw new Error('there are no movements');
  const all = { from: new Date(bounds.first.getTime() - 1), to: new Date(bounds.last.getTime() + 1) };
  const quarter = { from: all.from, to: new Date(all.from.getTime() + 91 * DAY_MS) };
  const middle = new Date((all.from.getTime() + all.to.getTime()) / 2);
  const now = new Date();

  const [then, moved, booked] = [new Map<string, [currency: string, sum: number]>(), new Tally(), new Tally()];
  for await (const { accountId, kind, event, reason, currency, amount, at } of movements(sql, all.from, all.to)) {
    if (at <= middle.getTime()) then.set(accountId, [currency, (then.get(accountId)?.[1] ?? 0) + amount]);
    moved.add([monthOf(at), currency, kind, event, reason], 1, amount);
    if (at < quarter.to.getTime()) booked.add([dayOf(at), currency, contraOf(kind, event), amount > 0], Math.abs(amount), 1);
  }
  const [owed, held, ends, broken] = [new Tally(), new Tally(), new Tally(), new Tally()];
  for (const [currency, sum] of then.values()) held.add([currency], sum > 0 ? 1 : 0, sum);
  const lots = await sql<Lot>(
    `select l.id::text, t.currency, l.amount_minor::float8 as amount, l.remaining_minor::float8 as remaining,
       (extract(epoch from l.expires_at) * 1000)::float8 as "expiresAt", (extract(epoch from t.created_at) * 1000)::float8 as "givenAt"
     from store_credit_lot l, store_credit_transaction t where t.id = l.id`,
    [],
  );
  for (const { currency, amount, remaining, expiresAt } of lots) {
    const isOver = expiresAt !== null && expiresAt <= now.getTime();
    owed.add([currency], remaining > 0 ? 1 : 0, remaining, isOver ? remaining : 0);
    if (remaining > 0 && !isOver) ends.add([expiresAt === null ? null : monthOf(expiresAt), currency], 1, remaining);
    broken.add([currency], 1, amount, amount - remaining, remaining);
  }

  const ways: readonly [name: string, run: () => Promise<unknown>, check: (told: never) => void][] = [
    [
      'liability now',
      () => liability(reporting, null, null, now),
      (told: Awaited<ReturnType<typeof liability>>) =>
        same(
          'liability',
          tallied(
            told,
            ({ currency }) => [currency],
            ({ accounts, balance, expired }) => [accounts, balance, expired],
          ),
          owed.sums,
        ),
    ],
    [
      'liability at a moment',
      () => liability(reporting, null, middle, null),
      (told: Awaited<ReturnType<typeof liability>>) =>
        same(
          'liability then',
          tallied(
            told,
            ({ currency }) => [currency],
            ({ accounts, balance }) => [accounts, balance],
          ),
          held.sums,
        ),
    ],
    [
      'activity of all time by month',
      () => activity(reporting, null, all, 'MONTH'),
      (told: Awaited<ReturnType<typeof activity>>) =>
        same(
          'activity',
          tallied(
            told,
            ({ period, currency, kind, event, reason }) => [period, currency, kind, event, reason],
            ({ transactions, amount }) => [transactions, amount],
          ),
          moved.sums,
        ),
    ],
    [
      'expiry calendar',
      () => expiryCalendar(reporting, null, now, 'MONTH'),
      (told: Awaited<ReturnType<typeof expiryCalendar>>) =>
        same(
          'calendar',
          tallied(
            told,
            ({ period, currency }) => [period, currency],
            ({ credits, amount }) => [credits, amount],
          ),
          ends.sums,
        ),
    ],
    [
      'breakage and redemption of all time',
      () => breakage(reporting, null, all),
      (told: Awaited<ReturnType<typeof breakage>>) =>
        same(
          'breakage',
          tallied(
            told,
            ({ currency }) => [currency],
            ({ credits, issued, redeemed, expired, reversed, transferred, remaining }) => [
              credits,
              issued,
              [redeemed, expired, reversed, transferred].reduce((sum, part) => sum + Number(part), 0),
              remaining,
            ],
          ),
          broken.sums,
        ),
    ],
    [
      'journal of a quarter',
      () => journal(reporting, null, quarter),
      (told: Awaited<ReturnType<typeof journal>>) =>
        same(
          'journal',
          tallied(
            told.filter(({ account }) => account !== 'STORE_CREDIT_LIABILITY'),
            ({ day, currency, account, debitMinor }) => [day, currency, account, debitMinor > 0n],
            ({ debitMinor, creditMinor, transactions }) => [debitMinor + creditMinor, transactions],
          ),
          booked.sums,
        ),
    ],
  ];

  const rows: string[][] = [];
  for (const [name, run, check] of ways) {
    const taken: number[] = [];
    for (let round = 0; round < scale.pace.rounds; round += 1) {
      const before = performance.now();
      const told = await run();
      taken.push(performance.now() - before);
      check(told as never);
    }
    rows.push([name, spread(taken)]);
    atMost(`${name}, ms`, REPORT_MS_MAX, taken);
  }
  const title = `Reports over ${bounds.accounts} accounts`;
  console.log(
    scale.isSmoke
      ? `${title}: as counted row by row`
      : table(
          title,
          `${scale.pace.rounds} of each, over all there is but for the journal, which has a line for each day; counts and sums equal to a count of all rows by another process.`,
          ['', 'ms'],
          rows,
        ),
  );
  await backend.close();
  await shop.close();
};
