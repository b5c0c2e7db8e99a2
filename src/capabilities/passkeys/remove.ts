import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { lockCustomer } from '../customers/update.ts';
import { requireFreshSignIn } from '../sessions/fresh.ts';

const own = async (tx: Tx, customerId: string, id: string) => {
  const passkey = await tx.db.passkey.findFirst({ where: { id, customerId }, select: { id: true } });
  if (!passkey) throw new DomainError('NOT_FOUND', ['id']);
};

/** Gives a passkey of the customer's another name. Refuses NOT_FOUND. */
export const renamePasskey = async (tx: Tx, customerId: string, id: string, name: string): Promise<{ passkeyId: string; customerId: string }> => {
  await own(tx, customerId, id);
  await tx.db.passkey.update({ where: { id }, data: { name }, select: { id: true } });
  return { passkeyId: id, customerId };
};

/**
 * Forgets a passkey. Refuses NOT_FOUND, REAUTHENTICATION_REQUIRED, and LAST_WAY_IN when nothing else would let the customer in, unless she says that she knows:
 * an e-mail address is a way in, since a code can be sent there.
 */
export const removePasskey = async (
  tx: Tx,
  { customerId, sessionId }: { customerId: string; sessionId: string },
  id: string,
  { evenIfLast }: { evenIfLast: boolean },
): Promise<{ removedId: string }> => {
  await requireFreshSignIn(tx, sessionId);
  const { email } = await lockCustomer(tx, customerId, null);
  await own(tx, customerId, id);
  const others = await tx.db.passkey.count({ where: { customerId, id: { not: id } } });
  if (!email && others === 0 && !evenIfLast) throw new DomainError('LAST_WAY_IN', ['id']);
  await tx.db.passkey.delete({ where: { id }, select: { id: true } });
  tx.emit({ type: 'passkey.removed', customerId, passkeyId: id });
  return { removedId: id };
};
