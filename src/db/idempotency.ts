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

type Kept<Result> =
  | { readonly ok: Result }
  | { readonly refused: { code: string; field?: readonly string[] | null; params?: Record<string, string | number> } };

/**
 * Runs a verb once for its key: the key, the fingerprint and the answer commit with the effect, and whoever comes again, or at the
 * same time, gets that answer. A refusal is kept too. Refuses IDEMPOTENCY_KEY_PARAMETER_MISMATCH and IDEMPOTENCY_RESULT_EXPIRED.
 */
export const once = async <Result extends object>(
  tx: Tx,
  { scope, key, fingerprint, sealWith }: IdempotencyRequest,
  run: () => Promise<Result>,
): Promise<Result> => {
  // A concurrent holder of the key makes this wait until it has committed or gone.
  const { count } = await tx.db.idempotencyKey.createMany({
    data: [{ scope, key, fingerprint: new Uint8Array(fingerprint), createdAt: tx.now }],
    skipDuplicates: true,
  });
  if (count === 0) return replay(tx, { scope, key, fingerprint, sealWith });
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
  return unpack(kept);
};

const replay = async <Result extends object>(tx: Tx, { scope, key, fingerprint, sealWith }: IdempotencyRequest): Promise<Result> => {
  const known = await tx.db.idempotencyKey.findUniqueOrThrow({ where: { scope_key: { scope, key } } });
  if (!equalBytes(known.fingerprint, fingerprint)) throw new DomainError('IDEMPOTENCY_KEY_PARAMETER_MISMATCH');
  if (known.sealed && sealWith) {
    if (tx.now.getTime() - known.createdAt.getTime() > SEALED_FOR_MS) throw new DomainError('IDEMPOTENCY_RESULT_EXPIRED');
    return unpack(JSON.parse(sealWith.open(SEAL, known.sealed)) as Kept<Result>);
  }
  return unpack(known.result as unknown as Kept<Result>);
};

const unpack = <Result>(kept: Kept<Result>): Result => {
  if ('ok' in kept) return kept.ok;
  throw new DomainError(kept.refused.code, kept.refused.field ?? null, kept.refused.params ?? {});
};
