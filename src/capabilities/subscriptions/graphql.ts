import { SubscriptionInterval, SubscriptionStatus } from '../../db/generated/enums.ts';
import { builder } from '../../graphql/builder.ts';
import { payloadType, userErrorType } from '../../graphql/errors.ts';
import { idOf } from '../../graphql/gid.ts';
import { BY_ID, type CursorColumn, keysetConnection, keysetQuery, momentColumn, nodesOf } from '../../graphql/keyset.ts';
import { refusing } from '../../graphql/pages.ts';
import { CurrencyCode, MoneyV2 } from '../../graphql/scalars.ts';
import { settle } from '../../graphql/settle.ts';
import { SUBSCRIPTION_CODES } from './errors.ts';
import { subscriptionSearch } from './search.ts';
import { deleteSubscription, setSubscription } from './set.ts';

const Status = builder.enumType(SubscriptionStatus, { name: 'SubscriptionContractSubscriptionStatus' });
const Interval = builder.enumType(SubscriptionInterval, { name: 'SubscriptionInterval' });

const CountPrecision = builder.enumType('CountPrecision', { values: ['AT_LEAST', 'EXACT'] as const });
const Count = builder.objectRef<number>('Count').implement({
  fields: (t) => ({
    count: t.int({ nullable: false, resolve: (count) => count }),
    precision: t.field({ type: CountPrecision, nullable: false, resolve: () => 'EXACT' as const }),
  }),
});

const BillingPolicy = builder
  .objectRef<{ readonly interval: SubscriptionInterval; readonly intervalCount: number }>('SubscriptionBillingPolicy')
  .implement({
    description: 'How often is billed.',
    fields: (t) => ({
      interval: t.expose('interval', { type: Interval, nullable: false }),
      intervalCount: t.field({ type: Count, nullable: true, resolve: ({ intervalCount }) => intervalCount }),
    }),
  });

const ID = BY_ID[0] as CursorColumn;
const moment = ({ name, isValue }: CursorColumn): CursorColumn => ({ name, isValue: (value) => value !== null && isValue(value) });
const SORTS: Readonly<Record<string, readonly CursorColumn[]>> = {
  CREATED_AT: [moment(momentColumn('createdAt')), ID],
  ID: [ID],
  UPDATED_AT: [moment(momentColumn('updatedAt')), ID],
};
const SortKeys = builder.enumType('SubscriptionContractsSortKeys', { values: Object.keys(SORTS) as ['CREATED_AT'] });
const columnsOf = (sortKey: string | null | undefined): readonly CursorColumn[] => SORTS[sortKey ?? 'CREATED_AT'] ?? [ID];

