import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { hash, parseOptions, verify } from '@node-rs/argon2';
import { verify as verifyBcrypt } from '@node-rs/bcrypt';
import { DomainError } from '../../core/errors.ts';
import { NoTurnLeft, turns } from '../../core/turns.ts';

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane. */
const COST = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Each hash under way holds 19 MiB and a thread of the pool that file access shares; one thread is always left to it. */
export const HASHES_AT_ONCE = Math.max(1, Math.min(3, availableParallelism()));
/** About a second's work: who comes to a longer line is told to come again. */
const WAITING_MAX = 64;

const turn = turns(HASHES_AT_ONCE, WAITING_MAX);

/** The bytes as they were typed: nothing is trimmed, folded or normalised. */
const bytesOf = (plain: string): Buffer => Buffer.from(plain, 'utf8');

/** Refuses BUSY when more passwords wait to be checked than can be in about a second. */
const inTurn = async <Result>(work: () => Promise<Result>, isPatient: boolean): Promise<Result> => {
  try {
    return await turn(work, { isPatient });
  } catch (error) {
    if (error instanceof NoTurnLeft) throw new DomainError('BUSY', null, { seconds: 2 });
    throw error;
  }
};

/** A password as argon2id in PHC form, some 20 ms. Not for use inside a transaction. Refuses BUSY, unless `isPatient`. */
export const hashPassword = (plain: string, { isPatient = false } = {}): Promise<string> => inTurn(() => hash(bytesOf(plain), COST), isPatient);

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '');

/** The hash of no password, to be compared where there is none: whoever asks waits as long as for a real one. */
const NOBODYS = `$argon2id$v=19$m=${COST.memoryCost},t=${COST.timeCost},p=${COST.parallelism}$${unpadded(randomBytes(16))}$${unpadded(randomBytes(32))}`;

/** The rounds of a bcrypt hash, as the power of two that it names; 0 for any other hash. */
const bcryptCostOf = (stored: string | null): number => Number(/^\$2[aby]\$(\d\d)\$/.exec(stored ?? '')?.[1] ?? 0);

/** A bcrypt hash of no password. */
const nobodysBcrypt = (cost: number): string => `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`;

/**
 * What bcrypt has to do for a wrong password, so that it takes 2^`costMax` rounds in all at every address: a hash of fewer rounds is followed
 * by ones that make up for it, and an address without such a hash has one that is nobody's.
 */
const restOfBcrypt = (cost: number, costMax: number): number[] =>
  cost === 0 ? (costMax === 0 ? [] : [costMax]) : Array.from({ length: Math.max(0, costMax - cost) }, (_, step) => cost + step);

const fitsArgon = async (stored: string | null, plain: string): Promise<boolean> => {
  try {
    return (await verify(stored ?? NOBODYS, bytesOf(plain))) && stored !== null;
  } catch {
    return (await verify(NOBODYS, bytesOf(plain))) && false;
  }
};

const fitsBcrypt = async (stored: string, plain: string): Promise<boolean> => {
  try {
    return await verifyBcrypt(bytesOf(plain), stored);
  } catch {
    return false;
  }
};

/**
 * Whether a password is the one of a stored hash. Without one, or with one that cannot be read, a hash of the same cost is compared and
 * nothing fits. While bcrypt hashes are kept whose largest cost is `bcryptCostMax`, a wrong password takes as long as one of those, whatever
 * is stored. Not for use inside a transaction. Refuses BUSY, unless `isPatient`.
 */
export const fitsPassword = (stored: string | null, plain: string, { isPatient = false, bcryptCostMax = 0 } = {}): Promise<boolean> =>
  inTurn(async () => {
    const cost = bcryptCostOf(stored);
    if (await fitsArgon(cost > 0 ? null : stored, plain)) return true;
    if (stored && cost > 0 && (await fitsBcrypt(stored, plain))) return true;
    for (const more of restOfBcrypt(cost, bcryptCostMax)) await fitsBcrypt(nobodysBcrypt(more), plain);
    return false;
  }, isPatient);

/** Whether a hash was made at another cost than today's, or in another way. */
export const isOutdated = (stored: string): boolean => {
  if (bcryptCostOf(stored) > 0) return true;
  const { memoryCost, timeCost, parallelism } = parseOptions(stored);
  return memoryCost !== COST.memoryCost || timeCost !== COST.timeCost || parallelism !== COST.parallelism;
};
