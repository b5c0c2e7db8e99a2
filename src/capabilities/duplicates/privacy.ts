import type { PrivacyParticipant } from '../privacy/participant.ts';
import { takeTurn } from './index-profiles.ts';
import { indexCustomers } from './refresh.ts';

/** What the matcher knows of her, and what her names counted for. It would learn of the empty profile by itself, a moment later. */
export const duplicatePrivacy: PrivacyParticipant = {
  name: 'likeness',
  models: ['DuplicateProfile', 'DuplicateKey', 'DuplicateChange', 'DuplicateCandidate'],
  read: async () => null,
  erase: async (tx, customerId) => {
    await tx.db.duplicateCandidate.deleteMany({ where: { OR: [{ oneId: customerId }, { twoId: customerId }] } });
    await takeTurn(tx);
    await indexCustomers(tx, [customerId]);
    await tx.db.duplicateChange.deleteMany({ where: { customerId } });
  },
};
