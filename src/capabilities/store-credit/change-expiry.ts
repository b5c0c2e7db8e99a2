import { aboutOf } from './about.ts';
import { postOne } from './accepted.ts';
import type { About, Posted, Why } from './movement.ts';
import type { Ledger } from './post.ts';

export interface ExpiryInput extends About, Why {
  /** The credit. */
  readonly transactionId: string;
  /** Null: never. */
  readonly expiresAt: Date | null;
}

/**
 * Gives what is left of a credit another moment to run out at. What has run out stays so.
 *
 * Invariant, before and after: a lot's expiry is its credit's, or that of its latest change.
 * Refuses: TRANSACTION_NOT_FOUND, CREDIT_USED_UP, CREDIT_EXPIRED, EXPIRES_AT_IN_PAST, EXPIRES_AT_UNCHANGED, and what `debit` refuses of
 * notes and keys.
 */
export const changeExpiry = async (ledger: Ledger, { transactionId, expiresAt, actor, idempotency, reason, note }: ExpiryInput): Promise<Posted> =>
  postOne(
    ledger,
    { kind: 'EXPIRY_CHANGE', transactionId, expiresAt, event: 'ADJUSTMENT', ...aboutOf({ reason, note }, 'expiryInput'), actor, idempotency },
    { expiresAt: ['expiryInput', 'expiresAt'] },
  );
