import type { PrivacyParticipant } from '../privacy/participant.ts';

/** Profiles of hers that were merged. What undoing it would need goes with her. */
export const mergePrivacy: PrivacyParticipant = {
  name: 'merged-profiles',
  models: ['CustomerMerge'],
  read: (tx, customerId) =>
    tx.db.customerMerge.findMany({
      where: { OR: [{ keptId: customerId }, { closedId: customerId }] },
      select: { createdAt: true, undoneAt: true, note: true },
      orderBy: { id: 'asc' },
    }),
  erase: async (tx, customerId) => void (await tx.db.customerMerge.deleteMany({ where: { OR: [{ keptId: customerId }, { closedId: customerId }] } })),
};
