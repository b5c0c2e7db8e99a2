import { DomainError } from '../../core/errors.ts';
import { canonicalPhone } from '../customers/phone.ts';
import { plainText } from '../customers/profile.ts';
import { territoryOf } from './territories.ts';

/** What an address is written from; absent and null both leave a field empty, or as it is in an update. */
export interface AddressInput {
  readonly firstName?: string | null;
  readonly lastName?: string | null;
  readonly company?: string | null;
  readonly address1?: string | null;
  readonly address2?: string | null;
  readonly city?: string | null;
  readonly zip?: string | null;
  readonly zoneCode?: string | null;
  readonly territoryCode?: string | null;
  readonly phoneNumber?: string | null;
}

export const ADDRESS_FIELDS = [
  'firstName',
  'lastName',
  'company',
  'address1',
  'address2',
  'city',
  'zip',
  'zoneCode',
  'territoryCode',
  'phoneNumber',
] as const;

export type AddressFields = Record<(typeof ADDRESS_FIELDS)[number], string | null>;

/**
 * Checks the fields that the input names and brings them into canonical form: territory as ISO 3166-1 alpha-2, phone as E.164.
 * Refuses INVALID_TERRITORY_CODE, PHONE_NUMBER_NOT_VALID, TOO_LONG, INVALID, CONTAINS_HTML_TAGS, CONTAINS_URL under `path`.
 */
export const checkAddress = (input: AddressInput, path: readonly string[], knownTerritory: string | null = null): Partial<AddressFields> => {
  const fields: Partial<AddressFields> = {};
  for (const name of ADDRESS_FIELDS) {
    if (input[name] !== undefined) fields[name] = plainText(input[name], [...path, name]);
  }
  if (fields.territoryCode) {
    const territory = territoryOf(fields.territoryCode);
    if (!territory) throw new DomainError('INVALID_TERRITORY_CODE', [...path, 'territoryCode']);
    fields.territoryCode = territory;
  }
  if (fields.zoneCode) fields.zoneCode = fields.zoneCode.toUpperCase();
  if (fields.phoneNumber) {
    const phone = canonicalPhone(fields.phoneNumber, fields.territoryCode ?? knownTerritory);
    if (!phone) throw new DomainError('PHONE_NUMBER_NOT_VALID', [...path, 'phoneNumber']);
    fields.phoneNumber = phone;
  }
  return fields;
};

/** Two addresses are the same when every field is, whatever the case and spacing. */
export const addressKey = (address: Partial<AddressFields>): string =>
  ADDRESS_FIELDS.map((name) => (address[name] ?? '').toLowerCase().replace(/\s+/g, ' ')).join('\n');
