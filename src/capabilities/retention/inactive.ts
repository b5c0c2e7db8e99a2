import type { Keyring } from '../../core/secret.ts';
import type { Tx } from '../../db/transact.ts';
import { activeSince } from '../privacy/activity-since.ts';
import { type ErasureShop, requestErasure } from '../privacy/erasure.ts';
import type { Part, Swept } from './sweeps.ts';

/** Along the index of what was last changed: taking an erasure back is a change too. */
const INACTIVE = `
with seen as (
  select id, updated_at, created_at, deleted_at is null and blocked_at is null and erasure_due_at is null as may_go from customer
  where updated_at < $1::text::timestamptz
    and ($2::text = '' or (updated_at, id) > (split_part($2::text, '|', 1)::timestamptz, nullif(split_part($2::text, '|', 2), '')::uuid))
  order by updated_at, id limit $3::text::integer
)
select array(
  select id::text from seen c where may_go and created_at < $1::text::timestamptz and not ${activeSince('c.id', '$1::text::timestamptz')}
  order by id) as ids,
  case when (select count(*) from seen) = $3::text::integer then
    (select to_json(updated_at) #>> '{}' || '|' || id::text from seen order by updated_at desc, id desc limit 1) end as cursor`;

/** Requests the erasure of customers who did nothing since a moment; they are told by mail and have the grace to come back. */
export const requestErasureOfInactive = async (tx: Tx, keyring: Keyring, shop: ErasureShop, { before, cursor, rowsMax }: Part): Promise<Swept> => {
  const [found] = await tx.sql<{ ids: string[]; cursor: string | null }>(INACTIVE, [before.toISOString(), cursor, String(rowsMax)]);
  const { ids, cursor: next } = found as { ids: string[]; cursor: string | null };
  for (const id of ids) await requestErasure(tx, keyring, id, { ...shop, reason: 'inactivity' });
  return { count: ids.length, cursor: next };
};
