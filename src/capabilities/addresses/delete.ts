import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { lockCustomer } from '../customers/update.ts';

/** Removes an address. Refuses ADDRESS_ID_DOES_NOT_EXIST, and DELETING_CUSTOMER_DEFAULT_ADDRESS_NOT_ALLOWED for the default while others are there. */
export const deleteAddress = async (tx: Tx, customerId: string, addressId: string): Promise<{ deletedAddressId: string }> => {
  const customer = await lockCustomer(tx, customerId, ['customerId']);
  const book = await tx.db.address.findMany({ where: { customerId }, select: { id: true } });
  if (!book.some(({ id }) => id === addressId)) throw new DomainError('ADDRESS_ID_DOES_NOT_EXIST', ['addressId']);
  if (customer.defaultAddressId === addressId && book.length > 1)
    throw new DomainError('DELETING_CUSTOMER_DEFAULT_ADDRESS_NOT_ALLOWED', ['addressId']);
  await tx.db.address.delete({ where: { id: addressId }, select: { id: true } });
  tx.emit({ type: 'customer_address.deleted', customerId, addressId });
  return { deletedAddressId: addressId };
};
