import { DomainError } from '../../core/errors.ts';
import type { Money } from '../../core/money.ts';
import { aboutOf } from './about.ts';
import { type AccountRef, accountOf, orderTotalOf, postOne } from './accepted.ts';
import type { About, Held, Why } from './movement.ts';
import type { Ledger } from './post.ts';

export interface HoldInput extends About, Why {
  readonly account: AccountRef;
  readonly amount: Money;
  /** When it ends by itself; absent: seven days from now. */
  readonly expiresAt?: Date | null;
  /** Of the order that it is for, for the rules on its share. */
  readonly orderTotal?: Money | null;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const DEFAULT_DAYS = 7;
const DAYS_MAX = 400;
const ORDER_TOTAL = ['holdInput', 'orderTotal'] as const;

/**
 * Sets `amount` of what is available aside until a moment, to be captured in parts or released.
 *
 * Invariant, before and after: Σ hold.remaining ≤ what of the account's lots has not run out. Whatever runs out later stays capturable by
 * the holds that were made before, so a hold can always be captured in full.
 * Refuses: ACCOUNT_NOT_FOUND, MISMATCHING_CURRENCY, NEGATIVE_OR_ZERO_AMOUNT, INSUFFICIENT_FUNDS, EXPIRES_AT_IN_PAST, EXPIRES_AT_TOO_LATE,
 * and what `debit` refuses by rule, of notes and of keys.
 */
export const hold = async (
  ledger: Ledger,
  now: Date,
  { account, amount, expiresAt, orderTotal, actor, idempotency, origin: _none, ...about }: HoldInput,
): Promise<Held> => {
  if (expiresAt && expiresAt.getTime() - now.getTime() > DAYS_MAX * DAY_MS) {
    throw new DomainError('EXPIRES_AT_TOO_LATE', ['holdInput', 'expiresAt'], { days: DAYS_MAX });
  }
  return postOne(
    ledger,
    {
      kind: 'HOLD',
      ...accountOf(account),
      ...amount,
      expiresAt: expiresAt ?? new Date(now.getTime() + DEFAULT_DAYS * DAY_MS),
      event: 'ORDER_PAYMENT',
      ...orderTotalOf(orderTotal, amount.currency, ORDER_TOTAL),
      ...aboutOf(about, 'holdInput'),
      actor,
      idempotency,
    },
    { amount: ['holdInput', 'amount'], expiresAt: ['holdInput', 'expiresAt'], orderTotal: ORDER_TOTAL },
  );
};
