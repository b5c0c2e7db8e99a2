import { resolveArrayConnection } from '@pothos/plugin-relay';
import type { Money } from '../../../core/money.ts';
import { AttributeType } from '../../../graphql/attributes.ts';
import { builder } from '../../../graphql/builder.ts';
import { encodeGid } from '../../../graphql/gid.ts';
import { MoneyV2 } from '../../../graphql/scalars.ts';
import * as parts from '../parts.ts';

/** A part together with what of its order it needs to be shown. */
export interface LineItemView {
  readonly line: parts.LineItem;
  readonly currency: string;
  readonly discounts: readonly parts.Discount[];
}
export interface DiscountView {
  readonly discount: parts.Discount;
  readonly currency: string;
}
export interface FulfillmentView {
  readonly fulfillment: parts.Fulfillment;
  readonly lines: readonly LineItemView[];
}
export interface RefundView {
  readonly refund: parts.Refund;
  readonly currency: string;
}

/** Parts as their list is asked for: `reverse` is the last first. */
export const inOrder = <Part>(parts: readonly Part[], { reverse }: { reverse?: boolean | null | undefined }): Part[] =>
  reverse ? [...parts].reverse() : [...parts];

const money = (minor: string | bigint, currency: string): Money => ({ amountMinor: BigInt(minor), currency });

const transform = {
  crop: builder.enumType('CropRegion', { values: ['BOTTOM', 'CENTER', 'LEFT', 'RIGHT', 'TOP'] as const }),
  preferredContentType: builder.enumType('ImageContentType', { values: ['BMP', 'JPG', 'PNG', 'WEBP'] as const }),
};

const ImageTransformInput = builder.inputType('ImageTransformInput', {
  description: 'What a picture is wanted as. It is kept elsewhere and answered as it is, whatever is asked here.',
  fields: (t) => ({
    crop: t.field({ type: transform.crop }),
    maxHeight: t.int(),
    maxWidth: t.int(),
    preferredContentType: t.field({ type: transform.preferredContentType }),
    scale: t.int({ defaultValue: 1 }),
  }),
});

const Image = builder.objectRef<NonNullable<parts.LineItem['image']>>('Image').implement({
  fields: (t) => {
    const source = t.field({ type: 'URL', nullable: false, deprecationReason: 'Use url.', resolve: ({ url }) => url });
    return {
      id: t.id({ nullable: true, resolve: () => null }),
      url: t.field({ type: 'URL', nullable: false, args: { transform: t.arg({ type: ImageTransformInput }) }, resolve: ({ url }) => url }),
      originalSrc: source,
      src: source,
      transformedSrc: t.field({
        type: 'URL',
        nullable: false,
        deprecationReason: 'Use url.',
        args: {
          crop: t.arg({ type: transform.crop }),
          maxHeight: t.arg.int(),
          maxWidth: t.arg.int(),
          preferredContentType: t.arg({ type: transform.preferredContentType }),
          scale: t.arg.int({ defaultValue: 1 }),
        },
        resolve: ({ url }) => url,
      }),
      altText: t.exposeString('altText', { nullable: true }),
      width: t.exposeInt('width', { nullable: true }),
      height: t.exposeInt('height', { nullable: true }),
    };
  },
});

interface Percentage {
  readonly percentage: number;
}

const PricingPercentageValue = builder.objectRef<Percentage>('PricingPercentageValue').implement({
  isTypeOf: (value) => typeof value === 'object' && value !== null && 'percentage' in value,
  fields: (t) => ({ percentage: t.exposeFloat('percentage', { nullable: false }) }),
});

const PricingValue = builder.unionType('PricingValue', {
  types: [MoneyV2, PricingPercentageValue],
  resolveType: (value) => ('percentage' in value ? PricingPercentageValue : MoneyV2),
});

export const DiscountAllocationMethod = builder.enumType('DiscountApplicationAllocationMethod', { values: ['ACROSS', 'EACH', 'ONE'] as const });
export const DiscountTargetSelection = builder.enumType('DiscountApplicationTargetSelection', { values: ['ALL', 'ENTITLED', 'EXPLICIT'] as const });
export const DiscountTargetType = builder.enumType('DiscountApplicationTargetType', { values: ['LINE_ITEM', 'SHIPPING_LINE'] as const });

