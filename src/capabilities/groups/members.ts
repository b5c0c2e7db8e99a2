import { v7 as uuid } from 'uuid';
import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { lockGroup } from './update.ts';

/** At most this many at once; a group holds any number. */
export const MEMBERS_AT_ONCE_MAX = 250;

const idsOf = (customerIds: readonly string[]): string[] => {
  if (customerIds.length === 0) throw new DomainError('BLANK', ['customerIds']);
  if (customerIds.length > MEMBERS_AT_ONCE_MAX) throw new DomainError('TOO_MANY', ['customerIds'], { max: MEMBERS_AT_ONCE_MAX });
  return [...new Set(customerIds)];
};

/**
 * Puts customers into a group; who is in it already stays as she was. All of them or none: refuses NOT_FOUND for the group, BLANK, TOO_MANY,
 * and CUSTOMER_DOES_NOT_EXIST, naming the place in the list.
 */
export const addMembers = async (tx: Tx, groupId: string, customerIds: readonly string[]): Promise<{ groupId: string; changedCount: number }> => {
  const wanted = idsOf(customerIds);
  await lockGroup(tx, groupId);
  // Held by key share: a customer who is being deleted is gone before or stays until this is done.
  const living = await tx.sql<{ id: string }>(
    'select id::text from customer where id = any($1::text[]::uuid[]) and deleted_at is null order by id for key share',
    [wanted],
  );
  const missing = wanted.find((id) => !living.some((found) => found.id === id));
  if (missing) throw new DomainError('CUSTOMER_DOES_NOT_EXIST', ['customerIds', String(customerIds.indexOf(missing))]);
  const added = await tx.db.customerGroupMember.createManyAndReturn({
    data: wanted.map((customerId) => ({ id: uuid(), groupId, customerId, addedBy: tx.actor, createdAt: tx.now })),
    skipDuplicates: true,
    select: { customerId: true },
  });
  for (const { customerId } of added) tx.emit({ type: 'customer_group_member.added', groupId, customerId });
  return { groupId, changedCount: added.length };
};

/** Takes customers out of a group; who is not in it is no error. Refuses NOT_FOUND for the group, BLANK, TOO_MANY. */
export const removeMembers = async (tx: Tx, groupId: string, customerIds: readonly string[]): Promise<{ groupId: string; changedCount: number }> => {
  const unwanted = idsOf(customerIds);
  await lockGroup(tx, groupId);
  const where = { groupId, customerId: { in: unwanted } };
  const members = await tx.db.customerGroupMember.findMany({ where, select: { customerId: true } });
  await tx.db.customerGroupMember.deleteMany({ where });
  for (const { customerId } of members) tx.emit({ type: 'customer_group_member.removed', groupId, customerId });
  return { groupId, changedCount: members.length };
};
