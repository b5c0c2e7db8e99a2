import { DuplicateMergeRunState as RunStates, DuplicateMergeStepState as StepStates } from '../../../db/generated/enums.ts';
import { builder } from '../../../graphql/builder.ts';
import { languageOfOperation } from '../../../graphql/directives.ts';
import { encodeGid, idOf } from '../../../graphql/gid.ts';
import { messageOf } from '../../../graphql/messages/messages.ts';
import { checkPage } from '../../../graphql/pages.ts';
import { probabilityOf } from '../../duplicates/score.ts';
import { countSteps, type StepCount } from '../count.ts';
import type { Refusal } from '../group.ts';

const DuplicateMergeRunState = builder.enumType(RunStates, {
  name: 'DuplicateMergeRunState',
  description: 'MERGING and UNDOING: under way. CANCELLED: ended by staff where it was. UNDONE: gone through backwards to its beginning.',
});

const DuplicateMergeStepState = builder.enumType(StepStates, {
  name: 'DuplicateMergeStepState',
  description:
    'CHECKED: would be merged, in a dry run. REFUSED: left to staff, `reason` says why. UNDO_REFUSED: still merged, since undoing it needs a choice.',
});

/** What keeps it, in its own words when it has some. */
const codeOf = ({ code, params }: Refusal): string => String(params.detail ?? code);

