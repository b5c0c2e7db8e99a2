import type { Tx } from '../../db/transact.ts';
import { lockCustomer } from '../customers/update.ts';
import { createAddress } from './create.ts';
import { type AddressInput, addressKey, checkAddress } from './fields.ts';

export type { AddressInput };

/** Makes the book hold exactly these addresses, the first as the default; those that are there already keep their ids. Refuses what `createAddress` refuses. */
export const replaceAddresses = async (tx: Tx, customerId: string, addresses: readonly AddressInput[], path: readonly string[]): Promise<void> => {
  // Two who replace one book at once would otherwise both remove the same rows.
  await lockCustomer(tx, customerId);
  const book = await tx.db.address.findMany({ where: { customerId } });
  const wanted = addresses.map((address, index) => addressKey(checkAddress(address, [...path, String(index)])));
  const kept = book.filter((address) => wanted.includes(addressKey(address)));
  const dropped = book.filter((address) => !kept.includes(address));
  for (const { id: addressId } of dropped) {
    await tx.db.address.delete({ where: { id: addressId }, select: { id: true } });
    tx.emit({ type: 'customer_address.deleted', customerId, addressId });
  }
  for (const [index, address] of addresses.entries()) {
    const existing = kept.find((held) => addressKey(held) === wanted[index]);
    if (!existing) await createAddress(tx, customerId, address, index === 0, [...path, String(index)]);
    else if (index === 0) await tx.db.customer.update({ where: { id: customerId }, data: { defaultAddressId: existing.id }, select: { id: true } });
  }
};
