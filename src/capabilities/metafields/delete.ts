import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { lockCustomer } from '../customers/update.ts';
import type { Identifier } from './define.ts';
import { AT_ONCE_MAX, refuseReadOnly, type Writer } from './set.ts';

export interface OwnedIdentifier extends Identifier {
  readonly customerId: string;
}

/**
 * Takes values from customers, all of them or none; one that is not there is no error, and null in the answer. Refuses, naming the place in
 * the list, LESS_THAN_OR_EQUAL_TO for more than 25, CUSTOMER_DOES_NOT_EXIST, and APP_NOT_AUTHORIZED for what a customer may not write.
 */
export const deleteMetafields = async (
  tx: Tx,
  identifiers: readonly OwnedIdentifier[],
  writer: Writer,
): Promise<{ deleted: (OwnedIdentifier | null)[] }> => {
  if (identifiers.length > AT_ONCE_MAX) throw new DomainError('LESS_THAN_OR_EQUAL_TO', ['metafields'], { max: AT_ONCE_MAX });
  const deleted: (OwnedIdentifier | null)[] = [];
  for (const [index, { customerId, namespace, key }] of identifiers.entries()) {
    const path = ['metafields', String(index)];
    await refuseReadOnly(tx, { namespace, key }, writer, path);
    await lockCustomer(tx, customerId, [...path, 'ownerId']);
    const { count } = await tx.db.customerMetafield.deleteMany({ where: { customerId, namespace, key } });
    if (count > 0) tx.emit({ type: 'customer_metafields.updated', customerId, fields: [`${namespace}.${key}`] });
    deleted.push(count > 0 ? { customerId, namespace, key } : null);
  }
  return { deleted };
};
