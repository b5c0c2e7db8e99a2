import { v7 as uuid } from 'uuid';
import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { checkGroup, type GroupInput } from './fields.ts';

/** Makes a group, which has no members yet. Refuses TAKEN for a name that another group has, and what `checkGroup` refuses. */
export const createGroup = async (tx: Tx, input: GroupInput & { readonly name: string }): Promise<{ groupId: string }> => {
  const { name, nameKey, ...fields } = checkGroup(input) as ReturnType<typeof checkGroup> & { name: string; nameKey: string };
  await refuseTakenName(tx, nameKey, null);
  const id = uuid();
  await tx.db.customerGroup.create({ data: { id, name, nameKey, ...fields, createdAt: tx.now, updatedAt: tx.now }, select: { id: true } });
  tx.emit({ type: 'customer_group.created', groupId: id });
  return { groupId: id };
};

/** Two that race past this look meet at the unique index: the loser's transaction runs again and is refused here. */
export const refuseTakenName = async (tx: Tx, nameKey: string, except: string | null): Promise<void> => {
  const holder = await tx.db.customerGroup.findUnique({ where: { nameKey }, select: { id: true } });
  if (holder && holder.id !== except) throw new DomainError('TAKEN', ['input', 'name'], { detail: 'GROUP_NAME_TAKEN' });
};
