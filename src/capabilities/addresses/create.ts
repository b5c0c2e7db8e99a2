import { v7 as uuid } from 'uuid';
import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { lockCustomer } from '../customers/update.ts';
import { ADDRESSES_MAX } from './errors.ts';
import { ADDRESS_FIELDS, type AddressFields, type AddressInput, addressKey, checkAddress, checkDeliverable } from './fields.ts';

/**
 * Adds an address to a customer's book; the first one becomes the default, a later one when `makeDefault` says so.
 * What a customer enters herself must be deliverable; staff and other systems may keep a part of an address.
 * Refuses CUSTOMER_DOES_NOT_EXIST, ADDRESS_ARGUMENT_EMPTY, CUSTOMER_ADDRESS_ALREADY_EXISTS, TOO_MANY and what `checkAddress` and
 * `checkDeliverable` refuse.
 */
export const createAddress = async (
  tx: Tx,
  customerId: string,
  input: AddressInput,
  makeDefault: boolean,
  path: readonly string[] = ['address'],
  { mustBeDeliverable = false, keepsUnknownZones = false }: { mustBeDeliverable?: boolean; keepsUnknownZones?: boolean } = {},
): Promise<{ addressId: string }> => {
  const fields = checkAddress(input, path, { keepsUnknownZones });
  if (Object.values(fields).every((value) => value === null)) throw new DomainError('ADDRESS_ARGUMENT_EMPTY', path);
  if (mustBeDeliverable) checkDeliverable(fields, path);
  const customer = await lockCustomer(tx, customerId, ['customerId']);
  const book = await tx.db.address.findMany({ where: { customerId } });
  if (book.length >= ADDRESSES_MAX) throw new DomainError('TOO_MANY', path, { max: ADDRESSES_MAX });
  refuseSame(fields, book, path);
  const id = uuid();
  await tx.db.address.create({ data: { id, customerId, ...fields, createdAt: tx.now, updatedAt: tx.now }, select: { id: true } });
  if (makeDefault || !customer.defaultAddressId) await setDefaultAddress(tx, customerId, id);
  tx.emit({ type: 'customer_address.created', customerId, addressId: id });
  return { addressId: id };
};

/** Refuses CUSTOMER_ADDRESS_ALREADY_EXISTS when the book holds an address equal in every field. */
export const refuseSame = (fields: Partial<AddressFields>, others: readonly AddressFields[], path: readonly string[]): void => {
  const key = addressKey(fields);
  if (others.some((other) => addressKey(other) === key)) throw new DomainError('CUSTOMER_ADDRESS_ALREADY_EXISTS', path);
};

/** Makes an address of the customer's own book the default. */
export const setDefaultAddress = async (tx: Tx, customerId: string, addressId: string): Promise<void> => {
  await tx.db.customer.update({ where: { id: customerId }, data: { defaultAddressId: addressId, updatedAt: tx.now }, select: { id: true } });
};

/** The columns of an address, and nothing else of its row. */
export const fieldsOf = (row: AddressFields): AddressFields => Object.fromEntries(ADDRESS_FIELDS.map((name) => [name, row[name]])) as AddressFields;
