import type { PrivacyParticipant } from '../privacy/participant.ts';

/** Letters of the development inbox. */
export const mailPrivacy: PrivacyParticipant = {
  name: 'development-inbox',
  models: [],
  read: async () => null,
  erase: async (tx, customerId) => {
    const { email, phone } = await tx.db.customer.findUniqueOrThrow({ where: { id: customerId }, select: { email: true, phone: true } });
    await tx.db.developmentMail.deleteMany({ where: { to: { in: [email, phone].filter((to) => to !== null) } } });
  },
};
