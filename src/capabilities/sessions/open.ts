import { v7 as uuid } from 'uuid';
import { DomainError } from '../../core/errors.ts';
import type { SignInMethod } from '../../core/events.ts';
import { coarseNetwork } from '../../core/network.ts';
import { mintToken, tokenHash } from '../../core/secret.ts';
import type { SqlTx } from '../../db/transact.ts';
import type { OpenByEmail } from './open-by-email.ts';
import { INSERT_SESSIONS, SESSION_COLUMNS, type SessionRow } from './session-row.ts';

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

const OPEN = `${INSERT_SESSIONS}, c.id
from jsonb_to_recordset($2::text::jsonb) as v(${SESSION_COLUMNS}), customer c
where c.id = $1::text::uuid and c.deleted_at is null and c.blocked_at is null for key share of c
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

const mint = (now: Date, device: Device, method: SignInMethod, { kind, accessSeconds, clientId }: Opening) => {
  const accessToken = mintToken(kind);
  const refreshToken = mintToken('refresh');
  const row: SessionRow = {
    id: uuid(),
    accessHash: tokenHash(accessToken).toString('hex'),
    accessExpiresAt: secondsAfter(now, accessSeconds),
    refreshHash: tokenHash(refreshToken).toString('hex'),
    refreshExpiresAt: secondsAfter(now, REFRESH_SECONDS),
    userAgent: device.userAgent?.slice(0, USER_AGENT_CHARACTERS_MAX) ?? null,
    network: coarseNetwork(device.address),
    method,
    clientId,
    now,
  };
  const tokens: SessionTokens = { sessionId: row.id, accessToken, refreshToken, expiresAt: row.accessExpiresAt };
  return { row, tokens };
};

const open = async (tx: SqlTx, customerId: string, device: Device, method: SignInMethod, opening: Opening): Promise<SessionTokens> => {
  const { row, tokens } = mint(tx.now, device, method, opening);
  const opened = await tx.sql(OPEN, [customerId, JSON.stringify([row])]);
  if (opened.length === 0) await refuse(tx, customerId);
  tx.emit({ type: 'session.opened', customerId, sessionId: row.id, method });
  return tokens;
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
 * The same for the customer whom a canonical address belongs to that she has just proven, together with all who do so at the same time, and
 * committed at once: for a verb that does nothing else. Null in a transaction that has begun, and where she is not there as one who has
 * signed in before.
 */
export const openSessionByEmail = async (
  { now, actor, isBegun }: Pick<SqlTx, 'now' | 'actor' | 'isBegun'>,
  openByEmail: OpenByEmail,
  email: string,
  device: Device,
  method: SignInMethod,
): Promise<{ customerId: string; session: SessionTokens } | null> => {
  if (isBegun()) return null;
  const { row, tokens } = mint(now, device, method, { kind: 'access', accessSeconds: ACCESS_SECONDS, clientId: null });
  const customerId = await openByEmail({ ...row, email, actor });
  return customerId === null ? null : { customerId, session: tokens };
};

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
