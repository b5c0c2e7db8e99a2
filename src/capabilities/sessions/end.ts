import type { Tx } from '../../db/transact.ts';

/** Ends the live sessions of a customer, or one of them. Whoever has a subscription open under one is cut off on commit. */
export const endSessions = async (
  tx: Tx,
  which: { readonly customerId: string } | { readonly id: string },
  reason: string,
): Promise<{ ended: number }> => {
  const sessions = await tx.db.session.findMany({ where: { ...which, revokedAt: null }, select: { id: true, customerId: true } });
  await tx.db.session.updateMany({
    where: { id: { in: sessions.map(({ id }) => id) }, revokedAt: null },
    data: { revokedAt: tx.now, revokedReason: reason },
  });
  for (const { id: sessionId, customerId } of sessions) tx.emit({ type: 'session.ended', customerId, sessionId, reason });
  return { ended: sessions.length };
};
