import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { credit } from './credit.ts';
import type { Posted } from './movement.ts';
import { isOwnRequest } from './own-request.ts';
import { pendingRequest } from './pending-request.ts';
import { ledgerWithin } from './post.ts';

/**
 * Gives a credit that another member of staff asked for.
 *
 * Invariant: a request is approved at most once, in the transaction of its credit, and never by the token that asked or one that comes from it.
 * Refuses REQUEST_NOT_FOUND, REQUEST_DECIDED, REQUEST_EXPIRED, OWN_REQUEST, and what `credit` refuses.
 */
export const approveRequest = async (tx: Tx, id: string): Promise<Posted & { creditRequestId: string }> => {
  const request = await pendingRequest(tx, id);
  if (await isOwnRequest(tx, request.requestedBy)) throw new DomainError('OWN_REQUEST', ['id']);
  const { customerId, currency, amountMinor, event, notify, reason, memo, note, reference, origin } = request;
  const metadata = request.metadata as Readonly<Record<string, string>> | null;
  const posted = await credit(ledgerWithin(tx), {
    account: { customerId },
    amount: { amountMinor, currency },
    ...(request.hasDefaultExpiry ? {} : { expiresAt: request.creditExpiresAt }),
    event,
    notify,
    isApproved: true,
    ...{ reason, memo, note, reference, origin, metadata },
    actor: tx.actor,
    idempotency: null,
  }).catch((error: unknown) => {
    throw error instanceof DomainError ? new DomainError(error.code, ['id'], error.params) : error;
  });
  await tx.db.storeCreditCreditRequest.update({
    where: { id },
    data: { state: 'APPROVED', decidedBy: tx.actor, decidedAt: tx.now, transactionId: posted.transactionId },
    select: { id: true },
  });
  tx.emit({ type: 'store_credit_credit_request.approved', customerId, creditRequestId: id });
  return { ...posted, creditRequestId: id };
};
