import { resolveArrayConnection } from '@pothos/plugin-relay';
import {
  OrderCancelReason as CancelReasons,
  OrderFinancialStatus as FinancialStatuses,
  OrderFulfillmentStatus as FulfillmentStatuses,
} from '../../../db/generated/enums.ts';
import { AttributeType } from '../../../graphql/attributes.ts';
import { builder } from '../../../graphql/builder.ts';
import { idOf } from '../../../graphql/gid.ts';
import { BY_ID, type CursorColumn, counterColumn, keysetConnection, keysetQuery, momentColumn, nodesOf } from '../../../graphql/keyset.ts';
import { refusing } from '../../../graphql/pages.ts';
import { queryOf, READS, readsConnectionOf, wantedBy } from '../../../graphql/query.ts';
import { CurrencyCode, MoneyV2 } from '../../../graphql/scalars.ts';
import * as parts from '../parts.ts';
import { orderSearch } from '../search.ts';
import { DiscountApplication, Fulfillment, inOrder, LineItem, type LineItemView, Refund, ShippingLine } from './parts.ts';

export const OrderFinancialStatus = builder.enumType(FinancialStatuses, { name: 'OrderFinancialStatus' });
export const OrderFulfillmentStatus = builder.enumType(FulfillmentStatuses, { name: 'OrderFulfillmentStatus' });
export const OrderCancelReason = builder.enumType(CancelReasons, { name: 'OrderCancelReason' });

const moment = (name: string): CursorColumn => {
  const { isValue } = momentColumn(name);
  return { name, isValue: (value) => value !== null && isValue(value) };
};
const ID = BY_ID[0] as CursorColumn;
const ORDERS: Readonly<Record<string, readonly CursorColumn[]>> = {
  CREATED_AT: [moment('createdAt'), ID],
  ID: [ID],
  ORDER_NUMBER: [{ name: 'number', isValue: (value) => Number.isInteger(value) }, ID],
  PROCESSED_AT: [moment('processedAt'), ID],
  TOTAL_PRICE: [counterColumn('totalMinor'), ID],
  UPDATED_AT: [moment('updatedAt'), ID],
};
const OrderSortKeys = builder.enumType('OrderSortKeys', { values: Object.keys(ORDERS) as ['ID'] });
const FulfillmentSortKeys = builder.enumType('FulfillmentSortKeys', { values: ['CREATED_AT', 'ID'] as const });
const columnsOf = (sortKey: string | null | undefined): readonly CursorColumn[] => ORDERS[sortKey ?? 'ID'] ?? [ID];

const PAGED = { lineItems: true, discounts: true, currency: true } as const;

const linesOf = (order: { lineItems: unknown; discounts: unknown; currency: string }): LineItemView[] =>
  (order.lineItems as parts.LineItem[]).map((line) => ({ line, currency: order.currency, discounts: order.discounts as parts.Discount[] }));

