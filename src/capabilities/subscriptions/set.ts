import { v7 as uuid } from 'uuid';
import { DomainError } from '../../core/errors.ts';
import type { SubscriptionInterval, SubscriptionStatus } from '../../db/generated/enums.ts';
import type { Tx } from '../../db/transact.ts';
import { amount } from '../orders/read-parts.ts';
import { moment, webAddress } from '../orders/text.ts';
import { customerTold, harmless, harmlessText, type Reference, referenceOf, type Told } from '../payment-methods/fields.ts';

export interface SubscriptionInput extends Reference, Told {
  readonly status: SubscriptionStatus;
  /** What is subscribed to. */
  readonly title: string;
  readonly currencyCode: string;
  /** Of one billing, as a decimal. */
  readonly price?: string | null;
  readonly interval: SubscriptionInterval;
  readonly intervalCount?: number | null;
  readonly nextBillingDate?: Date | null;
  /** The payment method's own id, under the same source. */
  readonly paymentMethodExternalId?: string | null;
  readonly manageUrl?: string | null;
  readonly createdAt?: Date | null;
  /** The biller's own moment; absent: now. */
  readonly updatedAt?: Date | null;
}

const PATH = ['input'];
const INTERVALS_MAX = 365;
const at = (field: string): readonly string[] => [...PATH, field];

const columnsOf = (input: SubscriptionInput, now: Date) => {
  const intervalCount = input.intervalCount ?? 1;
  if (intervalCount < 1 || intervalCount > INTERVALS_MAX) throw new DomainError('INVALID', [...at('intervalCount')]);
  return {
    status: input.status,
    title: harmlessText(input.title, at('title')),
    currency: input.currencyCode,
    priceMinor: input.price == null ? null : amount(input.price, input.currencyCode, at('price')),
    interval: input.interval,
    intervalCount,
    nextBillingAt: input.nextBillingDate ? moment(input.nextBillingDate, at('nextBillingDate')) : null,
    manageUrl: webAddress(input.manageUrl, at('manageUrl')),
    updatedAt: input.updatedAt ? moment(input.updatedAt, at('updatedAt')) : now,
  };
};

const methodOf = async (tx: Tx, source: string, customerId: string, input: SubscriptionInput): Promise<string | null> => {
  const path = at('paymentMethodExternalId');
  const externalId = harmless(input.paymentMethodExternalId, path);
  if (externalId === null) return null;
  const method = await tx.db.paymentMethod.findUnique({
    where: { source_externalId: { source, externalId } },
    select: { id: true, customerId: true },
  });
  if (method?.customerId !== customerId) throw new DomainError('NOT_FOUND', [...path]);
  return method.id;
};

/**
 * Makes a subscription be as whoever bills it tells it, as a whole, by the biller's own id; what was told later already stays. Refuses BLANK,
 * TOO_LONG, INVALID, TOO_MANY_DECIMALS, AMOUNT_TOO_LARGE, CARD_NUMBER_NOT_ALLOWED, CUSTOMER_DOES_NOT_EXIST, and NOT_FOUND for a payment method
 * that is not the customer's.
 */
export const setSubscription = async (tx: Tx, input: SubscriptionInput): Promise<{ subscriptionId: string }> => {
  const reference = referenceOf(input, PATH);
  const columns = columnsOf(input, tx.now);
  const customerId = await customerTold(tx, reference.source, input, PATH);
  await tx.db.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${`subscription ${reference.source} ${reference.externalId}`}, 0))`;
  const before = await tx.db.subscriptionContract.findUnique({ where: { source_externalId: reference }, select: { id: true, updatedAt: true } });
  if (before && before.updatedAt > columns.updatedAt) return { subscriptionId: before.id };
  const data = { ...columns, customerId, paymentMethodId: await methodOf(tx, reference.source, customerId, input) };
  const id = before?.id ?? uuid();
  const createdAt = input.createdAt ? moment(input.createdAt, at('createdAt')) : columns.updatedAt;
  if (before) await tx.db.subscriptionContract.update({ where: { id }, data, select: { id: true } });
  else await tx.db.subscriptionContract.create({ data: { id, ...reference, ...data, createdAt }, select: { id: true } });
  tx.emit({ type: before ? 'subscription_contract.updated' : 'subscription_contract.created', customerId, subscriptionContractId: id });
  return { subscriptionId: id };
};

/** Forgets a subscription that was told by mistake; one that ended is CANCELLED or EXPIRED. Refuses NOT_FOUND. */
export const deleteSubscription = async (tx: Tx, subscriptionId: string): Promise<{ deletedSubscriptionId: string }> => {
  const [row] = await tx.sql<{ customerId: string }>(
    'delete from subscription_contract where id = $1::text::uuid returning customer_id::text as "customerId"',
    [subscriptionId],
  );
  if (!row) throw new DomainError('NOT_FOUND', ['id']);
  tx.emit({ type: 'subscription_contract.deleted', customerId: row.customerId, subscriptionContractId: subscriptionId });
  return { deletedSubscriptionId: subscriptionId };
};
