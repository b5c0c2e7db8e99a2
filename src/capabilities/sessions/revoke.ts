import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { endSessions } from './end.ts';

/** Whose sessions someone may end: one customer's, or for staff anyone's. */
export type Reach = { readonly customerId: string } | { readonly everyone: true };

/** Ends one session; one that is over already stays so. Refuses NOT_FOUND for a session out of reach. */
export const revokeSession = async (tx: Tx, id: string, reach: Reach, reason: string): Promise<{ sessionId: string }> => {
  const owner = 'customerId' in reach ? { customerId: reach.customerId } : {};
  const session = await tx.db.session.findFirst({ where: { id, ...owner }, select: { id: true } });
  if (!session) throw new DomainError('NOT_FOUND', ['id']);
  await endSessions(tx, { id }, reason);
  return { sessionId: id };
};