const Order = builder.prismaNode('Order', {
  description: 'An order as the commerce backend last told it.',
  id: { field: 'id' },
  nullable: true,
  select: { id: true, customerId: true },
  authScopes: ({ customerId }) => (customerId ? { owner: customerId, staff: 'orders:read' } : { staff: 'orders:read' }),
  fields: (t) => {
    const amount = <Column extends 'subtotalMinor' | 'totalMinor' | 'taxMinor' | 'shippingMinor' | 'refundedMinor' | 'tipMinor' | 'dutiesMinor'>(
      column: Column,
    ) =>
      t.field({
        type: MoneyV2,
        nullable: true,
        select: { [column]: true, currency: true } as Record<Column | 'currency', true>,
        resolve: (order) => {
          const row = order as unknown as Record<Column, bigint | null> & { currency: string };
          return row[column] === null ? null : { amountMinor: row[column] as bigint, currency: row.currency };
        },
      });
    return {
      name: t.exposeString('name', { nullable: false, description: 'As the shop writes it: `#1001`.' }),
      number: t.exposeInt('number', { nullable: false }),
      externalId: t.exposeString('externalId', {
        nullable: true,
        authScopes: { staff: 'orders:read' },
        description: 'The backend’s own id. For staff only.',
      }),
      source: t.exposeString('source', { nullable: true, authScopes: { staff: 'orders:read' }, description: 'Which backend. For staff only.' }),
      confirmationNumber: t.exposeString('confirmationNumber', { nullable: true }),
      email: t.exposeString('email', { nullable: true }),
      phone: t.exposeString('phone', { nullable: true }),
      currencyCode: t.field({ type: CurrencyCode, nullable: false, select: { currency: true }, resolve: ({ currency }) => currency }),
      subtotal: amount('subtotalMinor'),
      totalPrice: t.field({
        type: MoneyV2,
        nullable: false,
        select: { totalMinor: true, currency: true },
        resolve: ({ totalMinor: amountMinor, currency }) => ({ amountMinor, currency }),
      }),
      totalTax: amount('taxMinor'),
      totalShipping: t.field({
        type: MoneyV2,
        nullable: false,
        select: { shippingMinor: true, currency: true },
        resolve: ({ shippingMinor: amountMinor, currency }) => ({ amountMinor, currency }),
      }),
      totalRefunded: t.field({
        type: MoneyV2,
        nullable: false,
        select: { refundedMinor: true, currency: true },
        resolve: ({ refundedMinor: amountMinor, currency }) => ({ amountMinor, currency }),
      }),
      totalTip: amount('tipMinor'),
      totalDuties: amount('dutiesMinor'),
      financialStatus: t.expose('financialStatus', { type: OrderFinancialStatus, nullable: true }),
      fulfillmentStatus: t.expose('fulfillmentStatus', { type: OrderFulfillmentStatus, nullable: false }),
      cancelReason: t.expose('cancelReason', { type: OrderCancelReason, nullable: true }),
      cancelledAt: t.expose('cancelledAt', { type: 'DateTime', nullable: true }),
      processedAt: t.expose('processedAt', { type: 'DateTime', nullable: false }),
      createdAt: t.expose('createdAt', { type: 'DateTime', nullable: false }),
      updatedAt: t.expose('updatedAt', { type: 'DateTime', nullable: false }),
      edited: t.exposeBoolean('isEdited', { nullable: false }),
      note: t.exposeString('note', { nullable: true, description: 'What the customer wrote to the shop.' }),
      poNumber: t.exposeString('poNumber', { nullable: true }),
      customerLocale: t.exposeString('customerLocale', { nullable: true }),
      locationName: t.exposeString('locationName', { nullable: true }),
      statusPageUrl: t.field({
        type: 'URL',
        nullable: false,
        description: 'Where the customer follows the order: the backend’s page, else its own page of the account here.',
        select: { id: true, statusPageUrl: true },
        resolve: ({ id, statusPageUrl }, _args, { app }) => statusPageUrl ?? `${app.publicUrl}/account/orders/${id}`,
      }),
      requiresShipping: t.boolean({
        nullable: false,
        select: { lineItems: true },
        resolve: ({ lineItems }) => (lineItems as unknown as parts.LineItem[]).some(({ requiresShipping }) => requiresShipping),
      }),
      hasEmail: t.boolean({ nullable: false, select: { email: true }, resolve: ({ email }) => email !== null }),
      hasMultipleFulfillments: t.boolean({
        nullable: false,
        select: { fulfillments: true },
        resolve: ({ fulfillments }) => (fulfillments as unknown as parts.Fulfillment[]).length > 1,
      }),
      latestFulfillmentDeliveryDate: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'When the parcel that was made last is expected.',
        select: { fulfillments: true },
        resolve: ({ fulfillments }) => {
          const told = fulfillments as unknown as parts.Fulfillment[];
          const last = [...told].sort((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt)).at(-1);
          return last?.estimatedDeliveryAt ? new Date(last.estimatedDeliveryAt) : null;
        },
      }),
      subtotalBeforeDiscounts: t.field({
        type: MoneyV2,
        nullable: true,
        description: 'What the lines cost before discounts; null for an order that was told without lines.',
        select: { lineItems: true, currency: true },
        resolve: ({ lineItems, currency }) => {
          const lines = lineItems as unknown as parts.LineItem[];
          return lines.length > 0 ? { amountMinor: lines.reduce((sum, line) => sum + parts.fullOf(line), 0n), currency } : null;
        },
      }),
      shippingTitle: t.string({
        nullable: true,
        select: { shippingLine: true },
        resolve: ({ shippingLine }) => (shippingLine as unknown as parts.ShippingLine | null)?.title ?? null,
      }),
      customAttributes: t.field({
        type: [AttributeType],
        nullable: false,
        select: { attributes: true },
        resolve: ({ attributes }) => attributes as unknown as parts.Attribute[],
      }),
      customer: t.relation('customer', { nullable: true }),
      shippingAddress: t.relation('shippingAddress', { nullable: true }),
      billingAddress: t.relation('billingAddress', { nullable: true }),
      shippingLine: t.field({
        type: ShippingLine,
        nullable: true,
        select: { shippingLine: true, currency: true },
        resolve: ({ shippingLine, currency }) => (shippingLine ? { ...(shippingLine as unknown as parts.ShippingLine), currency } : null),
      }),
      refunds: t.field({
        type: [Refund],
        nullable: false,
        select: { refunds: true, currency: true },
        resolve: ({ refunds, currency }) => (refunds as unknown as parts.Refund[]).map((refund) => ({ refund, currency })),
      }),
      lineItems: t.connection(
        {
          type: LineItem,
          nullable: false,
          args: { reverse: t.arg.boolean({ defaultValue: false }) },
          select: () => PAGED,
          resolve: (order, args) => resolveArrayConnection({ args }, inOrder(linesOf(order), args)),
        },
        { name: 'LineItemConnection' },
        { name: 'LineItemEdge' },
      ),
      discountApplications: t.connection(
        {
          type: DiscountApplication,
          nullable: false,
          args: { reverse: t.arg.boolean({ defaultValue: false }) },
          select: () => ({ discounts: true, currency: true }),
          resolve: ({ discounts, currency }, args) => {
            const views = (discounts as unknown as parts.Discount[]).map((discount) => ({ discount, currency }));
            return resolveArrayConnection({ args }, inOrder(views, args));
          },
        },
        { name: 'DiscountApplicationConnection' },
        { name: 'DiscountApplicationEdge' },
      ),
      fulfillments: t.connection(
        {
          type: Fulfillment,
          nullable: false,
          args: {
            reverse: t.arg.boolean({ defaultValue: false }),
            sortKey: t.arg({ type: FulfillmentSortKeys, defaultValue: 'ID', description: 'ID: as the backend tells them.' }),
          },
          select: () => ({ fulfillments: true, ...PAGED }),
          resolve: (order, args) => {
            const told = order.fulfillments as unknown as parts.Fulfillment[];
            const sorted = args.sortKey === 'CREATED_AT' ? [...told].sort((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt)) : told;
            const lines = linesOf(order);
            return resolveArrayConnection(
              { args },
              inOrder(sorted, args).map((fulfillment) => ({ fulfillment, lines })),
            );
          },
        },
        { name: 'FulfillmentConnection' },
        { name: 'FulfillmentEdge' },
      ),
    };
  },
});

