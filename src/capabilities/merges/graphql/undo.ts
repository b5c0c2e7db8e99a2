import { DomainError } from '../../../core/errors.ts';
import type { Language } from '../../../core/language.ts';
import { actorOf } from '../../../core/viewer.ts';
import { builder } from '../../../graphql/builder.ts';
import { languageOfOperation } from '../../../graphql/directives.ts';
import { payloadType, type UserError, userErrorOf, userErrorType } from '../../../graphql/errors.ts';
import { encodeGid, idOf } from '../../../graphql/gid.ts';
import { MoneyV2 } from '../../../graphql/scalars.ts';
import { settle } from '../../../graphql/settle.ts';
import type { CreditInUndo } from '../../store-credit/merge.ts';
import { MERGE_UNDO_CODES } from '../errors.ts';
import { type Undone, undoMerge } from '../undo.ts';
import { type Choice, type Conflict, FIELD_NAMES, planUndo, type UndoPlan } from '../undo-plan.ts';
import { CustomerMergeConsequence } from './errors.ts';
import { CustomerMerge } from './merge.ts';

const Resolution = builder.enumType('CustomerMergeUndoResolution', {
  description: 'KEEP_NOW: what is there now stays. RESTORE: what was there before the merge comes back.',
  values: ['KEEP_NOW', 'RESTORE'] as const,
});

const UndoField = builder.enumType('CustomerMergeUndoField', { values: FIELD_NAMES });

const ChoiceInput = builder.inputType('CustomerMergeUndoChoice', {
  fields: (t) => ({
    customerId: t.id({ required: true }),
    field: t.field({ type: UndoField, required: true }),
    resolution: t.field({ type: Resolution, required: true }),
  }),
});

const choicesOf = (choices: readonly (typeof ChoiceInput.$inferInput)[] | null | undefined): Choice[] =>
  (choices ?? []).map(({ customerId, field, resolution }) => ({ customerId: idOf(customerId, 'Customer'), field, resolution }));

const textOf = (value: unknown): string | null =>
  value === null || value === undefined ? null : typeof value === 'string' ? value : JSON.stringify(value);

const UndoConflict = builder.objectRef<Conflict>('CustomerMergeUndoConflict').implement({
  description: 'A field that was changed by the merge and again since: say which of the two stays.',
  fields: (t) => ({
    customerId: t.id({ nullable: false, resolve: ({ customerId }) => encodeGid('Customer', customerId) }),
    field: t.expose('field', { type: UndoField, nullable: false }),
    before: t.string({ nullable: true, resolve: ({ before }) => textOf(before) }),
    merged: t.string({ nullable: true, resolve: ({ merged }) => textOf(merged) }),
    now: t.string({ nullable: true, resolve: ({ now }) => textOf(now) }),
    options: t.field({ type: [Resolution], nullable: false, resolve: ({ options }) => [...options] }),
    chosen: t.field({ type: Resolution, nullable: true, resolve: ({ chosen }) => chosen }),
  }),
});

const amount = (of: (row: CreditInUndo) => string) => ({
  type: MoneyV2,
  nullable: false as const,
  resolve: (row: CreditInUndo) => ({ amountMinor: BigInt(of(row)), currency: row.currency }),
});

const UndoCredit = builder.objectRef<CreditInUndo>('CustomerMergeUndoStoreCredit').implement({
  description: 'What becomes of the credit that the merge brought, in one currency: came = spent + expired + held + returns.',
  fields: (t) => ({
    came: t.field({ ...amount(({ cameMinor }) => cameMinor), description: 'What the merge brought, and what followed it.' }),
    spent: t.field({ ...amount(({ spentMinor }) => spentMinor), description: 'Spent since: it is not taken back from anyone.' }),
    expired: t.field({ ...amount(({ expiredMinor }) => expiredMinor), description: 'Run out since.' }),
    held: t.field({ ...amount(({ heldMinor }) => heldMinor), description: 'Promised to holds of the survivor’s: it stays.' }),
    returns: t.field({ ...amount(({ returnsMinor }) => returnsMinor), description: 'What goes back, each credit with its expiry.' }),
  }),
});

interface UndoPreview {
  readonly plan: UndoPlan | null;
  readonly errors: readonly UserError[];
  readonly language: Language;
}

