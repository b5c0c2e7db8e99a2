import type { Money } from '../../core/money.ts';
import type { StoreCreditSystemEvent } from '../../db/generated/enums.ts';
import { aboutOf } from './about.ts';
import { type AccountRef, accountOf, partOf, postOne } from './accepted.ts';
import type { About, Posted, Why } from './movement.ts';
import type { Ledger } from './post.ts';

export interface TransferInput extends About, Why {
  readonly from: AccountRef;
  readonly to: AccountRef;
  readonly currency: string;
  /** Absent: all that is available. */
  readonly amount?: Money | null;
  readonly event?: Extract<StoreCreditSystemEvent, 'TRANSFER' | 'MERGE'>;
  /** See `Movement`. */
  readonly fromClosed?: true;
}

/**
 * Moves credit to another account of the same currency: a debit here, and there a credit for each lot that it spent, with its expiry. An
 * owner's first credit in the currency opens the account.
 *
 * Invariant, before and after: the sum of both accounts, at each expiry, is the same.
 * Refuses: ACCOUNT_NOT_FOUND, TARGET_NOT_FOUND, SAME_ACCOUNT, MISMATCHING_CURRENCY, INSUFFICIENT_FUNDS, CREDIT_LIMIT_EXCEEDED,
 * NEGATIVE_OR_ZERO_AMOUNT, and what `debit` refuses of notes and keys.
 */
export const transfer = async (
  ledger: Ledger,
  { from, to, currency, amount, event, actor, idempotency, fromClosed, ...about }: TransferInput,
): Promise<Posted> => {
  const target = accountOf(to);
  return postOne(
    ledger,
    {
      kind: 'TRANSFER',
      ...accountOf(from),
      toAccountId: target.accountId,
      toCustomerId: target.customerId,
      ...partOf(amount),
      currency,
      event: event ?? 'TRANSFER',
      ...aboutOf(about, 'transferInput'),
      actor,
      idempotency,
      ...(fromClosed ? { fromClosed } : {}),
    },
    { amount: ['transferInput', 'amount'], target: ['transferInput', 'toId'] },
  );
};
