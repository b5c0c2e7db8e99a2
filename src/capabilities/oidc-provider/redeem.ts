import { createHash } from 'node:crypto';
import type { SignInMethod } from '../../core/events.ts';
import { equalBytes, type Keyring, tokenHash } from '../../core/secret.ts';
import { uuidOf } from '../../core/uuid.ts';
import type { Tx } from '../../db/transact.ts';
import { endSessions } from '../sessions/end.ts';
import { bytes, openSession, type SessionTokens } from '../sessions/open.ts';
import { consumeEntry, findEntry } from './entries.ts';
import { isIdentityOnly } from './scopes.ts';

const CODE_KIND = 'AuthorizationCode';

/** What an access token is kept as that opens nothing but the userinfo endpoint. */
export const identityHash = (accessToken: string): Buffer => tokenHash(`identity only: ${accessToken}`);

/** What a client gets for a code or a refresh token, and what its id token says. */
export interface Issued {
  readonly tokens: SessionTokens;
  readonly customerId: string;
  readonly scope: string;
  readonly authenticatedAt: Date;
  readonly nonce: string | null;
}

export interface CodeShown {
  readonly code: string;
  readonly redirectUri: string;
  /** Of PKCE; absent when the client sent none. */
  readonly verifier: string | undefined;
  readonly client: { readonly id: string; readonly asksConsent: boolean };
}

/** What the provider wrote down when it gave the code away. */
interface CodePayload {
  readonly clientId: string;
  readonly accountId: string;
  readonly redirectUri: string;
  readonly codeChallenge?: string;
  readonly nonce?: string;
  readonly scope?: string;
  /** The browser's own session. */
  readonly sessionUid: string;
}

const isProven = (verifier: string | undefined, challenge: string | undefined): boolean => {
  if (verifier === undefined && challenge === undefined) return true;
  if (verifier === undefined || challenge === undefined || !/^[\w.~-]{43,128}$/.test(verifier)) return false;
  return equalBytes(Buffer.from(createHash('sha256').update(verifier).digest('base64url')), Buffer.from(challenge));
};

/**
 * Exchanges a code for a session of the client's, once. Shown again, it ends that session: one of the two who held it is a thief. Answers
 * null when the code is no good, whatever is wrong with it; the caller commits either way. Refuses CUSTOMER_DISABLED.
 */
export const redeemOidcCode = async (tx: Tx, keyring: Keyring, shown: CodeShown): Promise<Issued | null> => {
  const kept = { kind: CODE_KIND, id: shown.code };
  const entry = await findEntry(tx.sql, keyring, kept, true);
  const codeHash = bytes(tokenHash(shown.code));
  const used = await tx.db.oidcSession.findUnique({ where: { codeHash }, select: { sessionId: true } });
  if (used) await endSessions(tx, { id: used.sessionId }, 'code_reused');
  if (used || !entry || entry.consumedAt || entry.expiresAt <= tx.now) return null;
  const payload = entry.payload as unknown as CodePayload;
  if (payload.clientId !== shown.client.id || payload.redirectUri !== shown.redirectUri) return null;
  if (!isProven(shown.verifier, payload.codeChallenge)) return null;
  await consumeEntry(tx.sql, kept, tx.now);
  return openFor(tx, shown.client, payload, codeHash);
};

const openFor = async (tx: Tx, client: CodeShown['client'], payload: CodePayload, codeHash: Uint8Array<ArrayBuffer>): Promise<Issued | null> => {
  const { accountId: customerId, sessionUid, scope = '', nonce = null } = payload;
  const browser = await tx.db.session.findFirst({
    where: { id: uuidOf(sessionUid), customerId, revokedAt: null },
    select: { method: true, authenticatedAt: true, userAgent: true, network: true },
  });
  // Signed out between the two steps.
  if (!browser) return null;
  const tokens = await openSession(tx, customerId, { address: undefined, userAgent: null }, browser.method as SignInMethod, client.id);
  const { sessionId } = tokens;
  // The device is the customer's browser, not the client's server that shows the code.
  await tx.db.session.update({ where: { id: sessionId }, data: browser, select: { id: true } });
  await tx.db.oidcSession.create({ data: { sessionId, browserSessionId: sessionUid, codeHash, scope }, select: { sessionId: true } });
  await narrow(tx, tokens, client, scope);
  return { tokens, customerId, scope, nonce, authenticatedAt: browser.authenticatedAt };
};

/** Makes an access token open nothing but the userinfo endpoint, where nothing else was granted. */
export const narrow = async (tx: Tx, { sessionId, accessToken }: SessionTokens, client: CodeShown['client'], scope: string): Promise<void> => {
  if (!isIdentityOnly(client.asksConsent, scope)) return;
  await tx.db.session.update({ where: { id: sessionId }, data: { accessHash: bytes(identityHash(accessToken)) }, select: { id: true } });
};
