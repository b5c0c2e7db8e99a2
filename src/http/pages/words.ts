import { LANGUAGES, type Language, languageOf } from '../../core/language.ts';
import { da } from './words/da.ts';
import { de } from './words/de.ts';
import { en, type PageWords } from './words/en.ts';
import { it } from './words/it.ts';
import { nb } from './words/nb.ts';
import { pl } from './words/pl.ts';

export const WORDS: Record<Language, PageWords> = { en, da, de, it, nb, pl };

const TAGS_MAX = 20;

/** Whether pages are written in the language of this tag, or of one that its readers read. */
const isKnown = (tag: string): boolean => languageOf(tag) !== 'en' || /^en\b/i.test(tag.replace('_', '-'));

/** The first language of these preferences that pages are written in: lists as `ui_locales` and Accept-Language have them. */
export const preferredLanguage = (...preferences: readonly (string | null | undefined)[]): Language => {
  for (const preference of preferences) {
    const tags = (preference ?? '').split(/[\s,]+/).slice(0, TAGS_MAX);
    const found = tags.map((tag) => tag.split(';')[0] ?? '').find((tag) => tag && isKnown(tag));
    if (found) return languageOf(found);
  }
  return LANGUAGES[0];
};
