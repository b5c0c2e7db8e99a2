import { createContextCache } from '@pothos/core';
import { StoreCreditSystemEvent as Events } from '../../../db/generated/enums.ts';
import { AttributeType } from '../../../graphql/attributes.ts';
import { builder } from '../../../graphql/builder.ts';
import { type Context, loaderOf } from '../../../graphql/context.ts';
import { MoneyV2 } from '../../../graphql/scalars.ts';
import { loadOwners } from '../loaders.ts';
import { attributesOf } from './about.ts';

export const StoreCreditSystemEvent = builder.enumType(Events, { name: 'StoreCreditSystemEvent', description: 'Why a movement came about.' });

export const TYPES = {
  CREDIT: 'StoreCreditAccountCreditTransaction',
  DEBIT: 'StoreCreditAccountDebitTransaction',
  DEBIT_REVERT: 'StoreCreditAccountDebitRevertTransaction',
  EXPIRATION: 'StoreCreditAccountExpirationTransaction',
} as const;

/** Owners by account, as far as this request has read them: an account that was read on the way to its movements has said so. */
export const knownOwners = createContextCache((_context: Context) => new Map<string, string>());

const ownerOf = (context: Context) => loaderOf(context, 'store-credit/owner', (ids) => loadOwners(context.app.backend.database.sql, ids));

const asOwner = async (accountId: string, context: Context) => {
  const owner = await ownerOf(context).load(accountId);
  return owner ? { owner } : false;
};

const STAFF = { staff: 'store_credit:read' } as const;

/** A movement belongs to its account's owner; a page of movements of one account asks once. */
export const guard = ({ accountId }: { accountId: string }, context: Context) => {
  if (context.viewer.kind === 'staff') return STAFF;
  const owner = knownOwners(context).get(accountId);
  return owner ? { owner } : asOwner(accountId, context);
};

const always = { id: true, kind: true, accountId: true } as const;

const OrderTransaction = builder.objectRef<{ readonly id: string }>('OrderTransaction').implement({
  description: 'A payment of an order in the shop’s commerce system.',
  fields: (t) => ({ id: t.exposeID('id', { nullable: false }) }),
});

const Origin = builder.unionType('StoreCreditAccountTransactionOrigin', {
  description: 'What a movement belongs to.',
  types: [OrderTransaction],
  resolveType: () => 'OrderTransaction',
});

export const StoreCreditAccountTransaction = builder.prismaInterface('StoreCreditTransaction', {
  name: 'StoreCreditAccountTransaction',
  description: 'One immutable movement on an account.',
  select: always,
  authScopes: guard,
  resolveType: ({ kind }) => TYPES[kind],
  fields: (t) => ({
    id: t.globalID({ nullable: false, resolve: ({ id, kind }) => ({ type: TYPES[kind], id }) }),
    account: t.relation('account', { nullable: false }),
    amount: t.field({
      type: MoneyV2,
      nullable: false,
      description: 'Above zero for credits, below for debits.',
      select: { amountMinor: true, currency: true },
      extensions: { moneyColumn: 'amountMinor' },
      resolve: ({ amountMinor, currency }) => ({ amountMinor, currency }),
    }),
    balanceAfterTransaction: t.field({
      type: MoneyV2,
      nullable: false,
      select: { balanceAfterMinor: true, currency: true },
      extensions: { moneyColumn: 'balanceAfterMinor' },
      resolve: ({ balanceAfterMinor, currency }) => ({ amountMinor: balanceAfterMinor, currency }),
    }),
    number: t.expose('number', { type: 'UnsignedInt64', nullable: false, description: 'Counts the movements of the account from 1, without gaps.' }),
    version: t.expose('version', { type: 'UnsignedInt64', nullable: false, description: 'The version of the account that this movement made.' }),
    event: t.expose('event', { type: StoreCreditSystemEvent, nullable: false }),
    memo: t.exposeString('memo', { nullable: true, description: 'For the customer to read.' }),
    origin: t.field({
      type: Origin,
      nullable: true,
      description: 'The order transaction that it belongs to.',
      select: { origin: true },
      resolve: ({ origin }) => (origin === null ? null : { id: origin }),
    }),
    reason: t.exposeString('reason', { nullable: true, authScopes: STAFF, description: 'A code of the shop’s own, for staff only.' }),
    reference: t.exposeString('reference', { nullable: true, authScopes: STAFF, description: 'What it is in another system; for staff only.' }),
    metadata: t.field({
      type: [AttributeType],
      nullable: true,
      authScopes: STAFF,
      description: 'For staff only.',
      select: { metadata: true },
      resolve: ({ metadata }) => attributesOf(metadata),
    }),
    actor: t.exposeString('actor', { nullable: true, authScopes: STAFF, description: 'Who did it: `staff:<token id>`, `customer:<id>`, `system`.' }),
    note: t.exposeString('note', { nullable: true, authScopes: { staff: 'store_credit:read' }, description: 'For staff only.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', nullable: false }),
  }),
});

