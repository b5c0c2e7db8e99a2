import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { secondsAfter } from './open.ts';

/** How old a sign-in may be for a change that would lock its victim out; OWASP ASVS 7.5 asks for one. */
const FRESH_SECONDS = 10 * 60;

/** Refuses REAUTHENTICATION_REQUIRED unless the customer of this session proved who she is within the last ten minutes. */
export const requireFreshSignIn = async (tx: Tx, sessionId: string): Promise<void> => {
  const session = await tx.db.session.findUnique({ where: { id: sessionId }, select: { authenticatedAt: true } });
  if (!session || secondsAfter(session.authenticatedAt, FRESH_SECONDS) <= tx.now)
    throw new DomainError('REAUTHENTICATION_REQUIRED', null, { minutes: FRESH_SECONDS / 60 });
};