const UndoError = userErrorType('CustomerMergeUndoUserError', MERGE_UNDO_CODES);

const CustomerMergeUndoPreview = builder.objectRef<UndoPreview>('CustomerMergeUndoPreview').implement({
  description: 'What undoing a merge would do; nothing is done.',
  fields: (t) => ({
    version: t.string({ nullable: true, description: 'Give it to `customerMergeUndo`.', resolve: ({ plan }) => plan?.version ?? null }),
    customerId: t.id({ nullable: true, resolve: ({ plan }) => (plan ? encodeGid('Customer', plan.parties.keptId) : null) }),
    restoredCustomerId: t.id({ nullable: true, resolve: ({ plan }) => (plan ? encodeGid('Customer', plan.parties.closedId) : null) }),
    conflicts: t.field({ type: [UndoConflict], nullable: false, resolve: ({ plan }) => [...(plan?.conflicts ?? [])] }),
    storeCredit: t.field({
      type: [UndoCredit],
      nullable: true,
      authScopes: { staff: 'store_credit:read' },
      resolve: ({ plan }) => [...(plan?.credit ?? [])],
    }),
    consequences: t.field({
      type: [CustomerMergeConsequence],
      nullable: false,
      description: 'What came since and stays with the survivor, and who is signed out.',
      resolve: ({ plan, language }) => (plan?.notes ?? []).map((drop) => ({ drop, language })),
    }),
    userErrors: t.field({ type: [UndoError], nullable: false, description: 'Why it cannot be undone.', resolve: ({ errors }) => [...errors] }),
  }),
});

const CustomerMergeUndoPayload = payloadType<Undone>('CustomerMergeUndoPayload', UndoError, (t) => ({
  customerId: t.id({ nullable: true, resolve: ({ customerId: id }) => (id ? encodeGid('Customer', id) : null) }),
  restoredCustomerId: t.id({ nullable: true, resolve: ({ restoredCustomerId: id }) => (id ? encodeGid('Customer', id) : null) }),
  customerMerge: t.prismaField({
    type: CustomerMerge,
    nullable: true,
    resolve: (query, { mergeId }, _args, { app }) =>
      mergeId ? app.backend.database.read.customerMerge.findUnique({ ...query, where: { id: mergeId } }) : null,
  }),
}));

const CHOICES = 'One for each conflict of the preview.';

builder.queryFields((t) => ({
  customerMergeUndoPreview: t.field({
    type: CustomerMergeUndoPreview,
    nullable: false,
    description: 'What undoing a merge would do now, and which conflicts have to be decided.',
    authScopes: { staff: 'merge:read' },
    args: {
      mergeId: t.arg.id({ required: true, description: 'The merge’s, or its job’s.' }),
      choices: t.arg({ type: [ChoiceInput], description: CHOICES }),
    },
    resolve: async (_root, { mergeId, choices }, context, info): Promise<UndoPreview> => {
      const language = languageOfOperation(info, context);
      const id = idOf(mergeId, 'CustomerMerge', 'Job');
      try {
        const plan = await context.app.transact(actorOf(context.viewer), (tx) => planUndo(tx, id, choicesOf(choices)));
        return { plan, errors: [], language };
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        return { plan: null, errors: [userErrorOf(error, language)], language };
      }
    },
  }),
}));

builder.mutationFields((t) => ({
  customerMergeUndo: t.field({
    type: CustomerMergeUndoPayload,
    description: 'Takes a merge back. What was changed since stays changed; conflicts are decided by `choices` and never guessed.',
    authScopes: { staff: 'merge:write' },
    args: {
      mergeId: t.arg.id({ required: true, description: 'The merge’s, or its job’s.' }),
      choices: t.arg({ type: [ChoiceInput], description: CHOICES }),
      version: t.arg.string({ description: 'Of the preview: refused with PREVIEW_OUTDATED when anything would be otherwise.' }),
    },
    resolve: (_root, args, context, info) => {
      const input = { mergeId: idOf(args.mergeId, 'CustomerMerge', 'Job'), choices: choicesOf(args.choices), version: args.version };
      return settle(context, info, args, (tx) => undoMerge(tx, input));
    },
  }),
}));
