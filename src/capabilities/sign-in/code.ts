import type { Allowance, OneTimeCodes } from '../../backend/backend.ts';
import { canonicalEmail } from '../../core/email.ts';
import { DomainError } from '../../core/errors.ts';
import type { Language } from '../../core/language.ts';
import { limitedNetwork } from '../../core/network.ts';
import { type Keyring, mintCode } from '../../core/secret.ts';
import type { Tx } from '../../db/transact.ts';
import { findOrCreateByEmail } from '../customers/find-or-create.ts';
import { SEALED_CODE, type SealedCode } from '../mail/sign-in-code.ts';
import { type Device, openSession, type SessionTokens, secondsAfter } from '../sessions/open.ts';

/** How long a code works; NIST SP 800-63B allows ten minutes at most. */
const CODE_TTL_SECONDS = 5 * 60;
/** Before another code is sent to the same inbox. */
const RESEND_AFTER_SECONDS = 30;

const HOUR = 60 * 60;
const SENDS_PER_INBOX: Allowance = { max: 10, windowSeconds: HOUR };
const SENDS_PER_NETWORK: Allowance = { max: 60, windowSeconds: HOUR };
const GUESSES_PER_CODE = 5;
/** Not reset by a new code: asking again must not buy more guesses. */
const GUESSES_PER_IDENTIFIER: Allowance = { max: 10, windowSeconds: HOUR };
const GUESSES_PER_NETWORK: Allowance = { max: 100, windowSeconds: HOUR };

/** What a code is issued and redeemed with. */
export interface CodeTools {
  readonly codes: OneTimeCodes;
  readonly keyring: Keyring;
}

const identifierOf = (keyring: Keyring, email: string): string => keyring.stableDigest('code identifier', email).toString('base64url');
const networkOf = (keyring: Keyring, address: string | undefined): string =>
  keyring.stableDigest('code network', limitedNetwork(address)).toString('base64url');

const emailOf = (text: string): string => {
  const email = canonicalEmail(text);
  if (!email) throw new DomainError('INVALID', ['email'], { detail: 'INVALID_EMAIL' });
  return email;
};

/**
 * Sends a six-digit code to an inbox. Known and unknown addresses take the same way and get the same answer and the same mail;
 * the customer is made when the code comes back. Refuses INVALID, and TOO_MANY_REQUESTS by inbox or by network.
 *
 * `issue` is memoised by the caller's transaction retries: asking the backend happens once.
 */
export const requestCode = (
  { codes, keyring }: CodeTools,
  { email: text, language, shopName, address }: { email: string; language: Language; shopName: string; address: string | undefined },
): ((tx: Tx) => Promise<{ expiresAt: Date; resendAfter: Date }>) => {
  const email = emailOf(text);
  const code = mintCode();
  let issued: ReturnType<OneTimeCodes['issue']> | undefined;
  return async (tx) => {
    issued ??= codes.issue({
      identifier: identifierOf(keyring, email),
      network: networkOf(keyring, address),
      digest: keyring.digest('code', email, code).toString('base64url'),
      ttlSeconds: CODE_TTL_SECONDS,
      cooldownSeconds: RESEND_AFTER_SECONDS,
      perIdentifier: SENDS_PER_INBOX,
      perNetwork: SENDS_PER_NETWORK,
    });
    const answer = await issued;
    if (answer.status !== 'ISSUED') throw new DomainError('TOO_MANY_REQUESTS', ['email'], { seconds: answer.retryAfterSeconds });
    const expiresAt = secondsAfter(tx.now, CODE_TTL_SECONDS);
    const sealed: SealedCode = { to: email, code, language, ttlSeconds: CODE_TTL_SECONDS, expiresAt: expiresAt.toISOString(), shopName };
    tx.emit({ type: 'sign_in_code.requested', sealed: keyring.seal(SEALED_CODE, JSON.stringify(sealed)).toString('base64') });
    return { expiresAt, resendAfter: secondsAfter(tx.now, RESEND_AFTER_SECONDS) };
  };
};

/**
 * Exchanges a code for a session; the first sign-in makes the customer. Redeemed atomically in one round trip, so that of two who
 * show the right code at once one gets in. Refuses INVALID, INVALID_CODE whatever is wrong with it, TOO_MANY_ATTEMPTS.
 */
export const confirmCode = (
  { codes, keyring }: CodeTools,
  { email: text, code, locale, device }: { email: string; code: string; locale: string | null; device: Device },
): ((tx: Tx) => Promise<{ customerId: string; session: SessionTokens }>) => {
  const email = emailOf(text);
  const typed = code.replace(/[\s-]/g, '');
  if (!/^\d{6}$/.test(typed)) throw new DomainError('INVALID_CODE', ['code']);
  let redeemed: ReturnType<OneTimeCodes['redeem']> | undefined;
  return async (tx) => {
    redeemed ??= codes.redeem({
      identifier: identifierOf(keyring, email),
      network: networkOf(keyring, device.address),
      digests: keyring.digests('code', email, typed).map((digest) => digest.toString('base64url')),
      guessesPerCode: GUESSES_PER_CODE,
      perIdentifier: GUESSES_PER_IDENTIFIER,
      perNetwork: GUESSES_PER_NETWORK,
    });
    const answer = await redeemed;
    if (answer.status === 'LIMITED') throw new DomainError('TOO_MANY_ATTEMPTS', ['code'], { seconds: answer.retryAfterSeconds });
    if (answer.status !== 'REDEEMED') throw new DomainError('INVALID_CODE', ['code']);
    const { customerId } = await findOrCreateByEmail(tx, email, locale);
    return { customerId, session: await openSession(tx, customerId, device, 'email_code') };
  };
};
