import type { Language } from '../../core/language.ts';
import { da } from './da.ts';
import { de } from './de.ts';
import { en, type MessageCode, type Messages } from './en.ts';
import { it } from './it.ts';
import { nb } from './nb.ts';
import { pl } from './pl.ts';

const MESSAGES: Record<Language, Messages> = { en, da, de, it, nb, pl };

/** The sentence for a code, or for the code's `detail` where one says more; `{placeholders}` are filled. */
export const messageOf = (code: string, params: Readonly<Record<string, string | number>>, language: Language): string => {
  const template = MESSAGES[language][(params.detail ?? code) as MessageCode] ?? code;
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));
};
