import { hasScope, type Viewer } from '../../../core/viewer.ts';
import { badInput, unauthorized, unauthorizedWithout } from '../../../graphql/access.ts';
import { builder } from '../../../graphql/builder.ts';
import type { Context } from '../../../graphql/context.ts';
import { languageOfOperation } from '../../../graphql/directives.ts';
import { payloadType, type Settled, userErrorType } from '../../../graphql/errors.ts';
import { idOf } from '../../../graphql/gid.ts';
import { settle, settleAfter } from '../../../graphql/settle.ts';
import { considerRegistration, registerCustomer } from '../../passwords/register.ts';
import { blockCustomer, unblockCustomer } from '../block.ts';
import { createCustomer } from '../create.ts';
import { deleteCustomer } from '../delete.ts';
import { BLOCK_CODES, CREATE_CODES, DELETE_CODES, SET_CODES, UPDATE_CODES } from '../errors.ts';
import { asLiving } from '../living.ts';
import { setCustomer } from '../set.ts';
import { updateCustomer } from '../update.ts';
import { TaxExemption } from './customer.ts';

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
    vatId: t.string({ description: 'With its country’s prefix: `DE136695976`. Length and check digits are looked at.' }),
    taxExempt: t.boolean(),
    taxExemptions: t.field({ type: [TaxExemption] }),
    password: t.string({
      description: 'Of somebody who registers herself, where the shop has classic accounts; staff give none. See `customerCreate`.',
    }),
  }),
});

const CustomerUpdateInput = builder.inputType('CustomerUpdateInput', {
  description: 'What is named is changed; null empties. A customer may change her names, locale, birth date and VAT id; staff may change all.',
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
    vatId: t.string({ description: 'With its country’s prefix: `DE136695976`. Length and check digits are looked at.' }),
    taxExempt: t.boolean({ description: 'Staff only.' }),
    taxExemptions: t.field({ type: [TaxExemption], description: 'Staff only. Replaces what is there.' }),
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
    vatId: t.string(),
    taxExempt: t.boolean(),
    taxExemptions: t.field({ type: [TaxExemption] }),
    addresses: t.field({ type: ['CustomerAddressInput'], description: 'The first becomes the default.' }),
  }),
});

const CustomerDeleteInput = builder.inputType('CustomerDeleteInput', { fields: (t) => ({ id: t.id({ required: true }) }) });

const written = (name: string, errorType: ReturnType<typeof userErrorType>) =>
  payloadType<{ customerId: string }>(name, errorType, (t) => ({
    customer: t.prismaField({
      type: 'Customer',
      resolve: (query, { customerId }, _args, { app }) =>
        customerId ? app.backend.database.read.customer.findUnique({ ...query, where: { id: customerId } }) : null,
    }),
  }));

const CustomerCreateUserError = userErrorType('CustomerCreateUserError', CREATE_CODES);
const CustomerCreatePayload = written('CustomerCreatePayload', CustomerCreateUserError);
builder.objectField(CustomerCreatePayload, 'customerUserErrors', (t) =>
  t.field({
    type: [CustomerCreateUserError],
    nullable: false,
    description: 'The same as `userErrors`, under the Storefront API’s name.',
    resolve: ({ userErrors }) => [...userErrors],
  }),
);
const CustomerUpdatePayload = written('CustomerUpdatePayload', userErrorType('UserErrorsCustomerUserErrors', UPDATE_CODES));
const CustomerSetPayload = written('CustomerSetPayload', userErrorType('CustomerSetUserError', SET_CODES));
const CustomerDeletePayload = payloadType<{ deletedCustomerId: string }>(
  'CustomerDeletePayload',
  userErrorType('CustomerDeleteUserError', DELETE_CODES),
  (t) => ({ deletedCustomerId: t.globalID({ nullable: true, resolve: ({ deletedCustomerId: id }) => (id ? { type: 'Customer', id } : null) }) }),
);

const CustomerBlockUserError = userErrorType('CustomerBlockUserError', BLOCK_CODES);
const CustomerDisablePayload = written('CustomerDisablePayload', CustomerBlockUserError);
const CustomerEnablePayload = written('CustomerEnablePayload', CustomerBlockUserError);

