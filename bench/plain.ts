// The same documents as most people would serve them: Yoga, Pothos and Prisma with their defaults, nobody asked who they are.
import { createServer } from 'node:http';
import SchemaBuilder from '@pothos/core';
import PrismaPlugin from '@pothos/plugin-prisma';
import RelayPlugin from '@pothos/plugin-relay';
import { PrismaPg } from '@prisma/adapter-pg';
import { createYoga } from 'graphql-yoga';
import { formatAddress, formatArea } from '../src/capabilities/addresses/format.ts';
import { territoryName } from '../src/capabilities/addresses/territories.ts';
import { formatAmount, type Money } from '../src/core/money.ts';
import { PrismaClient } from '../src/db/generated/client.ts';
import { CustomerState, StoreCreditSystemEvent } from '../src/db/generated/enums.ts';
import type PrismaTypes from '../src/db/generated/pothos.ts';
import { getDatamodel } from '../src/db/generated/pothos.ts';

const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: process.env.DATABASE_URL }) });

/** What Prisma does unless it is told otherwise; the generated client, made with a preview feature, would join. */
const byQueries = { relationLoadStrategy: 'query' } as const;

const builder = new SchemaBuilder<{
  PrismaTypes: PrismaTypes;
  Scalars: { ID: { Input: string; Output: string }; DateTime: { Input: Date; Output: Date }; Date: { Input: Date; Output: Date } };
}>({
  plugins: [RelayPlugin, PrismaPlugin],
  relay: {
    nodesOnConnection: true,
    encodeGlobalID: (typename: string, id: string | number | bigint) => `gid://clientele/${typename}/${id}`,
    decodeGlobalID: (gid: string) => ({ typename: gid.split('/')[3] ?? '', id: gid.split('/')[4] ?? '' }),
  },
  prisma: { client: prisma, dmmf: getDatamodel() },
  // The types know the gateway's plugins too, and would have their options.
} as never);

builder.scalarType('DateTime', { serialize: (value) => value.toISOString(), parseValue: (value) => new Date(String(value)) });
builder.scalarType('Date', { serialize: (value) => value.toISOString().slice(0, 10), parseValue: (value) => new Date(String(value)) });

const State = builder.enumType(CustomerState, { name: 'CustomerState' });
const SystemEvent = builder.enumType(StoreCreditSystemEvent, { name: 'StoreCreditSystemEvent' });

const MoneyV2 = builder.objectRef<Money>('MoneyV2').implement({
  fields: (t) => ({
    amount: t.string({ resolve: ({ amountMinor, currency }) => formatAmount(amountMinor, currency) }),
    currencyCode: t.exposeString('currency'),
  }),
});

const EmailAddress = builder.objectRef<{ email: string; verified: boolean }>('CustomerEmailAddress').implement({
  fields: (t) => ({ emailAddress: t.exposeString('email'), verified: t.exposeBoolean('verified') }),
});

const PhoneNumber = builder.objectRef<{ phone: string }>('CustomerPhoneNumber').implement({
  fields: (t) => ({ phoneNumber: t.exposeString('phone') }),
});

builder.prismaNode('Address', {
  name: 'CustomerAddress',
  id: { field: 'id' },
  fields: (t) => ({
    firstName: t.exposeString('firstName', { nullable: true }),
    lastName: t.exposeString('lastName', { nullable: true }),
    name: t.string({ nullable: true, resolve: ({ firstName, lastName }) => [firstName, lastName].filter(Boolean).join(' ') || null }),
    company: t.exposeString('company', { nullable: true }),
    address1: t.exposeString('address1', { nullable: true }),
    address2: t.exposeString('address2', { nullable: true }),
    city: t.exposeString('city', { nullable: true }),
    zip: t.exposeString('zip', { nullable: true }),
    zoneCode: t.exposeString('zoneCode', { nullable: true }),
    territoryCode: t.exposeString('territoryCode', { nullable: true }),
    country: t.string({ nullable: true, resolve: ({ territoryCode }) => (territoryCode ? territoryName(territoryCode) : null) }),
    phoneNumber: t.exposeString('phoneNumber', { nullable: true }),
    formatted: t.stringList({
      args: { withName: t.arg.boolean({ defaultValue: false }) },
      resolve: (address, { withName }) => formatAddress(address, { withCompany: true, withName: withName ?? false }),
    }),
    formattedArea: t.string({ nullable: true, resolve: formatArea }),
  }),
});

const TYPES = {
  CREDIT: 'StoreCreditAccountCreditTransaction',
  DEBIT: 'StoreCreditAccountDebitTransaction',
  DEBIT_REVERT: 'StoreCreditAccountDebitRevertTransaction',
  EXPIRATION: 'StoreCreditAccountExpirationTransaction',
} as const;

