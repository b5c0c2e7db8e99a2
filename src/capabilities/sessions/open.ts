import { v7 as uuid } from 'uuid';
import { coarseNetwork } from '../../core/network.ts';
import { mintToken, tokenHash } from '../../core/secret.ts';
import type { Tx } from '../../db/transact.ts';

/** How long an access token is good for. */
export const ACCESS_SECONDS = 60 * 60;
/** How long a refresh token is good for; every rotation starts it anew. */
export const REFRESH_SECONDS = 30 * 24 * 60 * 60;

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

/** Opens a session for a customer who has just proven who she is. */
export const openSession = async (tx: Tx, customerId: string, device: Device, method: 'email_code' | 'sample'): Promise<SessionTokens> => {
  const sessionId = uuid();
  const accessToken = mintToken('access');
  const refreshToken = mintToken('refresh');
  const expiresAt = secondsAfter(tx.now, ACCESS_SECONDS);
  await tx.db.session.create({
    data: {
      id: sessionId,
      customerId,
      accessHash: bytes(tokenHash(accessToken)),
      accessExpiresAt: expiresAt,
      refreshHash: bytes(tokenHash(refreshToken)),
      refreshExpiresAt: secondsAfter(tx.now, REFRESH_SECONDS),
      userAgent: device.userAgent?.slice(0, USER_AGENT_CHARACTERS_MAX) ?? null,
      network: coarseNetwork(device.address),
      createdAt: tx.now,
      lastUsedAt: tx.now,
    },
    select: { id: true },
  });
  tx.emit({ type: 'session.opened', customerId, sessionId, method });
  return { sessionId, accessToken, refreshToken, expiresAt };
};

export const secondsAfter = (moment: Date, seconds: number): Date => new Date(moment.getTime() + seconds * 1000);

/** Prisma takes bytes over a plain buffer of their own. */
export const bytes = (buffer: Uint8Array): Uint8Array<ArrayBuffer> => new Uint8Array(buffer);
