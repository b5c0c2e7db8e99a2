import type { PrivacyParticipant } from '../privacy/participant.ts';

/** Where she was signed in, and since when. */
export const sessionPrivacy: PrivacyParticipant = {
  name: 'devices',
  models: ['Session', 'RetiredRefreshToken', 'OidcSession'],
  read: (tx, customerId) =>
    tx.db.session.findMany({
      where: { customerId },
      select: {
        userAgent: true,
        network: true,
        method: true,
        createdAt: true,
        authenticatedAt: true,
        lastUsedAt: true,
        revokedAt: true,
        revokedReason: true,
      },
      orderBy: { id: 'asc' },
    }),
  erase: async (tx, customerId) => void (await tx.db.session.deleteMany({ where: { customerId } })),
};
