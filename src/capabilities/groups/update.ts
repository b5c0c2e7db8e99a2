import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { refuseTakenName } from './create.ts';
import { checkGroup, type GroupInput } from './fields.ts';

/** Changes what the input names. Refuses NOT_FOUND, TAKEN, and what `checkGroup` refuses. */
export const updateGroup = async (tx: Tx, groupId: string, input: GroupInput): Promise<{ groupId: string }> => {
  const fields = checkGroup(input);
  await lockGroup(tx, groupId);
  if ('nameKey' in fields && fields.nameKey) await refuseTakenName(tx, fields.nameKey, groupId);
  await tx.db.customerGroup.update({ where: { id: groupId }, data: { ...fields, updatedAt: tx.now }, select: { id: true } });
  tx.emit({ type: 'customer_group.updated', groupId });
  return { groupId };
};

/** Holds a group until the transaction ends, so that it is not deleted under a change of its members. Refuses NOT_FOUND. */
export const lockGroup = async (tx: Tx, groupId: string): Promise<void> => {
  const found = await tx.db.$queryRaw<object[]>`select 1 from customer_group where id = ${groupId}::uuid for no key update`;
  if (found.length === 0) throw new DomainError('NOT_FOUND', ['id']);
};
