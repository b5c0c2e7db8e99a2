import type { Tx } from '../../db/transact.ts';
import { endSessions } from '../sessions/end.ts';
import { lockCustomer } from './update.ts';

/**
 * Keeps a customer from signing in, whatever the way, until staff take it back; her devices are signed out at once. Her profile, orders
 * and credit stay as they are. Refuses CUSTOMER_DOES_NOT_EXIST.
 */
export const blockCustomer = async (tx: Tx, customerId: string): Promise<{ customerId: string }> => {
  const { blockedAt } = await lockCustomer(tx, customerId, ['customerId']);
  await endSessions(tx, { customerId }, 'blocked');
  if (!blockedAt) await setBlocked(tx, customerId, { blockedAt: tx.now, state: 'DISABLED' });
  return { customerId };
};

/** Lets a blocked customer sign in again; one who had proven her address is enabled as before. Refuses CUSTOMER_DOES_NOT_EXIST. */
export const unblockCustomer = async (tx: Tx, customerId: string): Promise<{ customerId: string }> => {
  const { blockedAt, emailVerifiedAt } = await lockCustomer(tx, customerId, ['customerId']);
  if (blockedAt) await setBlocked(tx, customerId, { blockedAt: null, state: emailVerifiedAt ? 'ENABLED' : 'DISABLED' });
  return { customerId };
};

const setBlocked = async (tx: Tx, customerId: string, data: { blockedAt: Date | null; state: 'ENABLED' | 'DISABLED' }): Promise<void> => {
  await tx.db.customer.update({ where: { id: customerId }, data: { ...data, updatedAt: tx.now }, select: { id: true } });
  tx.emit({ type: 'customer.updated', customerId, fields: ['state', 'blocked'] });
};
