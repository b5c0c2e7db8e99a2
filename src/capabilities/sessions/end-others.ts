import type { SignInMethod } from '../../core/events.ts';
import type { SqlTx } from '../../db/transact.ts';
import { tellEnded } from './end.ts';

const END = `
update session set revoked_at = $3::text::timestamptz, revoked_reason = $4::text
where customer_id = $1::text::uuid and revoked_at is null and ($2::text is null or id <> $2::text::uuid)
  and ($5::text is null or method = any(string_to_array($5::text, ',')))
returning id::text as id, client_id as "clientId"`;

/**
 * Ends a customer's live sessions but the one that is kept, all of them or those that were opened in certain ways. The clients that they
 * were opened for are told.
 */
export const endOtherSessions = async (
  tx: SqlTx,
  customerId: string,
  keptSessionId: string | null,
  reason: string,
  methods: readonly SignInMethod[] | null = null,
): Promise<{ ended: number }> => {
  const ended = await tx.sql<{ id: string; clientId: string | null }>(END, [
    customerId,
    keptSessionId,
    tx.now.toISOString(),
    reason,
    methods?.join(',') ?? null,
  ]);
  for (const session of ended) tellEnded(tx, { ...session, customerId }, reason);
  return { ended: ended.length };
};
