import { topics } from '../../../core/events.ts';
import { hasScope } from '../../../core/viewer.ts';
import { unauthorized } from '../../../graphql/access.ts';
import { builder } from '../../../graphql/builder.ts';
import type { Context } from '../../../graphql/context.ts';
import { payloadType, userErrorType } from '../../../graphql/errors.ts';
import { idOf } from '../../../graphql/gid.ts';
import { type Look, live } from '../../../graphql/live.ts';
import { settleSql } from '../../../graphql/settle.ts';
import { MERGE_RUN_CODES } from '../errors.ts';
import { PAIRS_MAX, startMergeRun } from '../start.ts';
import { cancelMergeRun, undoMergeRun } from '../stop.ts';

const DuplicateMergeRunUserError = userErrorType('DuplicateMergeRunUserError', MERGE_RUN_CODES);

const ran = (name: string) =>
  payloadType<{ mergeRunId: string }>(name, DuplicateMergeRunUserError, (t) => ({
    duplicateMergeRun: t.prismaField({
      type: 'DuplicateMergeRun',
      nullable: true,
      resolve: (query, { mergeRunId }, _args, { app }) =>
        mergeRunId ? app.backend.database.read.duplicateMergeRun.findUnique({ ...query, where: { id: mergeRunId } }) : null,
    }),
  }));

const DuplicateMergeRunStartPayload = ran('DuplicateMergeRunStartPayload');
const DuplicateMergeRunCancelPayload = ran('DuplicateMergeRunCancelPayload');
const DuplicateMergeRunUndoPayload = ran('DuplicateMergeRunUndoPayload');

const runOf = (gid: string): string => idOf(gid, 'DuplicateMergeRun');

builder.mutationFields((t) => ({
  duplicateMergeRunStart: t.field({
    type: DuplicateMergeRunStartPayload,
    nullable: false,
    description:
      'Begins to merge all pairs at or above a score, in the background: groups whose pairs reach it on average, no mere chains, nobody who may be of one household, and nothing that staff dismissed. `duplicateMergeRunUndo` takes back all of it.',
    authScopes: { staff: 'merge:write' },
    args: {
      minScore: t.arg.float({ required: true, description: 'The least probability: from 0.5 and below 1.' }),
      pairsMax: t.arg.int({ defaultValue: 1_000, description: `The likeliest so many pairs, at most ${PAIRS_MAX}.` }),
      dryRun: t.arg.boolean({ defaultValue: false, description: 'Does each merge and takes it back before anybody sees it.' }),
      note: t.arg.string({ description: 'Why, for staff; kept with each merge. At most 5,000 characters.' }),
    },
    resolve: (_root, args, context, info) => {
      const { minScore, pairsMax, dryRun, note } = args;
      const input = { minScore, pairsMax: pairsMax ?? 1_000, isDryRun: dryRun ?? false, note: note ?? null };
      return settleSql(context, info, args, (tx) => startMergeRun(tx, input));
    },
  }),
  duplicateMergeRunCancel: t.field({
    type: DuplicateMergeRunCancelPayload,
    nullable: false,
    description: 'Ends a run under way after the group that it is at; what it has merged stays, and can be undone.',
    authScopes: { staff: 'merge:write' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, args, context, info) => settleSql(context, info, args, (tx) => cancelMergeRun(tx, runOf(args.id))),
  }),
  duplicateMergeRunUndo: t.field({
    type: DuplicateMergeRunUndoPayload,
    nullable: false,
    description:
      'Begins to take back all that a run has merged, the last first. Groups that need a choice stay merged and say so: `steps(state: UNDO_REFUSED)`.',
    authScopes: { staff: 'merge:write' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, args, context, info) => settleSql(context, info, args, (tx) => undoMergeRun(tx, runOf(args.id))),
  }),
}));

/** The run at once and whenever it has gone on. */
const movesOf = ({ app }: Context, id: string) => {
  let told = '';
  return async (): Promise<Look<{ id: string }>> => {
    const run = await app.backend.database.read.duplicateMergeRun.findUnique({ where: { id }, select: { state: true, updatedAt: true } });
    const now = run ? `${run.state} ${run.updatedAt.toISOString()}` : '';
    if (!run || now === told) return { items: [], more: false };
    told = now;
    return { items: [{ id }], more: false };
  };
};

builder.subscriptionFields((t) => ({
  duplicateMergeRunUpdated: t.prismaField({
    type: 'DuplicateMergeRun',
    nullable: true,
    description: 'A run: at once, and whenever it has gone on.',
    authScopes: { staff: 'merge:read' },
    args: { id: t.arg.id({ required: true }) },
    subscribe: (_root: object, args: { id: string }, context: Context) => {
      // The scope above is asked for with each message: whoever lacks it does not listen either.
      if (!hasScope(context.viewer, 'merge:read')) throw unauthorized(context.viewer);
      const id = runOf(args.id);
      return live(context, topics.duplicateMergeRun(id), movesOf(context, id)) as never;
    },
    resolve: (query, { id }: { id: string }, _args, context) => {
      context.loaders = null;
      return context.app.backend.database.read.duplicateMergeRun.findUnique({ ...query, where: { id } });
    },
  }),
}));
