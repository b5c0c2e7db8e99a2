import type { PrivacyParticipant } from '../privacy/participant.ts';

/** That she has a password, which nobody can read; and links to choose one that are still good. */
export const passwordPrivacy: PrivacyParticipant = {
  name: 'password',
  models: ['CustomerPassword', 'AccountToken'],
  read: (tx, customerId) => tx.db.customerPassword.findUnique({ where: { customerId }, select: { updatedAt: true } }),
  erase: async (tx, customerId) => {
    await tx.db.customerPassword.deleteMany({ where: { customerId } });
    const { email } = await tx.db.customer.findUniqueOrThrow({ where: { id: customerId }, select: { email: true } });
    await tx.db.accountToken.deleteMany({ where: { OR: [{ customerId }, ...(email ? [{ email }] : [])] } });
  },
};
