import { builder } from '../../../graphql/builder.ts';
import { languageOfOperation } from '../../../graphql/directives.ts';
import { blockersOf } from '../mergeable.ts';
import { CustomerMergeable } from './errors.ts';

const UNDER_WAY = { where: { state: 'IN_PROGRESS' }, select: { id: true } } as const;

builder.prismaObjectFields('Customer', (t) => ({
  mergeable: t.field({
    type: CustomerMergeable,
    nullable: true,
    authScopes: { staff: 'customers:read' },
    description: 'For staff only: whether she can be merged, and if not, why.',
    select: { id: true, deletedAt: true, blockedAt: true, erasureDueAt: true, mergeJobsKept: UNDER_WAY, mergeJobsClosed: UNDER_WAY },
    resolve: (customer, _args, context, info) => {
      const language = languageOfOperation(info, context);
      const [job] = [...customer.mergeJobsKept, ...customer.mergeJobsClosed];
      const busy = new Set(job ? [customer.id] : []);
      return { told: blockersOf(customer, 'id', busy).map((blocker) => ({ blocker, language })), mergeId: job?.id ?? null, language };
    },
  }),
}));
