import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { credit } from './credit.ts';
import type { Posted } from './movement.ts';
import { pendingRequest } from './pending-request.ts';
import { ledgerWithin } from './post.ts';

const STAFF = 'staff:';

/** The token that decides, whoever made that one, and so on. */
const LINE_OF = `
with recursive line as (
  select id, created_by from staff_token where id = $1::text::uuid
  union
  select t.id, t.created_by from line l join staff_token t on '${STAFF}' || t.id = l.created_by
)
select 1 from line where created_by = $2::text limit 1`;

/** Whether the one who decides is the one who asked, or shows a token that comes from hers, through however many others. */
const isOwn = async (tx: Tx, requestedBy: string): Promise<boolean> => {
  if (tx.actor === requestedBy) return true;
  if (!tx.actor.startsWith(STAFF)) return false;
  return (await tx.sql(LINE_OF, [tx.actor.slice(STAFF.length), requestedBy])).length > 0;
};

/**
 * Gives a credit that another member of staff asked for.
 *
 * Invariant: a request is approved at most once, in the transaction of its credit, and never by the token that asked or one that comes from it.
 * Refuses REQUEST_NOT_FOUND, REQUEST_DECIDED, REQUEST_EXPIRED, OWN_REQUEST, and what `credit` refuses.
 */
export const approveRequest = async (tx: Tx, id: string): Promise<Posted & { creditRequestId: string }> => {
  const request = await pendingRequest(tx, id);
  if (await isOwn(tx, request.requestedBy)) throw new DomainError('OWN_REQUEST', ['id']);
  const { customerId, currency, amountMinor, event, reason, memo, note, reference, origin } = request;
  const metadata = request.metadata as Readonly<Record<string, string>> | null;
  const posted = await credit(ledgerWithin(tx), {
    account: { customerId },
    amount: { amountMinor, currency },
    ...(request.hasDefaultExpiry ? {} : { expiresAt: request.creditExpiresAt }),
    event,
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
