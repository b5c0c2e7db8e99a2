import { AttributeType } from '../../../graphql/attributes.ts';
import { builder } from '../../../graphql/builder.ts';
import type { Context } from '../../../graphql/context.ts';
import { BY_ID, keysetConnection, keysetQuery, nodesOf } from '../../../graphql/keyset.ts';
import { refusing } from '../../../graphql/pages.ts';
import { MoneyV2 } from '../../../graphql/scalars.ts';
import { holdSearch } from '../search.ts';
import { attributesOf } from './about.ts';
import { StoreCreditAccount } from './account.ts';
import { Credit, Debit, guard } from './transaction.ts';

const STAFF = { staff: 'store_credit:read' } as const;

const HoldState = builder.enumType('StoreCreditHoldState', {
  values: {
    ACTIVE: { description: 'It can be captured and released.' },
    CAPTURED: { description: 'It was captured, and nothing is left of it.' },
    RELEASED: { description: 'What was left of it was let go.' },
    EXPIRED: { description: 'Its moment came first.' },
  } as const,
});

const always = { id: true, accountId: true } as const;

/** Whether the hold's moment has come, by the ledger's clock. */
const isOver = ({ expiresAt, timedOut }: { expiresAt: Date; timedOut: object | null }, { app }: Context): boolean => {
  const moment = app.ledgerMoment();
  return moment ? expiresAt <= moment : timedOut !== null;
};

const NOW = { state: true, expiresAt: true, timedOut: { select: { holdId: true } } } as const;

export const StoreCreditHold = builder.prismaNode('StoreCreditHold', {
  description: 'An amount set aside on an account until a moment.',
  id: { field: 'id' },
  nullable: true,
  select: always,
  authScopes: guard,
  fields: (t) => ({
    account: t.relation('account', { nullable: false }),
    amount: t.field({
      type: MoneyV2,
      nullable: false,
      description: 'What was set aside.',
      select: { amountMinor: true, currency: true },
      resolve: ({ amountMinor, currency }) => ({ amountMinor, currency }),
    }),
    capturedAmount: t.field({
      type: MoneyV2,
      nullable: false,
      select: { capturedMinor: true, currency: true },
      resolve: ({ capturedMinor, currency }) => ({ amountMinor: capturedMinor, currency }),
    }),
    remainingAmount: t.field({
      type: MoneyV2,
      nullable: false,
      description: 'What can still be captured.',
      select: { ...NOW, remainingMinor: true, currency: true },
      resolve: (hold, _args, context) => ({ amountMinor: isOver(hold, context) ? 0n : hold.remainingMinor, currency: hold.currency }),
    }),
    state: t.field({
      type: HoldState,
      nullable: false,
      select: NOW,
      resolve: (hold, _args, context) => (hold.state === 'ACTIVE' && isOver(hold, context) ? 'EXPIRED' : hold.state),
    }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', nullable: false, description: 'When it ends by itself.' }),
    memo: t.exposeString('memo', { nullable: true, description: 'For the customer to read.' }),
    reason: t.exposeString('reason', { nullable: true, authScopes: STAFF, description: 'A code of the shop’s own, for staff only.' }),
    note: t.exposeString('note', { nullable: true, authScopes: STAFF, description: 'For staff only.' }),
    reference: t.exposeString('reference', { nullable: true, authScopes: STAFF, description: 'What it is in another system; for staff only.' }),
    metadata: t.field({
      type: [AttributeType],
      nullable: true,
      authScopes: STAFF,
      description: 'For staff only.',
      select: { metadata: true },
      resolve: ({ metadata }) => attributesOf(metadata),
    }),
    actor: t.exposeString('actor', { nullable: true, authScopes: STAFF, description: 'Who made it: `staff:<token id>`, `customer:<id>`, `system`.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', nullable: false }),
    captures: t.relation('captures', {
      type: Debit,
      nullable: false,
      description: 'The debits that captured it, oldest first.',
      query: { orderBy: { number: 'asc' }, take: 250 },
    }),
  }),
});

const ChangeKind = builder.enumType('StoreCreditAccountChangeKind', {
  values: {
    HOLD_CREATED: { description: 'An amount was set aside.' },
    HOLD_RELEASED: { description: 'What was left of a hold was let go.' },
    HOLD_EXPIRED: { description: 'A hold’s moment came.' },
    EXPIRY_CHANGED: { description: 'A credit expires at another moment.' },
  } as const,
});

export const StoreCreditAccountChange = builder.prismaObject('StoreCreditChange', {
  name: 'StoreCreditAccountChange',
  description: 'What changed of an account without moving money.',
  select: always,
  authScopes: guard,
  fields: (t) => ({
    kind: t.expose('kind', { type: ChangeKind, nullable: false }),
    version: t.expose('version', { type: 'UnsignedInt64', nullable: false, description: 'The version of the account that it made.' }),
    amount: t.field({
      type: MoneyV2,
      nullable: false,
      description: 'What was set aside or let go.',
      select: { amountMinor: true, currency: true },
      resolve: ({ amountMinor, currency }) => ({ amountMinor, currency }),
    }),
    hold: t.relation('hold', { type: StoreCreditHold, nullable: true }),
    creditTransaction: t.field({
      type: Credit,
      nullable: true,
      description: 'The credit whose expiry changed.',
      select: (_args, _context, nested) => ({ lot: { select: { credit: nested(true) } } }),
      resolve: ({ lot }) => (lot?.credit ?? null) as never,
    }),
    previousExpiresAt: t.expose('previousExpiresAt', { type: 'DateTime', nullable: true }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', nullable: true }),
    reason: t.exposeString('reason', { nullable: true, authScopes: STAFF, description: 'A code of the shop’s own, for staff only.' }),
    note: t.exposeString('note', { nullable: true, authScopes: STAFF, description: 'For staff only.' }),
    actor: t.exposeString('actor', { nullable: true, authScopes: STAFF, description: 'Who did it: `staff:<token id>`, `customer:<id>`, `system`.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', nullable: false }),
  }),
});

builder.prismaObjectField(Credit, 'expiryChanges', (t) =>
  t.field({
    type: [StoreCreditAccountChange],
    nullable: false,
    description: 'How its expiry changed, oldest first.',
    select: (_args, _context, nested) => ({
      lot: { select: { changes: { ...(nested(true) as object), orderBy: { version: 'asc' as const }, take: 250 } } },
    }),
    resolve: ({ lot }) => (lot?.changes ?? []) as never,
  }),
);

builder.prismaObjectField(Debit, 'hold', (t) =>
  t.relation('hold', { type: StoreCreditHold, nullable: true, description: 'The hold that it captured.' }),
);

builder.prismaObjectField(StoreCreditAccount, 'holds', (t) =>
  t.connection(
    {
      type: StoreCreditHold,
      nullable: false,
      description: 'Oldest first; `reverse: true` for the newest first.',
      args: {
        query: t.arg.string({ description: '`state:active OR state:captured`, `reference:…`, `created_at`, `expires_at`, `id`.' }),
        reverse: t.arg.boolean({ defaultValue: false }),
      },
      select: (args, _context, nested, wanted?: ReadonlySet<string>) => {
        const where = refusing(() => holdSearch(args.query));
        return { holds: nested(keysetQuery(BY_ID, args, where, always, wanted), nodesOf('StoreCreditHold')) };
      },
      resolve: ({ holds }, args) => keysetConnection(BY_ID, args, holds),
    },
    { name: 'StoreCreditHoldConnection' },
    { name: 'StoreCreditHoldEdge' },
  ),
);
