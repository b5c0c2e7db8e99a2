import type { Tx } from '../../db/transact.ts';
import { endSessions } from '../sessions/end.ts';

/** Ends a browser's own session, and the sessions of the clients that were signed in from it; the clients are told. */
export const signBrowserSessionOut = async (tx: Tx, browserSessionId: string, reason: string): Promise<void> => {
  const opened = await tx.db.oidcSession.findMany({ where: { browserSessionId }, select: { sessionId: true } });
  await endSessions(tx, { id: { in: [browserSessionId, ...opened.map(({ sessionId }) => sessionId)] } }, reason);
};

/** Ends one session of a client's, and the browser's own under which it was opened, with all that came of it. */
export const signClientSessionOut = async (tx: Tx, sessionId: string, reason: string): Promise<void> => {
  const found = await tx.db.oidcSession.findUnique({ where: { sessionId }, select: { browserSessionId: true } });
  if (found?.browserSessionId) await signBrowserSessionOut(tx, found.browserSessionId, reason);
  await endSessions(tx, { id: sessionId }, reason);
};

/**
 * Another session takes a browser's place, because its customer proved once more who she is, or because someone else signed in. Sessions
 * of clients go on under the new one when it is hers, and end with the old one when it is not.
 */
export const replaceBrowserSession = async (
  tx: Tx,
  before: { readonly sessionId: string; readonly customerId: string },
  next: { readonly sessionId: string; readonly customerId: string },
): Promise<void> => {
  if (before.customerId !== next.customerId) return signBrowserSessionOut(tx, before.sessionId, 'replaced');
  await tx.db.oidcSession.updateMany({ where: { browserSessionId: before.sessionId }, data: { browserSessionId: next.sessionId } });
  await endSessions(tx, { id: before.sessionId }, 'replaced');
};
