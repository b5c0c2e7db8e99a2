/** Languages that messages and mails are written in; anything else reads English. */
export const LANGUAGES = ['en', 'da', 'de', 'it', 'nb', 'pl'] as const;

export type Language = (typeof LANGUAGES)[number];

/** The language of a BCP 47 tag or of Shopify's LanguageCode (`DE`, `PT_BR`, `NO`). */
export const languageOf = (tag: string | null | undefined): Language => {
  const primary = (tag ?? '').toLowerCase().split(/[-_]/)[0] ?? '';
  if (primary === 'no' || primary === 'nn') return 'nb';
  return LANGUAGES.find((language) => language === primary) ?? 'en';
};
