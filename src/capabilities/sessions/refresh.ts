import { randomBytes } from 'node:crypto';
import { DomainError } from '../../core/errors.ts';
import { equalBytes, type Keyring, tokenHash } from '../../core/secret.ts';
import type { Tx } from '../../db/transact.ts';
import { endSessions } from './end.ts';
import { ACCESS_SECONDS, bytes, REFRESH_SECONDS, type SessionTokens, secondsAfter } from './open.ts';

/** A refresh token that was exchanged this recently gives the same successor again: two tabs, or an answer that was lost. */
const GRACE_SECONDS = 30;

/**
 * Exchanges a refresh token for the next pair. Rotates every time; the exchanged token shown again within 30 seconds gives the
 * same pair, and later, or when its successor was itself exchanged, ends the session: one of the two who hold it is a thief.
 * Answers null when the token is no good, or not of the OpenID client that shows it (null: of the gateway's own); the caller commits
 * either way, so that an ended session stays ended.
 */
export const refreshSession = async (
  tx: Tx,
  keyring: Keyring,
  refreshToken: string,
  clientId: string | null = null,
): Promise<SessionTokens | null> => {
  const hash = bytes(tokenHash(refreshToken));
  const retired = await tx.db.retiredRefreshToken.findUnique({ where: { hash } });
  if (retired) return replay(tx, keyring, refreshToken, { ...retired, clientId });
  await tx.db.$queryRaw`select 1 from session where refresh_hash = ${hash} for update`;
  const session = await tx.db.session.findUnique({ where: { refreshHash: hash } });
  if (!session) {
    // Exchanged by someone else between the two looks.
    const lately = await tx.db.retiredRefreshToken.findUnique({ where: { hash } });
    return lately ? replay(tx, keyring, refreshToken, { ...lately, clientId }) : null;
  }
  if (session.revokedAt || session.refreshExpiresAt <= tx.now || session.clientId !== clientId) return null;
  return rotate(tx, keyring, refreshToken, session.id);
};

/** The pair that follows a refresh token: derived, so that it can be given again without being kept. */
const successors = (keyring: Keyring, refreshToken: string, salt: Uint8Array): { accessToken: string; refreshToken: string }[] => {
  const access = keyring.digests('successor access token', refreshToken, salt);
  const refresh = keyring.digests('successor refresh token', refreshToken, salt);
  return access.map((digest, index) => ({
    accessToken: `clt_at_${digest.toString('base64url')}`,
    refreshToken: `clt_rt_${(refresh[index] as Buffer).toString('base64url')}`,
  }));
};

const rotate = async (tx: Tx, keyring: Keyring, refreshToken: string, sessionId: string): Promise<SessionTokens> => {
  const rotationSalt = bytes(randomBytes(32));
  const next = successors(keyring, refreshToken, rotationSalt)[0] as { accessToken: string; refreshToken: string };
  const expiresAt = secondsAfter(tx.now, ACCESS_SECONDS);
  await tx.db.retiredRefreshToken.create({ data: { hash: bytes(tokenHash(refreshToken)), sessionId, retiredAt: tx.now } });
  await tx.db.retiredRefreshToken.deleteMany({ where: { sessionId, retiredAt: { lt: secondsAfter(tx.now, -REFRESH_SECONDS) } } });
  await tx.db.session.update({
    where: { id: sessionId },
    data: {
      accessHash: bytes(tokenHash(next.accessToken)),
      accessExpiresAt: expiresAt,
      refreshHash: bytes(tokenHash(next.refreshToken)),
      refreshExpiresAt: secondsAfter(tx.now, REFRESH_SECONDS),
      rotationSalt,
      lastUsedAt: tx.now,
    },
    select: { id: true },
  });
  return { sessionId, ...next, expiresAt };
};

const replay = async (
  tx: Tx,
  keyring: Keyring,
  refreshToken: string,
  retired: { sessionId: string; retiredAt: Date; clientId: string | null },
): Promise<SessionTokens | null> => {
  const session = await tx.db.session.findUnique({ where: { id: retired.sessionId } });
  if (!session || session.revokedAt || session.clientId !== retired.clientId) return null;
  if (tx.now <= secondsAfter(retired.retiredAt, GRACE_SECONDS) && session.rotationSalt) {
    const same = successors(keyring, refreshToken, session.rotationSalt).find((pair) =>
      equalBytes(tokenHash(pair.refreshToken), session.refreshHash),
    );
    if (same) return { sessionId: session.id, ...same, expiresAt: session.accessExpiresAt };
  }
  await endSessions(tx, { id: session.id }, 'refresh_token_reused');
  return null;
};

/** The refusal for a refresh token that is no good, whatever the reason. */
export const invalidRefreshToken = (): DomainError => new DomainError('INVALID_TOKEN', ['refreshToken']);
