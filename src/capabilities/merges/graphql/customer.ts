import { builder } from '../../../graphql/builder.ts';
import { languageOfOperation } from '../../../graphql/directives.ts';
import { blockersOf } from '../mergeable.ts';
import { CustomerMergeable } from './errors.ts';

builder.prismaObjectFields('Customer', (t) => ({
  mergeable: t.field({
    type: CustomerMergeable,
    nullable: true,
    authScopes: { staff: 'customers:read' },
    description: 'For staff only: whether she can be merged, and if not, why.',
    select: { id: true, deletedAt: true, blockedAt: true, erasureDueAt: true },
    resolve: (customer, _args, context, info) => {
      const language = languageOfOperation(info, context);
      return { told: blockersOf(customer, 'id').map((blocker) => ({ blocker, language })) };
    },
  }),
}));
