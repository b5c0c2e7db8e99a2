import type { PrivacyParticipant } from '../privacy/participant.ts';

/** The groups that she is in. */
export const groupPrivacy: PrivacyParticipant = {
  name: 'groups',
  models: ['CustomerGroupMember'],
  read: (tx, customerId) =>
    tx.db.customerGroupMember.findMany({
      where: { customerId },
      select: { group: { select: { name: true } }, createdAt: true },
      orderBy: { id: 'asc' },
    }),
  erase: async (tx, customerId) => void (await tx.db.customerGroupMember.deleteMany({ where: { customerId } })),
};
