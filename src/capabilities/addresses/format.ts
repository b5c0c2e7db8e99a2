import { formatAddress as formatLocally } from 'localized-address-format';
import type { Language } from '../../core/language.ts';
import type { AddressFields } from './fields.ts';
import { territoryName } from './territories.ts';
import { zoneName } from './zones.ts';

/** Territories whose post writes the zone's code; the others write its name, or none. */
const ZONE_AS_CODE = new Set(['AU', 'BR', 'CA', 'IT', 'US']);

const writtenZone = ({ zoneCode, territoryCode }: AddressFields): string | null =>
  zoneCode && (ZONE_AS_CODE.has(territoryCode ?? '') ? zoneCode : zoneName(zoneCode, territoryCode));

type Part = 'name' | 'organization' | 'addressLines' | 'postalCode';

/** The lines in the order of the territory, without its name. Of an unknown territory: as most of the world writes them. */
const linesOf = (address: AddressFields, parts: Partial<Record<Part, string | readonly string[] | null>>): string[] => {
  const { city, territoryCode, zip } = address;
  const zone = writtenZone(address);
  if (!territoryCode) {
    const area = [parts.postalCode, city].filter(Boolean).join(' ');
    return [parts.name, parts.organization, ...(parts.addressLines ?? []), area, zone].filter((line): line is string => Boolean(line));
  }
  const given = Object.fromEntries(Object.entries({ ...parts, locality: city, administrativeArea: zone }).filter(([, value]) => value));
  const script = isLatin(JSON.stringify(given)) ? 'latin' : 'local';
  const lines = formatLocally({ postalCountry: territoryCode, ...given }, script);
  // Some countries write no town of its own, or know no postal codes: what was given is kept all the same.
  const left = [parts.postalCode ? zip : null, city].filter((part) => part && !lines.some((line) => line.toUpperCase().includes(part.toUpperCase())));
  return left.length === 0 ? lines : [...lines, left.join(' ')];
};

/** Addresses of Eastern Asia go from the street to the country in Latin letters, and the other way in their own. */
const isLatin = (text: string): boolean => !/[^\p{Script=Latin}\p{Script=Common}\p{M}]/u.test(text);

/** The address as lines to print on an envelope, the country last. */
export const formatAddress = (
  address: AddressFields,
  { withName, withCompany, language }: { withName: boolean; withCompany: boolean; language?: Language },
): string[] => {
  const { firstName, lastName, company, address1, address2, zip, territoryCode } = address;
  const lines = linesOf(address, {
    name: withName ? [firstName, lastName].filter(Boolean).join(' ') : null,
    organization: withCompany ? company : null,
    addressLines: [address1, address2].filter((line): line is string => Boolean(line)),
    postalCode: zip,
  });
  return territoryCode ? [...lines, territoryName(territoryCode, language)] : lines;
};

/** Town, zone and country on one line in the order of the territory, or null when none is known. */
export const formatArea = (address: AddressFields): string | null => {
  const { territoryCode } = address;
  return [...linesOf(address, {}), territoryCode ? territoryName(territoryCode) : null].filter(Boolean).join(', ') || null;
};
