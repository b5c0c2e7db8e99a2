import { hasScope, type Viewer } from '../../core/viewer.ts';
import { badInput, unauthorized } from '../../graphql/access.ts';
import { builder } from '../../graphql/builder.ts';
import { payloadType, userErrorType } from '../../graphql/errors.ts';
import { idOf } from '../../graphql/gid.ts';
import { BY_ID, keysetConnection, keysetQuery, nodesOf } from '../../graphql/keyset.ts';
import { settle } from '../../graphql/settle.ts';
import { asLiving } from '../customers/living.ts';
import { createAddress } from './create.ts';
import { deleteAddress } from './delete.ts';
import { ADDRESS_CODES } from './errors.ts';
import type { AddressFields, AddressInput } from './fields.ts';
import { formatAddress, formatArea } from './format.ts';
import { setDefault } from './set-default.ts';
import { TERRITORY_CODES, territoryName } from './territories.ts';
import { updateAddress } from './update.ts';
import { zoneName } from './zones.ts';

declare module '../../graphql/builder.ts' {
  interface SchemaInputs {
    CustomerAddressInput: AddressInput;
  }
}

const CountryCode = builder.enumType('CountryCode', { description: 'ISO 3166-1 alpha-2.', values: TERRITORY_CODES as [string, ...string[]] });

const PARTS = {
  firstName: true,
  lastName: true,
  company: true,
  address1: true,
  address2: true,
  city: true,
  zip: true,
  zoneCode: true,
  territoryCode: true,
  phoneNumber: true,
} as const satisfies Record<keyof AddressFields, true>;

const CustomerAddress = builder.prismaNode('Address', {
  name: 'CustomerAddress',
  description: 'An address in a customer’s book.',
  id: { field: 'id' },
  nullable: true,
  select: { id: true, customerId: true, orderOwnerId: true },
  authScopes: ({ customerId, orderOwnerId }) => {
    const owner = customerId ?? orderOwnerId;
    return owner ? { owner, staff: 'customers:read' } : { staff: 'customers:read' };
  },
  fields: (t) => ({
    firstName: t.exposeString('firstName', { nullable: true }),
    lastName: t.exposeString('lastName', { nullable: true }),
    name: t.string({
      nullable: true,
      select: { firstName: true, lastName: true },
      resolve: ({ firstName, lastName }) => [firstName, lastName].filter(Boolean).join(' ') || null,
    }),
    company: t.exposeString('company', { nullable: true }),
    address1: t.exposeString('address1', { nullable: true }),
    address2: t.exposeString('address2', { nullable: true }),
    city: t.exposeString('city', { nullable: true }),
    zip: t.exposeString('zip', { nullable: true }),
    zoneCode: t.exposeString('zoneCode', { nullable: true }),
    province: t.string({
      nullable: true,
      description: 'The name of the zone.',
      select: { zoneCode: true, territoryCode: true },
      resolve: ({ zoneCode, territoryCode }) => zoneCode && zoneName(zoneCode, territoryCode),
    }),
    territoryCode: t.field({ type: CountryCode, nullable: true, select: { territoryCode: true }, resolve: ({ territoryCode }) => territoryCode }),
    country: t.string({
      nullable: true,
      select: { territoryCode: true },
      resolve: ({ territoryCode }) => (territoryCode ? territoryName(territoryCode) : null),
    }),
    phoneNumber: t.exposeString('phoneNumber', { nullable: true, description: 'E.164.' }),
    formatted: t.stringList({
      nullable: false,
      description: 'Lines to print on an envelope.',
      args: { withCompany: t.arg.boolean({ defaultValue: true }), withName: t.arg.boolean({ defaultValue: false }) },
      select: PARTS,
      resolve: (address, { withCompany, withName }) => formatAddress(address, { withCompany: withCompany ?? true, withName: withName ?? false }),
    }),
    formattedArea: t.string({ nullable: true, select: PARTS, resolve: (address) => formatArea(address) }),
  }),
});

builder.prismaObjectFields('Customer', (t) => ({
  defaultAddress: t.relation('defaultAddress', { nullable: true }),
  addresses: t.connection(
    {
      type: CustomerAddress,
      nullable: false,
      args: { reverse: t.arg.boolean({ defaultValue: false }), skipDefault: t.arg.boolean({ defaultValue: false }) },
      select: (args, _context, nested, wanted?: ReadonlySet<string>) => {
        const page = keysetQuery(
          BY_ID,
          args,
          args.skipDefault ? { defaultOf: null } : {},
          { id: true, customerId: true, orderOwnerId: true },
          wanted,
        );
        return { addresses: nested(page, nodesOf('CustomerAddress')) };
      },
      resolve: ({ addresses }, args) => keysetConnection(BY_ID, args, addresses),
    },
    { name: 'CustomerAddressConnection' },
    { name: 'CustomerAddressEdge' },
  ),
}));

const CustomerAddressInput = builder.inputType('CustomerAddressInput', {
  fields: (t) => ({
    firstName: t.string(),
    lastName: t.string(),
    company: t.string(),
    address1: t.string(),
    address2: t.string(),
    city: t.string(),
    zip: t.string(),
    zoneCode: t.string({ description: 'State or province: its code in ISO 3166-2 with or without the country, or its name there.' }),
    territoryCode: t.string({ description: 'ISO 3166-1: alpha-2, alpha-3 or numeric.' }),
    phoneNumber: t.string({ description: 'Read as a number of the territory when it has no country code.' }),
  }),
});

