import type { Money } from '../../core/money.ts';
import { aboutOf } from './about.ts';
import { partOf, postOne } from './accepted.ts';
import type { About, Posted, Why } from './movement.ts';
import type { Ledger } from './post.ts';

export interface CaptureInput extends About, Why {
  readonly holdId: string;
  /** Absent: all that is left of the hold. */
  readonly amount?: Money | null;
  /** Lets go of what this leaves of the hold. */
  readonly isFinal?: boolean | null;
}

/**
 * Spends a hold, whole or in part, as a debit: soonest-expiring credit first, of what had not run out when the hold was made.
 *
 * Invariant, before and after: hold.amount = captured + remaining + released; a hold that has ended stays ended.
 * Refuses: HOLD_NOT_FOUND, HOLD_EXPIRED, HOLD_ENDED, AMOUNT_EXCEEDS_HOLD, MISMATCHING_CURRENCY, NEGATIVE_OR_ZERO_AMOUNT, and what `debit`
 * refuses of notes and keys.
 */
export const capture = async (ledger: Ledger, { holdId, amount, isFinal, actor, idempotency, ...about }: CaptureInput): Promise<Posted> =>
  postOne(
    ledger,
    {
      kind: 'CAPTURE',
      holdId,
      ...partOf(amount),
      isFinal: isFinal ?? false,
      event: 'ORDER_PAYMENT',
      ...aboutOf(about, 'captureInput'),
      actor,
      idempotency,
    },
    { amount: ['captureInput', 'amount'] },
  );
