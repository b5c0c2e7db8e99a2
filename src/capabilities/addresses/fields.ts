import { DomainError } from '../../core/errors.ts';
import { canonicalPhone } from '../customers/phone.ts';
import { plainText } from '../customers/profile.ts';
import { territoryName, territoryOf } from './territories.ts';
import { wantsZone, zoneOf } from './zones.ts';

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

/** What is known of the address beside the input, and how exact the zone has to be. */
interface Checking {
  readonly territory?: string | null;
  /** Keeps a zone that is in no list as it is written: of what other systems tell, nothing is lost for it. */
  readonly keepsUnknownZones?: boolean;
}

const checkZone = (zone: string, territory: string | null, keepsUnknown: boolean, path: readonly string[]): string => {
  const found = territory && zoneOf(zone, territory);
  if (found) return found;
  if (keepsUnknown) return zone.toUpperCase();
  if (!territory) throw new DomainError('TERRITORY_CODE_MISSING', [...path, 'territoryCode']);
  throw new DomainError('INVALID_FOR_COUNTRY', [...path, 'zoneCode'], { territory: territoryName(territory) });
};

/**
 * Checks the fields that the input names and brings them into canonical form: territory as ISO 3166-1 alpha-2, zone as ISO 3166-2 without
 * it, phone as E.164. Refuses INVALID_TERRITORY_CODE, INVALID_FOR_COUNTRY, TERRITORY_CODE_MISSING for a zone without one,
 * PHONE_NUMBER_NOT_VALID, TOO_LONG, INVALID, CONTAINS_HTML_TAGS, CONTAINS_URL under `path`.
 */
export const checkAddress = (
  input: AddressInput,
  path: readonly string[],
  { territory: known = null, keepsUnknownZones = false }: Checking = {},
): Partial<AddressFields> => {
  const fields: Partial<AddressFields> = {};
  for (const name of ADDRESS_FIELDS) {
    if (input[name] !== undefined) fields[name] = plainText(input[name], [...path, name]);
  }
  if (fields.territoryCode) {
    const territory = territoryOf(fields.territoryCode);
    if (!territory) throw new DomainError('INVALID_TERRITORY_CODE', [...path, 'territoryCode']);
    fields.territoryCode = territory;
  }
  const territory = fields.territoryCode === undefined ? known : fields.territoryCode;
  if (fields.zoneCode) fields.zoneCode = checkZone(fields.zoneCode, territory, keepsUnknownZones, path);
  if (fields.phoneNumber) {
    const phone = canonicalPhone(fields.phoneNumber, territory);
    if (!phone) throw new DomainError('PHONE_NUMBER_NOT_VALID', [...path, 'phoneNumber']);
    fields.phoneNumber = phone;
  }
  return fields;
};

/** Refuses an address that no parcel would reach: ADDRESS1_MISSING, TERRITORY_CODE_MISSING, ZONE_CODE_MISSING where the post wants one. */
export const checkDeliverable = ({ address1, territoryCode, zoneCode }: Partial<AddressFields>, path: readonly string[]): void => {
  if (!address1) throw new DomainError('ADDRESS1_MISSING', [...path, 'address1']);
  if (!territoryCode) throw new DomainError('TERRITORY_CODE_MISSING', [...path, 'territoryCode']);
  if (!zoneCode && wantsZone(territoryCode))
    throw new DomainError('ZONE_CODE_MISSING', [...path, 'zoneCode'], { territory: territoryName(territoryCode) });
};

/** Two addresses are the same when every field is, whatever the case and spacing. */
export const addressKey = (address: Partial<AddressFields>): string =>
  ADDRESS_FIELDS.map((name) => (address[name] ?? '').toLowerCase().replace(/\s+/g, ' ')).join('\n');
