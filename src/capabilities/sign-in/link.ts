import { randomBytes } from 'node:crypto';
import { equalBytes, type Keyring, tokenHash } from '../../core/secret.ts';

/*
 * The link that a mail carries beside its code. Its token is sealed and says all that the page behind it needs: to whom it was sent,
 * the secret that redeems it, the code to show to someone who has to type it elsewhere, and the browser that asked.
 */

const PURPOSE = 'sign-in link';

/** What binds a link to the browser that asked: 256 random bits that only it keeps. */
export const mintDeviceToken = (): string => randomBytes(32).toString('base64url');

export interface Link {
  readonly email: string;
  readonly secret: string;
  readonly code: string;
  /** Hash of the device token of the browser that asked. */
  readonly device: string;
}

const deviceHash = (deviceToken: string): string => tokenHash(deviceToken).toString('base64url');

/** The token of a link; `deviceToken` stays with the browser that asked. */
export const mintLink = (
  keyring: Keyring,
  { email, secret, code, deviceToken }: { email: string; secret: string; code: string; deviceToken: string },
): string => keyring.seal(PURPOSE, JSON.stringify({ email, secret, code, device: deviceHash(deviceToken) } satisfies Link)).toString('base64url');

const TOKEN_CHARACTERS_MAX = 1024;

/** What a link's token says; null when it is none of ours. Reading consumes nothing. */
export const readLink = (keyring: Keyring, token: string): Link | null => {
  if (token.length > TOKEN_CHARACTERS_MAX) return null;
  try {
    return JSON.parse(keyring.open(PURPOSE, Buffer.from(token, 'base64url'))) as Link;
  } catch {
    return null;
  }
};

/** Whether it was this browser that asked for the link. */
export const isAskingDevice = (link: Link, deviceToken: string | null): boolean =>
  deviceToken !== null && equalBytes(Buffer.from(deviceHash(deviceToken)), Buffer.from(link.device));

/** A link's own secret. */
export const mintLinkSecret = (): string => randomBytes(24).toString('base64url');
