import { iso31662 } from 'iso-3166';

/*
 * States, provinces and whatever else countries are divided into: ISO 3166-2 as the package iso-3166 keeps it, with names as they are
 * written there. Some countries have two levels, regions and provinces; an address may name either.
 */

interface Zones {
  /** By code, without the country in front. */
  readonly names: ReadonlyMap<string, string>;
  /** By name, however it is written. */
  readonly codes: ReadonlyMap<string, string>;
}

/** Territories whose post wants a zone: where Google's libaddressinput has it among the required fields. */
const WANTED = new Set(['AE', 'AU', 'BR', 'CA', 'CN', 'ES', 'IN', 'IT', 'JP', 'KR', 'MX', 'US']);

const NOTHING: Zones = { names: new Map(), codes: new Map() };

const plain = (name: string): string =>
  name
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
    .toLowerCase();

/** A name that is written in several languages is each of them: `Araba/Álava`, `Valenciana, Comunitat`. */
const spellings = (name: string): string[] => {
  const [last = '', first] = name.split(', ');
  return [name, ...name.split(/[/[\]()*]/), ...(first ? [`${first} ${last}`] : [])].map(plain).filter(Boolean);
};

let known: ReadonlyMap<string, Zones> | undefined;

/** Made of the whole list at the first question, and not at the gateway's start. */
const byTerritory = (): ReadonlyMap<string, Zones> => {
  const made = new Map<string, { names: Map<string, string>; codes: Map<string, string> }>();
  for (const { code, name } of iso31662) {
    const [territory = '', zone = ''] = code.split('-');
    const zones = made.get(territory) ?? { names: new Map(), codes: new Map() };
    made.set(territory, zones);
    zones.names.set(zone, name);
    for (const spelling of spellings(name)) if (!zones.codes.has(spelling)) zones.codes.set(spelling, zone);
  }
  return made;
};

const zonesOf = (territory: string): Zones => {
  known ??= byTerritory();
  return known.get(territory) ?? NOTHING;
};

/** The code of a zone given by its code, with or without the territory in front, or by its name; null when the territory has none such. */
export const zoneOf = (text: string, territory: string): string | null => {
  const { names, codes } = zonesOf(territory);
  const code = text
    .trim()
    .toUpperCase()
    .replace(new RegExp(`^${territory}-`), '');
  return names.has(code) ? code : (codes.get(plain(text)) ?? null);
};

/** The name of a zone, or its code where that is in no list. */
export const zoneName = (code: string, territory: string | null): string => (territory && zonesOf(territory).names.get(code)) || code;

export const wantsZone = (territory: string): boolean => WANTED.has(territory);
