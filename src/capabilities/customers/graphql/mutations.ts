import { hasScope, type Viewer } from '../../../core/viewer.ts';
import { badInput, unauthorized } from '../../../graphql/access.ts';
import { builder } from '../../../graphql/builder.ts';
import { payloadType, userErrorType } from '../../../graphql/errors.ts';
import { idOf } from '../../../graphql/gid.ts';
import { settle } from '../../../graphql/settle.ts';
import { createCustomer } from '../create.ts';
import { deleteCustomer } from '../delete.ts';
import { CREATE_CODES, DELETE_CODES, SET_CODES, UPDATE_CODES } from '../errors.ts';
import { setCustomer } from '../set.ts';
import { updateCustomer } from '../update.ts';

const CustomerSetIdentifiers = builder.inputType('CustomerSetIdentifiers', {
  isOneOf: true,
  fields: (t) => ({ id: t.id(), email: t.string(), phone: t.string() }),
});

const CustomerInput = builder.inputType('CustomerInput', {
  fields: (t) => ({
    firstName: t.string(),
    lastName: t.string(),
    email: t.string(),
    phone: t.string({ description: 'With its country code; kept as E.164.' }),
    locale: t.string({ description: 'BCP 47.' }),
    birthDate: t.field({ type: 'Date' }),
    note: t.string({ description: 'For staff only; at most 5,000 characters.' }),
    tags: t.stringList({ description: 'At most 250.' }),
  }),
});

const CustomerUpdateInput = builder.inputType('CustomerUpdateInput', {
  description: 'What is named is changed; null empties. A customer may change her names, locale and birth date; staff may change all.',
  fields: (t) => ({
    id: t.id({ description: 'For staff: whom to change.' }),
    firstName: t.string(),
    lastName: t.string(),
    locale: t.string({ description: 'BCP 47.' }),
    birthDate: t.field({ type: 'Date' }),
    email: t.string({ description: 'Staff only.' }),
    phone: t.string({ description: 'Staff only.' }),
    note: t.string({ description: 'Staff only.' }),
    tags: t.stringList({ description: 'Staff only. Replaces what is there.' }),
  }),
});

const CustomerSetInput = builder.inputType('CustomerSetInput', {
  description: 'What the customer becomes; lists replace what is there.',
  fields: (t) => ({
    firstName: t.string(),
    lastName: t.string(),
    email: t.string(),
    phone: t.string(),
    locale: t.string(),
    birthDate: t.field({ type: 'Date' }),
    note: t.string(),
    tags: t.stringList(),
    addresses: t.field({ type: ['CustomerAddressInput'], description: 'The first becomes the default.' }),
  }),
});

const CustomerDeleteInput = builder.inputType('CustomerDeleteInput', { fields: (t) => ({ id: t.id({ required: true }) }) });

const written = (name: string, errorType: ReturnType<typeof userErrorType>) =>
  payloadType<{ customerId: string }>(name, errorType, (t) => ({
    customer: t.prismaField({
      type: 'Customer',
      resolve: (query, { customerId }, _args, { app }) =>
        customerId ? app.backend.database.prisma.customer.findUnique({ ...query, where: { id: customerId } }) : null,
    }),
  }));

const CustomerCreatePayload = written('CustomerCreatePayload', userErrorType('CustomerCreateUserError', CREATE_CODES));
const CustomerUpdatePayload = written('CustomerUpdatePayload', userErrorType('UserErrorsCustomerUserErrors', UPDATE_CODES));
const CustomerSetPayload = written('CustomerSetPayload', userErrorType('CustomerSetUserError', SET_CODES));
const CustomerDeletePayload = payloadType<{ deletedCustomerId: string }>(
  'CustomerDeletePayload',
  userErrorType('CustomerDeleteUserError', DELETE_CODES),
  (t) => ({ deletedCustomerId: t.globalID({ nullable: true, resolve: ({ deletedCustomerId: id }) => (id ? { type: 'Customer', id } : null) }) }),
);

const STAFF_ONLY = ['id', 'email', 'phone', 'note', 'tags'] as const;

/** Whom an update is about: a customer changes herself, and no field that only staff may. Throws FORBIDDEN. */
const subjectOf = (viewer: Viewer, input: Partial<Record<(typeof STAFF_ONLY)[number], unknown>> & { id?: string | null }): string => {
  if (viewer.kind === 'customer') {
    if (STAFF_ONLY.some((field) => input[field] !== undefined && !(field === 'id' && input.id && idOf(input.id, 'Customer') === viewer.customerId)))
      throw unauthorized(viewer);
    return viewer.customerId;
  }
  if (!hasScope(viewer, 'customers:write')) throw unauthorized(viewer);
  if (!input.id) throw badInput('Staff name the customer: give input.id.');
  return idOf(input.id, 'Customer');
};

builder.mutationFields((t) => ({
  customerCreate: t.field({
    type: CustomerCreatePayload,
    description: 'Makes a customer, who has not signed in yet.',
    authScopes: { staff: 'customers:write' },
    args: { input: t.arg({ type: CustomerInput, required: true }) },
    resolve: (_root, args, context, info) => settle(context, info, args, (tx) => createCustomer(tx, args.input)),
  }),
  customerUpdate: t.field({
    type: CustomerUpdatePayload,
    description: 'Changes the signed-in customer, or for staff the one with `input.id`.',
    authScopes: { signedIn: true, staff: 'customers:write' },
    args: { input: t.arg({ type: CustomerUpdateInput, required: true }) },
    resolve: (_root, args, context, info) => {
      const customerId = subjectOf(context.viewer, args.input);
      const { id: _id, ...profile } = args.input;
      return settle(context, info, args, (tx) => updateCustomer(tx, customerId, profile));
    },
  }),
  customerSet: t.field({
    type: CustomerSetPayload,
    description: 'Makes a customer be as the input says: updates the one identified, else creates.',
    authScopes: { staff: 'customers:write' },
    args: { identifier: t.arg({ type: CustomerSetIdentifiers }), input: t.arg({ type: CustomerSetInput, required: true }) },
    resolve: (_root, args, context, info) => {
      const identifier = args.identifier ? { ...args.identifier, id: args.identifier.id ? idOf(args.identifier.id, 'Customer') : null } : null;
      return settle(context, info, args, (tx) => setCustomer(tx, identifier, args.input));
    },
  }),
  customerDelete: t.field({
    type: CustomerDeletePayload,
    description: 'Deletes a customer who holds no store credit.',
    authScopes: { staff: 'customers:write' },
    args: { input: t.arg({ type: CustomerDeleteInput, required: true }) },
    resolve: (_root, args, context, info) => settle(context, info, args, (tx) => deleteCustomer(tx, idOf(args.input.id, 'Customer'))),
  }),
}));
