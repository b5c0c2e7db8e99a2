import { DomainError } from '../../../core/errors.ts';
import { AttributeInput } from '../../../graphql/attributes.ts';
import { builder } from '../../../graphql/builder.ts';
import { languageOfOperation } from '../../../graphql/directives.ts';
import { payloadType, userErrorOf, userErrorType } from '../../../graphql/errors.ts';
import { idOf } from '../../../graphql/gid.ts';
import { CurrencyCode } from '../../../graphql/scalars.ts';
import { settle } from '../../../graphql/settle.ts';
import { ORDER_SET_CODES } from '../errors.ts';
import { importOrders, ORDERS_AT_ONCE } from '../import.ts';
import type { OrderInput } from '../input.ts';
import { setOrder } from '../set.ts';
import { OrderCancelReason, OrderFinancialStatus, OrderFulfillmentStatus } from './order.ts';
import { DiscountAllocationMethod, DiscountTargetSelection, DiscountTargetType, FulfillmentStatus } from './parts.ts';

const ATTRIBUTES = 'At most 50.';

const OrderCustomerInput = builder.inputType('OrderCustomerInput', {
  description: 'Whose order it is: by `id`, else by the backend’s own id, else by e-mail address, else by phone. Who is not known is made.',
  fields: (t) => ({
    id: t.id(),
    externalId: t.string({ description: 'What the backend calls her.' }),
    email: t.string(),
    phone: t.string(),
    firstName: t.string(),
    lastName: t.string(),
  }),
});

const ImageInput = builder.inputType('OrderImageInput', {
  fields: (t) => ({ url: t.string({ required: true }), altText: t.string(), width: t.int(), height: t.int() }),
});

const DiscountAllocationInput = builder.inputType('OrderDiscountAllocationInput', {
  fields: (t) => ({
    allocatedAmount: t.field({ type: 'Decimal', required: true }),
    discountApplication: t.int({ required: true, description: 'The place of the discount among `discountApplications`, from 0.' }),
  }),
});

const LineItemInput = builder.inputType('OrderLineItemInput', {
  fields: (t) => ({
    externalId: t.string({ required: true, description: 'What the backend calls the line; once in an order.' }),
    title: t.string({ required: true }),
    variantTitle: t.string(),
    quantity: t.int({ required: true }),
    price: t.field({ type: 'Decimal', required: true, description: 'Of one, before discounts.' }),
    sku: t.string(),
    vendor: t.string(),
    productId: t.string(),
    variantId: t.string(),
    requiresShipping: t.boolean(),
    giftCard: t.boolean(),
    image: t.field({ type: ImageInput }),
    discountAllocations: t.field({ type: [DiscountAllocationInput] }),
    customAttributes: t.field({ type: [AttributeInput], description: ATTRIBUTES }),
  }),
});

const DiscountKind = builder.enumType('OrderDiscountKind', { values: ['MANUAL', 'AUTOMATIC', 'CODE'] as const });

const DiscountInput = builder.inputType('OrderDiscountApplicationInput', {
  description: 'A percentage or an amount, one of the two.',
  fields: (t) => ({
    kind: t.field({ type: DiscountKind, required: true }),
    title: t.string({ required: true, description: 'The title, or the code.' }),
    percentage: t.float(),
    amount: t.field({ type: 'Decimal' }),
    allocationMethod: t.field({ type: DiscountAllocationMethod }),
    targetSelection: t.field({ type: DiscountTargetSelection }),
    targetType: t.field({ type: DiscountTargetType }),
  }),
});

const TrackingInput = builder.inputType('OrderTrackingInput', {
  fields: (t) => ({ company: t.string(), number: t.string(), url: t.string() }),
});

const FulfillmentLineItemInput = builder.inputType('OrderFulfillmentLineItemInput', {
  fields: (t) => ({ externalId: t.string({ required: true, description: 'The line of the order.' }), quantity: t.int({ required: true }) }),
});

const FulfillmentInput = builder.inputType('OrderFulfillmentInput', {
  fields: (t) => ({
    externalId: t.string({ required: true }),
    status: t.field({ type: FulfillmentStatus }),
    createdAt: t.field({ type: 'DateTime', required: true }),
    updatedAt: t.field({ type: 'DateTime' }),
    estimatedDeliveryAt: t.field({ type: 'DateTime' }),
    trackingInformation: t.field({ type: [TrackingInput] }),
    lineItems: t.field({ type: [FulfillmentLineItemInput] }),
  }),
});

const RefundInput = builder.inputType('OrderRefundInput', {
  fields: (t) => ({
    externalId: t.string({ required: true }),
    createdAt: t.field({ type: 'DateTime', required: true }),
    totalRefunded: t.field({ type: 'Decimal', required: true }),
  }),
});

const ShippingLineInput = builder.inputType('OrderShippingLineInput', {
  fields: (t) => ({ title: t.string({ required: true }), handle: t.string(), price: t.field({ type: 'Decimal', required: true }) }),
});

