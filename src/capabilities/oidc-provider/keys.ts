import { createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { v7 as uuid } from 'uuid';
import type { Keyring } from '../../core/secret.ts';
import type { Sql } from '../../db/client.ts';
import type { Tx } from '../../db/transact.ts';
import { bytes, REFRESH_SECONDS, secondsAfter } from '../sessions/open.ts';

const SEALED_KEY = 'openid signing key';

/** How long a key signs before the next takes its place by itself. */
const SIGNS_FOR_SECONDS = 90 * 24 * 60 * 60;
/** A retired key stays published while a session can still show a token of it: at signing out, id tokens are taken however old. */
const PUBLISHED_FOR_SECONDS = REFRESH_SECONDS + 24 * 60 * 60;

/** Any number: what matters is that whoever rotates asks for the same one. */
const ROTATION_LOCK = 7_321_984_022;

type PublicJwk = JsonWebKey & { readonly kid: string };

export interface SigningKeys {
  /** Changes when any key does. */
  readonly fingerprint: string;
  readonly kid: string;
  readonly signing: KeyObject;
  /** All that are published, with their private parts, the signing one first. */
  readonly jwks: readonly PublicJwk[];
}

export interface MadeKey {
  readonly kid: string;
  readonly sealed: Uint8Array<ArrayBuffer>;
  readonly published: object;
}

/** A new key, sealed. Made before the transaction that keeps it: making one takes a while. */
export const makeOidcKey = async (keyring: Keyring): Promise<MadeKey> => {
  const { exportJWK, generateKeyPair } = await import('jose');
  const { privateKey } = await generateKeyPair('RS256', { modulusLength: 2048, extractable: true });
  const whole = { ...(await exportJWK(privateKey)), kid: uuid(), alg: 'RS256', use: 'sig' };
  const { kty, n, e, kid, alg, use } = whole;
  return { kid, sealed: bytes(keyring.seal(SEALED_KEY, JSON.stringify(whole))), published: { kty, n, e, kid, alg, use } };
};

interface Rotation {
  /** Two, of which the second is used where none waits. */
  readonly made: readonly [MadeKey, MadeKey];
  /** Rotates only while this key signs: of two processes that find it too old, one replaces it. */
  readonly onlyAfter?: string | null;
  /** Stops publishing every key that was known before: tokens that they signed are good no more. */
  readonly withdraw?: boolean;
}

/** Lets the waiting key sign, retires the one that did, and makes another wait, so that clients know each key before they meet it. */
export const rotateOidcKey = async (tx: Tx, { made, onlyAfter, withdraw = false }: Rotation): Promise<{ kid: string }> => {
  await tx.sql('select pg_advisory_xact_lock($1::text::bigint)::text', [String(ROTATION_LOCK)]);
  const active = await tx.db.oidcKey.findFirst({ where: { activatedAt: { not: null }, retiredAt: null }, select: { kid: true } });
  if (onlyAfter !== undefined && active && active.kid !== onlyAfter) return { kid: active.kid };
  const gone = withdraw ? {} : { retiredAt: { lt: secondsAfter(tx.now, -PUBLISHED_FOR_SECONDS) } };
  await tx.db.oidcKey.deleteMany({ where: gone });
  await tx.db.oidcKey.updateMany({ where: { activatedAt: { not: null }, retiredAt: null }, data: { retiredAt: tx.now } });
  const [next, spare] = made;
  const row = ({ kid, sealed, published }: MadeKey) => ({ kid, sealed, published, createdAt: tx.now });
  const waiting = await tx.db.oidcKey.findFirst({ where: { activatedAt: null }, select: { kid: true } });
  if (waiting) await tx.db.oidcKey.update({ where: { kid: waiting.kid }, data: { activatedAt: tx.now }, select: { kid: true } });
  else await tx.db.oidcKey.create({ data: { ...row(spare), activatedAt: tx.now }, select: { kid: true } });
  await tx.db.oidcKey.create({ data: row(next), select: { kid: true } });
  const kid = waiting?.kid ?? spare.kid;
  tx.emit({ type: 'oidc_key.rotated', kid });
  return { kid };
};

interface Row {
  kid: string;
  sealed: Uint8Array;
  activated_at: Date | null;
  is_signing: boolean;
}

const LOAD = `
select kid, sealed, activated_at, activated_at is not null and retired_at is null as is_signing from oidc_key
where retired_at is null or retired_at > $1::text::timestamptz order by is_signing desc, created_at desc, kid desc`;

/** The keys as they are now, or null when none signs or the one that does is too old; `onlyAfter` says which. */
const lookAtKeys = async (sql: Sql, now: Date): Promise<{ rows: Row[]; onlyAfter: string | null; isDue: boolean }> => {
  const rows = await sql<Row>(LOAD, [secondsAfter(now, -PUBLISHED_FOR_SECONDS).toISOString()]);
  const [first] = rows;
  const signing = first?.is_signing ? first : null;
  const isDue = !signing || new Date(signing.activated_at as Date) < secondsAfter(now, -SIGNS_FOR_SECONDS);
  return { rows, onlyAfter: signing?.kid ?? null, isDue };
};

/**
 * The keys of this moment, looked up each time so that every process signs with the same one; what was opened is kept by its
 * fingerprint. Makes the first ones, and replaces the signing one when it is too old.
 */
export const signingKeys = (tools: {
  readonly sql: Sql;
  readonly keyring: Keyring;
  readonly clock: () => Date;
  readonly rotate: (rotation: Rotation) => Promise<unknown>;
}): (() => Promise<SigningKeys>) => {
  const { sql, keyring, clock, rotate } = tools;
  let known: SigningKeys | undefined;
  return async () => {
    let { rows, onlyAfter, isDue } = await lookAtKeys(sql, clock());
    if (isDue) {
      await rotate({ made: [await makeOidcKey(keyring), await makeOidcKey(keyring)], onlyAfter });
      ({ rows } = await lookAtKeys(sql, clock()));
    }
    const fingerprint = rows.map(({ kid }) => kid).join();
    if (known?.fingerprint === fingerprint) return known;
    const jwks = rows.map(({ sealed }) => JSON.parse(keyring.open(SEALED_KEY, sealed)) as PublicJwk);
    const first = jwks[0] as PublicJwk;
    known = { fingerprint, kid: first.kid, signing: createPrivateKey({ key: first, format: 'jwk' }), jwks };
    return known;
  };
};