export const DiscountApplication = builder.interfaceRef<DiscountView>('DiscountApplication').implement({
  description: 'What made an order cheaper.',
  resolveType: ({ discount }) =>
    ({ MANUAL: 'ManualDiscountApplication', AUTOMATIC: 'AutomaticDiscountApplication', CODE: 'DiscountCodeApplication' })[discount.kind],
  fields: (t) => ({
    allocationMethod: t.field({ type: DiscountAllocationMethod, nullable: false, resolve: ({ discount }) => discount.allocationMethod }),
    targetSelection: t.field({ type: DiscountTargetSelection, nullable: false, resolve: ({ discount }) => discount.targetSelection }),
    targetType: t.field({ type: DiscountTargetType, nullable: false, resolve: ({ discount }) => discount.targetType }),
    value: t.field({
      type: PricingValue,
      nullable: false,
      resolve: ({ discount, currency }): Money | Percentage =>
        discount.percentage === null ? money(discount.amountMinor ?? '0', currency) : { percentage: discount.percentage },
    }),
  }),
});

for (const [name, field] of [
  ['ManualDiscountApplication', 'title'],
  ['AutomaticDiscountApplication', 'title'],
  ['DiscountCodeApplication', 'code'],
] as const) {
  builder.objectRef<DiscountView>(name).implement({
    interfaces: [DiscountApplication],
    fields: (t) => ({ [field]: t.string({ nullable: false, resolve: ({ discount }) => discount.title }) }),
  });
}

const DiscountAllocation = builder.objectRef<DiscountView & { amountMinor: string }>('DiscountAllocation').implement({
  fields: (t) => ({
    allocatedAmount: t.field({ type: MoneyV2, nullable: false, resolve: ({ amountMinor, currency }) => money(amountMinor, currency) }),
    discountApplication: t.field({ type: DiscountApplication, nullable: false, resolve: (view) => view }),
  }),
});

export const LineItem = builder.objectRef<LineItemView>('LineItem').implement({
  description: 'One line of an order, as it was bought.',
  fields: (t) => ({
    id: t.id({ nullable: false, resolve: ({ line }) => encodeGid('LineItem', line.id) }),
    title: t.string({ nullable: false, resolve: ({ line }) => line.title }),
    name: t.string({
      nullable: false,
      description: 'The title with the variant’s.',
      resolve: ({ line }) => [line.title, line.variantTitle].filter(Boolean).join(' - '),
    }),
    presentmentTitle: t.string({ nullable: true, description: 'As `title`.', resolve: ({ line }) => line.title }),
    variantTitle: t.string({ nullable: true, resolve: ({ line }) => line.variantTitle }),
    quantity: t.int({ nullable: false, resolve: ({ line }) => line.quantity }),
    price: t.field({
      type: MoneyV2,
      nullable: true,
      description: 'Of one, before discounts.',
      resolve: ({ line, currency }) => money(line.priceMinor, currency),
    }),
    ...Object.fromEntries(
      ['totalPrice', 'currentTotalPrice', 'totalPriceBeforeDiscounts'].map((name) => [
        name,
        t.field({
          type: MoneyV2,
          nullable: true,
          description: 'Of all, before discounts.',
          resolve: ({ line, currency }) => money(parts.fullOf(line), currency),
        }),
      ]),
    ),
    totalDiscount: t.field({ type: MoneyV2, nullable: false, resolve: ({ line, currency }) => money(parts.offOf(line), currency) }),
    totalPriceWithDiscounts: t.field({
      type: MoneyV2,
      nullable: true,
      resolve: ({ line, currency }) => money(parts.fullOf(line) - parts.offOf(line), currency),
    }),
    discountAllocations: t.field({
      type: [DiscountAllocation],
      nullable: false,
      resolve: ({ line, currency, discounts }) =>
        line.discounts.map(({ amountMinor, discount }) => ({ amountMinor, currency, discount: discounts[discount] as parts.Discount })),
    }),
    image: t.field({ type: Image, nullable: true, resolve: ({ line }) => line.image }),
    sku: t.string({ nullable: true, resolve: ({ line }) => line.sku }),
    vendor: t.string({ nullable: true, resolve: ({ line }) => line.vendor }),
    productId: t.id({ nullable: true, resolve: ({ line }) => line.productId }),
    variantId: t.id({ nullable: true, resolve: ({ line }) => line.variantId }),
    requiresShipping: t.boolean({ nullable: false, resolve: ({ line }) => line.requiresShipping }),
    giftCard: t.boolean({ nullable: false, resolve: ({ line }) => line.giftCard }),
    customAttributes: t.field({ type: [AttributeType], nullable: false, resolve: ({ line }) => [...line.attributes] }),
  }),
});