const Subscription = builder.prismaNode('SubscriptionContract', {
  description: 'A subscription as whoever bills it last told it.',
  id: { field: 'id' },
  nullable: true,
  select: { id: true, customerId: true },
  authScopes: ({ customerId }) => ({ owner: customerId, staff: 'customers:read' }),
  fields: (t) => ({
    status: t.expose('status', { type: Status, nullable: false }),
    title: t.exposeString('title', { nullable: false, description: 'What is subscribed to.' }),
    currencyCode: t.field({ type: CurrencyCode, nullable: false, select: { currency: true }, resolve: ({ currency }) => currency }),
    price: t.field({
      type: MoneyV2,
      nullable: true,
      description: 'Of one billing, as far as it is known.',
      select: { priceMinor: true, currency: true },
      resolve: ({ priceMinor: amountMinor, currency }) => (amountMinor === null ? null : { amountMinor, currency }),
    }),
    billingPolicy: t.field({
      type: BillingPolicy,
      nullable: false,
      select: { interval: true, intervalCount: true },
      resolve: (subscription) => subscription,
    }),
    nextBillingDate: t.expose('nextBillingAt', { type: 'DateTime', nullable: true }),
    paymentMethod: t.relation('paymentMethod', { nullable: true }),
    manageUrl: t.expose('manageUrl', { type: 'URL', nullable: true, description: 'Where the customer pauses, changes or ends it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', nullable: false }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', nullable: false }),
    source: t.exposeString('source', { nullable: true, authScopes: { staff: 'customers:read' }, description: 'Who bills it. For staff only.' }),
    externalId: t.exposeString('externalId', {
      nullable: true,
      authScopes: { staff: 'customers:read' },
      description: 'The biller’s own id. For staff only.',
    }),
    customer: t.relation('customer', { nullable: true }),
  }),
});

builder.prismaObjectFields('Customer', (t) => ({
  subscriptionContract: t.prismaField({
    type: 'SubscriptionContract',
    nullable: true,
    description: 'A subscription of the customer’s by its id.',
    args: { id: t.arg.id({ required: true }) },
    resolve: (query, { id: customerId }, args, { app }) =>
      app.backend.database.read.subscriptionContract.findFirst({ ...query, where: { id: idOf(args.id, 'SubscriptionContract'), customerId } }),
  }),
  subscriptionContracts: t.connection(
    {
      type: Subscription,
      nullable: false,
      description: 'What the customer has subscribed to, as whoever bills it tells it.',
      args: {
        query: t.arg.string({ description: '`status:active`, `id:…`.' }),
        sortKey: t.arg({ type: SortKeys, defaultValue: 'CREATED_AT' }),
        reverse: t.arg.boolean({ defaultValue: false }),
      },
      select: (args, _context, nested, wanted?: ReadonlySet<string>) => {
        const where = refusing(() => subscriptionSearch(args.query));
        const page = keysetQuery(columnsOf(args.sortKey), args, where, { id: true, customerId: true }, wanted);
        return { subscriptionContracts: nested(page, nodesOf('SubscriptionContract')) };
      },
      resolve: ({ subscriptionContracts }, args) => keysetConnection(columnsOf(args.sortKey), args, subscriptionContracts),
    },
    { name: 'SubscriptionContractConnection' },
    { name: 'SubscriptionContractEdge' },
  ),
}));

const UserError = userErrorType('SubscriptionContractSetUserError', SUBSCRIPTION_CODES);

const SetPayload = payloadType<{ subscriptionId: string }>('SubscriptionContractSetPayload', UserError, (t) => ({
  subscriptionContract: t.prismaField({
    type: 'SubscriptionContract',
    resolve: (query, { subscriptionId: id }, _args, { app }) =>
      id ? app.backend.database.read.subscriptionContract.findUnique({ ...query, where: { id } }) : null,
  }),
}));

const DeletePayload = payloadType<{ deletedSubscriptionId: string }>('SubscriptionContractDeletePayload', UserError, (t) => ({
  deletedSubscriptionContractId: t.globalID({
    nullable: true,
    resolve: ({ deletedSubscriptionId: id }) => (id ? { type: 'SubscriptionContract', id } : null),
  }),
}));

const Input = builder.inputType('SubscriptionContractSetInput', {
  description: 'A subscription as a whole.',
  fields: (t) => ({
    source: t.string({ description: 'Who bills it; absent: `shop`.' }),
    externalId: t.string({ required: true, description: 'The biller’s own id: the same again replaces.' }),
    customerId: t.id({ description: 'Whose it is.' }),
    customerExternalId: t.string({ description: 'Or the biller’s own id for the customer.' }),
    status: t.field({ type: Status, required: true }),
    title: t.string({ required: true }),
    currencyCode: t.field({ type: CurrencyCode, required: true }),
    price: t.field({ type: 'Decimal', description: 'Of one billing.' }),
    interval: t.field({ type: Interval, required: true }),
    intervalCount: t.int({ description: 'Every so many intervals; 1 when absent.' }),
    nextBillingDate: t.field({ type: 'DateTime' }),
    paymentMethodExternalId: t.string({ description: 'The payment method, by its own id under the same source.' }),
    manageUrl: t.string(),
    createdAt: t.field({ type: 'DateTime' }),
    updatedAt: t.field({ type: 'DateTime', description: 'The biller’s own moment: what it told earlier does not replace what it told later.' }),
  }),
});

builder.mutationFields((t) => ({
  subscriptionContractSet: t.field({
    type: SetPayload,
    description: 'Makes a subscription be as whoever bills it tells it, by the biller’s own id.',
    authScopes: { staff: 'customers:write' },
    args: { input: t.arg({ type: Input, required: true }) },
    resolve: (_root, args, context, info) =>
      settle(context, info, args, (tx) =>
        setSubscription(tx, { ...args.input, customerId: args.input.customerId ? idOf(args.input.customerId, 'Customer') : null }),
      ),
  }),
  subscriptionContractDelete: t.field({
    type: DeletePayload,
    description: 'Forgets a subscription that was told by mistake; one that has ended is CANCELLED or EXPIRED.',
    authScopes: { staff: 'customers:write' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, args, context, info) => settle(context, info, args, (tx) => deleteSubscription(tx, idOf(args.id, 'SubscriptionContract'))),
  }),
}));
