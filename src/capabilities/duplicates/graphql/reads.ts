import { badInput } from '../../../graphql/access.ts';
import { builder } from '../../../graphql/builder.ts';
import { idOf } from '../../../graphql/gid.ts';
import { keysetConnection, keysetQuery } from '../../../graphql/keyset.ts';
import { queryOf, readsConnectionOf, wantedBy } from '../../../graphql/query.ts';
import { clusterOf } from '../cluster.ts';
import { weightOf } from '../keep-candidates.ts';
import { precisionOf, readDecisions } from '../precision.ts';
import { readAbove, readThreshold, type Threshold } from '../threshold.ts';
import { COLUMNS, DuplicateCandidate, DuplicateState, strongestFirst, weightOfScore } from './candidate.ts';
import { DuplicatePrecision } from './precision.ts';

interface Cluster {
  readonly customerIds: readonly string[];
  readonly candidateIds: readonly string[];
}

const DuplicateCluster = builder.objectRef<Cluster>('DuplicateCluster').implement({
  description: 'Profiles that speak for each other on average, and so are likely one person’s. Nothing merges them but staff.',
  fields: (t) => ({
    customers: t.prismaField({
      type: ['Customer'],
      nullable: false,
      resolve: (query, { customerIds }, _args, { app }) =>
        app.backend.database.read.customer.findMany({ ...query, where: { id: { in: [...customerIds] } }, orderBy: { id: 'asc' } }),
    }),
    candidates: t.prismaField({
      type: ['DuplicateCandidate'],
      nullable: false,
      description: 'The pairs inside it, the likeliest first. Pairs that were never found likely are not there.',
      resolve: (query, { candidateIds }, _args, { app }) =>
        app.backend.database.read.duplicateCandidate.findMany({
          ...query,
          where: { id: { in: [...candidateIds] } },
          orderBy: [{ weight: 'desc' }, { id: 'desc' }],
        }),
    }),
  }),
});

interface ThresholdView extends Threshold {
  readonly asked: number | null;
}

const DuplicateThreshold = builder.objectRef<ThresholdView>('DuplicateThreshold').implement({
  description: 'From where on candidates are suggested, as staff’s decisions have moved it.',
  fields: (t) => ({
    probability: t.exposeFloat('probability', {
      nullable: false,
      description: 'Candidates of this probability and more are suggested; 0.9 before any decision.',
    }),
    shiftBits: t.float({
      nullable: false,
      description: 'What staff’s decisions say of the matcher’s odds: more than 0 when it is too timid, less when it is too bold.',
      resolve: ({ shift }) => shift,
    }),
    confirmedCount: t.int({ nullable: false, description: 'Decisions it was made from, the newest 2,000.', resolve: ({ confirmed }) => confirmed }),
    dismissedCount: t.int({ nullable: false, resolve: ({ dismissed }) => dismissed }),
    above: t.field({
      type: DuplicateEstimate,
      nullable: false,
      description: 'What lies at or above `minScore`, or above the threshold.',
      resolve: async ({ bits, shift, asked }, _args, { app }) => {
        const weight = asked ?? weightOf(bits);
        return { ...(await readAbove(app.backend.database.sql, weight, shift)), weight };
      },
    }),
  }),
});

const DuplicateEstimate = builder.objectRef<{ count: number; precision: number | null; weight: number }>('DuplicateEstimate').implement({
  description: 'Open candidates, and how many of them are expected to be right.',
  fields: (t) => ({
    candidatesCount: t.int({ nullable: false, resolve: ({ count }) => count }),
    expectedPrecision: t.exposeFloat('precision', {
      nullable: true,
      description: 'The mean of their probabilities, corrected by staff’s decisions.',
    }),
    decided: t.field({
      type: DuplicatePrecision,
      nullable: false,
      description: 'What staff decided of such pairs.',
      resolve: async ({ weight }, _args, { app }) => precisionOf(await readDecisions(app.backend.database.sql, weight)),
    }),
  }),
});

builder.queryFields((t) => ({
  duplicateCandidates: t.connection(
    {
      type: DuplicateCandidate,
      nullable: false,
      extensions: readsConnectionOf('DuplicateCandidate'),
      description: 'Pairs of customers who may be one person, the likeliest first.',
      authScopes: { staff: 'customers:read' },
      args: {
        customerId: t.arg.id({ description: 'Pairs that this customer is in.' }),
        minScore: t.arg.float({ description: 'The least probability. Absent: `duplicateThreshold` for open pairs, none for decided ones.' }),
        state: t.arg({ type: DuplicateState, defaultValue: 'OPEN', description: 'null for all.' }),
        reverse: t.arg.boolean({ defaultValue: false, description: 'The least likely first.' }),
      },
      resolve: async (_root, args, context, info) => {
        const { read, sql } = context.app.backend.database;
        const customerId = args.customerId ? idOf(args.customerId, 'Customer') : null;
        const isSuggestion = args.minScore == null && args.state === 'OPEN';
        const asked = args.minScore == null ? null : weightOfScore(args.minScore);
        const least = isSuggestion ? weightOf((await readThreshold(sql)).bits) : asked;
        const where = {
          ...(least === null ? {} : { weight: { gte: least } }),
          ...(args.state ? { state: args.state } : {}),
          ...(customerId ? { OR: [{ oneId: customerId }, { twoId: customerId }] } : {}),
        };
        const page = strongestFirst(args);
        const { select: _columns, ...query } = keysetQuery(COLUMNS, page, where, { id: true }, wantedBy(info));
        const wanted = queryOf(context, info) as { select?: object };
        const select = wanted.select ? { ...wanted.select, id: true, weight: true } : undefined;
        const rows = await read.duplicateCandidate.findMany({ ...(select ? { select: select as never } : wanted), ...query });
        return keysetConnection(COLUMNS, page, rows);
      },
    },
    { name: 'DuplicateCandidateConnection' },
    { name: 'DuplicateCandidateEdge' },
  ),
  duplicateCluster: t.field({
    type: DuplicateCluster,
    nullable: true,
    description: 'The profiles that are likely one person with this customer, herself among them; null when there are none.',
    authScopes: { staff: 'customers:read' },
    args: { customerId: t.arg.id({ required: true }) },
    resolve: (_root, { customerId }, { app }) => clusterOf(app.backend.database.sql, idOf(customerId, 'Customer')),
  }),
  duplicateThreshold: t.field({
    type: DuplicateThreshold,
    nullable: false,
    description: 'From where on candidates are suggested, and what to expect of them.',
    authScopes: { staff: 'customers:read' },
    args: { minScore: t.arg.float({ description: 'For `above`: another probability to estimate.' }) },
    resolve: async (_root, { minScore }, { app }) => {
      if (minScore != null && !(minScore >= 0 && minScore <= 1)) throw badInput('`minScore` is a probability from 0 to 1.');
      return { ...(await readThreshold(app.backend.database.sql)), asked: minScore == null ? null : weightOfScore(minScore) };
    },
  }),
}));
