import type { PrivacyParticipant } from '../privacy/participant.ts';

/** What the shop's own fields say of her. */
export const metafieldPrivacy: PrivacyParticipant = {
  name: 'extra-fields',
  models: ['CustomerMetafield'],
  read: (tx, customerId) =>
    tx.db.customerMetafield.findMany({
      where: { customerId },
      select: { namespace: true, key: true, type: true, value: true, updatedAt: true },
      orderBy: [{ namespace: 'asc' }, { key: 'asc' }],
    }),
  erase: async (tx, customerId) => void (await tx.db.customerMetafield.deleteMany({ where: { customerId } })),
};
