import type { Tx } from '../../db/transact.ts';
import { updateAddress } from './update.ts';

/** Makes an address of a customer's own book the default. Refuses CUSTOMER_DOES_NOT_EXIST, ADDRESS_ID_DOES_NOT_EXIST. */
export const setDefault = async (tx: Tx, customerId: string, addressId: string): Promise<{ customerId: string }> => {
  await updateAddress(tx, customerId, addressId, {}, true);
  return { customerId };
};
