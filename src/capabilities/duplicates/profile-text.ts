import type { Place, Profile } from './profile.ts';

const PLACE = ['number', 'street', 'extra', 'city', 'zip', 'zone'] as const satisfies readonly (keyof Place)[];

/** No normal form holds one of these; should an e-mail address, it loses it. */
const plain = (text: string | null): string => text?.replaceAll(/[\t\n]/g, ' ') ?? '';

/**
 * A profile as it is kept: given name, family name, birth date, e-mail address, phone numbers and then each place on a line of its own,
 * parts of a line apart by tabs, empty for what is not known. A scan reads millions of them, and this is half of what JSON takes.
 */
export const textOf = ({ given, family, birthDate, email, phones, places }: Profile): string =>
  [given, family, birthDate, email]
    .map(plain)
    .concat(
      phones.join('\t'),
      places.map((place) => PLACE.map((part) => plain(place[part])).join('\t')),
    )
    .join('\n');

/** The profile that `textOf` wrote. */
export const profileFrom = (text: string): Profile => {
  const lines = text.split('\n');
  const places: Place[] = [];
  for (let line = 5; line < lines.length; line += 1) {
    const parts = (lines[line] as string).split('\t');
    places.push({
      number: parts[0] || null,
      street: parts[1] || null,
      extra: parts[2] || null,
      city: parts[3] || null,
      zip: parts[4] || null,
      zone: parts[5] || null,
    });
  }
  return {
    given: lines[0] || null,
    family: lines[1] || null,
    birthDate: lines[2] || null,
    email: lines[3] || null,
    phones: lines[4] ? lines[4].split('\t') : [],
    places,
  };
};