const Transaction = builder.prismaInterface('StoreCreditTransaction', {
  name: 'StoreCreditAccountTransaction',
  resolveType: ({ kind }) => TYPES[kind],
  fields: (t) => ({
    id: t.globalID({ resolve: ({ id, kind }) => ({ type: TYPES[kind], id }) }),
    number: t.string({ resolve: ({ number }) => number.toString() }),
    version: t.string({ resolve: ({ version }) => version.toString() }),
    event: t.expose('event', { type: SystemEvent }),
    amount: t.field({ type: MoneyV2, resolve: ({ amountMinor, currency }) => ({ amountMinor, currency }) }),
    balanceAfterTransaction: t.field({ type: MoneyV2, resolve: ({ balanceAfterMinor, currency }) => ({ amountMinor: balanceAfterMinor, currency }) }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    account: t.relation('account'),
  }),
});

const kindOf = (kind: keyof typeof TYPES) => ({ variant: TYPES[kind], interfaces: [Transaction] });

const Credit = builder.prismaObject('StoreCreditTransaction', {
  ...kindOf('CREDIT'),
  fields: (t) => ({
    expiresAt: t.expose('expiresAt', { type: 'DateTime', nullable: true }),
    remainingAmount: t.field({
      type: MoneyV2,
      select: { currency: true, lot: true },
      resolve: ({ currency, lot }) => ({ amountMinor: lot?.remainingMinor ?? 0n, currency }),
    }),
  }),
});

const Allocation = builder.prismaObject('StoreCreditAllocation', {
  fields: (t) => ({
    amount: t.field({
      type: MoneyV2,
      select: { amountMinor: true, transaction: true },
      resolve: ({ amountMinor, transaction: { currency } }) => ({ amountMinor, currency }),
    }),
    creditTransaction: t.field({
      type: Credit,
      select: (_args, _context, nested) => ({ lot: { select: { credit: nested(true) } } }),
      resolve: ({ lot }) => lot.credit as never,
    }),
  }),
});

builder.prismaObject('StoreCreditTransaction', {
  ...kindOf('DEBIT'),
  fields: (t) => ({ allocations: t.relation('allocations', { type: Allocation }) }),
});
builder.prismaObject('StoreCreditTransaction', { ...kindOf('DEBIT_REVERT') });
builder.prismaObject('StoreCreditTransaction', { ...kindOf('EXPIRATION') });

builder.prismaNode('StoreCreditAccount', {
  id: { field: 'id' },
  fields: (t) => ({
    currencyCode: t.exposeString('currency'),
    balance: t.field({ type: MoneyV2, resolve: ({ balanceMinor, currency }) => ({ amountMinor: balanceMinor, currency }) }),
    available: t.field({
      type: MoneyV2,
      resolve: async ({ id, heldMinor, currency }) => {
        const open = { accountId: id, isOpen: true, OR: [{ expiresAt: null }, { expiresAt: { gt: new Date() } }] };
        const { _sum } = await prisma.storeCreditLot.aggregate({ where: open, _sum: { remainingMinor: true } });
        const free = (_sum.remainingMinor ?? 0n) - heldMinor;
        return { amountMinor: free > 0n ? free : 0n, currency };
      },
    }),
    version: t.string({ resolve: ({ version }) => version.toString() }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    transactions: t.relatedConnection('transactions', {
      type: Transaction,
      cursor: 'id',
      args: { reverse: t.arg.boolean({ defaultValue: false }) },
      query: ({ reverse }) => ({ orderBy: { number: reverse ? 'desc' : 'asc' } }),
    }),
  }),
});

builder.prismaNode('Customer', {
  id: { field: 'id' },
  fields: (t) => ({
    firstName: t.exposeString('firstName', { nullable: true }),
    lastName: t.exposeString('lastName', { nullable: true }),
    displayName: t.string({
      resolve: ({ firstName, lastName, email, phone }) => [firstName, lastName].filter(Boolean).join(' ') || email || phone || '',
    }),
    emailAddress: t.field({
      type: EmailAddress,
      nullable: true,
      resolve: ({ email, emailVerifiedAt }) => (email ? { email, verified: emailVerifiedAt !== null } : null),
    }),
    phoneNumber: t.field({ type: PhoneNumber, nullable: true, resolve: ({ phone }) => (phone ? { phone } : null) }),
    locale: t.exposeString('locale', { nullable: true }),
    birthDate: t.expose('birthDate', { type: 'Date', nullable: true }),
    tags: t.exposeStringList('tags'),
    state: t.expose('state', { type: State }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime' }),
    defaultAddress: t.relation('defaultAddress', { nullable: true }),
    addresses: t.relatedConnection('addresses', { cursor: 'id', query: { orderBy: { id: 'asc' } } }),
    storeCreditAccounts: t.relatedConnection('storeCreditAccounts', { cursor: 'id', query: { orderBy: { id: 'asc' } } }),
  }),
});

builder.queryType({
  fields: (t) => ({
    customer: t.prismaField({
      type: 'Customer',
      nullable: true,
      args: { id: t.arg.globalID({ required: true }) },
      resolve: (query, _root, { id }) => prisma.customer.findFirst({ ...query, ...byQueries, where: { id: id.id, deletedAt: null } }),
    }),
    customers: t.prismaConnection({
      type: 'Customer',
      cursor: 'id',
      resolve: (query) => prisma.customer.findMany({ ...query, ...byQueries, where: { deletedAt: null }, orderBy: { id: 'asc' } }),
    }),
  }),
});

const yoga = createYoga({ schema: builder.toSchema(), healthCheckEndpoint: '/ready' });
createServer(yoga).listen(Number(process.env.PORT), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