const OrderSetInput = builder.inputType('OrderSetInput', {
  description: 'An order as the commerce backend has it; amounts are in its currency.',
  fields: (t) => ({
    source: t.string({ description: 'Which backend, when there is more than one: `shop` when absent.' }),
    externalId: t.string({ required: true, description: 'What the backend calls the order.' }),
    customer: t.field({ type: OrderCustomerInput }),
    name: t.string({ required: true, description: 'As the shop writes it: `#1001`.' }),
    number: t.int({ description: 'Taken out of the name when absent.' }),
    confirmationNumber: t.string(),
    email: t.string(),
    phone: t.string(),
    currencyCode: t.field({ type: CurrencyCode, required: true }),
    totalPrice: t.field({ type: 'Decimal', required: true }),
    subtotal: t.field({ type: 'Decimal' }),
    totalTax: t.field({ type: 'Decimal' }),
    totalShipping: t.field({ type: 'Decimal' }),
    totalRefunded: t.field({ type: 'Decimal' }),
    totalTip: t.field({ type: 'Decimal' }),
    totalDuties: t.field({ type: 'Decimal' }),
    financialStatus: t.field({ type: OrderFinancialStatus }),
    fulfillmentStatus: t.field({ type: OrderFulfillmentStatus, description: 'UNFULFILLED when absent.' }),
    cancelReason: t.field({ type: OrderCancelReason }),
    cancelledAt: t.field({ type: 'DateTime' }),
    note: t.string(),
    poNumber: t.string(),
    customerLocale: t.string(),
    locationName: t.string(),
    statusPageUrl: t.string(),
    edited: t.boolean(),
    processedAt: t.field({ type: 'DateTime', required: true }),
    createdAt: t.field({ type: 'DateTime' }),
    updatedAt: t.field({ type: 'DateTime', description: 'The backend’s own moment: an order that was told later already is not overwritten.' }),
    shippingAddress: t.field({ type: 'CustomerAddressInput' }),
    billingAddress: t.field({ type: 'CustomerAddressInput' }),
    shippingLine: t.field({ type: ShippingLineInput }),
    lineItems: t.field({ type: [LineItemInput], description: 'At most 500.' }),
    discountApplications: t.field({ type: [DiscountInput] }),
    fulfillments: t.field({ type: [FulfillmentInput] }),
    refunds: t.field({ type: [RefundInput] }),
    customAttributes: t.field({ type: [AttributeInput], description: ATTRIBUTES }),
  }),
});

const OrderSetPayload = payloadType<{ orderId: string }>('OrderSetPayload', userErrorType('OrderSetUserError', ORDER_SET_CODES), (t) => ({
  order: t.prismaField({
    type: 'Order',
    resolve: (query, { orderId }, _args, { app }) =>
      orderId ? app.backend.database.read.order.findUnique({ ...query, where: { id: orderId } }) : null,
  }),
}));

type OrderSetShape = typeof OrderSetInput.$inferInput;

const inputOf = ({ customer, ...input }: OrderSetShape): OrderInput => ({
  ...input,
  customer: customer ? { ...customer, id: customer.id ? idOf(customer.id, 'Customer') : null } : null,
});

const OrdersImportPayload = payloadType<{ orderIds: readonly (string | null)[] }>(
  'OrdersImportPayload',
  userErrorType('OrdersImportUserError', ORDER_SET_CODES),
  (t) => ({
    orders: t.prismaField({
      type: ['Order'],
      nullable: { list: true, items: true },
      description: 'In the order of the input; null where it was refused.',
      resolve: async (query, { orderIds }, _args, { app }) => {
        if (!orderIds) return null;
        const ids = orderIds.filter((id) => id !== null);
        const found = await app.backend.database.read.order.findMany({ ...query, where: { id: { in: ids } } });
        const byId = new Map(found.map((order) => [order.id, order]));
        return orderIds.map((id) => (id === null ? null : (byId.get(id) ?? null)));
      },
    }),
  }),
);

builder.mutationFields((t) => ({
  ordersImport: t.field({
    type: OrdersImportPayload,
    nullable: false,
    description: `\`orderSet\` for at most ${ORDERS_AT_ONCE} orders at once. One that is refused harms no other; its place is in \`field\`.`,
    authScopes: { staff: 'orders:write' },
    args: { orders: t.arg({ type: [OrderSetInput], required: true }) },
    resolve: async (_root, args, context, info) => {
      const { refusals = [], ...settled } = await settle(context, info, args, (tx) => importOrders(tx, args.orders.map(inputOf)));
      const language = languageOfOperation(info, context);
      const refused = refusals.map(({ code, field, params }) => userErrorOf(new DomainError(code, field, params), language));
      return { ...settled, userErrors: [...settled.userErrors, ...refused] };
    },
  }),
  orderSet: t.field({
    type: OrderSetPayload,
    nullable: false,
    description: 'Makes an order be as the commerce backend tells it. The same order again changes nothing.',
    authScopes: { staff: 'orders:write' },
    args: { input: t.arg({ type: OrderSetInput, required: true }) },
    resolve: (_root, args, context, info) => settle(context, info, args, (tx) => setOrder(tx, inputOf(args.input))),
  }),
}));
