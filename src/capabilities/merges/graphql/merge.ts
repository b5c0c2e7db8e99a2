import { builder } from '../../../graphql/builder.ts';

const CustomerMergeState = builder.enumType('CustomerMergeState', { values: ['COMPLETED', 'UNDONE'] as const });

/** Most customers have none, and who has some has one or two. */
const FEW = { field: 1, multiplier: 1 } as const;

/** A profile that was merged away, as it shows from the survivor. */
const CustomerMergedProfile = builder.prismaObject('Customer', {
  variant: 'CustomerMergedProfile',
  description: 'A profile that was merged into this one. Its id leads to the survivor.',
  select: { id: true, mergedIntoId: true },
  authScopes: ({ mergedIntoId }) => (mergedIntoId ? { owner: mergedIntoId, staff: 'customers:read' } : { staff: 'customers:read' }),
  fields: (t) => ({
    id: t.globalID({ nullable: false, resolve: ({ id }) => ({ type: 'Customer', id }) }),
    mergedAt: t.expose('deletedAt', { type: 'DateTime', nullable: true }),
    storeCreditAccounts: t.relation('storeCreditAccounts', {
      nullable: false,
      complexity: FEW,
      query: { orderBy: { id: 'asc' } },
      description: 'The books of before the merge, and what is still held there.',
    }),
  }),
});

export const CustomerMerge = builder.prismaNode('CustomerMerge', {
  description: 'Two profiles that became one.',
  id: { field: 'id' },
  nullable: true,
  select: { id: true, keptId: true, closedId: true },
  authScopes: { staff: 'merge:read' },
  fields: (t) => ({
    state: t.expose('state', { type: CustomerMergeState, nullable: false }),
    keptCustomerId: t.globalID({ nullable: false, resolve: ({ keptId: id }) => ({ type: 'Customer', id }) }),
    closedCustomerId: t.globalID({ nullable: false, resolve: ({ closedId: id }) => ({ type: 'Customer', id }) }),
    note: t.exposeString('note', { nullable: true, authScopes: { staff: 'merge:read' }, description: 'For staff only.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', nullable: false }),
    undoUntil: t.expose('undoUntil', { type: 'DateTime', nullable: false, description: 'Until then `customerMergeUndo` takes it back.' }),
    undoneAt: t.expose('undoneAt', { type: 'DateTime', nullable: true }),
  }),
});

builder.prismaObjectFields('Customer', (t) => ({
  mergedFrom: t.relation('mergedFrom', {
    type: CustomerMergedProfile,
    nullable: false,
    complexity: FEW,
    query: { orderBy: { id: 'asc' } },
    description: 'Profiles that were merged into this one, however many merges ago.',
  }),
  merges: t.relation('mergesKept', {
    nullable: true,
    authScopes: { staff: 'merge:read' },
    complexity: FEW,
    query: { orderBy: { id: 'desc' } },
    description: 'For staff only: merges that this profile survived, newest first, undone ones included.',
  }),
}));
