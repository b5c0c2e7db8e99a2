import type { Language } from '../../../core/language.ts';
import type { Money } from '../../../core/money.ts';
import { builder } from '../../../graphql/builder.ts';
import type { Context } from '../../../graphql/context.ts';
import { encodeGid, idOf } from '../../../graphql/gid.ts';
import { checkPage } from '../../../graphql/pages.ts';
import { MoneyV2 } from '../../../graphql/scalars.ts';
import { type SameAddress, sameAddresses } from '../../addresses/merge.ts';
import { survivingConsents } from '../../marketing/merge.ts';
import { type CreditInMerge, creditInMerge } from '../../store-credit/merge.ts';
import { CHOICE_FIELDS, NOTE_CHARACTERS_MAX, type OverrideFields, TAGS_MAX } from '../fields.ts';
import type { MergePlan, Planned } from '../plan.ts';
import { CustomerMergeConsequence, CustomerMergeError } from './errors.ts';

/** A preview as it is shown: the plan, and the language of the operation. */
export interface Preview extends Planned {
  readonly language: Language;
  readonly now: Date;
}

type Shown = Preview & { readonly plan: MergePlan };

export const OverrideFieldsInput = builder.inputType('CustomerMergeOverrideFields', {
  description: 'Which of two values the survivor has, by the customer who has it; and a note or tags in place of both.',
  fields: (t) => ({
    customerIdOfDefaultAddressToKeep: t.id(),
    customerIdOfEmailToKeep: t.id(),
    customerIdOfFirstNameToKeep: t.id(),
    customerIdOfLastNameToKeep: t.id(),
    customerIdOfPhoneNumberToKeep: t.id(),
    note: t.string({ description: 'At most 5,000 characters.' }),
    tags: t.stringList({ description: 'At most 250.' }),
  }),
});

type OverrideArgs = typeof OverrideFieldsInput.$inferInput;

/** The input with ids as the verb takes them. */
export const overridesIn = (input: OverrideArgs | null | undefined): OverrideFields =>
  input ? { ...input, ...Object.fromEntries(CHOICE_FIELDS.map((name) => [name, input[name] ? idOf(input[name], 'Customer') : null])) } : {};

/** The survivor's consents, as the merge will leave them. */
const marketingOf = ({ plan }: Shown, { app }: Context) => survivingConsents({ db: app.backend.database.prisma }, plan.parties);

/** An address as the survivor would have it, verified if its owner's is. */
const emailOf = async (shown: Shown, email: string | null, context: Context) => {
  const { kept, closed, parties } = shown.plan;
  const owner = [kept, closed].find((profile) => profile.email === email);
  return email
    ? { customerId: parties.keptId, email, verified: (owner?.emailVerifiedAt ?? null) !== null, marketing: await marketingOf(shown, context) }
    : null;
};

/** The same of a phone number. */
const phoneOf = async (shown: Shown, phone: string | null, context: Context) => {
  const owner = [shown.plan.kept, shown.plan.closed].find((profile) => profile.phone === phone);
  return phone ? { phone, verified: (owner?.phoneVerifiedAt ?? null) !== null, marketing: await marketingOf(shown, context) } : null;
};

/** What Shopify counts and the gateway has none of. */
const NONE = 'There is no such thing here: 0.';

const idsOf = ({ plan }: Shown): string[] => [plan.parties.keptId, plan.parties.closedId];

