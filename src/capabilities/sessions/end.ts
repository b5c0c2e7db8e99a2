import type { SqlTx, Tx } from '../../db/transact.ts';

/**
 * Ends the live sessions of a customer, or of an OpenID client, or one of them. Whoever has a subscription open under one is cut off on
 * commit, and the client that it was opened for is told.
 */
export const endSessions = async (
  tx: Tx,
  which: { readonly customerId: string } | { readonly clientId: string } | { readonly id: string | { in: string[] } },
  reason: string,
): Promise<{ ended: number }> => {
  const sessions = await tx.db.session.findMany({ where: { ...which, revokedAt: null }, select: { id: true, customerId: true, clientId: true } });
  await tx.db.session.updateMany({
    where: { id: { in: sessions.map(({ id }) => id) }, revokedAt: null },
    data: { revokedAt: tx.now, revokedReason: reason },
  });
  for (const session of sessions) tellEnded(tx, session, reason);
  return { ended: sessions.length };
};

/** Cuts off who listens under a session that has ended, and has the client told that it was opened for. */
export const tellEnded = (
  tx: Pick<SqlTx, 'emit'>,
  { id: sessionId, customerId, clientId }: { id: string; customerId: string; clientId: string | null },
  reason: string,
): void => {
  tx.emit({ type: 'session.ended', customerId, sessionId, reason });
  if (clientId) tx.emit({ type: 'back_channel_logout.requested', customerId, sessionId, oidcClientId: clientId });
};