export const FulfillmentStatus = builder.enumType('FulfillmentStatus', {
  values: ['CANCELLED', 'ERROR', 'FAILURE', 'OPEN', 'PENDING', 'SUCCESS'] as const,
});

const TrackingInformation = builder.objectRef<parts.Fulfillment['tracking'][number]>('TrackingInformation').implement({
  fields: (t) => ({
    company: t.exposeString('company', { nullable: true }),
    number: t.exposeString('number', { nullable: true }),
    url: t.field({ type: 'URL', nullable: true, resolve: ({ url }) => url }),
  }),
});

const FulfillmentLineItem = builder.objectRef<{ id: string; quantity: number; line: LineItemView }>('FulfillmentLineItem').implement({
  fields: (t) => ({
    id: t.id({ nullable: false, resolve: ({ id }) => encodeGid('FulfillmentLineItem', id) }),
    lineItem: t.field({ type: LineItem, nullable: false, resolve: ({ line }) => line }),
    quantity: t.exposeInt('quantity', { nullable: true }),
  }),
});

const sentIn = ({ fulfillment, lines }: FulfillmentView) =>
  fulfillment.lineItems.flatMap(({ id, lineItemId, quantity }) => {
    const line = lines.find((candidate) => candidate.line.id === lineItemId);
    return line ? [{ id, quantity, line }] : [];
  });

export const Fulfillment = builder.objectRef<FulfillmentView>('Fulfillment').implement({
  description: 'A parcel on its way.',
  fields: (t) => ({
    id: t.id({ nullable: false, resolve: ({ fulfillment }) => encodeGid('Fulfillment', fulfillment.id) }),
    status: t.field({ type: FulfillmentStatus, nullable: true, resolve: ({ fulfillment }) => fulfillment.status }),
    createdAt: t.field({ type: 'DateTime', nullable: false, resolve: ({ fulfillment }) => new Date(fulfillment.createdAt) }),
    updatedAt: t.field({ type: 'DateTime', nullable: false, resolve: ({ fulfillment }) => new Date(fulfillment.updatedAt) }),
    estimatedDeliveryAt: t.field({
      type: 'DateTime',
      nullable: true,
      resolve: ({ fulfillment: { estimatedDeliveryAt } }) => (estimatedDeliveryAt ? new Date(estimatedDeliveryAt) : null),
    }),
    trackingInformation: t.field({ type: [TrackingInformation], nullable: false, resolve: ({ fulfillment }) => [...fulfillment.tracking] }),
    requiresShipping: t.boolean({ nullable: false, resolve: (view) => sentIn(view).some(({ line }) => line.line.requiresShipping) }),
    fulfillmentLineItems: t.connection(
      {
        type: FulfillmentLineItem,
        nullable: false,
        args: { reverse: t.arg.boolean({ defaultValue: false }) },
        resolve: (view, args) => resolveArrayConnection({ args }, inOrder(sentIn(view), args)),
      },
      { name: 'FulfillmentLineItemConnection' },
      { name: 'FulfillmentLineItemEdge' },
    ),
  }),
});

export const Refund = builder.objectRef<RefundView>('Refund').implement({
  fields: (t) => ({
    id: t.id({ nullable: false, resolve: ({ refund }) => encodeGid('Refund', refund.id) }),
    createdAt: t.field({ type: 'DateTime', nullable: true, resolve: ({ refund }) => new Date(refund.createdAt) }),
    updatedAt: t.field({
      type: 'DateTime',
      nullable: false,
      description: 'As `createdAt`: backends tell a refund once.',
      resolve: ({ refund }) => new Date(refund.createdAt),
    }),
    totalRefunded: t.field({ type: MoneyV2, nullable: false, resolve: ({ refund, currency }) => money(refund.totalMinor, currency) }),
  }),
});

export const ShippingLine = builder.objectRef<parts.ShippingLine & { currency: string }>('ShippingLine').implement({
  fields: (t) => ({
    title: t.exposeString('title', { nullable: false }),
    handle: t.exposeString('handle', { nullable: true }),
    originalPrice: t.field({ type: MoneyV2, nullable: false, resolve: ({ priceMinor, currency }) => money(priceMinor, currency) }),
  }),
});
