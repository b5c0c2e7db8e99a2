import type { PrivacyParticipant } from '../privacy/participant.ts';

/** Profiles of hers that were merged. What undoing it would need goes with her. */
export const mergePrivacy: PrivacyParticipant = {
  name: 'merged-profiles',
  models: ['CustomerMerge', 'CustomerMergeJob'],
  read: (tx, customerId) =>
    tx.db.customerMerge.findMany({
      where: { OR: [{ keptId: customerId }, { closedId: customerId }] },
      select: { createdAt: true, undoneAt: true, note: true },
      orderBy: { id: 'asc' },
    }),
  erase: async (tx, customerId) => {
    const where = { OR: [{ keptId: customerId }, { closedId: customerId }] };
    await tx.db.customerMerge.deleteMany({ where });
    // What was asked for holds notes and tags of hers.
    await tx.db.customerMergeJob.deleteMany({ where });
  },
};
