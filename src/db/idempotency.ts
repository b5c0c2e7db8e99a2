import { createHash } from 'node:crypto';
import { DomainError } from '../core/errors.ts';
import { equalBytes, type Keyring } from '../core/secret.ts';
import type { Tx } from './transact.ts';

/** How a mutation may be recognised when it is sent again. */
export interface IdempotencyRequest {
  /** Who asks; keys are private to their caller. */
  readonly scope: string;
  readonly key: string;
  readonly fingerprint: Buffer;
  /** Present when the answer holds a secret: it is then sealed, and given again for ten minutes only. */
  readonly sealWith?: Keyring;
}

const KEY_CHARACTERS_MAX = 255;
const SEALED_FOR_MS = 10 * 60_000;
const SEAL = 'idempotent answer';

/** Refuses IDEMPOTENCY_KEY_INVALID for a key that is empty, longer than 255 characters, or holds control characters. */
export const checkKey = (key: string): string => {
  if (key.length === 0 || key.length > KEY_CHARACTERS_MAX || /\p{Cc}/u.test(key))
    throw new DomainError('IDEMPOTENCY_KEY_INVALID', null, { max: KEY_CHARACTERS_MAX });
  return key;
};

/** SHA-256 of what is asked for, the same however the document was written: the field's name and its coerced arguments, keys in order. */
export const fingerprintOf = (operation: string, args: unknown): Buffer =>
  createHash('sha256')
    .update(canonicalJson([operation, args]))
    .digest();

const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === 'bigint') return item.toString();
    if (item && typeof item === 'object' && !Array.isArray(item) && !(item instanceof Date)) {
      return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
    }
    return item;
  });

/** What is kept under a key: what the verb answered, or why it refused. */
export type Kept<Result> =
  | { readonly ok: Result }
  | {
      readonly refused: {
        readonly code: string;
        readonly field?: readonly string[] | null;
        readonly params?: Readonly<Record<string, string | number>>;
      };
    };

/**
 * Runs a verb once for its key: the key, the fingerprint and the answer commit with the effect, and whoever comes again, or at the
 * same time, gets that answer. A refusal is kept too, so it is returned and not thrown: the caller commits, then unpacks.
 * Throws IDEMPOTENCY_KEY_PARAMETER_MISMATCH and IDEMPOTENCY_RESULT_EXPIRED.
 */
export const once = async <Result extends object>(tx: Tx, request: IdempotencyRequest, run: () => Promise<Result>): Promise<Kept<Result>> => {
  const { scope, key, fingerprint, sealWith } = request;
  // A concurrent holder of the key makes this wait until it has committed or gone.
  const { count } = await tx.db.idempotencyKey.createMany({
    data: [{ scope, key, fingerprint: new Uint8Array(fingerprint), createdAt: tx.now }],
    skipDuplicates: true,
  });
  if (count === 0) return known(tx, request);
  let kept: Kept<Result>;
  try {
    kept = { ok: await tx.attempt(run) };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    kept = { refused: { code: error.code, field: error.field, params: error.params } };
  }
  await tx.db.idempotencyKey.update({
    where: { scope_key: { scope, key } },
    data: sealWith && 'ok' in kept ? { sealed: sealWith.seal(SEAL, JSON.stringify(kept)) } : { result: JSON.parse(JSON.stringify(kept)) },
  });
  return kept;
};

const known = async <Result>(tx: Tx, { scope, key, fingerprint, sealWith }: IdempotencyRequest): Promise<Kept<Result>> => {
  const row = await tx.db.idempotencyKey.findUniqueOrThrow({ where: { scope_key: { scope, key } } });
  if (!equalBytes(row.fingerprint, fingerprint)) throw new DomainError('IDEMPOTENCY_KEY_PARAMETER_MISMATCH');
  if (!row.sealed || !sealWith) return row.result as unknown as Kept<Result>;
  if (tx.now.getTime() - row.createdAt.getTime() > SEALED_FOR_MS) throw new DomainError('IDEMPOTENCY_RESULT_EXPIRED');
  return JSON.parse(sealWith.open(SEAL, row.sealed)) as Kept<Result>;
};

/** What the verb answered. Throws what it refused with. */
export const unpack = <Result>(kept: Kept<Result>): Result => {
  if ('ok' in kept) return kept.ok;
  throw new DomainError(kept.refused.code, kept.refused.field ?? null, kept.refused.params ?? {});
};
