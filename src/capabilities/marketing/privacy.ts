import type { PrivacyParticipant } from '../privacy/participant.ts';

/** What she let the shop send. The log of it stays as the shop's proof, without the address. */
export const marketingPrivacy: PrivacyParticipant = {
  name: 'marketing',
  models: ['CustomerMarketing', 'MarketingConsentEvent'],
  read: async (tx, customerId) => {
    const consent = await tx.db.customerMarketing.findUnique({ where: { customerId }, omit: { customerId: true } });
    const log = await tx.db.marketingConsentEvent.findMany({
      where: { customerId },
      select: { channel: true, address: true, state: true, optInLevel: true, source: true, detail: true, occurredAt: true },
      orderBy: { id: 'asc' },
    });
    return consent || log.length > 0 ? { consent, log } : null;
  },
  erase: async (tx, customerId) => {
    await tx.db.customerMarketing.deleteMany({ where: { customerId } });
    await tx.db.marketingConsentEvent.updateMany({ where: { customerId }, data: { address: null } });
  },
};
