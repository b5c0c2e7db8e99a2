import { StoreCreditSystemEvent as Events } from '../../../db/generated/enums.ts';
import { builder } from '../../../graphql/builder.ts';
import { type Context, loaderOf } from '../../../graphql/context.ts';
import { MoneyV2 } from '../../../graphql/scalars.ts';
import { loadOwners } from '../loaders.ts';

const StoreCreditSystemEvent = builder.enumType(Events, { name: 'StoreCreditSystemEvent', description: 'Why a movement came about.' });

const TYPES = {
  CREDIT: 'StoreCreditAccountCreditTransaction',
  DEBIT: 'StoreCreditAccountDebitTransaction',
  DEBIT_REVERT: 'StoreCreditAccountDebitRevertTransaction',
  EXPIRATION: 'StoreCreditAccountExpirationTransaction',
} as const;

/** Who owns an account; an account that was read on the way to its movements has said so already. */
export const ownerOf = (context: Context) => loaderOf(context, 'store-credit/owner', (ids) => loadOwners(context.app.backend.database.sql, ids));

/** A movement belongs to its account's owner; a page of movements of one account asks once. */
const guard = async ({ accountId }: { accountId: string }, context: Context) => {
  if (context.viewer.kind === 'staff') return { staff: 'store_credit:read' as const };
  const owner = await ownerOf(context).load(accountId);
  return owner ? { owner } : false;
};

const always = { id: true, kind: true, accountId: true } as const;

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
      resolve: ({ amountMinor, currency }) => ({ amountMinor, currency }),
    }),
    balanceAfterTransaction: t.field({
      type: MoneyV2,
      nullable: false,
      select: { balanceAfterMinor: true, currency: true },
      resolve: ({ balanceAfterMinor, currency }) => ({ amountMinor: balanceAfterMinor, currency }),
    }),
    number: t.expose('number', { type: 'UnsignedInt64', nullable: false, description: 'Counts the movements of the account from 1, without gaps.' }),
    version: t.expose('version', { type: 'UnsignedInt64', nullable: false, description: 'The version of the account that this movement made.' }),
    event: t.expose('event', { type: StoreCreditSystemEvent, nullable: false }),
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

const Credit = builder.prismaNode('StoreCreditTransaction', {
  ...kindOf('CREDIT'),
  description: 'Credit given: a lot that debits spend and that may expire.',
  fields: (t) => ({
    expiresAt: t.expose('expiresAt', { type: 'DateTime', nullable: true }),
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
  description: 'How much of a credit a debit spent.',
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

const Debit = builder.prismaNode('StoreCreditTransaction', {
  ...kindOf('DEBIT'),
  description: 'Credit spent.',
  fields: (t) => ({
    allocations: t.relation('allocations', {
      type: Allocation,
      nullable: false,
      description: 'Which credits it spent: soonest-expiring first, then the oldest.',
      query: { orderBy: [{ lot: { expiresAt: { sort: 'asc', nulls: 'last' } } }, { lot: { number: 'asc' } }], take: 250 },
    }),
  }),
});

builder.prismaNode('StoreCreditTransaction', {
  ...kindOf('DEBIT_REVERT'),
  description: 'A debit taken back, whole or in part.',
  fields: (t) => ({ debitTransaction: t.relation('related', { type: Debit, nullable: false, onNull: 'error' }) }),
});

builder.prismaNode('StoreCreditTransaction', {
  ...kindOf('EXPIRATION'),
  description: 'What was left of a credit when it ran out.',
  fields: (t) => ({ creditTransaction: t.relation('related', { type: Credit, nullable: false, onNull: 'error' }) }),
});
