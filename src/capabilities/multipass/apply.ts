import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { createAddress, setDefaultAddress } from '../addresses/create.ts';
import { type AddressInput, addressKey, checkAddress } from '../addresses/fields.ts';
import { territoryByName } from '../addresses/territories.ts';
import type { ProfileInput } from '../customers/profile.ts';
import { updateCustomer } from '../customers/update.ts';
import type { Pass, PassAddress } from './token.ts';

/** Runs a part of what a pass says; what is refused of it is left as it was, since signing in does not depend on it. */
const leniently = async (tx: Tx, part: () => Promise<unknown>): Promise<void> => {
  try {
    await tx.attempt(part);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
  }
};

const inputOf = (address: PassAddress): AddressInput => {
  const { address1, address2, city, company, first_name, last_name, phone, zip } = address;
  return {
    address1,
    address2,
    city,
    company,
    firstName: first_name,
    lastName: last_name,
    phoneNumber: phone,
    zip,
    zoneCode: address.province_code || address.province,
    territoryCode: address.country_code || territoryByName(address.country ?? ''),
  };
};

/** Adds an address that the book does not hold yet; one that says so becomes the default, also when it is there already. */
const applyAddress = async (tx: Tx, customerId: string, address: PassAddress): Promise<void> => {
  const input = inputOf(address);
  const key = addressKey(checkAddress(input, ['addresses'], { keepsUnknownZones: true }));
  const book = await tx.db.address.findMany({ where: { customerId } });
  const known = book.find((held) => addressKey(held) === key);
  if (!known) await createAddress(tx, customerId, input, address.default ?? false, ['addresses'], { keepsUnknownZones: true });
  else if (address.default) await setDefaultAddress(tx, customerId, known.id);
};

/** Takes over what a pass says of its customer: names and addresses are set and added where it names them, its tags replace those there are. */
export const applyPass = async (tx: Tx, customerId: string, { first_name, last_name, tag_string, addresses }: Pass): Promise<void> => {
  const parts: ProfileInput[] = [
    ...(first_name ? [{ firstName: first_name }] : []),
    ...(last_name ? [{ lastName: last_name }] : []),
    ...(typeof tag_string === 'string' ? [{ tags: tag_string.split(',') }] : []),
  ];
  for (const part of parts) await leniently(tx, () => updateCustomer(tx, customerId, part));
  for (const address of addresses ?? []) await leniently(tx, () => applyAddress(tx, customerId, address));
};
