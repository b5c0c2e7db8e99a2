import { v7 as uuid } from 'uuid';
import { DomainError } from '../../core/errors.ts';
import type { SignInMethod } from '../../core/events.ts';
import { coarseNetwork } from '../../core/network.ts';
import { mintToken, tokenHash } from '../../core/secret.ts';
import type { SqlTx } from '../../db/transact.ts';

/** How long an access token is good for. */
export const ACCESS_SECONDS = 60 * 60;
/** How long a refresh token is good for; every rotation starts it anew. */
export const REFRESH_SECONDS = 30 * 24 * 60 * 60;

/** How long a browser stays signed in to the gateway's own pages. */
export const BROWSER_SECONDS = 30 * 24 * 60 * 60;

/** What the customer's device keeps. Shown once: the gateway stores hashes. */
export interface SessionTokens {
  readonly sessionId: string;
  readonly accessToken: string;
  readonly refreshToken: string;
  /** When the access token runs out. */
  readonly expiresAt: Date;
}

export interface Device {
  readonly address: string | undefined;
  readonly userAgent: string | null;
}

const USER_AGENT_CHARACTERS_MAX = 300;

const OPEN = `
insert into session (id, customer_id, access_hash, access_expires_at, refresh_hash, refresh_expires_at, user_agent, network, method, authenticated_at,
  client_id, created_at, last_used_at)
select $1::text::uuid, c.id, decode($3::text, 'hex'), $4::text::timestamptz, decode($5::text, 'hex'), $6::text::timestamptz,
  $7::text, $8::text, $10::text, $9::text::timestamptz, $11::text, $9::text::timestamptz, $9::text::timestamptz
from customer c where c.id = $2::text::uuid and c.deleted_at is null and c.blocked_at is null for key share
returning 1`;

/** She was merged into another while she signed in: her sign-in begins again, and finds the survivor. */
const refuse = async (tx: SqlTx, customerId: string): Promise<never> => {
  const [merged] = await tx.sql('select 1 from customer where id = $1::text::uuid and merged_into_id is not null', [customerId]);
  if (merged) throw Object.assign(new Error('merged meanwhile'), { code: '40001' });
  throw new DomainError('CUSTOMER_DISABLED');
};

/** How long a storefront's token is good for; renewing starts it anew. */
export const STOREFRONT_SECONDS = 30 * 24 * 60 * 60;

interface Opening {
  readonly kind: 'access' | 'browser' | 'storefront';
  readonly accessSeconds: number;
  readonly clientId: string | null;
}

const open = async (tx: SqlTx, customerId: string, device: Device, method: SignInMethod, opening: Opening): Promise<SessionTokens> => {
  const { kind, accessSeconds, clientId } = opening;
  const sessionId = uuid();
  const accessToken = mintToken(kind);
  const refreshToken = mintToken('refresh');
  const expiresAt = secondsAfter(tx.now, accessSeconds);
  const opened = await tx.sql(OPEN, [
    sessionId,
    customerId,
    tokenHash(accessToken).toString('hex'),
    expiresAt.toISOString(),
    tokenHash(refreshToken).toString('hex'),
    secondsAfter(tx.now, REFRESH_SECONDS).toISOString(),
    device.userAgent?.slice(0, USER_AGENT_CHARACTERS_MAX) ?? null,
    coarseNetwork(device.address),
    tx.now.toISOString(),
    method,
    clientId,
  ]);
  if (opened.length === 0) await refuse(tx, customerId);
  tx.emit({ type: 'session.opened', customerId, sessionId, method });
  return { sessionId, accessToken, refreshToken, expiresAt };
};

/**
 * Opens a session for a customer who has just proven who she is; `clientId` names the OpenID client that it is for.
 * Refuses CUSTOMER_DISABLED when staff have blocked her.
 */
export const openSession = (
  tx: SqlTx,
  customerId: string,
  device: Device,
  method: SignInMethod,
  clientId: string | null = null,
): Promise<SessionTokens> => open(tx, customerId, device, method, { kind: 'access', accessSeconds: ACCESS_SECONDS, clientId });

/**
 * Opens a session of a browser on the gateway's own pages. Its one token lives in a cookie, is good for thirty days and is taken
 * from cookies alone. Refuses CUSTOMER_DISABLED.
 */
export const openBrowserSession = async (
  tx: SqlTx,
  customerId: string,
  device: Device,
  method: SignInMethod,
): Promise<{ sessionId: string; browserToken: string; expiresAt: Date }> => {
  const opening: Opening = { kind: 'browser', accessSeconds: BROWSER_SECONDS, clientId: null };
  const { sessionId, accessToken, expiresAt } = await open(tx, customerId, device, method, opening);
  return { sessionId, browserToken: accessToken, expiresAt };
};

/** The Storefront API's one token: Shopify's clients have no refresh token, so it is good for thirty days and can be renewed. */
export interface StorefrontToken {
  readonly sessionId: string;
  readonly accessToken: string;
  readonly expiresAt: Date;
}

/** Opens a session whose one token is good for thirty days, in the Authorization header. Refuses CUSTOMER_DISABLED. */
export const openStorefrontSession = async (tx: SqlTx, customerId: string, device: Device, method: SignInMethod): Promise<StorefrontToken> => {
  const opening: Opening = { kind: 'storefront', accessSeconds: STOREFRONT_SECONDS, clientId: null };
  const { sessionId, accessToken, expiresAt } = await open(tx, customerId, device, method, opening);
  return { sessionId, accessToken, expiresAt };
};

export const secondsAfter = (moment: Date, seconds: number): Date => new Date(moment.getTime() + seconds * 1000);

/** Prisma takes bytes over a plain buffer of their own. */
export const bytes = (buffer: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(buffer);
