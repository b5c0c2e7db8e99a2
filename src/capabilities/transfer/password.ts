import { createHash } from 'node:crypto';
import { parseOptions } from '@node-rs/argon2';
import { DomainError } from '../../core/errors.ts';
import { fitsPassword, HASHES_AT_ONCE, hashPassword } from '../passwords/hash.ts';
import { PASSWORD_CHARACTERS_MAX, PASSWORD_CHARACTERS_MIN } from '../passwords/rules.ts';

/** A hash that costs more than this to check would make every sign-in of its customer a burden; it is refused. */
const COST_MAX = { memoryCost: 262_144, timeCost: 16, parallelism: 16 } as const;

/** What the password cell of a row says. */
export type GivenPassword = { readonly plain: string; readonly hash: null } | { readonly plain: null; readonly hash: string };

/** Hashes as other systems write them: modular crypt forms, PHC forms, and LDAP's. */
const HASH = /^(?:\$[a-z0-9-]{1,20}\$.{16,}|(?:pbkdf2|argon2|bcrypt|scrypt)\w*\$.{16,}|\{(?:SSHA|SHA|MD5|CRYPT|BCRYPT|ARGON2ID)\d*\}.{16,})$/i;

/**
 * Reads a password cell. An argon2id hash in PHC form is taken over as it is; any other hash is refused, since taken for a password it
 * would lock its customer out. Refuses TOO_SHORT, TOO_LONG, UNSUPPORTED_PASSWORD_HASH.
 */
export const readPassword = (text: string | null): GivenPassword | null => {
  if (text === null) return null;
  const field = ['row', 'password'];
  if (text.length <= 512 && HASH.test(text.trim())) {
    if (!isAffordable(text.trim())) throw new DomainError('UNSUPPORTED_PASSWORD_HASH', field);
    return { plain: null, hash: text.trim() };
  }
  const { length } = [...text];
  if (length < PASSWORD_CHARACTERS_MIN) throw new DomainError('TOO_SHORT', field, { min: PASSWORD_CHARACTERS_MIN });
  if (length > PASSWORD_CHARACTERS_MAX) throw new DomainError('TOO_LONG', field, { max: PASSWORD_CHARACTERS_MAX });
  return { plain: text, hash: null };
};

/** A bcrypt hash, which makes every wrong guess at any address as slow as itself: beyond 2^12 rounds it is refused. */
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
const BCRYPT_COST_MIN = 4;
const BCRYPT_COST_MAX = 12;

/** Reads a cell that holds a hash: argon2id in PHC form, or bcrypt, which is taken over at the first sign-in. Refuses UNSUPPORTED_PASSWORD_HASH. */
export const readPasswordHash = (text: string | null): GivenPassword | null => {
  if (text === null) return null;
  const cost = Number(BCRYPT.exec(text)?.[1] ?? 0);
  const isKnown = (cost >= BCRYPT_COST_MIN && cost <= BCRYPT_COST_MAX) || (text.length <= 512 && isAffordable(text));
  if (!isKnown) throw new DomainError('UNSUPPORTED_PASSWORD_HASH', ['row', 'passwordHash']);
  return { plain: null, hash: text };
};

const isAffordable = (phc: string): boolean => {
  if (!phc.startsWith('$argon2id$')) return false;
  try {
    const { memoryCost, timeCost, parallelism } = parseOptions(phc);
    return memoryCost <= COST_MAX.memoryCost && timeCost <= COST_MAX.timeCost && parallelism <= COST_MAX.parallelism;
  } catch {
    return false;
  }
};

/** By which a hash that was brought before is known again, in hex; it is of a hash with its salt, not of a password. */
export const digestOfHash = (hash: string): string => createHash('sha256').update(hash).digest('hex');

/** A password that is ready to be stored: `matches` is the stored hash that it was found to fit, `hash` the one to store otherwise. */
export interface ReadyPassword {
  readonly plain: string | null;
  readonly matches: string | null;
  readonly hash: string | null;
  /** The file brings the hash and not the password. */
  readonly isGivenHash: boolean;
}

/**
 * Checks each password against the hash that is stored for its customer, and hashes those that do not fit: some 20 ms each, a few at
 * once. Not for use inside a transaction.
 */
export const readyPasswords = async <Key>(
  given: ReadonlyMap<Key, GivenPassword>,
  stored: ReadonlyMap<Key, string>,
): Promise<ReadonlyMap<Key, ReadyPassword>> => {
  const ready = new Map<Key, ReadyPassword>();
  const waiting = given.entries();
  const work = async (): Promise<void> => {
    for (const [key, password] of waiting) ready.set(key, await readyPassword(password, stored.get(key) ?? null));
  };
  await Promise.all(Array.from({ length: HASHES_AT_ONCE }, work));
  return ready;
};

const readyPassword = async (given: GivenPassword, stored: string | null): Promise<ReadyPassword> => {
  if (given.plain === null) return { plain: null, matches: given.hash, hash: given.hash, isGivenHash: true };
  if (stored && (await fitsPassword(stored, given.plain, { isPatient: true })))
    return { plain: given.plain, matches: stored, hash: null, isGivenHash: false };

  return { plain: given.plain, matches: null, hash: await hashPassword(given.plain, { isPatient: true }), isGivenHash: false };
};
