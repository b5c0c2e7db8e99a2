import { DuplicateState as States } from '../../../db/generated/enums.ts';
import { badInput } from '../../../graphql/access.ts';
import { builder } from '../../../graphql/builder.ts';
import { languageOfOperation } from '../../../graphql/directives.ts';
import { BY_ID, type CursorColumn, keysetConnection, keysetQuery, nodesOf } from '../../../graphql/keyset.ts';
import { PAGE_DEFAULT } from '../../../graphql/limits.ts';
import { messageOf } from '../../../graphql/messages/messages.ts';
import type { Said } from '../compare.ts';
import { probabilityOf, SUGGESTED_PROBABILITY } from '../score.ts';
import { bitsOfProbability } from '../threshold.ts';
import { type Step, waterfallOf } from '../waterfall.ts';
import { LEVELS } from '../weights.ts';

export const DuplicateState = builder.enumType(States, { name: 'DuplicateState' });

const FIELDS = [
  'ADDRESS_EXTRA',
  'ADDRESS_ORDER',
  'BIRTH_DATE',
  'CITY',
  'EMAIL',
  'FAMILY_NAME',
  'GIVEN_NAME',
  'HOUSEHOLD',
  'HOUSE_NUMBER',
  'NAME_ORDER',
  'PHONE',
  'PRIOR',
  'SHARED_ADDRESS',
  'STREET',
  'ZIP',
  'ZONE',
] as const;

const DuplicateEvidenceField = builder.enumType('DuplicateEvidenceField', {
  description: 'What is compared. PRIOR: the chance before anything is. HOUSEHOLD: what a household’s agreement counts for too much.',
  values: FIELDS,
});

const DuplicateEvidenceLevel = builder.enumType('DuplicateEvidenceLevel', {
  description: 'How well two values agree.',
  values: [...new Set([...Object.values(LEVELS).flatMap((levels) => Object.keys(levels)), 'SHARED'])].sort() as ['SHARED'],
});

const DuplicateEvidence = builder.objectRef<Step>('DuplicateEvidence').implement({
  description: 'One step of a candidate’s waterfall: what a field says and by how much. A field that either profile lacks has no step.',
  fields: (t) => ({
    field: t.field({ type: DuplicateEvidenceField, nullable: false, resolve: ({ field }) => field as (typeof FIELDS)[number] }),
    level: t.field({ type: DuplicateEvidenceLevel, nullable: true, resolve: ({ level }) => level as 'SHARED' | null }),
    bits: t.exposeFloat('bits', {
      nullable: false,
      description: 'More than 0 speaks for one person, less against. One bit doubles or halves the odds.',
    }),
    probability: t.exposeFloat('probability', { nullable: false, description: 'That both are one person, after this step.' }),
    message: t.string({
      nullable: false,
      description: 'The step in words, in the language of the operation.',
      resolve: ({ code, fieldCode, params }, _args, context, info) => {
        const language = languageOfOperation(info, context);
        return messageOf(code, { ...params, ...(fieldCode ? { field: messageOf(fieldCode, {}, language) } : {}) }, language);
      },
    }),
  }),
});

