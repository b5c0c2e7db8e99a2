// Not the package itself, which comes with the names of all countries in eighty languages.
import countries from 'i18n-iso-countries/index.js';
import type { Language } from '../../core/language.ts';

/** ISO 3166-1 alpha-2 codes. */
export const TERRITORY_CODES: readonly string[] = Object.keys(countries.getAlpha2Codes()).sort();

/** Alpha-2 of an alpha-2, alpha-3 or numeric code, or null when there is no such territory. */
export const territoryOf = (code: string): string | null => {
  const found = countries.toAlpha2(code.toUpperCase());
  return found && TERRITORY_CODES.includes(found) ? found : null;
};

const NAMES = new Map<Language, Intl.DisplayNames>();

const namesIn = (language: Language): Intl.DisplayNames => {
  const names = NAMES.get(language) ?? new Intl.DisplayNames([language], { type: 'region' });
  NAMES.set(language, names);
  return names;
};

/** The name of an alpha-2 code, in English unless another language is asked for. */
export const territoryName = (code: string, language: Language = 'en'): string => namesIn(language).of(code) ?? code;

/** The alpha-2 code of an English country name or of a code, or null. */
export const territoryByName = (text: string): string | null => {
  const wanted = text.trim().toLowerCase();
  return territoryOf(wanted) ?? TERRITORY_CODES.find((code) => territoryName(code).toLowerCase() === wanted) ?? null;
};
