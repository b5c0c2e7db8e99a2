import type { Tx } from '../../db/transact.ts';
import { aboutOf } from './about.ts';
import { pendingRequest } from './pending-request.ts';

/**
 * Ends a credit request without credit; whoever asked may withdraw it so.
 * Refuses REQUEST_NOT_FOUND, REQUEST_DECIDED, REQUEST_EXPIRED, NOTE_TOO_LONG, INVALID.
 */
export const declineRequest = async (tx: Tx, id: string, note: string | null): Promise<{ creditRequestId: string }> => {
  const { note: decisionNote } = aboutOf({ note }, 'declineInput');
  const { customerId } = await pendingRequest(tx, id);
  await tx.db.storeCreditCreditRequest.update({
    where: { id },
    data: { state: 'DECLINED', decidedBy: tx.actor, decidedAt: tx.now, decisionNote: decisionNote ?? null },
    select: { id: true },
  });
  tx.emit({ type: 'store_credit_credit_request.declined', customerId, creditRequestId: id });
  return { creditRequestId: id };
};
