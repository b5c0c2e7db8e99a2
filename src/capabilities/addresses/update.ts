import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { lockCustomer } from '../customers/update.ts';
import { fieldsOf, refuseSame, setDefaultAddress } from './create.ts';
import { type AddressFields, type AddressInput, checkAddress, checkDeliverable } from './fields.ts';

/**
 * Changes the fields that the input names; `makeDefault: true` makes the address the default, `false` on the default is refused.
 * Refuses ADDRESS_ID_DOES_NOT_EXIST, CUSTOMER_ADDRESS_ALREADY_EXISTS, DEMOTING_CUSTOMER_DEFAULT_ADDRESS_NOT_ALLOWED and what
 * `checkAddress` and `checkDeliverable` refuse.
 */
export const updateAddress = async (
  tx: Tx,
  customerId: string,
  addressId: string,
  input: AddressInput,
  makeDefault: boolean | null,
  path: readonly string[] = ['address'],
  { mustBeDeliverable = false }: { mustBeDeliverable?: boolean } = {},
): Promise<{ addressId: string }> => {
  const customer = await lockCustomer(tx, customerId, ['customerId']);
  const book = await tx.db.address.findMany({ where: { customerId } });
  const address = book.find(({ id }) => id === addressId);
  if (!address) throw new DomainError('ADDRESS_ID_DOES_NOT_EXIST', ['addressId']);
  if (makeDefault === false && customer.defaultAddressId === addressId) {
    throw new DomainError('DEMOTING_CUSTOMER_DEFAULT_ADDRESS_NOT_ALLOWED', ['defaultAddress']);
  }
  const fields = checkAddress(input, path, { territory: address.territoryCode });
  const after = { ...fieldsOf(address), ...fields };
  if (Object.values(after).every((value) => value === null)) throw new DomainError('ADDRESS_ARGUMENT_EMPTY', path);
  if (fields.territoryCode !== undefined && fields.zoneCode === undefined && after.zoneCode) refuseOtherZone(after, path);
  // Whoever only makes an old address the default is not asked to complete it.
  if (mustBeDeliverable && Object.keys(fields).length > 0) checkDeliverable(after, path);
  refuseSame(
    after,
    book.filter(({ id }) => id !== addressId),
    path,
  );
  await tx.db.address.update({ where: { id: addressId }, data: { ...fields, updatedAt: tx.now }, select: { id: true } });
  if (makeDefault) await setDefaultAddress(tx, customerId, addressId);
  tx.emit({ type: 'customer_address.updated', customerId, addressId });
  return { addressId };
};

/** An address that moves to another country does not take its zone along. Refuses INVALID_FOR_COUNTRY, TERRITORY_CODE_MISSING. */
const refuseOtherZone = ({ zoneCode, territoryCode }: AddressFields, path: readonly string[]): void => {
  checkAddress({ zoneCode }, path, { territory: territoryCode });
};
