import type { Tx } from '../../db/transact.ts';
import { contactOf } from './consent.ts';
import { consentOf, recordConsent } from './record.ts';

const AGREED = ['SUBSCRIBED', 'PENDING'];

/**
 * Ends the consent for an address or number that staff replaced: nobody has said that the new one wants mail. A refusal stays one, and a
 * customer who proves a new address takes her consent along. The caller holds the customer's row.
 */
export const forgetConsent = async (
  tx: Tx,
  customerId: string,
  before: { email: string | null; phone: string | null },
  after: { email?: string | null; phone?: string | null },
): Promise<void> => {
  const changed = { EMAIL: after.email, SMS: after.phone, WHATSAPP: after.phone } as const;
  for (const channel of ['EMAIL', 'SMS', 'WHATSAPP'] as const) {
    const address = contactOf(channel, before);
    if (changed[channel] === undefined || changed[channel] === address || !address) continue;
    const { state, at } = await consentOf(tx, customerId, channel);
    if (!AGREED.includes(state)) continue;
    const occurredAt = at && at > tx.now ? at : tx.now;
    await recordConsent(tx, customerId, { channel, state: 'NOT_SUBSCRIBED', optInLevel: null, occurredAt, source: 'ADDRESS_CHANGED', address });
  }
};
