import { tokenHash } from '../../core/secret.ts';
import { uuidOf } from '../../core/uuid.ts';
import type { Sql } from '../../db/client.ts';
import { identityHash } from './redeem.ts';

/** A live session that was opened for a client, as its tokens find it. */
export interface ClientSession {
  readonly sessionId: string;
  readonly customerId: string;
  readonly clientId: string;
  readonly scope: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

const LOOK = (condition: string, expiry: string) => `
select s.id::text as "sessionId", s.customer_id::text as "customerId", s.client_id as "clientId", o.scope, s.last_used_at as "issuedAt",
  s.${expiry} as "expiresAt"
from session s join oidc_session o on o.session_id = s.id
where ${condition} and s.revoked_at is null and s.${expiry} > $1::text::timestamptz`;

const BY_ACCESS = LOOK(`s.access_hash in (decode($2::text, 'hex'), decode($3::text, 'hex'))`, 'access_expires_at');
const BY_REFRESH = LOOK(`s.refresh_hash = decode($2::text, 'hex')`, 'refresh_expires_at');
const BY_ID = LOOK('s.id = $2::text::uuid', 'refresh_expires_at');

const first = async (rows: Promise<ClientSession[]>): Promise<ClientSession | null> => {
  const [row] = await rows;
  return row ? { ...row, issuedAt: new Date(row.issuedAt), expiresAt: new Date(row.expiresAt) } : null;
};

export const byAccessToken = (sql: Sql, now: Date, token: string): Promise<ClientSession | null> =>
  first(sql(BY_ACCESS, [now.toISOString(), tokenHash(token).toString('hex'), identityHash(token).toString('hex')]));

export const byRefreshToken = (sql: Sql, now: Date, token: string): Promise<ClientSession | null> =>
  first(sql(BY_REFRESH, [now.toISOString(), tokenHash(token).toString('hex')]));

export const bySessionId = (sql: Sql, now: Date, sessionId: string): Promise<ClientSession | null> =>
  first(sql(BY_ID, [now.toISOString(), uuidOf(sessionId)]));

/** The browser's own session, which the sign-in pages opened. */
export interface BrowserSession {
  readonly customerId: string;
  readonly method: string;
  readonly authenticatedAt: Date;
  readonly expiresAt: Date;
}

const BROWSER = `
select customer_id::text as "customerId", method, authenticated_at as "authenticatedAt", access_expires_at as "expiresAt"
from session where id = $2::text::uuid and client_id is null and revoked_at is null and access_expires_at > $1::text::timestamptz`;

export const browserSession = async (sql: Sql, now: Date, sessionId: string): Promise<BrowserSession | null> => {
  const [row] = await sql<BrowserSession>(BROWSER, [now.toISOString(), uuidOf(sessionId)]);
  return row ? { ...row, authenticatedAt: new Date(row.authenticatedAt), expiresAt: new Date(row.expiresAt) } : null;
};
