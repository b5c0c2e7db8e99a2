import type { Keyring } from '../../core/secret.ts';
import type { Tx } from '../../db/transact.ts';
import { refreshSession } from '../sessions/refresh.ts';
import { type CodeShown, type Issued, narrow } from './redeem.ts';

/**
 * Exchanges a client's refresh token for the next pair, as refreshSession() does: it rotates every time, forgives a race within 30 seconds
 * and ends the session when an exchanged token comes later. Answers null when the token is no good or another client's; the caller
 * commits either way.
 */
export const refreshOidcSession = async (tx: Tx, keyring: Keyring, client: CodeShown['client'], refreshToken: string): Promise<Issued | null> => {
  const tokens = await refreshSession(tx, keyring, refreshToken, client.id);
  if (!tokens) return null;
  const { customerId, authenticatedAt, oidc } = await tx.db.session.findUniqueOrThrow({
    where: { id: tokens.sessionId },
    select: { customerId: true, authenticatedAt: true, oidc: { select: { scope: true } } },
  });
  const scope = oidc?.scope ?? '';
  await narrow(tx, tokens, client, scope);
  return { tokens, customerId, scope, authenticatedAt, nonce: null };
};
