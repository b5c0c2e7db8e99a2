import { PaymentMethodKind, PaymentMethodStatus } from '../../db/generated/enums.ts';
import { builder } from '../../graphql/builder.ts';
import { payloadType, userErrorType } from '../../graphql/errors.ts';
import { idOf } from '../../graphql/gid.ts';
import { BY_ID, keysetConnection, keysetQuery, nodesOf } from '../../graphql/keyset.ts';
import { settle } from '../../graphql/settle.ts';
import { PAYMENT_METHOD_CODES } from './errors.ts';
import { deletePaymentMethod, setPaymentMethod } from './set.ts';

const Kind = builder.enumType(PaymentMethodKind, { name: 'CustomerPaymentMethodKind' });
const Status = builder.enumType(PaymentMethodStatus, { name: 'CustomerPaymentMethodStatus' });

const PaymentMethod = builder.prismaNode('PaymentMethod', {
  name: 'CustomerPaymentMethod',
  description: 'What the commerce backend keeps to charge a customer: a reference to it and what she knows it by. Nothing can be charged with it.',
  id: { field: 'id' },
  nullable: true,
  select: { id: true, customerId: true },
  authScopes: ({ customerId }) => ({ owner: customerId, staff: 'customers:read' }),
  fields: (t) => ({
    provider: t.exposeString('provider', { nullable: false, description: 'Who charges it.' }),
    kind: t.expose('kind', { type: Kind, nullable: false }),
    status: t.expose('status', { type: Status, nullable: false }),
    label: t.exposeString('label', { nullable: true, description: 'What the customer knows it by.' }),
    brand: t.exposeString('brand', { nullable: true }),
    lastDigits: t.exposeString('lastDigits', { nullable: true, description: 'Four at most.' }),
    expiryMonth: t.exposeInt('expiryMonth', { nullable: true }),
    expiryYear: t.exposeInt('expiryYear', { nullable: true }),
    manageUrl: t.expose('manageUrl', { type: 'URL', nullable: true, description: 'Where the customer changes or removes it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', nullable: false }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', nullable: false }),
    source: t.exposeString('source', { nullable: true, authScopes: { staff: 'customers:read' }, description: 'Which backend. For staff only.' }),
    externalId: t.exposeString('externalId', {
      nullable: true,
      authScopes: { staff: 'customers:read' },
      description: 'The backend’s own id. For staff only.',
    }),
    customer: t.relation('customer', { nullable: true }),
  }),
});

builder.prismaObjectFields('Customer', (t) => ({
  paymentMethods: t.connection(
    {
      type: PaymentMethod,
      nullable: false,
      description: 'What the customer pays with, as the commerce backend tells it.',
      args: { reverse: t.arg.boolean({ defaultValue: false }) },
      select: (args, _context, nested, wanted?: ReadonlySet<string>) => ({
        paymentMethods: nested(keysetQuery(BY_ID, args, {}, { id: true, customerId: true }, wanted), nodesOf('CustomerPaymentMethod')),
      }),
      resolve: ({ paymentMethods }, args) => keysetConnection(BY_ID, args, paymentMethods),
    },
    { name: 'CustomerPaymentMethodConnection' },
    { name: 'CustomerPaymentMethodEdge' },
  ),
}));

const UserError = userErrorType('CustomerPaymentMethodUserError', PAYMENT_METHOD_CODES);

const SetPayload = payloadType<{ paymentMethodId: string }>('CustomerPaymentMethodSetPayload', UserError, (t) => ({
  customerPaymentMethod: t.prismaField({
    type: 'PaymentMethod',
    resolve: (query, { paymentMethodId: id }, _args, { app }) =>
      id ? app.backend.database.read.paymentMethod.findUnique({ ...query, where: { id } }) : null,
  }),
}));

const DeletePayload = payloadType<{ deletedPaymentMethodId: string }>('CustomerPaymentMethodDeletePayload', UserError, (t) => ({
  deletedCustomerPaymentMethodId: t.globalID({
    nullable: true,
    resolve: ({ deletedPaymentMethodId: id }) => (id ? { type: 'CustomerPaymentMethod', id } : null),
  }),
}));

const Input = builder.inputType('CustomerPaymentMethodInput', {
  description: 'A payment method as a whole. No card numbers: a text that could hold one is refused.',
  fields: (t) => ({
    source: t.string({ description: 'Which backend; absent: `shop`.' }),
    externalId: t.string({ required: true, description: 'The backend’s own id: the same again replaces.' }),
    customerId: t.id({ description: 'Whose it is.' }),
    customerExternalId: t.string({ description: 'Or the backend’s own id for the customer.' }),
    provider: t.string({ required: true }),
    kind: t.field({ type: Kind, required: true }),
    status: t.field({ type: Status, description: 'ACTIVE when absent.' }),
    label: t.string(),
    brand: t.string(),
    lastDigits: t.string({ description: 'Four at most.' }),
    expiryMonth: t.int(),
    expiryYear: t.int(),
    manageUrl: t.string(),
    createdAt: t.field({ type: 'DateTime' }),
    updatedAt: t.field({ type: 'DateTime', description: 'The backend’s own moment: what it told earlier does not replace what it told later.' }),
  }),
});

builder.mutationFields((t) => ({
  customerPaymentMethodSet: t.field({
    type: SetPayload,
    description: 'Makes a payment method be as the commerce backend tells it, by the backend’s own id.',
    authScopes: { staff: 'customers:write' },
    args: { input: t.arg({ type: Input, required: true }) },
    resolve: (_root, args, context, info) =>
      settle(context, info, args, (tx) =>
        setPaymentMethod(tx, { ...args.input, customerId: args.input.customerId ? idOf(args.input.customerId, 'Customer') : null }),
      ),
  }),
  customerPaymentMethodDelete: t.field({
    type: DeletePayload,
    authScopes: { staff: 'customers:write' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, args, context, info) => settle(context, info, args, (tx) => deletePaymentMethod(tx, idOf(args.id, 'CustomerPaymentMethod'))),
  }),
}));
