import type { Tx } from '../../db/transact.ts';
import { lockGroup } from './update.ts';

/** Deletes a group; its members are in it no more. Refuses NOT_FOUND. */
export const deleteGroup = async (tx: Tx, groupId: string): Promise<{ deletedCustomerGroupId: string }> => {
  await lockGroup(tx, groupId);
  await tx.db.customerGroup.delete({ where: { id: groupId }, select: { id: true } });
  tx.emit({ type: 'customer_group.deleted', groupId });
  return { deletedCustomerGroupId: groupId };
};
