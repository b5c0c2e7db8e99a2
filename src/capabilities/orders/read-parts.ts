import { v7 as uuid } from 'uuid';
import { DomainError } from '../../core/errors.ts';
import { parseAmount } from '../../core/money.ts';
import type { DiscountInput, FulfillmentInput, LineItemInput, OrderInput } from './input.ts';
import { type Attribute, type Discount, type Fulfillment, keptIds, type LineItem, type Refund, type ShippingLine } from './parts.ts';
import { few, moment, optional, required, webAddress } from './text.ts';

const LINES_MAX = 500;
const DISCOUNTS_MAX = 100;
const FULFILLMENTS_MAX = 100;
const REFUNDS_MAX = 100;
const ATTRIBUTES_MAX = 50;
const QUANTITY_MAX = 1_000_000;

type Path = readonly string[];

/** An amount that is not negative, as minor units. Refuses INVALID, TOO_MANY_DECIMALS, AMOUNT_TOO_LARGE. */
export const amount = (text: string, currency: string, path: Path): bigint => {
  const minor = parseAmount(text, currency, path);
  if (minor < 0n) throw new DomainError('INVALID', path);
  return minor;
};

const quantity = (value: number, path: Path): number => {
  if (value < 0 || value > QUANTITY_MAX) throw new DomainError('INVALID', path);
  return value;
};

export const readAttributes = (attributes: OrderInput['customAttributes'], path: Path): Attribute[] =>
  few(attributes, path, ATTRIBUTES_MAX).map(({ key, value }, index) => ({
    key: required(key, [...path, String(index), 'key']),
    value: optional(value, [...path, String(index), 'value'], 1_000),
  }));

export const readDiscounts = (discounts: readonly DiscountInput[] | null | undefined, currency: string, path: Path): Discount[] =>
  few(discounts, path, DISCOUNTS_MAX).map((discount, index) => {
    const at = [...path, String(index)];
    const { percentage, amount: off } = discount;
    if ((percentage == null) === (off == null)) throw new DomainError('INVALID', at);
    if (percentage != null && !(percentage >= 0 && percentage <= 100)) throw new DomainError('INVALID', [...at, 'percentage']);
    return {
      kind: discount.kind,
      title: required(discount.title, [...at, 'title']),
      percentage: percentage ?? null,
      amountMinor: off == null ? null : amount(off, currency, [...at, 'amount']).toString(),
      allocationMethod: discount.allocationMethod ?? 'ACROSS',
      targetSelection: discount.targetSelection ?? 'ALL',
      targetType: discount.targetType ?? 'LINE_ITEM',
    };
  });

const readImage = (image: LineItemInput['image'], path: Path): LineItem['image'] => {
  const url = webAddress(image?.url, [...path, 'url']);
  if (!image || !url) return null;
  return { url, altText: optional(image.altText, [...path, 'altText']), width: image.width ?? null, height: image.height ?? null };
};

/** The order's lines; `before` are those of the last time, whose ids stay. Each external id once. */
export const readLineItems = (
  lines: readonly LineItemInput[] | null | undefined,
  { currency, discounts, before }: { currency: string; discounts: number; before: readonly LineItem[] },
  path: Path,
): LineItem[] => {
  const ids = keptIds(before);
  const read = few(lines, path, LINES_MAX).map((line, index): LineItem => {
    const at = [...path, String(index)];
    const externalId = required(line.externalId, [...at, 'externalId']);
    return {
      id: ids.get(externalId) ?? uuid(),
      externalId,
      title: required(line.title, [...at, 'title']),
      variantTitle: optional(line.variantTitle, [...at, 'variantTitle']),
      quantity: quantity(line.quantity, [...at, 'quantity']),
      priceMinor: amount(line.price, currency, [...at, 'price']).toString(),
      sku: optional(line.sku, [...at, 'sku']),
      vendor: optional(line.vendor, [...at, 'vendor']),
      productId: optional(line.productId, [...at, 'productId']),
      variantId: optional(line.variantId, [...at, 'variantId']),
      requiresShipping: line.requiresShipping ?? true,
      giftCard: line.giftCard ?? false,
      image: readImage(line.image, [...at, 'image']),
      discounts: few(line.discountAllocations, [...at, 'discountAllocations'], DISCOUNTS_MAX).map((allocation, place) => {
        const where = [...at, 'discountAllocations', String(place)];
        const { discountApplication: discount } = allocation;
        if (discount < 0 || discount >= discounts) throw new DomainError('NOT_FOUND', [...where, 'discountApplication']);
        return { amountMinor: amount(allocation.allocatedAmount, currency, [...where, 'allocatedAmount']).toString(), discount };
      }),
      attributes: readAttributes(line.customAttributes, [...at, 'customAttributes']),
    };
  });
  refuseTwice(read, path);
  return read;
};

