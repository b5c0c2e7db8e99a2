import type { Money } from '../../core/money.ts';
import type { StoreCreditSystemEvent } from '../../db/generated/enums.ts';
import { aboutOf, eventOf } from './about.ts';
import { partOf, postOne } from './accepted.ts';
import type { About, Posted, Why } from './movement.ts';
import type { Ledger } from './post.ts';

export interface RevertInput extends About, Why {
  /** The debit. */
  readonly transactionId: string;
  /** Absent: all that was not given back before. */
  readonly amount?: Money | null;
  readonly event?: StoreCreditSystemEvent | null;
}

/**
 * Gives back what a debit spent, to the lots that it spent, with their expiry: as if the debit had been that much smaller. Credit that has
 * run out meanwhile lives on for `graceSeconds`, or with none of it runs out at once.
 *
 * Invariant, before and after: 0 ≤ Σ reverts of a debit ≤ its amount, also lot by lot.
 * Refuses: TRANSACTION_NOT_FOUND, DEBIT_ALREADY_REVERTED, AMOUNT_EXCEEDS_DEBIT, TRANSFER_NOT_REVERTIBLE, CREDIT_LIMIT_EXCEEDED,
 * MISMATCHING_CURRENCY, NEGATIVE_OR_ZERO_AMOUNT, and what `debit` refuses of notes and keys.
 */
export const revert = async (
  ledger: Ledger,
  graceSeconds: number,
  { transactionId, amount, event, actor, idempotency, ...about }: RevertInput,
): Promise<Posted> =>
  postOne(
    ledger,
    {
      kind: 'DEBIT_REVERT',
      transactionId,
      ...partOf(amount),
      graceSeconds,
      event: eventOf(event, 'revertInput'),
      ...aboutOf(about, 'revertInput'),
      actor,
      idempotency,
    },
    { amount: ['revertInput', 'amount'] },
  );
