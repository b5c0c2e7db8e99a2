import type { Sql } from '../../db/client.ts';
import type { StoreCreditSystemEvent, StoreCreditTransactionKind } from '../../db/generated/enums.ts';
import type { Period } from './statement.ts';

/** Amounts of reports are minor units as text, as the database writes them. Currencies may be named, or are all reported on. */

export type Interval = 'DAY' | 'WEEK' | 'MONTH';

export interface Liability {
  readonly currency: string;
  /** Accounts that hold something. */
  readonly accounts: number;
  readonly balance: string;
  /** Of the present alone. */
  readonly held: string | null;
  readonly expired: string | null;
  /** Days since it was given, to a tenth, weighted by what is left of it. */
  readonly age: number | null;
}

const LIABILITY_NOW = `
with now as (select coalesce($2::text::timestamptz, statement_timestamp()) as moment),
books as (
  select a.currency, count(*) filter (where a.balance_minor > 0)::int as accounts, sum(a.balance_minor)::text as balance, sum(a.held_minor)::bigint as held
  from store_credit_account a where $1::text is null or a.currency = $1::text group by a.currency
), lots as (
  select t.currency, sum(l.remaining_minor) filter (where l.expires_at <= now.moment) as expired,
    sum(l.remaining_minor * extract(epoch from now.moment - t.created_at) / 86400) / sum(l.remaining_minor) as age
  from now, store_credit_lot l join store_credit_transaction t on t.id = l.id
  where l.is_open and ($1::text is null or t.currency = $1::text) group by t.currency
), timed_out as (
  select h.currency, sum(h.remaining_minor)::bigint as amount from now, store_credit_hold h where h.state = 'ACTIVE' and h.expires_at <= now.moment
  group by h.currency
)
select books.currency, books.accounts, books.balance, (books.held - coalesce(timed_out.amount, 0))::text as held,
  coalesce(lots.expired, 0)::text as expired, round(lots.age, 1)::float8 as age
from books left join lots using (currency) left join timed_out using (currency) order by currency`;

const LIABILITY_AT = `
select currency, count(*) filter (where balance > 0)::int as accounts, sum(balance)::text as balance, null as held, null as expired, null as age
from (select account_id, currency, sum(amount_minor) as balance from store_credit_transaction
  where created_at <= $2::text::timestamptz and ($1::text is null or currency = $1::text) group by account_id, currency) then_
group by currency order by currency`;

/** What the shop owes its customers in credit, now or as its books stood at a moment. `now` null: the database's clock. */
export const liability = (sql: Sql, currency: string | null, at: Date | null, now: Date | null): Promise<Liability[]> =>
  sql<Liability>(at ? LIABILITY_AT : LIABILITY_NOW, [currency, (at ?? now)?.toISOString() ?? null]);

export interface Activity {
  readonly period: string;
  readonly currency: string;
  readonly kind: StoreCreditTransactionKind;
  readonly event: StoreCreditSystemEvent;
  readonly reason: string | null;
  readonly transactions: number;
  readonly amount: string;
}

/** More rows than this are no report. */
export const ROWS_MAX = 5_000;

const ACTIVITY = `
with moved as (
  select date_trunc($4::text, created_at at time zone 'UTC') as period, currency, kind, event, reason, count(*)::int as transactions, sum(amount_minor) as amount
  from store_credit_transaction
  where created_at >= $2::text::timestamptz and created_at < $3::text::timestamptz and ($1::text is null or currency = $1::text)
  group by 1, 2, 3, 4, 5
)
select to_char(period, 'YYYY-MM-DD') as period, currency, kind, event, reason, transactions, amount::text
from moved order by moved.period, currency, kind, event, reason limit ${ROWS_MAX + 1}`;

/** Movements of a period by day, week or month (UTC), kind, event and reason. */
export const activity = (sql: Sql, currency: string | null, { from, to }: Period, interval: Interval): Promise<Activity[]> =>
  sql<Activity>(ACTIVITY, [currency, from.toISOString(), to.toISOString(), interval.toLowerCase()]);

