import { equalBytes, type Keyring } from '../../core/secret.ts';
import { uuidOf } from '../../core/uuid.ts';

const CONFIRMATION = 'marketing confirmation';
const UNSUBSCRIPTION = 'marketing unsubscription';
const MAC_BYTES = 16;
const TOKEN_CHARACTERS_MAX = 1024;

/** Who confirms what: the address that asked, and the moment of asking, which a later request supersedes. */
export interface Confirmation {
  readonly customerId: string;
  readonly email: string;
  readonly at: string;
  readonly expiresAt: string;
}

/** The link by which the reader of an address confirms that she wants the shop's mail. */
export const confirmationUrl = (keyring: Keyring, publicUrl: string, confirmation: Confirmation): string =>
  `${publicUrl}/marketing/confirm/${keyring.seal(CONFIRMATION, JSON.stringify(confirmation)).toString('base64url')}`;

/** What a confirmation's token says; null when it is none of ours. */
export const readConfirmation = (keyring: Keyring, token: string): Confirmation | null => {
  if (token.length > TOKEN_CHARACTERS_MAX) return null;
  try {
    return JSON.parse(keyring.open(CONFIRMATION, Buffer.from(token, 'base64url'))) as Confirmation;
  } catch {
    return null;
  }
};

/**
 * The link that ends the shop's mail to a customer. It never runs out, and names nothing but the customer, so that one in an old mail works
 * after she has another address. It can do nothing else.
 */
export const unsubscribeUrl = (keyring: Keyring, publicUrl: string, customerId: string): string => {
  const mac = keyring.digest(UNSUBSCRIPTION, customerId).subarray(0, MAC_BYTES);
  const token = Buffer.concat([Buffer.from(customerId.replaceAll('-', ''), 'hex'), mac]);
  return `${publicUrl}/marketing/unsubscribe/${token.toString('base64url')}`;
};

/** The customer whom an unsubscribe link's token names; null when it is none of ours. */
export const readUnsubscribe = (keyring: Keyring, token: string): string | null => {
  const bytes = Buffer.from(token.slice(0, TOKEN_CHARACTERS_MAX), 'base64url');
  if (bytes.length !== 16 + MAC_BYTES) return null;
  const customerId = uuidOf(
    bytes
      .subarray(0, 16)
      .toString('hex')
      .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
  );
  const isOurs = keyring.digests(UNSUBSCRIPTION, customerId).some((mac) => equalBytes(mac.subarray(0, MAC_BYTES), bytes.subarray(16)));
  return isOurs ? customerId : null;
};