export const DuplicateCandidate = builder.prismaNode('DuplicateCandidate', {
  description: 'Two customers who may be one person. A suggestion: nothing is merged by it.',
  id: { field: 'id' },
  nullable: true,
  authScopes: { staff: 'customers:read' },
  fields: (t) => ({
    customerOne: t.relation('one', { nullable: true }),
    customerTwo: t.relation('two', { nullable: true }),
    probability: t.float({
      nullable: false,
      description: 'That both are one person, from 0 to 1.',
      select: { weight: true },
      resolve: ({ weight }) => probabilityOf(weight / 1_000),
    }),
    bits: t.float({ nullable: false, description: 'log2 of its odds.', select: { weight: true }, resolve: ({ weight }) => weight / 1_000 }),
    state: t.expose('state', { type: DuplicateState, nullable: false }),
    waterfall: t.field({
      type: [DuplicateEvidence],
      nullable: false,
      description: 'How the probability came about, step by step.',
      select: { evidence: true },
      resolve: ({ evidence }) => waterfallOf(evidence as unknown as Said[]),
    }),
    decidedBy: t.exposeString('decidedBy', { nullable: true, description: 'Who confirmed or dismissed it: `staff:<token id>`.' }),
    decidedAt: t.expose('decidedAt', { type: 'DateTime', nullable: true }),
    createdAt: t.expose('createdAt', { type: 'DateTime', nullable: false }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', nullable: false }),
  }),
});

const WEIGHT_MAX = 2 ** 31 - 1;

/** Strongest first; weights are whole numbers, so that pages are exact. */
export const COLUMNS: readonly CursorColumn[] = [
  { name: 'weight', isValue: (value) => Number.isInteger(value) && Math.abs(value as number) <= WEIGHT_MAX },
  BY_ID[0] as CursorColumn,
];

/** The least weight of a probability. Throws BAD_USER_INPUT when it is none. */
export const weightOfScore = (minScore: number): number => {
  if (!(minScore >= 0 && minScore <= 1)) throw badInput(`\`minScore\` is a probability from 0 to 1; it is ${minScore}.`);
  return Math.max(-WEIGHT_MAX, Math.min(WEIGHT_MAX, Math.ceil(bitsOfProbability(minScore) * 1_000)));
};

const NEEDED = { id: true, weight: true } as const;

builder.prismaObjectFields('Customer', (t) => ({
  duplicateCandidates: t.connection(
    {
      type: DuplicateCandidate,
      nullable: true,
      authScopes: { staff: 'customers:read' },
      description: 'Profiles that may be the same person’s, the likeliest first. For staff only.',
      args: {
        minScore: t.arg.float({ defaultValue: SUGGESTED_PROBABILITY, description: 'The least probability.' }),
        state: t.arg({ type: DuplicateState, defaultValue: 'OPEN' }),
        reverse: t.arg.boolean({ defaultValue: false }),
      },
      select: (args, _context, nested, wanted?: ReadonlySet<string>) => {
        const where = { weight: { gte: weightOfScore(args.minScore ?? 0) }, ...(args.state ? { state: args.state } : {}) };
        const page = () => nested(keysetQuery(COLUMNS, strongestFirst(args), where, NEEDED, wanted), nodesOf('DuplicateCandidate'));
        return { duplicatesAsOne: page(), duplicatesAsTwo: page() } as never;
      },
      resolve: (customer, args) => {
        const { duplicatesAsOne, duplicatesAsTwo } = customer as unknown as Record<'duplicatesAsOne' | 'duplicatesAsTwo', Ordered[]>;
        const page = strongestFirst(args);
        return keysetConnection(COLUMNS, page, merged(duplicatesAsOne, duplicatesAsTwo, page)) as never;
      },
    },
    { name: 'CustomerDuplicateCandidateConnection' },
    { name: 'CustomerDuplicateCandidateEdge' },
  ),
}));

interface Ordered {
  readonly id: string;
  readonly weight: number;
}

interface Asked {
  readonly first?: number | null;
  readonly last?: number | null;
  readonly before?: string | null;
  readonly reverse?: boolean | null;
}

/** Lists of candidates run downwards; `reverse` turns them upwards. */
export const strongestFirst = <Args extends Asked>(args: Args): Args => ({ ...args, reverse: !args.reverse });

/** Two pages of one order as one: she is the first of some pairs and the second of others. One row more than the page tells that it goes on. */
const merged = (ones: readonly Ordered[], twos: readonly Ordered[], { first, last, before, reverse }: Asked): Ordered[] => {
  const upwards = (a: Ordered, b: Ordered): number => a.weight - b.weight || (a.id < b.id ? -1 : 1);
  const rows = [...ones, ...twos].sort(reverse ? (a, b) => upwards(b, a) : upwards);
  const most = (first ?? last ?? PAGE_DEFAULT) + 1;
  return last != null || before != null ? rows.slice(-most) : rows.slice(0, most);
};
