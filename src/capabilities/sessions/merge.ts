import { topics } from '../../core/events.ts';
import type { Participant } from '../merges/participant.ts';
import { endSessions, tellEnded } from './end.ts';

/**
 * Which live sessions of the closed profile go on: those of a customer whose address goes on signing in. A client of OpenID was told another
 * subject, and would be wrong to take the survivor for her: there she signs in again.
 */
const MOVE = `
update session set customer_id = $1::text::uuid
where customer_id = $2::text::uuid and revoked_at is null and client_id is null returning id::text as id`;

const LOOK = `
select count(*) filter (where client_id is null)::int as moves, count(*) filter (where client_id is not null)::int as others,
  coalesce(string_agg(id::text, ',' order by id), '') as state
from session where customer_id = $1::text::uuid and revoked_at is null and greatest(access_expires_at, refresh_expires_at) > $2::text::timestamptz`;

interface Look {
  readonly moves: number;
  readonly others: number;
  readonly state: string;
}

export const sessionsInMerge: Participant = {
  name: 'sessions',
  models: ['Session'],
  preview: async (tx, { closedId, keepsSignIn }) => {
    const [look] = await tx.sql<Look>(LOOK, [closedId, tx.now.toISOString()]);
    const { moves = 0, others = 0, state = '' } = look ?? {};
    const ends = keepsSignIn ? others : moves + others;
    return { moves: keepsSignIn ? moves : 0, state, drops: ends > 0 ? [{ code: 'MERGE_ENDS_SESSIONS', params: { count: ends } }] : [] };
  },
  move: async (tx, { keptId, closedId, keepsSignIn }) => {
    const moved = keepsSignIn ? await tx.sql<{ id: string }>(MOVE, [keptId, closedId]) : [];
    for (const { id } of moved) tx.announce(topics.session(id));
    await endSessions(tx, { customerId: closedId }, 'customer_merged');
    return moved.map(({ id }) => id);
  },
  // Who signed in since may be either of the two: she says so by signing in again.
  restore: async (tx, { keptId, closedId, mergeId }, moved) => {
    await tx.sql('update session set customer_id = $2::text::uuid where customer_id = $1::text::uuid and id = any($3::text[]::uuid[])', [
      keptId,
      closedId,
      moved,
    ]);
    for (const id of moved) tx.announce(topics.session(id));
    const ended = await tx.sql<{ id: string; customerId: string; clientId: string | null }>(END_SINCE, [keptId, mergeId, tx.now.toISOString()]);
    for (const session of ended) tellEnded(tx, session, 'merge_undone');
  },
};

const END_SINCE = `
update session s set revoked_at = $3::text::timestamptz, revoked_reason = 'merge_undone'
from customer_merge m where m.id = $2::text::uuid and s.customer_id = $1::text::uuid and s.created_at >= m.created_at and s.revoked_at is null
returning s.id::text as id, s.customer_id::text as "customerId", s.client_id as "clientId"`;