const DefaultFields = builder.objectRef<Shown>('CustomerMergePreviewDefaultFields').implement({
  description: 'What the survivor will have.',
  fields: (t) => ({
    firstName: t.string({ nullable: true, resolve: ({ plan }) => plan.fields.firstName }),
    lastName: t.string({ nullable: true, resolve: ({ plan }) => plan.fields.lastName }),
    displayName: t.string({
      nullable: false,
      resolve: ({ plan: { fields: f } }) => [f.firstName, f.lastName].filter(Boolean).join(' ') || f.email || f.phone || '',
    }),
    email: t.field({
      type: 'CustomerEmailAddress',
      nullable: true,
      resolve: (shown, _args, context) => emailOf(shown, shown.plan.fields.email, context),
    }),
    phoneNumber: t.field({
      type: 'CustomerPhoneNumber',
      nullable: true,
      resolve: (shown, _args, context) => phoneOf(shown, shown.plan.fields.phone, context),
    }),
    note: t.string({ nullable: true, authScopes: { staff: 'merge:read' }, resolve: ({ plan }) => plan.fields.note }),
    tags: t.stringList({ nullable: false, resolve: ({ plan }) => plan.fields.tags }),
    defaultAddress: t.prismaField({
      type: 'Address',
      nullable: true,
      resolve: (query, { plan: { fields } }, _args, { app }) =>
        fields.defaultAddressId ? app.backend.database.read.address.findUnique({ ...query, where: { id: fields.defaultAddressId } }) : null,
    }),
    addresses: t.prismaConnection(
      {
        type: 'Address',
        cursor: 'id',
        nullable: false,
        resolve: async (query, shown, args, { app }) => {
          checkPage(args);
          const { prisma } = app.backend.database;
          const same = await sameAddresses({ sql: app.backend.database.sql }, shown.plan.parties);
          const where = { customerId: { in: idsOf(shown) }, id: { notIn: same.map(({ droppedAddressId }) => droppedAddressId) } };
          return prisma.address.findMany({ ...query, where, orderBy: { id: 'asc' } });
        },
      },
      { name: 'CustomerMergeAddressConnection' },
      { name: 'CustomerMergeAddressEdge' },
    ),
    orderCount: t.field({
      type: 'UnsignedInt64',
      nullable: false,
      resolve: async (shown, _args, { app }) =>
        BigInt(await app.backend.database.prisma.order.count({ where: { customerId: { in: idsOf(shown) } } })),
    }),
    orders: t.prismaConnection(
      {
        type: 'Order',
        cursor: 'id',
        nullable: true,
        authScopes: { signedIn: true, staff: 'orders:read' },
        resolve: (query, shown, args, { app }) => {
          checkPage(args);
          return app.backend.database.prisma.order.findMany({ ...query, where: { customerId: { in: idsOf(shown) } }, orderBy: { id: 'desc' } });
        },
      },
      { name: 'CustomerMergeOrderConnection' },
      { name: 'CustomerMergeOrderEdge' },
    ),
    discountNodeCount: t.field({ type: 'UnsignedInt64', nullable: false, description: NONE, resolve: () => 0n }),
    draftOrderCount: t.field({ type: 'UnsignedInt64', nullable: false, description: NONE, resolve: () => 0n }),
    giftCardCount: t.field({ type: 'UnsignedInt64', nullable: false, description: NONE, resolve: () => 0n }),
    metafieldCount: t.field({
      type: 'UnsignedInt64',
      nullable: false,
      resolve: async (shown, _args, { app }) => {
        const where = { customerId: { in: idsOf(shown) } };
        const distinct = ['namespace', 'key'] as const;
        const found = await app.backend.database.prisma.customerMetafield.findMany({ where, distinct: [...distinct], select: { id: true } });
        return BigInt(found.length);
      },
    }),
  }),
});

/** The other of two values, where both profiles have one and they differ. */
const other = <Value>({ plan: { kept, closed } }: Shown, chosen: Value | null, of: (profile: MergePlan['kept']) => Value | null): Value | null =>
  [kept, closed].map(of).find((value) => value !== null && value !== chosen) ?? null;

const AlternateFields = builder.objectRef<Shown>('CustomerMergePreviewAlternateFields').implement({
  description: 'What the survivor could have instead: ask for it with `overrideFields`.',
  fields: (t) => ({
    firstName: t.string({ nullable: true, resolve: (shown) => other(shown, shown.plan.fields.firstName, ({ firstName }) => firstName) }),
    lastName: t.string({ nullable: true, resolve: (shown) => other(shown, shown.plan.fields.lastName, ({ lastName }) => lastName) }),
    email: t.field({
      type: 'CustomerEmailAddress',
      nullable: true,
      resolve: (shown, _args, context) =>
        emailOf(
          shown,
          other(shown, shown.plan.fields.email, ({ email }) => email),
          context,
        ),
    }),
    phoneNumber: t.field({
      type: 'CustomerPhoneNumber',
      nullable: true,
      resolve: (shown, _args, context) =>
        phoneOf(
          shown,
          other(shown, shown.plan.fields.phone, ({ phone }) => phone),
          context,
        ),
    }),
    defaultAddress: t.prismaField({
      type: 'Address',
      nullable: true,
      resolve: (query, shown, _args, { app }) => {
        const id = other(shown, shown.plan.fields.defaultAddressId, ({ defaultAddressId }) => defaultAddressId);
        return id ? app.backend.database.read.address.findUnique({ ...query, where: { id } }) : null;
      },
    }),
  }),
});

const isNoteTooLong = ({ fields: { note } }: MergePlan): boolean => [...(note ?? '')].length > NOTE_CHARACTERS_MAX;
const isTooTagged = ({ fields: { tags } }: MergePlan): boolean => tags.length > TAGS_MAX;

const BlockingFields = builder.objectRef<Shown>('CustomerMergePreviewBlockingFields').implement({
  description: 'What together is more than a profile may have: say what it becomes with `overrideFields`.',
  fields: (t) => ({
    note: t.string({
      nullable: true,
      authScopes: { staff: 'merge:read' },
      resolve: ({ plan }) => (isNoteTooLong(plan) ? plan.fields.note : null),
    }),
    tags: t.stringList({ nullable: false, resolve: ({ plan }) => (isTooTagged(plan) ? plan.fields.tags : []) }),
  }),
});

const amount = (of: (row: CreditInMerge) => string) => ({
  type: MoneyV2,
  nullable: false as const,
  resolve: (row: CreditInMerge): Money => ({ amountMinor: BigInt(of(row)), currency: row.currency }),
});

