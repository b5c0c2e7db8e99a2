import { DomainError } from '../../core/errors.ts';
import type { Sql } from '../../db/client.ts';

/*
 * All transactions of the shop in one order that can be resumed. Their events carry the number of the database transaction that wrote them,
 * and are told in the order of those numbers, up to the oldest that is still under way: whatever commits later comes after.
 */

/** A place in the feed: the cluster whose numbers they are, the number, the event. */
export interface FeedPosition {
  readonly cluster: string;
  readonly number: string;
  readonly id: string;
}

export interface FeedEvent {
  readonly number: string;
  readonly id: string;
  readonly transactionId: string;
}

const EVENTS_MAX = 100;

/** In a database that was restored elsewhere the numbers begin anew: what there was comes before all that follows, by its ids. */
const SETTLE = `
with moved as (
  update setting set value = to_jsonb((select system_identifier::text from pg_control_system()))
  where name = 'outbox_cluster' and value #>> '{}' <> (select system_identifier::text from pg_control_system()) returning 1
)
update outbox_event set committed_by = 0 where committed_by > 0 and exists (select 1 from moved)`;

const HERE = `
select value #>> '{}' as cluster, value #>> '{}' = (select system_identifier::text from pg_control_system()) as "isSettled",
  (pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1)::text as number, '9223372036854775807' as id
from setting where name = 'outbox_cluster'`;

/** The end of the feed as it is: whatever commits from now on comes after it. */
export const feedEnd = async (sql: Sql): Promise<FeedPosition> => {
  const [here] = await sql<FeedPosition & { isSettled: boolean }>(HERE, []);
  if (here?.isSettled) return { cluster: here.cluster, number: here.number, id: here.id };
  await sql(SETTLE, []);
  return feedEnd(sql);
};

export const feedCursor = ({ cluster, number, id }: FeedPosition): string => Buffer.from(`${cluster}:${number}:${id}`).toString('base64url');

const BIGINT_MAX = 9_223_372_036_854_775_807n;
const isBigint = (text: string | undefined): text is string => text !== undefined && /^\d{1,19}$/.test(text) && BigInt(text) <= BIGINT_MAX;

/** The place that a cursor names. Refuses INVALID for what is no cursor, or one of a database that was restored since. */
export const feedPosition = (cursor: string, { cluster: here }: FeedPosition): FeedPosition => {
  const [cluster, number, id, ...rest] = Buffer.from(cursor.slice(0, 200), 'base64url').toString().split(':');
  if (cluster !== here || !isBigint(number) || !isBigint(id) || rest.length > 0) throw new DomainError('INVALID', ['after']);
  return { cluster, number, id };
};

const NEXT = `
with horizon as materialized (select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as number)
select coalesce((select json_agg(json_build_object('number', e.committed_by::text, 'id', e.id::text, 'transactionId', e.payload->>'transactionId')
    order by e.committed_by, e.id)
  from (select committed_by, id, payload from outbox_event
    where type = 'store_credit_transaction.created' and (committed_by, id) > ($1::text::bigint, $2::text::bigint)
      and committed_by < (select number from horizon)
    order by committed_by, id limit ${EVENTS_MAX}) e), '[]') as events,
  exists (select 1 from outbox_event where type = 'store_credit_transaction.created' and committed_by >= (select number from horizon)) as "hasLater"`;

/** What follows a place. `isMore`: there is more at once; `hasLater`: there is more that waits for what is older and still under way. */
export const feedAfter = async (
  sql: Sql,
  { number, id }: FeedPosition,
): Promise<{ events: readonly FeedEvent[]; isMore: boolean; hasLater: boolean }> => {
  const [row] = await sql<{ events: FeedEvent[]; hasLater: boolean }>(NEXT, [number, id]);
  const { events, hasLater } = row as { events: FeedEvent[]; hasLater: boolean };
  return { events, isMore: events.length === EVENTS_MAX, hasLater };
};
