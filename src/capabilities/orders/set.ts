import { v7 as uuid } from 'uuid';
import type { Prisma } from '../../db/client.ts';
import type { Tx } from '../../db/transact.ts';
import { setOrderAddress } from './address.ts';
import { customerOfOrder } from './customer.ts';
import type { OrderInput } from './input.ts';
import type { Fulfillment, LineItem, Refund } from './parts.ts';
import { amount, readAttributes, readDiscounts, readFulfillments, readLineItems, readRefunds, readShippingLine } from './read-parts.ts';
import { moment, optional, required, webAddress } from './text.ts';

const DEFAULT_SOURCE = 'shop';
const NOTE_CHARACTERS_MAX = 5_000;
const PATH = ['input'];

const at = (field: string): readonly string[] => [...PATH, field];

/** The order's own columns, checked. */
const columnsOf = (input: OrderInput, now: Date) => {
  const currency = input.currencyCode;
  const money = (field: keyof OrderInput): bigint | null => {
    const text = input[field] as string | null | undefined;
    return text == null ? null : amount(text, currency, at(field));
  };
  const processedAt = moment(input.processedAt, at('processedAt'));
  const name = required(input.name, at('name'));
  return {
    name,
    // Backends that give no number mostly have it in the name: #1001.
    number: input.number ?? Number(/\d{1,9}/.exec(name)?.[0] ?? 0),
    confirmationNumber: optional(input.confirmationNumber, at('confirmationNumber')),
    email: optional(input.email, at('email')),
    phone: optional(input.phone, at('phone')),
    currency,
    totalMinor: amount(input.totalPrice, currency, at('totalPrice')),
    subtotalMinor: money('subtotal'),
    taxMinor: money('totalTax'),
    shippingMinor: money('totalShipping') ?? 0n,
    refundedMinor: money('totalRefunded') ?? 0n,
    tipMinor: money('totalTip'),
    dutiesMinor: money('totalDuties'),
    financialStatus: input.financialStatus ?? null,
    fulfillmentStatus: input.fulfillmentStatus ?? ('UNFULFILLED' as const),
    cancelReason: input.cancelReason ?? null,
    cancelledAt: input.cancelledAt ? moment(input.cancelledAt, at('cancelledAt')) : null,
    note: optional(input.note, at('note'), NOTE_CHARACTERS_MAX),
    poNumber: optional(input.poNumber, at('poNumber')),
    customerLocale: optional(input.customerLocale, at('customerLocale')),
    locationName: optional(input.locationName, at('locationName')),
    statusPageUrl: webAddress(input.statusPageUrl, at('statusPageUrl')),
    isEdited: input.edited ?? false,
    processedAt,
    createdAt: input.createdAt ? moment(input.createdAt, at('createdAt')) : processedAt,
    updatedAt: input.updatedAt ? moment(input.updatedAt, at('updatedAt')) : now,
  };
};

/** Parts of the last time, whose ids stay. */
interface Before {
  readonly lineItems: Prisma.JsonValue;
  readonly fulfillments: Prisma.JsonValue;
  readonly refunds: Prisma.JsonValue;
}

const NOTHING: Before = { lineItems: [], fulfillments: [], refunds: [] };

const partsOf = (input: OrderInput, before: Before) => {
  const currency = input.currencyCode;
  const discounts = readDiscounts(input.discountApplications, currency, at('discountApplications'));
  const lines = readLineItems(
    input.lineItems,
    { currency, discounts: discounts.length, before: before.lineItems as unknown as LineItem[] },
    at('lineItems'),
  );
  const shipped = { lines, before: before.fulfillments as unknown as Fulfillment[] };
  const json = (value: unknown): Prisma.InputJsonValue => value as Prisma.InputJsonValue;
  const shippingLine = readShippingLine(input.shippingLine, currency, at('shippingLine'));
  return {
    discounts: json(discounts),
    lineItems: json(lines),
    fulfillments: json(readFulfillments(input.fulfillments, shipped, at('fulfillments'))),
    refunds: json(readRefunds(input.refunds, currency, before.refunds as unknown as Refund[], at('refunds'))),
    attributes: json(readAttributes(input.customAttributes, at('customAttributes'))),
    ...(shippingLine ? { shippingLine: json(shippingLine) } : {}),
  };
};

/**
 * Makes an order be as the commerce backend tells it: a new one is kept, one that is known is replaced as a whole, and one that was told
 * later already, or whose customer was erased, stays as it is. A customer who is not known yet is made.
 *
 * Refuses BLANK, INVALID, TOO_LONG, TOO_MANY, TOO_MANY_DECIMALS, AMOUNT_TOO_LARGE, CUSTOMER_DOES_NOT_EXIST, and NOT_FOUND for a discount or
 * a line that the order does not have.
 */
export const setOrder = async (tx: Tx, input: OrderInput): Promise<{ orderId: string }> => {
  const source = optional(input.source, at('source')) ?? DEFAULT_SOURCE;
  const externalId = required(input.externalId, at('externalId'));
  const columns = columnsOf(input, tx.now);
  await tx.db.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${`order ${source} ${externalId}`}, 0))`;
  const before = await tx.db.order.findUnique({ where: { source_externalId: { source, externalId } } });
  const parts = partsOf(input, before ?? NOTHING);
  if (before && (before.updatedAt > columns.updatedAt || (await isErased(tx, before.customerId)))) return { orderId: before.id };
  const customerId = await customerOfOrder(tx, source, input);
  const id = before?.id ?? uuid();
  const addresses = {
    shippingAddressId: await setOrderAddress(tx, before?.shippingAddressId ?? null, customerId, input.shippingAddress),
    billingAddressId: await setOrderAddress(tx, before?.billingAddressId ?? null, customerId, input.billingAddress),
  };
  const data = { ...columns, ...parts, ...addresses, customerId };
  if (before) await tx.db.order.update({ where: { id }, data, select: { id: true } });
  else await tx.db.order.create({ data: { id, source, externalId, ...data }, select: { id: true } });
  tx.emit({ type: before ? 'order.updated' : 'order.created', orderId: id, customerId });
  return { orderId: id };
};

/** What is told again of an erased customer's order would name her again. */
const isErased = async (tx: Tx, customerId: string | null): Promise<boolean> =>
  customerId !== null && (await tx.db.customer.findUnique({ where: { id: customerId }, select: { erasedAt: true } }))?.erasedAt != null;
