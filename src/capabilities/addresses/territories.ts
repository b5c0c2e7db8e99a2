import countries from 'i18n-iso-countries';

/** ISO 3166-1 alpha-2 codes. */
export const TERRITORY_CODES: readonly string[] = Object.keys(countries.getAlpha2Codes()).sort();

/** Alpha-2 of an alpha-2, alpha-3 or numeric code, or null when there is no such territory. */
export const territoryOf = (code: string): string | null => {
  const found = countries.toAlpha2(code.toUpperCase());
  return found && TERRITORY_CODES.includes(found) ? found : null;
};

const ENGLISH = new Intl.DisplayNames(['en'], { type: 'region' });

/** The English name of an alpha-2 code. */
export const territoryName = (code: string): string => ENGLISH.of(code) ?? code;

/** The alpha-2 code of an English country name or of a code, or null. */
export const territoryByName = (text: string): string | null => {
  const wanted = text.trim().toLowerCase();
  return territoryOf(wanted) ?? TERRITORY_CODES.find((code) => territoryName(code).toLowerCase() === wanted) ?? null;
};
