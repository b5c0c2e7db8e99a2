import { together } from '../../core/gather.ts';
import { isScope, type Scope } from '../../core/scopes.ts';
import { tokenHash } from '../../core/secret.ts';
import type { Viewer } from '../../core/viewer.ts';
import { ANONYMOUS } from '../../core/viewer.ts';
import type { Database } from '../../db/client.ts';

const TOKEN_CHARACTERS_MAX = 512;

/** When a token was last used is noted to within this time. */
const USE_SECONDS = 5 * 60;

/** Live means: not revoked, not run out, and for a session of a customer who is still there. One look at two unique indexes for many tokens. */
const LOOK = `
select encode(s.access_hash, 'hex') as hash, 'customer' as kind, s.id::text as id, s.customer_id::text as customer_id, null::text[] as scopes,
  s.access_expires_at as expires_at, s.last_used_at < $2::timestamptz - interval '${USE_SECONDS} seconds' as is_unnoted,
  array(select m.id::text from customer m where m.merged_into_id = s.customer_id) as former_ids
from session s where s.access_hash = any($1::text[]::bytea[]) and s.revoked_at is null and s.access_expires_at > $2::timestamptz
union all
select encode(t.token_hash, 'hex'), 'staff', t.id::text, null, t.scopes, t.expires_at,
  coalesce(t.last_used_at < $2::timestamptz - interval '${USE_SECONDS} seconds', true), null
from staff_token t where t.token_hash = any($1::text[]::bytea[]) and t.revoked_at is null and (t.expires_at is null or t.expires_at > $2::timestamptz)`;

interface Found {
  hash: string;
  kind: 'customer' | 'staff';
  id: string;
  customer_id: string;
  scopes: string[] | null;
  expires_at: Date | null;
  is_unnoted: boolean;
  former_ids: string[] | null;
}

const NOTE_USE = {
  customer: 'update session set last_used_at = $2::timestamptz where id = any($1::text[]::uuid[])',
  staff: 'update staff_token set last_used_at = $2::timestamptz where id = any($1::text[]::uuid[])',
} as const;

const SCOPES_KNOWN_MAX = 1_000;
const knownScopes = new Map<string, ReadonlySet<Scope>>();

/** The set of these scopes, one for all tokens that have the same. */
const scopesOf = (names: readonly string[]): ReadonlySet<Scope> => {
  const key = names.join();
  const known = knownScopes.get(key);
  if (known) return known;
  const scopes = new Set(names.filter(isScope));
  if (knownScopes.size < SCOPES_KNOWN_MAX) knownScopes.set(key, scopes);
  return scopes;
};

const viewerOf = (found: Found): Viewer =>
  found.kind === 'staff'
    ? { kind: 'staff', tokenId: found.id, scopes: scopesOf(found.scopes ?? []), expiresAt: found.expires_at }
    : {
        kind: 'customer',
        customerId: found.customer_id,
        sessionId: found.id,
        expiresAt: found.expires_at as Date,
        ...(found.former_ids?.length ? { formerIds: found.former_ids } : {}),
      };

const REJECTED: Viewer = { kind: 'anonymous', rejectedToken: true };

/**
 * Says who shows a token. One that is no good makes an anonymous viewer that is marked so, since signing in needs none. Tokens that are
 * shown at the same time are looked up together; none is remembered, so a revoked one is refused at once. That they were used is noted
 * afterwards, and nobody waits for it.
 */
export const authenticating = ({ sql }: Database, clock: () => Date): ((token: string | null) => Promise<Viewer>) => {
  const noteUse = (rows: readonly Found[], kind: Found['kind'], now: string): void => {
    const ids = rows.filter((found) => found.is_unnoted && found.kind === kind).map(({ id }) => id);
    // The next use notes it if this one could not.
    if (ids.length > 0) sql(NOTE_USE[kind], [ids, now]).catch(() => {});
  };
  const look = together(async (hashes) => {
    const now = clock().toISOString();
    const rows = await sql<Found>(LOOK, [hashes.map((hash) => `\\x${hash}`), now]);
    noteUse(rows, 'customer', now);
    noteUse(rows, 'staff', now);
    return new Map(rows.map((found) => [found.hash, viewerOf(found)]));
  });
  return async (token) => {
    if (!token) return ANONYMOUS;
    if (token.length > TOKEN_CHARACTERS_MAX) return REJECTED;
    return (await look(tokenHash(token).toString('hex'))) ?? REJECTED;
  };
};

const SESSIONS = `
select id::text, customer_id::text as customer_id from session where id = any((select $1::text[]::uuid[])::uuid[]) and revoked_at is null`;
const STAFF_TOKENS = 'select id::text from staff_token where id = any((select $1::text[]::uuid[])::uuid[]) and revoked_at is null';

/**
 * Says whether a viewer's session or staff token has not been revoked since; its expiry the caller knows. A session that is another
 * customer's by now, since two were merged or a merge was undone, is looked up anew before it shows anything more. Those who are asked
 * about at the same time are looked up together.
 */
export const stillLive = ({ sql }: Database): ((viewer: Viewer) => Promise<boolean>) => {
  const ownerOf = together(async (ids) => {
    const rows = await sql<{ id: string; customer_id: string }>(SESSIONS, [ids]);
    return new Map(rows.map((found) => [found.id, found.customer_id]));
  });
  const tokenOf = together(async (ids) => new Map((await sql<{ id: string }>(STAFF_TOKENS, [ids])).map(({ id }) => [id, id])));
  return async (viewer) => {
    if (viewer.kind === 'anonymous') return false;
    if (viewer.kind === 'customer') return (await ownerOf(viewer.sessionId)) === viewer.customerId;
    return (await tokenOf(viewer.tokenId)) !== null;
  };
};
