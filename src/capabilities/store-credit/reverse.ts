import type { Money } from '../../core/money.ts';
import { aboutOf } from './about.ts';
import { partOf, postOne } from './accepted.ts';
import type { About, Posted, Why } from './movement.ts';
import type { Ledger } from './post.ts';

export interface ReverseInput extends About, Why {
  /** The credit. */
  readonly transactionId: string;
  /** Absent: all that is left of it. */
  readonly amount?: Money | null;
}

/**
 * Takes back what is left of one credit, or a part of it, as a debit of that credit alone.
 *
 * Invariant, before and after: what holds have set aside stays covered.
 * Refuses: TRANSACTION_NOT_FOUND, CREDIT_USED_UP, CREDIT_EXPIRED, AMOUNT_EXCEEDS_CREDIT, INSUFFICIENT_FUNDS, MISMATCHING_CURRENCY,
 * NEGATIVE_OR_ZERO_AMOUNT, and what `debit` refuses of notes and keys.
 */
export const reverse = async (ledger: Ledger, { transactionId, amount, actor, idempotency, ...about }: ReverseInput): Promise<Posted> =>
  postOne(
    ledger,
    {
      kind: 'CREDIT_REVERSAL',
      transactionId,
      ...partOf(amount),
      event: 'REVERSAL',
      ...aboutOf(about, 'reverseInput'),
      actor,
      idempotency,
    },
    { amount: ['reverseInput', 'amount'] },
  );