const AddressUserError = userErrorType('UserErrorsCustomerAddressUserErrors', ADDRESS_CODES);

const written = (name: string) =>
  payloadType<{ addressId: string }>(name, AddressUserError, (t) => ({
    customerAddress: t.prismaField({
      type: 'Address',
      resolve: (query, { addressId }, _args, { app }) =>
        addressId ? app.backend.database.read.address.findUnique({ ...query, where: { id: addressId } }) : null,
    }),
  }));

const CustomerAddressCreatePayload = written('CustomerAddressCreatePayload');
const CustomerAddressUpdatePayload = written('CustomerAddressUpdatePayload');
const CustomerAddressDeletePayload = payloadType<{ deletedAddressId: string }>('CustomerAddressDeletePayload', AddressUserError, (t) => ({
  deletedAddressId: t.globalID({ nullable: true, resolve: ({ deletedAddressId: id }) => (id ? { type: 'CustomerAddress', id } : null) }),
}));

const CustomerUpdateDefaultAddressPayload = payloadType<{ customerId: string }>('CustomerUpdateDefaultAddressPayload', AddressUserError, (t) => ({
  customer: t.prismaField({
    type: 'Customer',
    resolve: (query, { customerId }, _args, { app }) =>
      customerId ? app.backend.database.read.customer.findUnique({ ...query, where: { id: customerId } }) : null,
  }),
}));

const ofWhom = 'For staff: whose address book.';

/** Whose book is meant: a customer's own, or for staff the one named. Throws FORBIDDEN. */
const bookOf = (viewer: Viewer, customerGid: string | null | undefined): string => {
  const customerId = customerGid ? idOf(customerGid, 'Customer') : null;
  if (viewer.kind === 'customer' && (!customerId || customerId === viewer.customerId)) return viewer.customerId;
  if (hasScope(viewer, 'customers:write') && customerId) return customerId;
  if (hasScope(viewer, 'customers:write')) throw badInput('Staff name the customer: give customerId.');
  throw unauthorized(viewer);
};

/** What a customer enters herself must be deliverable. */
const exactnessOf = (viewer: Viewer) => ({ mustBeDeliverable: viewer.kind === 'customer' });

builder.mutationFields((t) => ({
  customerUpdateDefaultAddress: t.field({
    type: CustomerUpdateDefaultAddressPayload,
    description: 'Makes an address of the book the default.',
    authScopes: { signedIn: true, staff: 'customers:write' },
    args: { customerId: t.arg.id({ description: ofWhom }), addressId: t.arg.id({ required: true }) },
    resolve: (_root, args, context, info) => {
      const customerId = bookOf(context.viewer, args.customerId);
      return settle(context, info, args, (tx) => setDefault(tx, customerId, idOf(args.addressId, 'CustomerAddress')));
    },
  }),
  customerAddressCreate: t.field({
    type: CustomerAddressCreatePayload,
    description:
      'Adds an address; the first becomes the default. A customer gives a street, a country, and a zone where the post wants one; staff may leave things out.',
    authScopes: { signedIn: true, staff: 'customers:write' },
    args: {
      customerId: t.arg.id({ description: ofWhom }),
      address: t.arg({ type: CustomerAddressInput, required: true }),
      defaultAddress: t.arg.boolean(),
    },
    resolve: (_root, args, context, info) => {
      const customerId = bookOf(context.viewer, args.customerId);
      return settle(context, info, args, async (tx) =>
        createAddress(tx, await asLiving(tx, customerId), args.address, args.defaultAddress ?? false, ['address'], exactnessOf(context.viewer)),
      );
    },
  }),
  customerAddressUpdate: t.field({
    type: CustomerAddressUpdatePayload,
    description: 'Changes the fields that are named, and with `defaultAddress: true` makes the address the default.',
    authScopes: { signedIn: true, staff: 'customers:write' },
    args: {
      customerId: t.arg.id({ description: ofWhom }),
      addressId: t.arg.id({ required: true }),
      address: t.arg({ type: CustomerAddressInput }),
      defaultAddress: t.arg.boolean(),
    },
    resolve: (_root, args, context, info) => {
      const customerId = bookOf(context.viewer, args.customerId);
      return settle(context, info, args, async (tx) =>
        updateAddress(
          tx,
          await asLiving(tx, customerId),
          idOf(args.addressId, 'CustomerAddress'),
          args.address ?? {},
          args.defaultAddress ?? null,
          ['address'],
          exactnessOf(context.viewer),
        ),
      );
    },
  }),
  customerAddressDelete: t.field({
    type: CustomerAddressDeletePayload,
    description: 'Removes an address; the default only when it is the last.',
    authScopes: { signedIn: true, staff: 'customers:write' },
    args: {
      customerId: t.arg.id({ description: ofWhom }),
      addressId: t.arg.id({ required: true }),
    },
    resolve: (_root, args, context, info) => {
      const customerId = bookOf(context.viewer, args.customerId);
      return settle(context, info, args, async (tx) => deleteAddress(tx, await asLiving(tx, customerId), idOf(args.addressId, 'CustomerAddress')));
    },
  }),
}));
