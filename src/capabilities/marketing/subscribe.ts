import { DomainError } from '../../core/errors.ts';
import type { Language } from '../../core/language.ts';
import type { Tx } from '../../db/transact.ts';
import { lockCustomer } from '../customers/update.ts';
import { consentOf, recordConsent } from './record.ts';
import { refuseHaste, requestConfirmation, type Writing } from './request-confirmation.ts';
import { marketingSettings } from './settings.ts';

/**
 * A customer asks for the shop's mail. Where the shop wants it confirmed, her consent is pending until the link of a mail is followed; asking
 * again sends another. Refuses EMAIL_ADDRESS_NOT_FOUND, CUSTOMER_ALREADY_SUBSCRIBED, and FAILED_TO_SUBSCRIBE within a minute of the last mail.
 */
export const subscribe = async (tx: Tx, writing: Writing, customerId: string, language: Language): Promise<{ customerId: string }> => {
  const { email, locale } = await lockCustomer(tx, customerId, null);
  if (!email) throw new DomainError('EMAIL_ADDRESS_NOT_FOUND');
  const { state } = await consentOf(tx, customerId, 'EMAIL');
  if (state === 'SUBSCRIBED') throw new DomainError('CUSTOMER_ALREADY_SUBSCRIBED');
  const given = { channel: 'EMAIL', occurredAt: tx.now, source: 'CUSTOMER', address: email } as const;
  const { emailDoubleOptIn } = await marketingSettings(tx.sql);
  if (!emailDoubleOptIn) {
    await recordConsent(tx, customerId, { ...given, state: 'SUBSCRIBED', optInLevel: 'SINGLE_OPT_IN' });
    return { customerId };
  }
  await refuseHaste(tx, customerId);
  await recordConsent(tx, customerId, { ...given, state: 'PENDING', optInLevel: 'CONFIRMED_OPT_IN' });
  requestConfirmation(tx, writing, { customerId, email, at: tx.now, locale, language });
  return { customerId };
};
