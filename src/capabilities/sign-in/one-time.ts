import type { OneTimeCodes } from '../../backend/backend.ts';
import { DomainError } from '../../core/errors.ts';
import { type Keyring, mintCode } from '../../core/secret.ts';
import { GUESSES_PER_CODE, guessLimits, sendLimits } from './limits.ts';

/** How long a code works; NIST SP 800-63B allows ten minutes at most. */
export const CODE_TTL_SECONDS = 5 * 60;
/** Before another code is sent to the same address. */
export const RESEND_AFTER_SECONDS = 30;

/** What a code is issued and redeemed with. */
export interface CodeTools {
  readonly codes: OneTimeCodes;
  readonly keyring: Keyring;
}

/** What a code is for: one for signing in changes no address, and the other way about. */
type CodePurpose = 'sign-in' | 'contact change' | 'account merge';

interface CodeFor {
  readonly purpose: CodePurpose;
  /** A canonical e-mail address or a phone number in E.164. */
  readonly to: string;
  /** Whose code it is, where a code for one must not serve another. */
  readonly holder?: string;
  readonly address: string | undefined;
}

const identifierOf = (keyring: Keyring, { purpose, to, holder = '' }: CodeFor): string =>
  keyring.stableDigest(`${purpose} code identifier`, to, holder).toString('base64url');

const digestsOf = (keyring: Keyring, kind: 'code' | 'link', { purpose, to, holder = '' }: CodeFor, secret: string): string[] =>
  keyring.digests(`${purpose} ${kind}`, to, holder, secret).map((digest) => digest.toString('base64url'));

/**
 * Issues a six-digit code, and beside it the secret of a link when there is one: either redeems, once. In one round trip with the limits.
 * Refuses TOO_MANY_REQUESTS by address, inbox, network or shop.
 */
export const issueCode = async ({ codes, keyring }: CodeTools, request: CodeFor, field: readonly string[], linkSecret?: string): Promise<string> => {
  const code = mintCode();
  const digests = [
    ...digestsOf(keyring, 'code', request, code).slice(0, 1),
    ...(linkSecret ? digestsOf(keyring, 'link', request, linkSecret).slice(0, 1) : []),
  ];
  const answer = await codes.issue({
    identifier: identifierOf(keyring, request),
    digests,
    ttlSeconds: CODE_TTL_SECONDS,
    cooldownSeconds: RESEND_AFTER_SECONDS,
    limits: sendLimits(keyring, request.to, request.address),
  });
  if (answer.status !== 'ISSUED') throw new DomainError('TOO_MANY_REQUESTS', field, { seconds: answer.retryAfterSeconds });
  return code;
};

/**
 * Redeems a code as it was typed, or the secret of a link: of two at once one gets in. Refuses INVALID_CODE whatever is wrong with it,
 * TOO_MANY_ATTEMPTS.
 */
export const redeemCode = async (
  { codes, keyring }: CodeTools,
  request: CodeFor,
  secret: { readonly code: string } | { readonly linkSecret: string },
  field: readonly string[],
): Promise<void> => {
  const typed = 'code' in secret ? secret.code.replace(/[\s-]/g, '') : null;
  if (typed !== null && !/^\d{6}$/.test(typed)) throw new DomainError('INVALID_CODE', field);
  const answer = await codes.redeem({
    identifier: identifierOf(keyring, request),
    digests: 'linkSecret' in secret ? digestsOf(keyring, 'link', request, secret.linkSecret) : digestsOf(keyring, 'code', request, typed as string),
    guessesPerCode: GUESSES_PER_CODE,
    limits: guessLimits(keyring, request.to, request.address),
  });
  if (answer.status === 'LIMITED') throw new DomainError('TOO_MANY_ATTEMPTS', field, { seconds: answer.retryAfterSeconds });
  if (answer.status !== 'REDEEMED') throw new DomainError('INVALID_CODE', field);
};

/** Runs once, however often the transaction around it does. */
export const once = <Result>(run: () => Promise<Result>): (() => Promise<Result>) => {
  let result: Promise<Result> | undefined;
  return () => {
    result ??= run();
    return result;
  };
};
