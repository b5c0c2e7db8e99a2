import type { Language } from '../../../core/language.ts';
import { da } from './words/da.ts';
import { de } from './words/de.ts';
import { type AccountWords, en } from './words/en.ts';
import { it } from './words/it.ts';
import { nb } from './words/nb.ts';
import { pl } from './words/pl.ts';

/** A sentence for each category of numbers that the language has. */
export type Plural = Readonly<Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }>;

export const ACCOUNT_WORDS: Readonly<Record<Language, Omit<AccountWords, 'items'> & { readonly items: Plural }>> = { en, da, de, it, nb, pl };