const refuseTwice = (parts: readonly { readonly externalId: string }[], path: Path): void => {
  const seen = new Set<string>();
  for (const [index, { externalId }] of parts.entries()) {
    if (seen.has(externalId)) throw new DomainError('INVALID', [...path, String(index), 'externalId']);
    seen.add(externalId);
  }
};

export const readFulfillments = (
  fulfillments: readonly FulfillmentInput[] | null | undefined,
  { lines, before }: { lines: readonly LineItem[]; before: readonly Fulfillment[] },
  path: Path,
): Fulfillment[] => {
  const ids = keptIds(before);
  const lineIds = keptIds(lines);
  const read = few(fulfillments, path, FULFILLMENTS_MAX).map((fulfillment, index): Fulfillment => {
    const at = [...path, String(index)];
    const externalId = required(fulfillment.externalId, [...at, 'externalId']);
    const id = ids.get(externalId) ?? uuid();
    const createdAt = moment(fulfillment.createdAt, [...at, 'createdAt']);
    return {
      id,
      externalId,
      status: fulfillment.status ?? null,
      createdAt: createdAt.toISOString(),
      updatedAt: moment(fulfillment.updatedAt ?? createdAt, [...at, 'updatedAt']).toISOString(),
      estimatedDeliveryAt: fulfillment.estimatedDeliveryAt
        ? moment(fulfillment.estimatedDeliveryAt, [...at, 'estimatedDeliveryAt']).toISOString()
        : null,
      tracking: few(fulfillment.trackingInformation, [...at, 'trackingInformation'], ATTRIBUTES_MAX).map((tracking, place) => {
        const where = [...at, 'trackingInformation', String(place)];
        return {
          company: optional(tracking.company, [...where, 'company']),
          number: optional(tracking.number, [...where, 'number']),
          url: webAddress(tracking.url, [...where, 'url']),
        };
      }),
      lineItems: few(fulfillment.lineItems, [...at, 'lineItems'], LINES_MAX).map((line, place) => {
        const lineItemId = lineIds.get(line.externalId);
        if (!lineItemId) throw new DomainError('NOT_FOUND', [...at, 'lineItems', String(place), 'externalId']);
        return { id: uuid(), lineItemId, quantity: quantity(line.quantity, [...at, 'lineItems', String(place), 'quantity']) };
      }),
    };
  });
  refuseTwice(read, path);
  return read;
};

export const readRefunds = (refunds: OrderInput['refunds'], currency: string, before: readonly Refund[], path: Path): Refund[] => {
  const ids = keptIds(before);
  const read = few(refunds, path, REFUNDS_MAX).map((refund, index): Refund => {
    const at = [...path, String(index)];
    const externalId = required(refund.externalId, [...at, 'externalId']);
    return {
      id: ids.get(externalId) ?? uuid(),
      externalId,
      createdAt: moment(refund.createdAt, [...at, 'createdAt']).toISOString(),
      totalMinor: amount(refund.totalRefunded, currency, [...at, 'totalRefunded']).toString(),
    };
  });
  refuseTwice(read, path);
  return read;
};

export const readShippingLine = (line: OrderInput['shippingLine'], currency: string, path: Path): ShippingLine | null =>
  line
    ? {
        title: required(line.title, [...path, 'title']),
        handle: optional(line.handle, [...path, 'handle']),
        priceMinor: amount(line.price, currency, [...path, 'price']).toString(),
      }
    : null;