/** The common part of the four kinds. */
const kindOf = (kind: keyof typeof TYPES) => ({
  variant: TYPES[kind],
  id: { field: 'id' as const },
  nullable: true as const,
  interfaces: [StoreCreditAccountTransaction],
  isTypeOf: (row: unknown) => (row as { kind?: string }).kind === kind,
  select: always,
  authScopes: guard,
});

export const Credit = builder.prismaNode('StoreCreditTransaction', {
  ...kindOf('CREDIT'),
  description: 'Credit given: a lot that debits spend and that may expire.',
  fields: (t) => ({
    expiresAt: t.expose('lotExpiresAt', { type: 'DateTime', nullable: true, description: 'When what is left of it can no longer be spent.' }),
    remainingAmount: t.field({
      type: MoneyV2,
      nullable: false,
      description: 'What is left of it.',
      select: { currency: true, lot: { select: { remainingMinor: true } } },
      resolve: ({ currency, lot }) => ({ amountMinor: lot?.remainingMinor ?? 0n, currency }),
    }),
  }),
});

const Allocation = builder.prismaObject('StoreCreditAllocation', {
  name: 'StoreCreditAccountAllocation',
  description: 'How much of a credit a debit spent, or a revert gave back.',
  select: { transactionId: true, lotId: true },
  fields: (t) => ({
    creditTransaction: t.field({
      type: Credit,
      nullable: false,
      select: (_args, _context, nested) => ({ lot: { select: { credit: nested(true) } } }),
      resolve: ({ lot }) => lot.credit as never,
    }),
    amount: t.field({
      type: MoneyV2,
      nullable: false,
      select: { amountMinor: true, transaction: { select: { currency: true } } },
      resolve: ({ amountMinor, transaction: { currency } }) => ({ amountMinor, currency }),
    }),
  }),
});

/** As debits spend. */
const IN_ORDER = {
  orderBy: [{ lot: { expiresAt: { sort: 'asc' as const, nulls: 'last' as const } } }, { lot: { number: 'asc' as const } }],
  take: 250,
};

export const Debit = builder.prismaNode('StoreCreditTransaction', {
  ...kindOf('DEBIT'),
  description: 'Credit spent.',
  fields: (t) => ({
    allocations: t.relation('allocations', {
      type: Allocation,
      nullable: false,
      description: 'Which credits it spent: soonest-expiring first, then the oldest.',
      query: IN_ORDER,
    }),
    revertedAmount: t.field({
      type: MoneyV2,
      nullable: false,
      description: 'What was given back of it.',
      select: { currency: true, relatedTo: { where: { kind: 'DEBIT_REVERT' }, select: { amountMinor: true } } },
      resolve: ({ currency, relatedTo }) => ({ amountMinor: relatedTo.reduce((sum, { amountMinor }) => sum + amountMinor, 0n), currency }),
    }),
    reversedCredit: t.relation('related', { type: Credit, nullable: true, description: 'The credit that it took back.' }),
  }),
});

builder.prismaNode('StoreCreditTransaction', {
  ...kindOf('DEBIT_REVERT'),
  description: 'A debit taken back, whole or in part.',
  fields: (t) => ({
    debitTransaction: t.relation('related', { type: Debit, nullable: false, onNull: 'error' }),
    allocations: t.relation('allocations', {
      type: Allocation,
      nullable: false,
      description: 'Which credits it was given back to.',
      query: IN_ORDER,
    }),
  }),
});

builder.prismaNode('StoreCreditTransaction', {
  ...kindOf('EXPIRATION'),
  description: 'What was left of a credit when it ran out.',
  fields: (t) => ({ creditTransaction: t.relation('related', { type: Credit, nullable: false, onNull: 'error' }) }),
});
