import { actorOf } from '../../../core/viewer.ts';
import { builder } from '../../../graphql/builder.ts';
import type { Context } from '../../../graphql/context.ts';
import { languageOfOperation } from '../../../graphql/directives.ts';
import { payloadType, userErrorType } from '../../../graphql/errors.ts';
import { encodeGid, idOf } from '../../../graphql/gid.ts';
import { settle } from '../../../graphql/settle.ts';
import { MERGE_CODES } from '../errors.ts';
import { requestMerge } from '../job.ts';
import type { Merged } from '../merge.ts';
import { type MergeInput, planMerge } from '../plan.ts';
import { tryOut } from '../try-out.ts';
import { Job } from './job.ts';
import { CustomerMerge } from './merge.ts';
import { CustomerMergePreview, OverrideFieldsInput, overridesIn } from './preview.ts';

/** What a merge answers with; a dry run has no merge. */
type MergeAnswer = Omit<Merged, 'mergeId'> & { readonly mergeId?: string };

const CustomerMergePayload = payloadType<MergeAnswer>(
  'CustomerMergePayload',
  userErrorType('CustomerMergeUserError', MERGE_CODES, 'CustomerMergeErrorCode'),
  (t) => ({
    resultingCustomerId: t.id({
      nullable: true,
      description: 'Who lives on.',
      resolve: ({ resultingCustomerId: id }) => (id ? encodeGid('Customer', id) : null),
    }),
    job: t.field({ type: Job, nullable: true, resolve: ({ mergeId }) => (mergeId ? { mergeId } : null) }),
    customerMerge: t.prismaField({
      type: CustomerMerge,
      nullable: true,
      authScopes: { staff: 'merge:read' },
      description: 'The merge, by whose id it is undone; null for a dry run, and until its job is done.',
      resolve: (query, { mergeId }, _args, { app }) =>
        mergeId ? app.backend.database.read.customerMerge.findUnique({ ...query, where: { id: mergeId } }) : null,
    }),
  }),
);

interface PairArgs {
  readonly customerOneId: string;
  readonly customerTwoId: string;
  readonly customerIdToKeep?: string | null;
  readonly overrideFields?: typeof OverrideFieldsInput.$inferInput | null;
}

const inputOf = ({ customerOneId, customerTwoId, customerIdToKeep, overrideFields }: PairArgs): MergeInput => ({
  customerOneId: idOf(customerOneId, 'Customer'),
  customerTwoId: idOf(customerTwoId, 'Customer'),
  customerIdToKeep: customerIdToKeep ? idOf(customerIdToKeep, 'Customer') : null,
  overrideFields: overridesIn(overrideFields),
});

/** A merge that is only looked at has no id. */
const NO_MERGE = '00000000-0000-0000-0000-000000000000';

export const previewOf = async ({ app, viewer }: Context, input: MergeInput) =>
  app.transact(actorOf(viewer), async (tx) => ({ ...(await planMerge(tx, input, NO_MERGE)), now: tx.now }));

const WHOM = 'The one who lives on. Absent: by Shopify’s rules, whose order of arguments says nothing.';

builder.queryFields((t) => ({
  customerMergePreview: t.field({
    type: CustomerMergePreview,
    nullable: false,
    description: 'What merging two customers would do. Nothing is done.',
    authScopes: { staff: 'merge:read' },
    args: {
      customerOneId: t.arg.id({ required: true }),
      customerTwoId: t.arg.id({ required: true }),
      overrideFields: t.arg({ type: OverrideFieldsInput }),
      customerIdToKeep: t.arg.id({ description: WHOM }),
    },
    resolve: async (_root, args, context, info) => ({ ...(await previewOf(context, inputOf(args))), language: languageOfOperation(info, context) }),
  }),
}));

builder.mutationFields((t) => ({
  customerMerge: t.field({
    type: CustomerMergePayload,
    description:
      'Merges two customers into one: all of it or nothing. Large profiles are merged in the background, small ones before this answers: `job.done` tells. `customerMergeUndo` takes it back.',
    authScopes: { staff: 'merge:write' },
    args: {
      customerOneId: t.arg.id({ required: true }),
      customerTwoId: t.arg.id({ required: true }),
      overrideFields: t.arg({ type: OverrideFieldsInput }),
      customerIdToKeep: t.arg.id({ description: WHOM }),
      note: t.arg.string({ description: 'Why, for staff; at most 5,000 characters.' }),
      version: t.arg.string({ description: 'Of the preview: refused with PREVIEW_OUTDATED when anything would be otherwise.' }),
      dryRun: t.arg.boolean({
        defaultValue: false,
        description: 'Does all of it and takes it back before anybody sees it: answers as the merge would.',
      }),
    },
    resolve: (_root, args, context, info) => {
      const input = inputOf(args);
      const options = { version: args.version, note: args.note, undoDays: context.app.mergeUndoDays };
      return settle<MergeAnswer>(context, info, args, async (tx) => (args.dryRun ? tryOut(tx, input, options) : requestMerge(tx, input, options)));
    },
  }),
}));
