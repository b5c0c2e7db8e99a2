import type { PrivacyParticipant } from '../privacy/participant.ts';

/** What she let other applications know of her. */
export const consentPrivacy: PrivacyParticipant = {
  name: 'applications',
  models: ['OidcConsent'],
  read: (tx, customerId) =>
    tx.db.oidcConsent.findMany({ where: { customerId }, select: { client: { select: { name: true } }, scopes: true, grantedAt: true } }),
  erase: async (tx, customerId) => void (await tx.db.oidcConsent.deleteMany({ where: { customerId } })),
};
