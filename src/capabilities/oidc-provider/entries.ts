import { type Keyring, tokenHash } from '../../core/secret.ts';
import type { Sql } from '../../db/client.ts';

/*
 * What the provider keeps between two requests. A row is found by the hash of what the browser or the client shows, and what it says is
 * sealed: it holds addresses, e-mail addresses and codes.
 */

const SEALED_ENTRY = 'openid entry';

/** Rows that have run out and are taken away with each new one, so that they cannot pile up. */
const TIDIED_AT_ONCE = 20;

const PUT = `
with gone as (
  delete from oidc_entry where (kind, hash) in (
    select kind, hash from oidc_entry where expires_at < $5::text::timestamptz - interval '1 hour' limit ${TIDIED_AT_ONCE} for update skip locked)
)
insert into oidc_entry (kind, hash, sealed, expires_at)
values ($1::text, decode($2::text, 'hex'), decode($3::text, 'hex'), $4::text::timestamptz)
on conflict (kind, hash) do update set sealed = excluded.sealed, expires_at = excluded.expires_at`;

export interface Entry {
  readonly payload: Record<string, unknown>;
  readonly consumedAt: Date | null;
  readonly expiresAt: Date;
}

interface Row {
  sealed: Uint8Array;
  consumed_at: Date | null;
  expires_at: Date;
}

export interface Kept {
  readonly kind: string;
  readonly id: string;
}

const keyOf = ({ kind, id }: Kept): [string, string] => [kind, tokenHash(id).toString('hex')];

export const putEntry = async (
  sql: Sql,
  keyring: Keyring,
  kept: Kept,
  { payload, now, expiresAt }: { payload: object; now: Date; expiresAt: Date },
): Promise<void> => {
  const sealed = keyring.seal(SEALED_ENTRY, JSON.stringify(payload)).toString('hex');
  await sql(PUT, [...keyOf(kept), sealed, expiresAt.toISOString(), now.toISOString()]);
};

const FIND = `select sealed, consumed_at, expires_at from oidc_entry where kind = $1::text and hash = decode($2::text, 'hex')`;

/** What was kept under an id, also when it has run out. Inside a transaction, `isLocked` makes others wait. */
export const findEntry = async (sql: Sql, keyring: Keyring, kept: Kept, isLocked = false): Promise<Entry | null> => {
  const [row] = await sql<Row>(isLocked ? `${FIND} for update` : FIND, keyOf(kept));
  if (!row) return null;
  const payload = JSON.parse(keyring.open(SEALED_ENTRY, row.sealed)) as Record<string, unknown>;
  return { payload, consumedAt: row.consumed_at && new Date(row.consumed_at), expiresAt: new Date(row.expires_at) };
};

export const consumeEntry = async (sql: Sql, kept: Kept, now: Date): Promise<void> => {
  await sql(`update oidc_entry set consumed_at = $3::text::timestamptz where kind = $1::text and hash = decode($2::text, 'hex') returning kind`, [
    ...keyOf(kept),
    now.toISOString(),
  ]);
};

export const dropEntry = async (sql: Sql, kept: Kept): Promise<void> => {
  await sql(`delete from oidc_entry where kind = $1::text and hash = decode($2::text, 'hex') returning kind`, keyOf(kept));
};
