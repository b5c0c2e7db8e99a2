import type { Sql } from '../../db/client.ts';
import type { DataRetentionKind } from '../../db/generated/enums.ts';

/** A part of a run: up to when data goes, how far the run has come, and how many rows are looked at. */
export interface Part {
  readonly before: Date;
  readonly cursor: string;
  readonly rowsMax: number;
}

/** How many rows went, and how far the run has come; null when it is over. */
export interface Swept {
  readonly count: number;
  readonly cursor: string | null;
}

type Sweep = (sql: Sql, part: Part) => Promise<Swept>;

const run = async (sql: Sql, statement: string, { before, cursor, rowsMax }: Part): Promise<Swept> => {
  const [swept] = await sql<Swept>(statement, [before.toISOString(), cursor, String(rowsMax)]);
  return swept as Swept;
};

/** Ids follow the moments but for what is written side by side: a chunk without anything old is the end. */
const ACTIVITY_LOG = `
with seen as (
  select id, created_at < $1::text::timestamptz as is_old, delivered_at is not null or failed_at is not null as is_done
  from outbox_event where id > coalesce(nullif($2::text, ''), '0')::bigint order by id limit $3::text::integer
), gone as (
  delete from outbox_event where id = any(array(select id from seen where is_old and is_done)) returning 1
)
select (select count(*)::int from gone) as count,
  case when (select count(*) = $3::text::integer and bool_or(is_old) from seen) then (select max(id)::text from seen) end as cursor`;

/** A customer's last one stays, without what it says of her device. */
const ENDED_SESSIONS = `
with seen as (
  select s.id, s.authenticated_at, s.customer_id, coalesce(s.revoked_at, s.refresh_expires_at) < $1::text::timestamptz as has_ended,
    s.user_agent is not null or s.network is not null as names_device,
    exists (select from session n where n.customer_id = s.customer_id and (n.authenticated_at, n.id) > (s.authenticated_at, s.id)) as has_later
  from session s
  where s.authenticated_at < $1::text::timestamptz
    and ($2::text = '' or (s.authenticated_at, s.customer_id) > (split_part($2::text, '|', 1)::timestamptz, nullif(split_part($2::text, '|', 2), '')::uuid))
  order by s.authenticated_at, s.customer_id limit $3::text::integer
), gone as (
  delete from session where id = any(array(select id from seen where has_ended and has_later)) returning 1
), stripped as (
  update session set user_agent = null, network = null where id = any(array(select id from seen where has_ended and not has_later and names_device)) returning 1
)
select (select count(*)::int from gone) + (select count(*)::int from stripped) as count,
  case when (select count(*) from seen) = $3::text::integer then
    (select to_json(authenticated_at) #>> '{}' || '|' || customer_id::text from seen order by authenticated_at desc, customer_id desc limit 1) end as cursor`;

/** Rows of a table by a moment that has an index; a run goes on where it was, so that it does not read again what is gone. */
const olderThan = (table: string, moment: string): string => `
with seen as (
  select ctid as place, ${moment} as moment from ${table}
  where ${moment} < $1::text::timestamptz and ($2::text = '' or ${moment} >= nullif($2::text, '')::timestamptz)
  order by ${moment} limit $3::text::integer for update skip locked
), gone as (
  delete from ${table} where ctid = any(array(select place from seen)) returning 1
)
select (select count(*)::int from gone) as count,
  case when (select count(*) from seen) = $3::text::integer then (select to_json(max(moment)) #>> '{}' from seen) end as cursor`;

const EXPIRED = [olderThan('account_token', 'expires_at'), olderThan('oidc_entry', 'expires_at'), olderThan('multipass_use', 'expires_at')];

/** One table after the other; the cursor says which. */
const expiredSignIns: Sweep = async (sql, { cursor, ...part }) => {
  const place = Number(cursor);
  const swept = await run(sql, EXPIRED[place] as string, { ...part, cursor: '' });
  const next = swept.cursor === null ? place + 1 : place;
  return { count: swept.count, cursor: next < EXPIRED.length ? String(next) : null };
};

const sweepBy =
  (statement: string): Sweep =>
  (sql, part) =>
    run(sql, statement, part);

/** How a part of each kind goes. Imports are swept by their own job, and inactive customers are asked first. */
export const SWEEPS: Readonly<Record<Exclude<DataRetentionKind, 'IMPORT_PLANS' | 'IMPORT_UNDO' | 'INACTIVE_CUSTOMERS'>, Sweep>> = {
  ACTIVITY_LOG: sweepBy(ACTIVITY_LOG),
  ENDED_SESSIONS: sweepBy(ENDED_SESSIONS),
  EXPIRED_SIGN_INS: expiredSignIns,
  IDEMPOTENCY_KEYS: sweepBy(olderThan('idempotency_key', 'created_at')),
  VIEWED_PRODUCTS: sweepBy(olderThan('viewed_product', 'viewed_at')),
};
