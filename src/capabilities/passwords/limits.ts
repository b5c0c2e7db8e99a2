import type { Limit, Limiter } from '../../backend/backend.ts';
import { DomainError } from '../../core/errors.ts';
import { limitedNetwork } from '../../core/network.ts';
import type { Keyring } from '../../core/secret.ts';
import type { Database } from '../../db/client.ts';
import { fitsPassword } from './hash.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** What proving a password, or an address, needs besides a transaction. */
export interface PasswordTools {
  readonly database: Pick<Database, 'sql'>;
  readonly limiter: Limiter;
  readonly keyring: Keyring;
}

const nameOf = (keyring: Keyring, kind: string, whom: string): string => `${kind}:${keyring.stableDigest('limit', kind, whom).toString('base64url')}`;

/** Guesses at one address's password: ten an hour and a hundred a day from everywhere, a hundred an hour from one network at all addresses. */
const guessesOf = (keyring: Keyring, email: string, address: string | undefined): Limit[] => [
  { name: nameOf(keyring, 'password-hour', email), max: 10, windowSeconds: HOUR },
  { name: nameOf(keyring, 'password-day', email), max: 100, windowSeconds: DAY },
  { name: nameOf(keyring, 'password-from', limitedNetwork(address)), max: 100, windowSeconds: HOUR },
];

/** Mails that anybody can have sent: one in half a minute and five an hour to an address, sixty an hour from one network. */
export const mailsOf = (keyring: Keyring, kind: 'recover' | 'register', email: string, address: string | undefined): Limit[] => [
  { name: nameOf(keyring, `${kind}-moment`, email), max: 1, windowSeconds: MINUTE / 2 },
  { name: nameOf(keyring, `${kind}-hour`, email), max: 5, windowSeconds: HOUR },
  { name: nameOf(keyring, `${kind}-from`, limitedNetwork(address)), max: 60, windowSeconds: HOUR },
];

/** Registrations from one network whose password is judged. */
export const judgedOf = (keyring: Keyring, address: string | undefined): Limit[] => [
  { name: nameOf(keyring, 'judge-from', limitedNetwork(address)), max: 120, windowSeconds: HOUR },
];

/** Links tried from one network that are none. */
export const linksOf = (keyring: Keyring, address: string | undefined): Limit[] => [
  { name: nameOf(keyring, 'link-from', limitedNetwork(address)), max: 60, windowSeconds: HOUR },
];

/** Counts a try. Refuses TOO_MANY_ATTEMPTS or TOO_MANY_REQUESTS, whichever it would be, with the seconds to wait. */
export const takeTurn = async (
  limiter: Limiter,
  limits: readonly Limit[],
  { code, detail, field }: { code: 'TOO_MANY_ATTEMPTS' | 'TOO_MANY_REQUESTS'; detail: string; field: readonly string[] },
): Promise<void> => {
  const seconds = await limiter.take(limits);
  if (seconds > 0) throw new DomainError(code, field, { seconds, detail });
};

/** Takes a try back that was none: it was right, or too many waited for it to be made. */
export const giveTurnBack = (limiter: Limiter, limits: readonly Limit[]): Promise<void> => limiter.giveBack(limits.map(({ name }) => name));

interface Guess {
  readonly whom: string;
  readonly stored: string | null;
  readonly password: string;
  readonly address: string | undefined;
  /** The largest cost of a bcrypt hash that anybody here has: where it would tell who has one. */
  readonly bcryptCostMax?: number;
}

/**
 * Guesses at a password as one who signs in does: counted before the hash is made, and not counted when it was right or was never made.
 * Refuses TOO_MANY_ATTEMPTS and BUSY.
 */
export const guessPassword = async (
  { limiter, keyring }: Pick<PasswordTools, 'limiter' | 'keyring'>,
  { whom, stored, password, address, bcryptCostMax = 0 }: Guess,
  field: readonly string[],
): Promise<boolean> => {
  const limits = guessesOf(keyring, whom, address);
  await takeTurn(limiter, limits, { code: 'TOO_MANY_ATTEMPTS', detail: 'TOO_MANY_PASSWORDS', field });
  const isRight = await fitsPassword(stored, password, { bcryptCostMax }).catch(async (error: unknown) => {
    await giveTurnBack(limiter, limits);
    throw error;
  });
  if (isRight) await giveTurnBack(limiter, limits);
  return isRight;
};
