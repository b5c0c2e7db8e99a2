import { v7 as uuid } from 'uuid';
import type { Tx } from '../../db/transact.ts';
import { ADDRESS_FIELDS, type AddressFields, type AddressInput, checkAddress } from '../addresses/fields.ts';

/** As much of an address as can be read: an order must not fail for a phone number that is none. */
const readable = (input: AddressInput): AddressFields => {
  const fields = Object.fromEntries(ADDRESS_FIELDS.map((name) => [name, null])) as AddressFields;
  // The territory first: zone and phone are read by it.
  for (const name of ['territoryCode', ...ADDRESS_FIELDS.filter((other) => other !== 'territoryCode')] as const) {
    try {
      const checking = { territory: fields.territoryCode, keepsUnknownZones: true };
      Object.assign(fields, checkAddress({ [name]: input[name] ?? null }, [], checking));
    } catch {
      // Left empty.
    }
  }
  return fields;
};

/** Keeps an address of an order, which is in nobody's book. Answers with its id, or null when there is none. */
export const setOrderAddress = async (
  tx: Tx,
  before: string | null,
  orderOwnerId: string | null,
  input: AddressInput | null | undefined,
): Promise<string | null> => {
  if (!input) {
    if (before) await tx.db.address.delete({ where: { id: before }, select: { id: true } });
    return null;
  }
  const id = before ?? uuid();
  const data = { ...readable(input), orderOwnerId, updatedAt: tx.now };
  if (before) await tx.db.address.update({ where: { id }, data, select: { id: true } });
  else await tx.db.address.create({ data: { id, ...data, createdAt: tx.now }, select: { id: true } });
  return id;
};
