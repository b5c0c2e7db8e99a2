import type { PrivacyParticipant } from '../privacy/participant.ts';
import { ADDRESS_FIELDS } from './fields.ts';

const FIELDS = Object.fromEntries(ADDRESS_FIELDS.map((name) => [name, true])) as Record<(typeof ADDRESS_FIELDS)[number], true>;

/** The address book. */
export const addressPrivacy: PrivacyParticipant = {
  name: 'addresses',
  models: ['Address'],
  read: (tx, customerId) =>
    tx.db.address.findMany({ where: { customerId }, select: { ...FIELDS, createdAt: true, updatedAt: true }, orderBy: { id: 'asc' } }),
  erase: async (tx, customerId) => void (await tx.db.address.deleteMany({ where: { customerId } })),
};
