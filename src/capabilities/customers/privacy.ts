import type { PrivacyParticipant } from '../privacy/participant.ts';

/** The profile itself. The row stays, empty, as the owner of what must be kept. */
export const profilePrivacy: PrivacyParticipant = {
  name: 'profile',
  models: ['Customer', 'CustomerExternalId', 'CustomerStatistics', 'CustomerSpending'],
  read: (tx, customerId) =>
    tx.db.customer.findUnique({
      where: { id: customerId },
      omit: { defaultAddressId: true, deletedAt: true, erasedAt: true },
      include: { externalIds: { select: { source: true, value: true } }, statistics: { select: { rfmGroup: true } } },
    }),
  erase: async (tx, customerId) => {
    await tx.db.customerExternalId.deleteMany({ where: { customerId } });
    await tx.db.customerStatistics.updateMany({ where: { customerId }, data: { rfmGroup: null, lastPurchaseAt: null } });
    await tx.db.customer.update({
      where: { id: customerId },
      data: {
        firstName: null,
        lastName: null,
        email: null,
        emailVerifiedAt: null,
        phone: null,
        phoneVerifiedAt: null,
        locale: null,
        birthDate: null,
        note: null,
        tags: [],
        vatId: null,
        taxExempt: false,
        taxExemptions: [],
        dataSaleOptOutAt: null,
        defaultAddressId: null,
        mergedIntoId: null,
        blockedAt: null,
        state: 'DISABLED',
        updatedAt: tx.now,
        deletedAt: tx.now,
      },
      select: { id: true },
    });
  },
};
