import type { Limit } from '../../backend/backend.ts';
import { inboxOf } from '../../core/email.ts';
import { limitedNetwork } from '../../core/network.ts';
import type { Keyring } from '../../core/secret.ts';

const HOUR = 60 * 60;
const DAY = 24 * HOUR;

/** Five wrong guesses end a code: NIST SP 800-63B wants few, and a person who mistypes needs some. */
export const GUESSES_PER_CODE = 5;

const hashed = (keyring: Keyring, kind: string, what: string): string =>
  `${kind}:${keyring.stableDigest(`limit by ${kind}`, what).toString('base64url')}`;

/** Of codes sent to one inbox, whatever its spelling and whoever asks; from one network; and for the whole shop, whose mail has a price. */
export const sendLimits = (keyring: Keyring, identifier: string, address: string | undefined): Limit[] => [
  { name: hashed(keyring, 'inbox', inboxOf(identifier)), max: 10, windowSeconds: HOUR },
  { name: hashed(keyring, 'network', limitedNetwork(address)), max: 60, windowSeconds: HOUR },
  { name: 'shop', max: 20_000, windowSeconds: HOUR },
];

/**
 * Of wrong guesses at one identifier and from one network. Not reset by a new code: asking again must not buy more guesses. At the end of
 * a limit no code works for that identifier for a while; passwords, passkeys and other providers do.
 */
export const guessLimits = (keyring: Keyring, identifier: string, address: string | undefined): Limit[] => [
  { name: hashed(keyring, 'identifier', identifier), max: 10, windowSeconds: HOUR },
  { name: hashed(keyring, 'identifier by day', identifier), max: 100, windowSeconds: DAY },
  { name: hashed(keyring, 'network', limitedNetwork(address)), max: 100, windowSeconds: HOUR },
];