const DuplicateMergeStep = builder.prismaObject('DuplicateMergeStep', {
  description: 'A group of profiles in a run: merged whole or not at all.',
  authScopes: { staff: 'merge:read' },
  fields: (t) => ({
    state: t.expose('state', { type: DuplicateMergeStepState, nullable: false }),
    customerIds: t.idList({
      nullable: false,
      select: { customerIds: true },
      resolve: ({ customerIds }) => customerIds.map((id) => encodeGid('Customer', id)),
    }),
    pairsCount: t.exposeInt('pairsCount', { nullable: false, description: 'Pairs at or above the score among them.' }),
    resultingCustomerId: t.id({
      nullable: true,
      description: 'Who lives on, or would.',
      select: { resultingId: true },
      resolve: ({ resultingId }) => resultingId && encodeGid('Customer', resultingId),
    }),
    customerMergeIds: t.idList({
      nullable: false,
      description: 'Its merges in order, each of which can be undone by itself, the last first.',
      select: { mergeIds: true },
      resolve: ({ mergeIds }) => mergeIds.map((id) => encodeGid('CustomerMerge', id)),
    }),
    code: t.string({
      nullable: true,
      description: 'Why it was not merged, or not undone.',
      select: { refusal: true },
      resolve: ({ refusal }) => (refusal ? codeOf(refusal as unknown as Refusal) : null),
    }),
    reason: t.string({
      nullable: true,
      description: 'The same in words, in the language of the operation.',
      select: { refusal: true },
      resolve: ({ refusal }, _args, context, info) => {
        const why = refusal as unknown as Refusal | null;
        return why && messageOf(codeOf(why), why.params, languageOfOperation(info, context));
      },
    }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', nullable: false }),
  }),
});

const DuplicateMergeStepCount = builder.objectRef<StepCount>('DuplicateMergeStepCount').implement({
  description: 'Groups of a run in one state and, if they were refused, for one reason.',
  fields: (t) => ({
    state: t.expose('state', { type: DuplicateMergeStepState, nullable: false }),
    code: t.exposeString('code', { nullable: true }),
    reason: t.string({
      nullable: true,
      resolve: ({ code, params }, _args, context, info) => code && messageOf(code, params ?? {}, languageOfOperation(info, context)),
    }),
    clustersCount: t.int({ nullable: false, resolve: ({ groups }) => groups }),
    pairsCount: t.int({ nullable: false, resolve: ({ pairs }) => pairs }),
    customersCount: t.int({ nullable: false, resolve: ({ customers }) => customers }),
  }),
});

/** Each field of it is a look at the run's groups. */
const LOOK = { field: 5, multiplier: 1 } as const;

builder.prismaNode('DuplicateMergeRun', {
  description: 'A merge of all likely pairs, group by group; one undo takes back all of it.',
  id: { field: 'id' },
  nullable: true,
  select: { id: true },
  authScopes: { staff: 'merge:read' },
  fields: (t) => ({
    state: t.expose('state', { type: DuplicateMergeRunState, nullable: false }),
    isDryRun: t.exposeBoolean('isDryRun', { nullable: false }),
    minScore: t.float({
      nullable: false,
      description: 'The least probability of a pair, to a thousandth of a bit of its odds.',
      select: { weightMin: true },
      resolve: ({ weightMin }) => probabilityOf(weightMin / 1_000),
    }),
    pairsMax: t.exposeInt('pairsMax', { nullable: false }),
    pairsCount: t.exposeInt('pairsCount', { nullable: false, description: 'Pairs at or above the score that were looked at.' }),
    clustersCount: t.exposeInt('clustersCount', { nullable: false, description: 'Groups to be merged when it began.' }),
    customersCount: t.exposeInt('customersCount', { nullable: false, description: 'Profiles in them.' }),
    counts: t.field({
      type: [DuplicateMergeStepCount],
      nullable: false,
      complexity: LOOK,
      description: 'Where it stands: how many are merged, and what was refused and why.',
      select: { id: true },
      resolve: ({ id }, _args, { app }) => countSteps(app.backend.database.sql, id),
    }),
    progress: t.float({
      nullable: false,
      complexity: LOOK,
      description: 'From 0 to 1: of what is to be merged, or to be undone.',
      select: { id: true, state: true, clustersCount: true },
      resolve: async ({ id, state, clustersCount }, _args, { app }) => {
        if (state === 'DONE' || state === 'UNDONE' || clustersCount === 0) return 1;
        const counts = await countSteps(app.backend.database.sql, id);
        const left = counts
          .filter((count) => count.state === (state === 'UNDOING' ? 'MERGED' : 'PLANNED'))
          .reduce((sum, { groups }) => sum + groups, 0);
        return Math.max(0, 1 - left / clustersCount);
      },
    }),
    steps: t.prismaConnection(
      {
        type: DuplicateMergeStep,
        cursor: 'id',
        nullable: false,
        description: 'Its groups, in the order in which they are merged.',
        args: { state: t.arg({ type: DuplicateMergeStepState }) },
        resolve: (query, { id }, args, { app }) => {
          checkPage(args);
          const where = { runId: id, ...(args.state ? { state: args.state } : {}) };
          return app.backend.database.read.duplicateMergeStep.findMany({ ...query, where, orderBy: { id: 'asc' } });
        },
      },
      { name: 'DuplicateMergeStepConnection' },
      { name: 'DuplicateMergeStepEdge' },
    ),
    note: t.exposeString('note', { nullable: true, authScopes: { staff: 'merge:read' } }),
    startedBy: t.exposeString('startedBy', { nullable: false }),
    startedAt: t.expose('startedAt', { type: 'DateTime', nullable: false }),
    undoneBy: t.exposeString('undoneBy', { nullable: true }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', nullable: false }),
    finishedAt: t.expose('finishedAt', { type: 'DateTime', nullable: true }),
  }),
});

builder.queryFields((t) => ({
  duplicateMergeRun: t.prismaField({
    type: 'DuplicateMergeRun',
    nullable: true,
    authScopes: { staff: 'merge:read' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (query, _root, { id }, { app }) =>
      app.backend.database.read.duplicateMergeRun.findUnique({ ...query, where: { id: idOf(id, 'DuplicateMergeRun') } }),
  }),
  duplicateMergeRuns: t.prismaConnection(
    {
      type: 'DuplicateMergeRun',
      cursor: 'id',
      nullable: false,
      description: 'Runs under way and past, newest first.',
      authScopes: { staff: 'merge:read' },
      resolve: (query, _root, args, { app }) => {
        checkPage(args);
        return app.backend.database.read.duplicateMergeRun.findMany({ ...query, orderBy: { id: 'desc' } });
      },
    },
    { name: 'DuplicateMergeRunConnection' },
    { name: 'DuplicateMergeRunEdge' },
  ),
}));
