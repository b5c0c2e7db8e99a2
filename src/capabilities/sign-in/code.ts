import { canonicalEmail } from '../../core/email.ts';
import { DomainError } from '../../core/errors.ts';
import type { SignInMethod } from '../../core/events.ts';
import type { Language } from '../../core/language.ts';
import type { SqlTx } from '../../db/transact.ts';
import { findOrCreateByEmail } from '../customers/find-or-create.ts';
import { SEALED_CODE, type SealedCode } from '../mail/sign-in-code.ts';
import { secondsAfter } from '../sessions/open.ts';
import { isAskingDevice, mintDeviceToken, mintLink, mintLinkSecret, readLink } from './link.ts';
import { CODE_TTL_SECONDS, type CodeTools, issueCode, once, RESEND_AFTER_SECONDS, redeemCode } from './one-time.ts';

const emailOf = (text: string): string => {
  const email = canonicalEmail(text);
  if (!email) throw new DomainError('INVALID', ['email'], { detail: 'INVALID_EMAIL' });
  return email;
};

export interface CodeRequested {
  /** When code and link stop working. */
  readonly expiresAt: Date;
  readonly resendAfter: Date;
  /** For the browser that asked to keep, with which the link signs in; null where the mail carries no link. */
  readonly deviceToken: string | null;
}

/**
 * Sends a six-digit code to an inbox, and with `linkUrl` a link whose token is appended to it. Known and unknown addresses take the same
 * way and get the same answer and the same mail; the customer is made when code or link come back. Refuses INVALID,
 * TOO_MANY_REQUESTS by inbox, network or shop, and CHALLENGE_FAILED where the shop asks for a person and none was shown.
 *
 * The backend is asked once, however often the transaction runs.
 */
export const requestCode = (
  tools: CodeTools,
  { email: text, language, shopName, address, linkUrl = null, isPerson }: CodeRequest,
): ((tx: SqlTx) => Promise<CodeRequested>) => {
  const email = emailOf(text);
  const secret = linkUrl === null ? undefined : mintLinkSecret();
  const deviceToken = linkUrl === null ? null : mintDeviceToken();
  const issue = once(async () => {
    if (isPerson && !(await isPerson())) throw new DomainError('CHALLENGE_FAILED', ['proof']);
    return issueCode(tools, { purpose: 'sign-in', to: email, address }, ['email'], secret);
  });
  return async (tx) => {
    const code = await issue();
    const expiresAt = secondsAfter(tx.now, CODE_TTL_SECONDS);
    const link = secret && deviceToken ? `${linkUrl}${mintLink(tools.keyring, { email, secret, code, deviceToken })}` : undefined;
    const sealed: SealedCode = {
      to: email,
      code,
      language,
      ttlSeconds: CODE_TTL_SECONDS,
      expiresAt: expiresAt.toISOString(),
      shopName,
      ...(link ? { link } : {}),
    };
    tx.emit({ type: 'sign_in_code.requested', sealed: tools.keyring.seal(SEALED_CODE, JSON.stringify(sealed)).toString('base64') });
    return { expiresAt, resendAfter: secondsAfter(tx.now, RESEND_AFTER_SECONDS), deviceToken };
  };
};

interface CodeRequest {
  readonly email: string;
  readonly language: Language;
  readonly shopName: string;
  readonly address: string | undefined;
  readonly linkUrl?: string | null;
  /** Asked before anything is sent, where the shop wants it. */
  readonly isPerson?: (() => Promise<boolean>) | undefined;
}

/** Opens the kind of session that is wanted for a customer who has proven her address. */
export type Open<Session> = (tx: SqlTx, customerId: string, method: SignInMethod) => Promise<Session>;

/** The same for whoever has a proven address, where she has signed in before; null for all others, and where something commits together with it. */
export type OpenByAddress<Session> = (tx: SqlTx, email: string, method: SignInMethod) => Promise<SignedIn<Session> | null>;

interface SignedIn<Session> {
  readonly customerId: string;
  readonly session: Session;
}

/**
 * Exchanges a code for a session; the first sign-in makes the customer, and for one who comes back nothing but the session is written,
 * `openByAddress` being there. Redeemed atomically in one round trip, so that of two who
 * show the right code at once one gets in. Refuses INVALID, INVALID_CODE whatever is wrong with it, TOO_MANY_ATTEMPTS, CUSTOMER_DISABLED.
 */
export const confirmCode = <Session>(
  tools: CodeTools,
  { email: text, code, locale, address }: { email: string; code: string; locale: string | null; address: string | undefined },
  open: Open<Session>,
  openByAddress?: OpenByAddress<Session>,
): ((tx: SqlTx) => Promise<SignedIn<Session>>) => {
  const email = emailOf(text);
  const redeem = once(() => redeemCode(tools, { purpose: 'sign-in', to: email, address }, { code }, ['code']));
  return async (tx) => {
    await redeem();
    const known = await openByAddress?.(tx, email, 'email_code');
    if (known) return known;
    const { customerId } = await findOrCreateByEmail(tx, email, locale);
    return { customerId, session: await open(tx, customerId, 'email_code') };
  };
};

/**
 * The same by the link of the mail, for the browser that asked: whoever else holds the link has a code to type there, and no session.
 * Refuses INVALID_LINK, OTHER_DEVICE, TOO_MANY_ATTEMPTS, CUSTOMER_DISABLED.
 */
export const confirmLink = <Session>(
  tools: CodeTools,
  { token, deviceToken, locale, address }: { token: string; deviceToken: string | null; locale: string | null; address: string | undefined },
  open: Open<Session>,
): ((tx: SqlTx) => Promise<SignedIn<Session>>) => {
  const link = readLink(tools.keyring, token);
  if (!link) throw new DomainError('INVALID_LINK', ['token']);
  if (!isAskingDevice(link, deviceToken)) throw new DomainError('OTHER_DEVICE', ['deviceToken']);
  const redeem = once(() => redeemCode(tools, { purpose: 'sign-in', to: link.email, address }, { linkSecret: link.secret }, ['token']));
  return async (tx) => {
    await redeem().catch((error: unknown) => {
      throw error instanceof DomainError && error.code === 'INVALID_CODE' ? new DomainError('INVALID_LINK', ['token']) : error;
    });
    const { customerId } = await findOrCreateByEmail(tx, link.email, locale);
    return { customerId, session: await open(tx, customerId, 'email_link') };
  };
};
