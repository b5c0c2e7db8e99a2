import type { AddressFields } from './fields.ts';
import { territoryName } from './territories.ts';

/** Territories that write the postal code after the town, and the zone between them. */
const CODE_LAST = new Set(['AU', 'CA', 'GB', 'IE', 'IN', 'NZ', 'SG', 'US', 'ZA']);

/** Town, zone and postal code in the order of the territory. */
const areaLine = ({ city, zoneCode, zip, territoryCode }: AddressFields): string =>
  (CODE_LAST.has(territoryCode ?? '') ? [city, zoneCode, zip] : [zip, city]).filter(Boolean).join(' ');

/** The address as lines to print on an envelope. */
export const formatAddress = (address: AddressFields, { withName, withCompany }: { withName: boolean; withCompany: boolean }): string[] =>
  [
    withName ? [address.firstName, address.lastName].filter(Boolean).join(' ') : '',
    withCompany ? address.company : '',
    address.address1,
    address.address2,
    areaLine(address),
    address.territoryCode ? territoryName(address.territoryCode) : '',
  ].filter((line): line is string => Boolean(line));

/** Town, zone and country on one line, or null when none is known. */
export const formatArea = ({ city, zoneCode, territoryCode }: AddressFields): string | null =>
  [city, zoneCode, territoryCode ? territoryName(territoryCode) : null].filter(Boolean).join(', ') || null;
