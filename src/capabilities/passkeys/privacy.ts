import type { PrivacyParticipant } from '../privacy/participant.ts';

/** Her passkeys' names; the keys themselves are on her devices. */
export const passkeyPrivacy: PrivacyParticipant = {
  name: 'passkeys',
  models: ['Passkey'],
  read: (tx, customerId) =>
    tx.db.passkey.findMany({ where: { customerId }, select: { name: true, createdAt: true, lastUsedAt: true }, orderBy: { id: 'asc' } }),
  erase: async (tx, customerId) => void (await tx.db.passkey.deleteMany({ where: { customerId } })),
};
