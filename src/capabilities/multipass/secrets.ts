import { randomBytes } from 'node:crypto';
import { v7 as uuid } from 'uuid';
import { DomainError } from '../../core/errors.ts';
import type { Keyring } from '../../core/secret.ts';
import type { Sql } from '../../db/client.ts';
import type { SqlTx } from '../../db/transact.ts';
import { secondsAfter } from '../sessions/open.ts';

const SEAL = 'multipass secret';
/** How many may be good at once: each token that comes is tried with all of them. */
const LIVE_MAX = 10;
const OVERLAP_SECONDS_MAX = 30 * 24 * 60 * 60;

/** The secret is shown once; the gateway keeps it sealed. */
export interface SecretMade {
  readonly multipassSecretId: string;
  readonly secret: string;
}

const LIVE = `revoked_at is null and (expires_at is null or expires_at > $1::text::timestamptz)`;

/** The secrets that verify at this moment, newest first. */
export const liveSecrets = async (sql: Sql, keyring: Keyring, now: Date): Promise<string[]> => {
  const rows = await sql<{ sealed: Uint8Array }>(`select sealed from multipass_secret where ${LIVE} order by id desc limit ${LIVE_MAX}`, [
    now.toISOString(),
  ]);
  return rows.map(({ sealed }) => keyring.open(SEAL, sealed));
};

const INSERT = `
insert into multipass_secret (id, sealed, hint, created_by, created_at)
values ($1::text::uuid, decode($2::text, 'hex'), $3::text, $4::text, $5::text::timestamptz)`;

/** Makes a secret beside those that are good already. Refuses TOO_MANY. */
export const createMultipassSecret = async (tx: SqlTx, keyring: Keyring): Promise<SecretMade> => {
  // Two who make one at once take turns, so that the count holds.
  await tx.sql('lock table multipass_secret in share row exclusive mode', []);
  const [live] = await tx.sql<{ count: number }>(`select count(*)::int as count from multipass_secret where ${LIVE}`, [tx.now.toISOString()]);
  if ((live?.count ?? 0) >= LIVE_MAX) throw new DomainError('TOO_MANY', null, { max: LIVE_MAX });
  const multipassSecretId = uuid();
  const secret = randomBytes(32).toString('hex');
  await tx.sql(INSERT, [multipassSecretId, keyring.seal(SEAL, secret).toString('hex'), secret.slice(-4), tx.actor, tx.now.toISOString()]);
  tx.emit({ type: 'multipass_secret.created', multipassSecretId });
  return { multipassSecretId, secret };
};

const END = `
update multipass_secret set expires_at = least(coalesce(expires_at, 'infinity'), $2::text::timestamptz)
where ${LIVE} and ($3::text is null or id = $3::text::uuid) returning id::text as id`;

const end = async (tx: SqlTx, at: Date, id: string | null): Promise<number> => {
  const ended = await tx.sql<{ id: string }>(END, [tx.now.toISOString(), at.toISOString(), id]);
  for (const { id: multipassSecretId } of ended) tx.emit({ type: 'multipass_secret.revoked', multipassSecretId, at: at.toISOString() });
  return ended.length;
};

/**
 * Makes a new secret; those before it verify for `overlapSeconds` more, with 0 no longer, so that the shop's site can change over without
 * an interval in which nobody gets in. Refuses INVALID for an overlap beyond thirty days.
 */
export const rotateMultipassSecret = async (tx: SqlTx, keyring: Keyring, overlapSeconds: number): Promise<SecretMade> => {
  if (overlapSeconds < 0 || overlapSeconds > OVERLAP_SECONDS_MAX) throw new DomainError('INVALID', ['overlapSeconds']);
  await end(tx, secondsAfter(tx.now, overlapSeconds), null);
  return createMultipassSecret(tx, keyring);
};

/** Ends a secret at once: what was made with it is refused from now on. Refuses NOT_FOUND. */
export const revokeMultipassSecret = async (tx: SqlTx, id: string): Promise<{ multipassSecretId: string }> => {
  const ended = await end(tx, tx.now, id);
  if (ended === 0) throw new DomainError('NOT_FOUND', ['id']);
  await tx.sql('update multipass_secret set revoked_at = $2::text::timestamptz where id = $1::text::uuid', [id, tx.now.toISOString()]);
  return { multipassSecretId: id };
};
