import type { Money } from '../../core/money.ts';
import type { StoreCreditSystemEvent } from '../../db/generated/enums.ts';
import { aboutOf, eventOf } from './about.ts';
import { type AccountRef, accountOf, orderTotalOf, postOne } from './accepted.ts';
import type { About, Posted, Why } from './movement.ts';
import type { Ledger } from './post.ts';

export interface DebitInput extends About, Why {
  readonly account: AccountRef;
  readonly amount: Money;
  readonly event?: StoreCreditSystemEvent | null;
  /** Of the order that it pays, for the rules on its share. */
  readonly orderTotal?: Money | null;
  /** Whether the customer is written to; absent: as the shop's settings have it. */
  readonly notify?: boolean | null;
}

const ORDER_TOTAL = ['debitInput', 'orderTotal'] as const;

/**
 * Takes `amount` from an account, soonest-expiring credit first; credit without expiry goes last, and of equals the oldest.
 *
 * Invariant, before and after: balance = Σ transaction.amount = Σ lot.remaining ≥ Σ hold.remaining ≥ 0.
 * The account row is the lock: whoever holds it is the only writer of all of them.
 * Refuses: ACCOUNT_NOT_FOUND, MISMATCHING_CURRENCY, NEGATIVE_OR_ZERO_AMOUNT, INSUFFICIENT_FUNDS, and of an order's payment what the rules
 * refuse (AMOUNT_BELOW_MINIMUM, ORDER_SHARE_EXCEEDED, ORDER_TOTAL_REQUIRED, UNSUPPORTED_CURRENCY); NOTE_TOO_LONG, TOO_LONG, TOO_MANY, INVALID, IDEMPOTENCY_KEY_PARAMETER_MISMATCH.
 */
export const debit = async (
  ledger: Ledger,
  { account, amount, event, orderTotal, notify, actor, idempotency, ...about }: DebitInput,
): Promise<Posted> =>
  postOne(
    ledger,
    {
      kind: 'DEBIT',
      ...accountOf(account),
      ...amount,
      event: eventOf(event, 'debitInput'),
      ...orderTotalOf(orderTotal, amount.currency, ORDER_TOTAL),
      ...(notify == null ? {} : { notify }),
      ...aboutOf(about, 'debitInput'),
      actor,
      idempotency,
    },
    { amount: ['debitInput', 'debitAmount'], orderTotal: ORDER_TOTAL },
  );
