import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { lockCustomer } from '../customers/update.ts';
import type { Writing } from './request-confirmation.ts';
import { type ConsentInput, type ConsentPaths, updateConsent } from './update.ts';

const PATHS: ConsentPaths = {
  customerId: ['input', 'customerId'],
  consent: ['input', 'whatsAppMarketingConsent'],
  names: { state: 'state', optInLevel: 'optInLevel', updatedAt: 'updatedAt' },
};

/**
 * Keeps what a customer wants by WhatsApp. What she says herself is said now. Refuses PHONE_NUMBER_REQUIRED and what `updateConsent` refuses.
 */
export const updateWhatsApp = async (
  tx: Tx,
  writing: Writing,
  customerId: string,
  input: ConsentInput,
  isHerself: boolean,
): Promise<{ customerId: string }> => {
  const { phone } = await lockCustomer(tx, customerId, PATHS.customerId);
  if (!phone) throw new DomainError('PHONE_NUMBER_REQUIRED');
  const given = isHerself ? { ...input, optInLevel: null, updatedAt: null } : input;
  return updateConsent(tx, writing, { customerId, channel: 'WHATSAPP' }, given, { ...PATHS, source: isHerself ? 'CUSTOMER' : 'STAFF' });
};
