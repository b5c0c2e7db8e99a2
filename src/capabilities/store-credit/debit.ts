import type { Money } from '../../core/money.ts';
import { type AccountRef, accepted, accountOf, refuseLongNote } from './credit.ts';
import type { Ledger, Movement, Posted } from './post.ts';

export interface DebitInput {
  readonly account: AccountRef;
  readonly amount: Money;
  readonly note?: string | null;
  readonly actor: string;
  readonly idempotency: Movement['idempotency'];
}

/**
 * Takes `amount` from an account, soonest-expiring credit first; credit without expiry goes last, and of equals the oldest.
 *
 * Invariant, before and after: balance = Σ transaction.amount = Σ lot.remaining ≥ Σ hold.remaining ≥ 0.
 * The account row is the lock: whoever holds it is the only writer of all of them.
 * Refuses: ACCOUNT_NOT_FOUND, MISMATCHING_CURRENCY, NEGATIVE_OR_ZERO_AMOUNT, INSUFFICIENT_FUNDS, NOTE_TOO_LONG,
 * IDEMPOTENCY_KEY_PARAMETER_MISMATCH.
 */
export const debit = async (ledger: Ledger, { account, amount, note, actor, idempotency }: DebitInput): Promise<Posted> => {
  refuseLongNote(note, 'debitInput');
  return accepted(
    await ledger.post({ kind: 'DEBIT', ...accountOf(account), ...amount, event: 'ADJUSTMENT', note: note ?? null, actor, idempotency }),
    { amount: ['debitInput', 'debitAmount'], expiresAt: null },
  );
};