const LIST_ARGS = {
  query: '`name:#1001`, `financial_status:paid`, `processed_at:>=2026-01-01`, `confirmation_number`, free words.',
} as const;

builder.prismaObjectFields('Customer', (t) => ({
  orders: t.connection(
    {
      type: Order,
      nullable: false,
      description: 'The customer’s orders.',
      args: {
        query: t.arg.string({ description: LIST_ARGS.query }),
        sortKey: t.arg({ type: OrderSortKeys, defaultValue: 'ID' }),
        reverse: t.arg.boolean({ defaultValue: false }),
      },
      select: (args, _context, nested, wanted?: ReadonlySet<string>) => {
        const where = refusing(() => orderSearch(args.query));
        return { orders: nested(keysetQuery(columnsOf(args.sortKey), args, where, { id: true, customerId: true }, wanted), nodesOf('Order')) };
      },
      resolve: ({ orders }, args) => keysetConnection(columnsOf(args.sortKey), args, orders),
    },
    { name: 'OrderConnection' },
    { name: 'OrderEdge' },
  ),
}));

builder.queryFields((t) => ({
  order: t.field({
    type: Order,
    extensions: READS,
    description: 'An order by its id.',
    authScopes: { signedIn: true, staff: 'orders:read' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, context, info) =>
      context.app.backend.database.read.order.findUnique({ ...queryOf(context, info), where: { id: idOf(id, 'Order') } }),
  }),
  orders: t.connection(
    {
      type: Order,
      nullable: false,
      extensions: readsConnectionOf('Order'),
      description: 'All orders, searched and sorted.',
      authScopes: { staff: 'orders:read' },
      args: {
        query: t.arg.string({ description: LIST_ARGS.query }),
        sortKey: t.arg({ type: OrderSortKeys, defaultValue: 'ID' }),
        reverse: t.arg.boolean({ defaultValue: false }),
      },
      resolve: async (_root, args, context, info) => {
        const columns = columnsOf(args.sortKey);
        const { select: _columns, ...page } = keysetQuery(
          columns,
          args,
          refusing(() => orderSearch(args.query)),
          { id: true },
          wantedBy(info),
        );
        const asked = queryOf(context, info) as { select?: object };
        const select = asked.select ? { ...asked.select, ...Object.fromEntries(columns.map(({ name }) => [name, true])) } : undefined;
        const rows = await context.app.backend.database.read.order.findMany({ ...(select ? { select: select as never } : asked), ...page });
        return keysetConnection(columns, args, rows);
      },
    },
    { name: 'OrdersConnection' },
    { name: 'OrdersEdge' },
  ),
}));
