/*
 * The parts of an order that are kept with it as JSON: they come and go with the whole order, and nothing is searched by them.
 * Amounts are minor units of the order's currency as text; moments are ISO 8601.
 */

export interface Attribute {
  readonly key: string;
  readonly value: string | null;
}

export interface Discount {
  readonly kind: 'MANUAL' | 'AUTOMATIC' | 'CODE';
  /** The title, or the code. */
  readonly title: string;
  /** One of the two. */
  readonly percentage: number | null;
  readonly amountMinor: string | null;
  readonly allocationMethod: 'ACROSS' | 'EACH' | 'ONE';
  readonly targetSelection: 'ALL' | 'ENTITLED' | 'EXPLICIT';
  readonly targetType: 'LINE_ITEM' | 'SHIPPING_LINE';
}

export interface LineItem {
  readonly id: string;
  readonly externalId: string;
  readonly title: string;
  readonly variantTitle: string | null;
  readonly quantity: number;
  readonly priceMinor: string;
  readonly sku: string | null;
  readonly vendor: string | null;
  readonly productId: string | null;
  readonly variantId: string | null;
  readonly requiresShipping: boolean;
  readonly giftCard: boolean;
  readonly image: { readonly url: string; readonly altText: string | null; readonly width: number | null; readonly height: number | null } | null;
  /** What each of the order's discounts, by its place, takes off. */
  readonly discounts: readonly { readonly amountMinor: string; readonly discount: number }[];
  readonly attributes: readonly Attribute[];
}

export interface Fulfillment {
  readonly id: string;
  readonly externalId: string;
  readonly status: 'CANCELLED' | 'ERROR' | 'FAILURE' | 'OPEN' | 'PENDING' | 'SUCCESS' | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly estimatedDeliveryAt: string | null;
  readonly tracking: readonly { readonly company: string | null; readonly number: string | null; readonly url: string | null }[];
  readonly lineItems: readonly { readonly id: string; readonly lineItemId: string; readonly quantity: number }[];
}

export interface Refund {
  readonly id: string;
  readonly externalId: string;
  readonly createdAt: string;
  readonly totalMinor: string;
}

export interface ShippingLine {
  readonly title: string;
  readonly handle: string | null;
  readonly priceMinor: string;
}

/** A part's id from the last time where the backend names it by the same id, so that ids stay when an order is told again. */
export const keptIds = (parts: readonly { readonly id: string; readonly externalId: string }[]): ReadonlyMap<string, string> =>
  new Map(parts.map(({ id, externalId }) => [externalId, id]));

/** Minor units of all of a line, before discounts. */
export const fullOf = ({ priceMinor, quantity }: LineItem): bigint => BigInt(priceMinor) * BigInt(quantity);

/** What the order's discounts take off a line. */
export const offOf = ({ discounts }: LineItem): bigint => discounts.reduce((total, { amountMinor }) => total + BigInt(amountMinor), 0n);