export interface Expiring {
  /** Null: never. */
  readonly period: string | null;
  readonly currency: string;
  readonly credits: number;
  readonly amount: string;
}

const CALENDAR = `
select to_char(date_trunc($3::text, l.expires_at at time zone 'UTC'), 'YYYY-MM-DD') as period, a.currency,
  count(*)::int as credits, sum(l.remaining_minor)::text as amount
from store_credit_lot l join store_credit_account a on a.id = l.account_id
where l.is_open and (l.expires_at is null or l.expires_at > coalesce($2::text::timestamptz, statement_timestamp()))
  and ($1::text is null or a.currency = $1::text)
group by 1, 2 order by 1 nulls last, 2 limit ${ROWS_MAX + 1}`;

/** What expires when, if nothing of it is spent before. */
export const expiryCalendar = (sql: Sql, currency: string | null, now: Date | null, interval: Interval): Promise<Expiring[]> =>
  sql<Expiring>(CALENDAR, [currency, now?.toISOString() ?? null, interval.toLowerCase()]);

/** What became of the credit that was given in a period: the parts add up to what was issued. */
export interface Breakage {
  readonly currency: string;
  readonly credits: number;
  readonly issued: string;
  /** Spent, less what was given back. */
  readonly redeemed: string;
  readonly expired: string;
  readonly reversed: string;
  readonly transferred: string;
  readonly remaining: string;
}

/*
 * What was neither left nor has gone another way was redeemed: of all that took from the lots, only the few that were no payments are read,
 * by an index that holds those alone.
 */
const BREAKAGE = `
with given as materialized (
  select t.id, t.currency, l.amount_minor, l.remaining_minor from store_credit_transaction t join store_credit_lot l on l.id = t.id
  where t.kind = 'CREDIT' and t.related_id is null and t.created_at >= $2::text::timestamptz and t.created_at < $3::text::timestamptz
    and ($1::text is null or t.currency = $1::text)
), unpaid as (
  select s.lot_id, case t.kind when 'DEBIT_REVERT' then -s.amount_minor else s.amount_minor end as amount,
    case
      when t.kind = 'EXPIRATION' then 'expired'
      when coalesce(r.related_id, case when r.id is null then t.related_id end) is not null then 'reversed'
      when coalesce(r.event, t.event) in ('TRANSFER', 'MERGE') then 'moved'
    end as how
  from store_credit_transaction t
  left join store_credit_transaction r on t.kind = 'DEBIT_REVERT' and r.id = t.related_id
  join store_credit_allocation s on s.transaction_id = t.id
  where t.kind <> 'CREDIT' and (t.kind = 'EXPIRATION' or t.event in ('TRANSFER', 'MERGE') or t.related_id is not null)
    and t.created_at >= $2::text::timestamptz
), parts as (
  select g.currency, coalesce(sum(u.amount) filter (where u.how = 'expired'), 0) as expired,
    coalesce(sum(u.amount) filter (where u.how = 'reversed'), 0) as reversed, coalesce(sum(u.amount) filter (where u.how = 'moved'), 0) as moved
  from unpaid u join given g on g.id = u.lot_id group by g.currency
), issued as (
  select currency, count(*)::int as credits, sum(amount_minor) as issued, sum(remaining_minor) as remaining from given group by currency
)
select currency, credits, issued::text, (issued - remaining - coalesce(expired, 0) - coalesce(reversed, 0) - coalesce(moved, 0))::text as redeemed,
  coalesce(expired, 0)::text as expired, coalesce(reversed, 0)::text as reversed, coalesce(moved, 0)::text as transferred, remaining::text
from issued left join parts using (currency) order by currency`;

/** Redeemed, expired, taken back, transferred or still there: what became of the credit given in a period, transfers' copies left out. */
export const breakage = (sql: Sql, currency: string | null, { from, to }: Period): Promise<Breakage[]> =>
  sql<Breakage>(BREAKAGE, [currency, from.toISOString(), to.toISOString()]);
