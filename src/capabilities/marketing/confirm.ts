import { DomainError } from '../../core/errors.ts';
import type { Keyring } from '../../core/secret.ts';
import type { Tx } from '../../db/transact.ts';
import { lockCustomer } from '../customers/update.ts';
import { type Confirmation, readConfirmation } from './links.ts';
import { consentOf, recordConsent } from './record.ts';

/** What a confirmation link says. Refuses INVALID_LINK for one that is not whole or has run out. Reading changes nothing. */
export const lookAtConfirmation = (keyring: Keyring, token: string, now: Date): Confirmation => {
  const confirmation = readConfirmation(keyring, token);
  if (!confirmation || new Date(confirmation.expiresAt) <= now) throw new DomainError('INVALID_LINK');
  return confirmation;
};

/**
 * Makes a pending consent a confirmed one. Following the same link again is no error. Refuses INVALID_LINK when the link has run out, the
 * customer has another address by now, took her consent back or asked anew.
 */
export const confirmSubscription = async (tx: Tx, keyring: Keyring, token: string): Promise<{ customerId: string }> => {
  const { customerId, email, at } = lookAtConfirmation(keyring, token, tx.now);
  const customer = await lockCustomer(tx, customerId, null).catch(() => null);
  if (customer?.email !== email) throw new DomainError('INVALID_LINK');
  const consent = await consentOf(tx, customerId, 'EMAIL');
  if (consent.state === 'SUBSCRIBED' && consent.optInLevel === 'CONFIRMED_OPT_IN') return { customerId };
  if (consent.state !== 'PENDING' || consent.at?.toISOString() !== at) throw new DomainError('INVALID_LINK');
  await recordConsent(tx, customerId, {
    channel: 'EMAIL',
    state: 'SUBSCRIBED',
    optInLevel: 'CONFIRMED_OPT_IN',
    occurredAt: tx.now,
    source: 'CONFIRMATION_LINK',
    address: email,
  });
  return { customerId };
};
