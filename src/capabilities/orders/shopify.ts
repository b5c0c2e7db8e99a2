import { z } from 'zod';
import { DomainError } from '../../core/errors.ts';
import type { DiscountInput, FulfillmentInput, LineItemInput, OrderInput } from './input.ts';

/*
 * An order as Shopify's webhooks and REST Admin API write it: https://shopify.dev/docs/api/admin-rest/latest/resources/order. Only what is
 * kept is read; what is missing or of another kind than documented is left out, as an order must not be lost for a field of it.
 */

const text = z.coerce.string().nullish().catch(null);
const amount = z
  .union([z.string(), z.number()])
  .transform(String)
  .pipe(z.string().regex(/^-?\d+(\.\d+)?$/))
  .nullish()
  .catch(null);
const count = z.number().int().nullish().catch(null);
const moment = z.coerce.date().nullish().catch(null);
const id = z.union([z.number(), z.string()]).transform(String);
const list = <Item extends z.ZodType>(item: Item) => z.array(item).nullish().catch(null);
const oneOf = <Value extends string>(values: readonly Value[]) =>
  z
    .string()
    .transform((value) => values.find((known) => known === value.toUpperCase()) ?? null)
    .nullish()
    .catch(null);

const pairs = list(z.object({ name: z.coerce.string(), value: text }));

const address = z
  .object({
    first_name: text,
    last_name: text,
    company: text,
    address1: text,
    address2: text,
    city: text,
    zip: text,
    province_code: text,
    country_code: text,
    phone: text,
  })
  .nullish()
  .catch(null);

const lineItem = z.object({
  id,
  title: z.string(),
  variant_title: text,
  quantity: z.number().int(),
  price: amount,
  sku: text,
  vendor: text,
  product_id: id.nullish().catch(null),
  variant_id: id.nullish().catch(null),
  requires_shipping: z.boolean().nullish().catch(null),
  gift_card: z.boolean().nullish().catch(null),
  properties: pairs,
  discount_allocations: list(z.object({ amount, discount_application_index: z.number().int() })),
});

const discount = z.object({
  type: text,
  title: text,
  code: text,
  description: text,
  value: amount,
  value_type: text,
  allocation_method: oneOf(['ACROSS', 'EACH', 'ONE'] as const),
  target_selection: oneOf(['ALL', 'ENTITLED', 'EXPLICIT'] as const),
  target_type: oneOf(['LINE_ITEM', 'SHIPPING_LINE'] as const),
});

const fulfillment = z.object({
  id,
  status: oneOf(['CANCELLED', 'ERROR', 'FAILURE', 'OPEN', 'PENDING', 'SUCCESS'] as const),
  created_at: z.coerce.date(),
  updated_at: moment,
  tracking_company: text,
  tracking_numbers: list(z.coerce.string()),
  tracking_urls: list(z.coerce.string()),
  line_items: list(z.object({ id, quantity: z.number().int() })),
});

const refund = z.object({ id, created_at: z.coerce.date(), transactions: list(z.object({ amount, kind: text, status: text })) });

const order = z.object({
  id,
  name: z.string(),
  order_number: count,
  confirmation_number: text,
  email: text,
  contact_email: text,
  phone: text,
  currency: z.string(),
  total_price: z.union([z.string(), z.number()]).transform(String),
  subtotal_price: amount,
  total_tax: amount,
  total_tip_received: amount,
  total_shipping_price_set: z
    .object({ shop_money: z.object({ amount }).nullish() })
    .nullish()
    .catch(null),
  original_total_duties_set: z
    .object({ shop_money: z.object({ amount }).nullish() })
    .nullish()
    .catch(null),
  financial_status: oneOf(['AUTHORIZED', 'EXPIRED', 'PAID', 'PARTIALLY_PAID', 'PARTIALLY_REFUNDED', 'PENDING', 'REFUNDED', 'VOIDED'] as const),
  fulfillment_status: text,
  cancel_reason: oneOf(['CUSTOMER', 'DECLINED', 'FRAUD', 'INVENTORY', 'OTHER', 'STAFF'] as const),
  cancelled_at: moment,
  note: text,
  po_number: text,
  customer_locale: text,
  order_status_url: text,
  processed_at: moment,
  created_at: z.coerce.date(),
  updated_at: moment,
  customer: z
    .object({ id: id.nullish().catch(null), email: text, phone: text, first_name: text, last_name: text })
    .nullish()
    .catch(null),
  shipping_address: address,
  billing_address: address,
  shipping_lines: list(z.object({ title: text, code: text, price: amount })),
  line_items: list(lineItem),
  discount_applications: list(discount),
  fulfillments: list(fulfillment),
  refunds: list(refund),
  note_attributes: pairs,
});

/** The source under which Shopify's orders and customers are kept. */
export const SHOPIFY = 'shopify';

const FULFILLMENT_STATUS = { fulfilled: 'FULFILLED', partial: 'PARTIALLY_FULFILLED', restocked: 'RESTOCKED' } as const;

const DISCOUNT_KIND = { discount_code: 'CODE', manual: 'MANUAL' } as const;

const attributesOf = (read: z.infer<typeof pairs>) => read?.map(({ name, value }) => ({ key: name, value: value ?? null })) ?? null;

