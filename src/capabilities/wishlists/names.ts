import type { Language } from '../../core/language.ts';

/** What the list is called that is made when a customer saves a product and has none. */
export const FIRST_NAMES: Readonly<Record<Language, string>> = {
  en: 'Favourites',
  da: 'Favoritter',
  de: 'Merkliste',
  it: 'Preferiti',
  nb: 'Favoritter',
  pl: 'Ulubione',
};
