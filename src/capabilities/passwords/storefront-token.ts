import { DomainError } from '../../core/errors.ts';
import { isStorefrontToken, tokenHash } from '../../core/secret.ts';
import type { SqlTx } from '../../db/transact.ts';
import { STOREFRONT_SECONDS, secondsAfter } from '../sessions/open.ts';

/** However often a token is renewed, half a year after the customer proved who she is she does so again. */
const RENEWED_SECONDS_MAX = 180 * 24 * 60 * 60;

const UNTIL = `greatest(s.access_expires_at, least($3::text::timestamptz, s.authenticated_at + make_interval(secs => ${RENEWED_SECONDS_MAX})))`;

const RENEW = `
update session s set last_used_at = $2::text::timestamptz, access_expires_at = ${UNTIL}, refresh_expires_at = ${UNTIL}
from customer c
where s.access_hash = decode($1::text, 'hex') and s.revoked_at is null and s.access_expires_at > $2::text::timestamptz
  and c.id = s.customer_id and c.blocked_at is null
returning s.access_expires_at::text as "expiresAt"`;

const END = `
update session set revoked_at = $2::text::timestamptz, revoked_reason = 'signed_out'
where access_hash = decode($1::text, 'hex') and revoked_at is null returning id::text as id, customer_id::text as "customerId"`;

const invalid = (): DomainError => new DomainError('TOKEN_INVALID', ['customerAccessToken']);

/**
 * Gives a storefront's token thirty days more, before they are over, up to 180 days after the sign-in. It stays the same token, so that an
 * answer that is lost costs nothing. Refuses TOKEN_INVALID.
 */
export const renewStorefrontToken = async (tx: SqlTx, accessToken: string): Promise<{ accessToken: string; expiresAt: Date }> => {
  if (!isStorefrontToken(accessToken)) throw invalid();
  const until = secondsAfter(tx.now, STOREFRONT_SECONDS).toISOString();
  const [renewed] = await tx.sql<{ expiresAt: string }>(RENEW, [tokenHash(accessToken).toString('hex'), tx.now.toISOString(), until]);
  if (!renewed) throw invalid();
  return { accessToken, expiresAt: new Date(renewed.expiresAt) };
};

/** Ends the session of a token. Refuses TOKEN_INVALID when there is none. */
export const deleteStorefrontToken = async (tx: SqlTx, accessToken: string): Promise<{ sessionId: string; deletedAccessToken: string }> => {
  if (!isStorefrontToken(accessToken)) throw invalid();
  const [ended] = await tx.sql<{ id: string; customerId: string }>(END, [tokenHash(accessToken).toString('hex'), tx.now.toISOString()]);
  if (!ended) throw invalid();
  tx.emit({ type: 'session.ended', customerId: ended.customerId, sessionId: ended.id, reason: 'signed_out' });
  return { sessionId: ended.id, deletedAccessToken: accessToken };
};
