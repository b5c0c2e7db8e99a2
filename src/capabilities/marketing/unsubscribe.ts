import { DomainError } from '../../core/errors.ts';
import type { MarketingConsentSource } from '../../db/generated/enums.ts';
import type { Tx } from '../../db/transact.ts';
import { lockCustomer } from '../customers/update.ts';
import { consentOf, recordConsent } from './record.ts';

/**
 * A customer wants the shop's mail no more; said again it changes nothing. Refuses EMAIL_ADDRESS_NOT_FOUND and CUSTOMER_DOES_NOT_EXIST.
 */
export const unsubscribe = async (tx: Tx, customerId: string, source: MarketingConsentSource): Promise<{ customerId: string }> => {
  const { email } = await lockCustomer(tx, customerId, null);
  if (!email) throw new DomainError('EMAIL_ADDRESS_NOT_FOUND');
  const { state, optInLevel, at } = await consentOf(tx, customerId, 'EMAIL');
  if (state === 'UNSUBSCRIBED') return { customerId };
  // Another system's clock may be ahead of ours: a refusal counts all the same.
  const occurredAt = at && at > tx.now ? at : tx.now;
  await recordConsent(tx, customerId, { channel: 'EMAIL', state: 'UNSUBSCRIBED', optInLevel, occurredAt, source, address: email });
  return { customerId };
};