const STAFF_ONLY = ['id', 'email', 'phone', 'note', 'tags', 'taxExempt', 'taxExemptions'] as const;

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

type Info = Parameters<typeof languageOfOperation>[0];
type CustomerInputShape = typeof CustomerInput.$inferInput;

/** What only staff may say of a customer who is not there yet. */
const NOT_HERS = ['birthDate', 'note', 'tags', 'vatId', 'taxExempt', 'taxExemptions'] as const;

/** Somebody registers herself: nothing in the answer says whether her address is known. */
const register = (context: Context, info: Info, input: CustomerInputShape & { password: string }): Promise<Settled<{ customerId: string }>> => {
  const { app, request } = context;
  const beyond = NOT_HERS.find((field) => input[field] !== undefined);
  if (beyond) throw badInput(`Whoever registers herself gives no ${beyond}.`);
  const { email, password, firstName, lastName, phone, locale } = input;
  const tools = { database: app.backend.database, limiter: app.backend.limiter, keyring: app.keyring };
  const writing = { keyring: app.keyring, publicUrl: app.publicUrl, shopName: app.shopName, language: languageOfOperation(info, context) };
  return settleAfter(
    context,
    info,
    { input },
    () =>
      considerRegistration(
        tools,
        { email: email ?? '', password, firstName, lastName, phone, locale },
        { address: request.address, now: app.clock() },
      ),
    async (tx, registration) => {
      await registerCustomer(tx, writing, registration);
      return {} as { customerId: string };
    },
  );
};

builder.mutationFields((t) => ({
  customerCreate: t.field({
    type: CustomerCreatePayload,
    description:
      'Staff make a customer, who has not signed in yet. Somebody who registers herself gives `email` and `password`, names and phone number if she likes, and gets a mail; the account begins when she follows its link, where she chooses her password. She is answered with no customer, whether or not there is one with this address.',
    authScopes: { public: true },
    args: { input: t.arg({ type: CustomerInput, required: true }) },
    resolve: (_root, args, context, info) => {
      const { password, ...profile } = args.input;
      if (hasScope(context.viewer, 'customers:write')) {
        if (password) throw badInput('Staff give no passwords: invite the customer with customerSendAccountInviteEmail.');
        return settle(context, info, args, (tx) => createCustomer(tx, profile));
      }
      if (context.viewer.kind !== 'anonymous' || !password) throw unauthorizedWithout(context.viewer, 'customers:write');
      return register(context, info, { ...profile, password });
    },
  }),
  customerUpdate: t.field({
    type: CustomerUpdatePayload,
    description: 'Changes the signed-in customer, or for staff the one with `input.id`.',
    authScopes: { signedIn: true, staff: 'customers:write' },
    args: { input: t.arg({ type: CustomerUpdateInput, required: true }) },
    resolve: (_root, args, context, info) => {
      const customerId = subjectOf(context.viewer, args.input);
      const { id: _id, ...profile } = args.input;
      return settle(context, info, args, async (tx) => updateCustomer(tx, await asLiving(tx, customerId), profile));
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
  customerDisable: t.field({
    type: CustomerDisablePayload,
    nullable: false,
    description: 'Keeps a customer from signing in by any way and signs all devices out. Profile and credit stay.',
    authScopes: { staff: 'customers:write' },
    args: { customerId: t.arg.id({ required: true }) },
    resolve: (_root, args, context, info) => settle(context, info, args, (tx) => blockCustomer(tx, idOf(args.customerId, 'Customer'))),
  }),
  customerEnable: t.field({
    type: CustomerEnablePayload,
    nullable: false,
    description: 'Lets a customer whom `customerDisable` kept out sign in again.',
    authScopes: { staff: 'customers:write' },
    args: { customerId: t.arg.id({ required: true }) },
    resolve: (_root, args, context, info) => settle(context, info, args, (tx) => unblockCustomer(tx, idOf(args.customerId, 'Customer'))),
  }),
}));