const Credit = builder.objectRef<CreditInMerge>('CustomerMergeStoreCredit').implement({
  description: 'What the closed profile holds in one currency.',
  fields: (t) => ({
    storeCreditAccount: t.prismaField({
      type: 'StoreCreditAccount',
      nullable: true,
      description: 'The account that is emptied, with its credits, holds and expiries.',
      resolve: (query, { accountId }, _args, { app }) =>
        app.backend.database.read.storeCreditAccount.findUnique({ ...query, where: { id: accountId } }),
    }),
    moves: t.field({ ...amount(({ movesMinor }) => movesMinor), description: 'What goes over, each credit with its expiry.' }),
    held: t.field({
      ...amount(({ heldMinor }) => heldMinor),
      description: 'What holds keep where it is: they are captured and released as before, and what they let go follows.',
    }),
    balanceAfter: t.field({ ...amount(({ resultMinor }) => resultMinor), description: 'Of the survivor’s account.' }),
  }),
});

const SameAddressType = builder.objectRef<SameAddress>('CustomerMergeSameAddress').implement({
  description: 'An address that both have: one of the two stays behind.',
  fields: (t) => ({
    keptAddressId: t.globalID({ nullable: false, resolve: ({ keptAddressId: id }) => ({ type: 'CustomerAddress', id }) }),
    droppedAddressId: t.globalID({ nullable: false, resolve: ({ droppedAddressId: id }) => ({ type: 'CustomerAddress', id }) }),
    formatted: t.exposeString('text', { nullable: false }),
  }),
});

const hasPlan = (preview: Preview): Shown | null => (preview.plan ? (preview as Shown) : null);
const moves = ({ plan }: Preview, name: string): number => plan?.shares[name]?.moves ?? 0;

/** The addresses by which the survivor signs in afterwards. */
const signInEmails = ({ plan }: Preview): string[] => {
  if (!plan) return [];
  const { fields, left } = plan;
  const isAlias = left.email !== null && left.emailVerifiedAt !== null && fields.emailVerifiedAt !== null;
  return [fields.email, isAlias ? left.email : null].filter((email): email is string => email !== null);
};

export const CustomerMergePreview = builder.objectRef<Preview>('CustomerMergePreview').implement({
  description: 'What merging two customers would do, to the last detail; nothing is done.',
  fields: (t) => ({
    resultingCustomerId: t.id({ nullable: true, resolve: ({ plan }) => (plan ? encodeGid('Customer', plan.parties.keptId) : null) }),
    closedCustomerId: t.id({ nullable: true, resolve: ({ plan }) => (plan ? encodeGid('Customer', plan.parties.closedId) : null) }),
    defaultFields: t.field({ type: DefaultFields, nullable: true, resolve: hasPlan }),
    alternateFields: t.field({ type: AlternateFields, nullable: true, resolve: hasPlan }),
    blockingFields: t.field({
      type: BlockingFields,
      nullable: true,
      resolve: (preview) => (preview.plan && (isNoteTooLong(preview.plan) || isTooTagged(preview.plan)) ? (preview as Shown) : null),
    }),
    customerMergeErrors: t.field({
      type: [CustomerMergeError],
      nullable: true,
      description: 'Why the two cannot be merged; null when they can.',
      resolve: ({ blockers, language }) => (blockers.length > 0 ? blockers.map((blocker) => ({ blocker, language })) : null),
    }),
    version: t.string({
      nullable: true,
      description: 'Give it to `customerMerge`: it then does exactly this, or refuses with PREVIEW_OUTDATED.',
      resolve: ({ plan }) => plan?.version ?? null,
    }),
    storeCredit: t.field({
      type: [Credit],
      nullable: true,
      authScopes: { signedIn: true, staff: 'store_credit:read' },
      resolve: async ({ plan, now }, _args, { app }) => (plan ? creditInMerge({ sql: app.backend.database.sql, now }, plan.parties) : []),
    }),
    sameAddresses: t.field({
      type: [SameAddressType],
      nullable: false,
      resolve: async ({ plan }, _args, { app }) => (plan ? sameAddresses({ sql: app.backend.database.sql }, plan.parties) : []),
    }),
    addressesMoved: t.int({ nullable: false, resolve: (preview) => moves(preview, 'addresses') }),
    ordersMoved: t.int({ nullable: false, resolve: (preview) => moves(preview, 'orders') }),
    signInEmails: t.stringList({ nullable: false, description: 'The e-mail addresses by which the survivor signs in.', resolve: signInEmails }),
    passkeysMoved: t.int({ nullable: false, resolve: (preview) => moves(preview, 'passkeys') }),
    identityProviderSubjectsMoved: t.int({ nullable: false, resolve: (preview) => moves(preview, 'providerSubjects') }),
    sessionsMoved: t.int({
      nullable: false,
      description: 'Devices of the closed profile that stay signed in, as the survivor.',
      resolve: (preview) => moves(preview, 'sessions'),
    }),
    dropped: t.field({
      type: [CustomerMergeConsequence],
      nullable: false,
      description: 'What will not be there afterwards, word for word.',
      // What staff wrote down is not for the customer to read, here neither.
      resolve: ({ plan, language }, _args, { viewer }) =>
        (plan?.drops ?? []).filter(({ isForStaff }) => viewer.kind === 'staff' || !isForStaff).map((drop) => ({ drop, language })),
    }),
  }),
});
