import type { PrivacyParticipant } from '../privacy/participant.ts';

/** What she has subscribed to. Ending it is the biller's. */
export const subscriptionPrivacy: PrivacyParticipant = {
  name: 'subscriptions',
  models: ['SubscriptionContract'],
  read: async (tx, customerId) => {
    const rows = await tx.db.subscriptionContract.findMany({
      where: { customerId },
      select: {
        title: true,
        status: true,
        currency: true,
        priceMinor: true,
        interval: true,
        intervalCount: true,
        nextBillingAt: true,
        createdAt: true,
        updatedAt: true,
      },
      orderBy: { id: 'asc' },
    });
    return rows.map(({ priceMinor, ...row }) => ({ ...row, priceMinor: priceMinor?.toString() ?? null }));
  },
  erase: async (tx, customerId) => void (await tx.db.subscriptionContract.deleteMany({ where: { customerId } })),
};
