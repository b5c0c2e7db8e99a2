import type { PrivacyParticipant } from '../privacy/participant.ts';

/** The accounts elsewhere that she signs in with. */
export const connectionPrivacy: PrivacyParticipant = {
  name: 'connected-accounts',
  models: ['IdentityProviderSubject'],
  read: (tx, customerId) =>
    tx.db.identityProviderSubject.findMany({
      where: { customerId },
      select: { provider: { select: { name: true, issuer: true } }, subject: true, email: true, createdAt: true },
      orderBy: { id: 'asc' },
    }),
  erase: async (tx, customerId) => void (await tx.db.identityProviderSubject.deleteMany({ where: { customerId } })),
};
