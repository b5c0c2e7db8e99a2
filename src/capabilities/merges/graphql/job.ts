import { topics } from '../../../core/events.ts';
import type { Language } from '../../../core/language.ts';
import { hasScope } from '../../../core/viewer.ts';
import type { Read } from '../../../db/read/read.ts';
import { unauthorized } from '../../../graphql/access.ts';
import { builder } from '../../../graphql/builder.ts';
import type { Context } from '../../../graphql/context.ts';
import { languageOfOperation } from '../../../graphql/directives.ts';
import { encodeGid, idOf } from '../../../graphql/gid.ts';
import { type Look, live } from '../../../graphql/live.ts';
import type { Refused } from '../job.ts';
import { type Blocker, errorFieldOf } from '../mergeable.ts';
import { CustomerMergeable, CustomerMergeError } from './errors.ts';

type Status = 'COMPLETED' | 'FAILED' | 'IN_PROGRESS';

/** How a merge stands: by its job, or by itself when it was done at once. */
interface Standing {
  readonly mergeId: string;
  readonly keptId: string;
  readonly closedId: string;
  readonly status: Status;
  readonly refusal: Refused | null;
}

/** How the merge with this id stands; null when there is none. */
const standingOf = async (read: Read, mergeId: string): Promise<Standing | null> => {
  const job = await read.customerMergeJob.findUnique({
    where: { id: mergeId },
    select: { id: true, keptId: true, closedId: true, state: true, refusal: true },
  });
  if (job) return { mergeId, keptId: job.keptId, closedId: job.closedId, status: job.state, refusal: job.refusal as unknown as Refused | null };
  const merge = await read.customerMerge.findUnique({ where: { id: mergeId }, select: { id: true, keptId: true, closedId: true } });
  return merge && { mergeId, keptId: merge.keptId, closedId: merge.closedId, status: 'COMPLETED', refusal: null };
};

export const Job = builder.objectRef<{ readonly mergeId: string }>('Job').implement({
  description: 'Work that a mutation began. A merge is whole or not at all; one of small profiles is done when it is answered.',
  fields: (t) => ({
    id: t.id({ nullable: false, resolve: ({ mergeId }) => encodeGid('Job', mergeId) }),
    done: t.boolean({
      nullable: false,
      description: 'Whether it has ended, well or not: `customerMergeJobStatus` tells.',
      resolve: async ({ mergeId }, _args, { app }) => (await standingOf(app.backend.database.read, mergeId))?.status !== 'IN_PROGRESS',
    }),
  }),
});

const RequestStatus = builder.enumType('CustomerMergeRequestStatus', { values: ['COMPLETED', 'FAILED', 'IN_PROGRESS', 'REQUESTED'] as const });

interface ToldStanding extends Standing {
  readonly language: Language;
}

const blockerIn = ({ refusal, keptId, closedId }: Standing): Blocker[] =>
  refusal
    ? [
        {
          code: refusal.code,
          errorField: errorFieldOf(refusal.code, refusal.params.detail),
          customerIds: [keptId, closedId],
          field: refusal.field ?? [],
          params: refusal.params,
        },
      ]
    : [];

const CustomerMergeRequest = builder.objectRef<ToldStanding>('CustomerMergeRequest').implement({
  description: 'How a merge stands.',
  fields: (t) => ({
    jobId: t.id({ nullable: true, resolve: ({ mergeId }) => encodeGid('Job', mergeId) }),
    resultingCustomerId: t.id({ nullable: false, resolve: ({ keptId }) => encodeGid('Customer', keptId) }),
    status: t.field({ type: RequestStatus, nullable: false, resolve: ({ status }) => status }),
    customerMergeErrors: t.field({
      type: [CustomerMergeError],
      nullable: false,
      description: 'Of a merge that failed: why. Both profiles are then as they were.',
      resolve: (standing) => blockerIn(standing).map((blocker) => ({ blocker, language: standing.language })),
    }),
  }),
});

builder.objectFields(CustomerMergeable, (t) => ({
  mergeInProgress: t.field({
    type: CustomerMergeRequest,
    nullable: true,
    description: 'The merge under way that she is in.',
    resolve: async ({ mergeId, language }, _args, { app }) => {
      const standing = mergeId ? await standingOf(app.backend.database.read, mergeId) : null;
      return standing && { ...standing, language };
    },
  }),
}));

builder.queryFields((t) => ({
  customerMergeJobStatus: t.field({
    type: CustomerMergeRequest,
    nullable: true,
    description: 'How a merge stands, by the id of its job.',
    authScopes: { staff: 'merge:read' },
    args: { jobId: t.arg.id({ required: true }) },
    resolve: async (_root, { jobId }, context, info) => {
      const standing = await standingOf(context.app.backend.database.read, idOf(jobId, 'Job', 'CustomerMerge'));
      return standing && { ...standing, language: languageOfOperation(info, context) };
    },
  }),
}));

/** How it stands, at once and whenever that has changed. */
const standingsOf = ({ app }: Context, mergeId: string, language: Language) => {
  let told: Status | null = null;
  return async (): Promise<Look<ToldStanding>> => {
    const standing = await standingOf(app.backend.database.read, mergeId);
    if (!standing || standing.status === told) return { items: [], more: false };
    told = standing.status;
    return { items: [{ ...standing, language }], more: false };
  };
};

builder.subscriptionFields((t) => ({
  customerMergeJobUpdated: t.field({
    type: CustomerMergeRequest,
    nullable: false,
    description: 'How a merge stands: at once, and when it has ended.',
    authScopes: { staff: 'merge:read' },
    args: { jobId: t.arg.id({ required: true }) },
    subscribe: (_root, { jobId }, context, info) => {
      // The scope above is asked for with each message: whoever lacks it does not listen either.
      if (!hasScope(context.viewer, 'merge:read')) throw unauthorized(context.viewer);
      const mergeId = idOf(jobId, 'Job', 'CustomerMerge');
      return live(context, topics.customerMergeJob(mergeId), standingsOf(context, mergeId, languageOfOperation(info, context)));
    },
    resolve: (standing, _args, context) => {
      context.loaders = null;
      return standing;
    },
  }),
}));