const addressOf = (read: z.infer<typeof address>): OrderInput['shippingAddress'] =>
  read && {
    firstName: read.first_name,
    lastName: read.last_name,
    company: read.company,
    address1: read.address1,
    address2: read.address2,
    city: read.city,
    zip: read.zip,
    zoneCode: read.province_code,
    territoryCode: read.country_code,
    phoneNumber: read.phone,
  };

const lineOf = (read: z.infer<typeof lineItem>): LineItemInput => ({
  externalId: read.id,
  title: read.title,
  variantTitle: read.variant_title,
  quantity: read.quantity,
  price: read.price ?? '0',
  sku: read.sku,
  vendor: read.vendor,
  productId: read.product_id && `gid://shopify/Product/${read.product_id}`,
  variantId: read.variant_id && `gid://shopify/ProductVariant/${read.variant_id}`,
  requiresShipping: read.requires_shipping,
  giftCard: read.gift_card,
  discountAllocations:
    read.discount_allocations?.map((taken) => ({ allocatedAmount: taken.amount ?? '0', discountApplication: taken.discount_application_index })) ??
    null,
  customAttributes: attributesOf(read.properties),
});

const discountOf = (read: z.infer<typeof discount>): DiscountInput => ({
  kind: DISCOUNT_KIND[read.type as keyof typeof DISCOUNT_KIND] ?? 'AUTOMATIC',
  title: read.code || read.title || read.description || 'Discount',
  ...(read.value_type === 'percentage' ? { percentage: Number(read.value ?? 0) } : { amount: read.value ?? '0' }),
  allocationMethod: read.allocation_method,
  targetSelection: read.target_selection,
  targetType: read.target_type,
});

const fulfillmentOf = (read: z.infer<typeof fulfillment>): FulfillmentInput => ({
  externalId: read.id,
  status: read.status,
  createdAt: read.created_at,
  updatedAt: read.updated_at,
  trackingInformation:
    read.tracking_numbers?.map((number, place) => ({ company: read.tracking_company, number, url: read.tracking_urls?.[place] ?? null })) ?? null,
  lineItems: read.line_items?.map((line) => ({ externalId: line.id, quantity: line.quantity })) ?? null,
});

/** Decimal text summed without floating point. */
const sum = (amounts: readonly string[]): string => {
  const digits = Math.max(0, ...amounts.map((one) => one.split('.')[1]?.length ?? 0));
  const minor = amounts.map((one) => BigInt(one.replace('.', '') + '0'.repeat(digits - (one.split('.')[1]?.length ?? 0))));
  const total = minor
    .reduce((whole, part) => whole + part, 0n)
    .toString()
    .padStart(digits + 1, '0');
  return digits === 0 ? total : `${total.slice(0, -digits)}.${total.slice(-digits)}`;
};

const refundOf = (read: z.infer<typeof refund>) => ({
  externalId: read.id,
  createdAt: read.created_at,
  totalRefunded: sum(
    (read.transactions ?? []).flatMap((paid) => (paid.kind === 'refund' && paid.status === 'success' && paid.amount ? [paid.amount] : [])),
  ),
});

/** Shopify's order as ours. Refuses INVALID for what is no order: the field names the first that cannot be read. */
export const orderOfShopify = (payload: unknown): OrderInput => {
  const parsed = order.safeParse(payload);
  if (!parsed.success) throw new DomainError('INVALID', ['input', ...(parsed.error.issues[0]?.path.map(String) ?? [])]);
  const read = parsed.data;
  const refunds = read.refunds?.map(refundOf) ?? [];
  const [shipping] = read.shipping_lines ?? [];
  return {
    source: SHOPIFY,
    externalId: read.id,
    customer: read.customer && {
      externalId: read.customer.id ?? null,
      email: read.customer.email || read.email,
      phone: read.customer.phone || read.phone,
      firstName: read.customer.first_name,
      lastName: read.customer.last_name,
    },
    name: read.name,
    number: read.order_number,
    confirmationNumber: read.confirmation_number,
    email: read.email || read.contact_email,
    phone: read.phone,
    currencyCode: read.currency,
    totalPrice: read.total_price,
    subtotal: read.subtotal_price,
    totalTax: read.total_tax,
    totalTip: read.total_tip_received,
    totalShipping: read.total_shipping_price_set?.shop_money?.amount ?? null,
    totalDuties: read.original_total_duties_set?.shop_money?.amount ?? null,
    totalRefunded: sum(refunds.map(({ totalRefunded }) => totalRefunded)),
    financialStatus: read.financial_status,
    fulfillmentStatus: FULFILLMENT_STATUS[read.fulfillment_status as keyof typeof FULFILLMENT_STATUS] ?? 'UNFULFILLED',
    cancelReason: read.cancel_reason,
    cancelledAt: read.cancelled_at,
    note: read.note,
    poNumber: read.po_number,
    customerLocale: read.customer_locale,
    statusPageUrl: read.order_status_url,
    processedAt: read.processed_at ?? read.created_at,
    createdAt: read.created_at,
    updatedAt: read.updated_at,
    shippingAddress: addressOf(read.shipping_address),
    billingAddress: addressOf(read.billing_address),
    shippingLine: shipping ? { title: shipping.title || 'Shipping', handle: shipping.code, price: shipping.price ?? '0' } : null,
    lineItems: read.line_items?.map(lineOf) ?? null,
    discountApplications: read.discount_applications?.map(discountOf) ?? null,
    fulfillments: read.fulfillments?.map(fulfillmentOf) ?? null,
    refunds,
    customAttributes: attributesOf(read.note_attributes),
  };
};
