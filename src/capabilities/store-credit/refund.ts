import { v7 as uuid } from 'uuid';
import { DomainError } from '../../core/errors.ts';
import { formatAmount, type Money } from '../../core/money.ts';
import type { Tx } from '../../db/transact.ts';
import { aboutOf } from './about.ts';
import { credit } from './credit.ts';
import type { About } from './movement.ts';
import { ledgerWithin } from './post.ts';
import { loadRefundable, type Refundable } from './refundable.ts';
import { rulesOf } from './rules.ts';

/** An order by its id, or by what its backend calls it. */
export type OrderRef = { readonly id: string } | { readonly externalId: string; readonly source?: string | null };

export interface RefundInput extends About {
  readonly order: OrderRef;
  readonly amount: Money;
  /** What the backend calls the refund: the same is not made twice. */
  readonly externalId?: string | null;
  /** More on top, in hundredths of a percent of the amount, rounded down to the minor unit. */
  readonly bonusHundredths?: number | null;
  /** Null: never. Absent: as the currency's rules have it. */
  readonly expiresAt?: Date | null;
}

export interface Refunded {
  readonly refundId: string;
  readonly transactionId: string;
}

const DEFAULT_SOURCE = 'shop';
const EXTERNAL_ID_CHARACTERS_MAX = 255;
const AMOUNT = ['refundInput', 'amount'] as const;

/** The order, held until this transaction ends: racing refunds of it take turns. */
const heldOrder = async (tx: Tx, order: OrderRef): Promise<string> => {
  const [id, externalId, source] = 'id' in order ? [order.id, null, null] : [null, order.externalId, order.source ?? DEFAULT_SOURCE];
  const [row] = await tx.sql<{ id: string }>(
    `select id::text as id from "order" where id = $1::text::uuid or source = $2::text and external_id = $3::text for no key update`,
    [id, source, externalId],
  );
  if (!row) throw new DomainError('ORDER_NOT_FOUND', ['order']);
  return row.id;
};

/** The refund that was made before under the backend's id. Refuses REFUND_EXISTS when its amount was another. */
const earlier = async (tx: Tx, orderId: string, externalId: string | null, { amountMinor, currency }: Money): Promise<Refunded | null> => {
  const found = externalId === null ? null : await tx.db.storeCreditRefund.findUnique({ where: { orderId_externalId: { orderId, externalId } } });
  if (!found) return null;
  if (found.amountMinor !== amountMinor || found.currency !== currency) throw new DomainError('REFUND_EXISTS', ['refundInput', 'externalId']);
  return { refundId: found.id, transactionId: found.transactionId };
};

const refuse = ({ isPaid, currency, amountMinor: most }: Refundable, { amountMinor, currency: given }: Money): void => {
  if (given !== currency) throw new DomainError('MISMATCHING_CURRENCY', [...AMOUNT, 'currencyCode']);
  if (amountMinor <= 0n) throw new DomainError('NEGATIVE_OR_ZERO_AMOUNT', AMOUNT);
  if (!isPaid) throw new DomainError('ORDER_NOT_PAID', ['order']);
  if (amountMinor > most) throw new DomainError('REFUND_EXCEEDS_PAID', AMOUNT, { amount: formatAmount(most, currency), currency });
};

/** The arguments of `credit` under their names here. */
const renamed = (error: unknown): never => {
  if (!(error instanceof DomainError)) throw error;
  const last = error.field?.at(-1);
  throw new DomainError(error.code, last === 'expiresAt' ? ['refundInput', 'expiresAt'] : AMOUNT, error.params);
};

/**
 * Gives a part of what was paid for an order back as credit to its customer, and a bonus as a credit of its own.
 *
 * Invariant: what is refunded of an order, here and by its backend, is at most what was paid for it, however many refunds race.
 * Refuses ORDER_NOT_FOUND, ORDER_HAS_NO_CUSTOMER, ORDER_NOT_PAID, REFUND_METHOD_NOT_ENABLED, REFUND_EXCEEDS_PAID, REFUND_EXISTS,
 * MISMATCHING_CURRENCY, NEGATIVE_OR_ZERO_AMOUNT, and what `credit` refuses; the bonus alone may need a second member of staff.
 */
export const refund = async (tx: Tx, { order, amount, externalId: given, bonusHundredths, expiresAt, ...about }: RefundInput): Promise<Refunded> => {
  const externalId = given || null;
  if (externalId && externalId.length > EXTERNAL_ID_CHARACTERS_MAX)
    throw new DomainError('TOO_LONG', ['refundInput', 'externalId'], { max: EXTERNAL_ID_CHARACTERS_MAX });
  const said = aboutOf(about, 'refundInput');
  const orderId = await heldOrder(tx, order);
  const before = await earlier(tx, orderId, externalId, amount);
  if (before) return before;
  const refundable = (await loadRefundable(tx.sql, [orderId])).get(orderId) as Refundable;
  refuse(refundable, amount);
  const { customerId, currency } = refundable;
  if (!customerId) throw new DomainError('ORDER_HAS_NO_CUSTOMER', ['order']);
  if (!(await rulesOf(tx.sql, currency)).isRefundMethod) throw new DomainError('REFUND_METHOD_NOT_ENABLED', [...AMOUNT, 'currencyCode']);
  const why = { account: { customerId }, ...(expiresAt === undefined ? {} : { expiresAt }), actor: tx.actor, idempotency: null };
  const ledger = ledgerWithin(tx);
  // What was paid bounds it, so no second person has to.
  const { transactionId } = await credit(ledger, { ...why, ...said, amount, event: 'ORDER_REFUND', isApproved: true }).catch(renamed);
  const bonusMinor = (amount.amountMinor * BigInt(bonusHundredths ?? 0)) / 10_000n;
  const bonus =
    bonusMinor > 0n
      ? await credit(ledger, { ...why, reason: 'REFUND_BONUS', amount: { amountMinor: bonusMinor, currency }, event: 'PROMOTION' }).catch(renamed)
      : null;
  const refundId = uuid();
  await tx.db.storeCreditRefund.create({
    data: {
      id: refundId,
      orderId,
      ...amount,
      bonusMinor,
      externalId,
      transactionId,
      bonusTransactionId: bonus?.transactionId ?? null,
      actor: tx.actor,
      createdAt: tx.now,
    },
    select: { id: true },
  });
  tx.emit({ type: 'store_credit_refund.created', customerId, orderId, refundId, transactionId });
  return { refundId, transactionId };
};
