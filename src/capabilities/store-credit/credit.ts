import type { Money } from '../../core/money.ts';
import type { StoreCreditSystemEvent } from '../../db/generated/enums.ts';
import { aboutOf, eventOf } from './about.ts';
import { type AccountRef, accountOf, postOne } from './accepted.ts';
import type { About, Posted, Why } from './movement.ts';
import type { Ledger } from './post.ts';

export interface CreditInput extends About, Why {
  readonly account: AccountRef;
  readonly amount: Money;
  /** Null: never. Absent: as the currency's rules have it. */
  readonly expiresAt?: Date | null;
  /** Why credit is given; OPENING_BALANCE for what was owed before the ledger began. */
  readonly event?: StoreCreditSystemEvent | null;
  /** Whether the customer is written to; absent: as the shop's settings have it. */
  readonly notify?: boolean | null;
  /** A second person has agreed to it. */
  readonly isApproved?: true;
}

/**
 * Puts `amount` into an account as a new lot; an owner's first credit in a currency opens the account.
 *
 * Invariant, before and after: balance = Σ transaction.amount = Σ lot.remaining ≥ Σ hold.remaining ≥ 0.
 * Refuses: ACCOUNT_NOT_FOUND, OWNER_NOT_FOUND, MISMATCHING_CURRENCY, NEGATIVE_OR_ZERO_AMOUNT, EXPIRES_AT_IN_PAST,
 * CREDIT_LIMIT_EXCEEDED, UNSUPPORTED_CURRENCY, APPROVAL_REQUIRED, NOTE_TOO_LONG, TOO_LONG, TOO_MANY, INVALID, IDEMPOTENCY_KEY_PARAMETER_MISMATCH.
 */
export const credit = async (
  ledger: Ledger,
  { account, amount, expiresAt, event, notify, isApproved, actor, idempotency, ...about }: CreditInput,
): Promise<Posted> =>
  postOne(
    ledger,
    {
      kind: 'CREDIT',
      ...accountOf(account),
      ...amount,
      expiresAt: expiresAt ?? null,
      ...(expiresAt === undefined ? { usesDefaultExpiry: true } : {}),
      ...(notify == null ? {} : { notify }),
      ...(isApproved ? { isApproved } : {}),
      event: eventOf(event, 'creditInput'),
      ...aboutOf(about, 'creditInput'),
      actor,
      idempotency,
    },
    { amount: ['creditInput', 'creditAmount'], expiresAt: ['creditInput', 'expiresAt'] },
  );
