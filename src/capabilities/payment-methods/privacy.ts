import type { PrivacyParticipant } from '../privacy/participant.ts';

/** References to what she pays with. */
export const paymentMethodPrivacy: PrivacyParticipant = {
  name: 'payment-methods',
  models: ['PaymentMethod'],
  read: (tx, customerId) =>
    tx.db.paymentMethod.findMany({
      where: { customerId },
      select: {
        provider: true,
        kind: true,
        status: true,
        label: true,
        brand: true,
        lastDigits: true,
        expiryMonth: true,
        expiryYear: true,
        createdAt: true,
        updatedAt: true,
      },
      orderBy: { id: 'asc' },
    }),
  erase: async (tx, customerId) => void (await tx.db.paymentMethod.deleteMany({ where: { customerId } })),
};
