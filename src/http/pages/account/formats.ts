import { exponentOf } from '../../../core/currency.ts';
import { type Html, html } from '../../../core/html.ts';
import type { Language } from '../../../core/language.ts';
import { languageOf } from '../../../core/language.ts';
import { formatMinor } from '../../../core/money.ts';
import type { Plural } from './words.ts';

/** Amounts, days and numbers as a visitor's language writes them. */
export interface Formats {
  /** Exact, whatever the size: the decimals are text all the way. */
  readonly money: (minor: bigint | string, currency: string, options?: { readonly isSigned: boolean }) => string;
  readonly percent: (percentage: number) => string;
  /** Days are those of UTC: a page without scripts does not know where its reader is. */
  readonly day: (at: Date) => Html;
  /** How long ago, to within what matters; less than a minute is now. */
  readonly ago: (at: Date, now: Date) => Html;
  /** So much of a unit of time: `2 weeks`. */
  readonly span: (count: number, unit: 'DAY' | 'WEEK' | 'MONTH' | 'YEAR') => string;
  /** A month of a year, in figures as cards have it. */
  readonly month: (year: number, month: number) => string;
  readonly count: (sentences: Plural, count: number) => string;
  readonly nameOfLanguage: (tag: string) => string;
  readonly inOrder: (one: string, other: string) => number;
}

const STEPS = [
  ['day', 24 * 60 * 60],
  ['hour', 60 * 60],
  ['minute', 60],
] as const;

const formatsIn = (locale: string): Formats => {
  const days = new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' });
  const months = new Intl.DateTimeFormat(locale, { year: 'numeric', month: '2-digit', timeZone: 'UTC' });
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  const numbers = new Intl.NumberFormat(locale);
  const plurals = new Intl.PluralRules(locale);
  const { compare } = new Intl.Collator(locale);
  return {
    money: (minor, currency, { isSigned } = { isSigned: false }) => {
      const digits = exponentOf(currency);
      const signDisplay = isSigned ? 'exceptZero' : 'auto';
      const format = new Intl.NumberFormat(locale, {
        style: 'currency',
        currency,
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
        signDisplay,
      });
      return format.format(formatMinor(minor.toString(), currency) as `${number}`);
    },
    percent: (percentage) => new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 2 }).format(percentage / 100),
    day: (at) => html`<time datetime="${at.toISOString()}">${days.format(at)}</time>`,
    ago: (at, now) => {
      const seconds = Math.max(0, (now.getTime() - at.getTime()) / 1000);
      const [unit, length] = STEPS.find(([, enough]) => seconds >= enough) ?? (['second', Number.POSITIVE_INFINITY] as const);
      return html`<time datetime="${at.toISOString()}">${relative.format(-Math.floor(seconds / length), unit)}</time>`;
    },
    span: (count, unit) => new Intl.NumberFormat(locale, { style: 'unit', unit: unit.toLowerCase(), unitDisplay: 'long' }).format(count),
    month: (year, month) => months.format(Date.UTC(year, month - 1)),
    count: (sentences, count) => (sentences[plurals.select(count)] ?? sentences.other).replace('{count}', numbers.format(count)),
    nameOfLanguage: (tag) => new Intl.DisplayNames([tag, locale], { type: 'language' }).of(tag) ?? tag,
    inOrder: compare,
  };
};

/** Formats are made of tables that take longer to read than a page takes to write. */
const kept = new Map<string, Formats>();
const KEPT_MAX = 50;

/** What is unknown is read in English, but written by no English rules. */
const isOf = (language: Language, tag: string): boolean => languageOf(tag) === language && (language !== 'en' || /^en/i.test(tag));

/** The most exact tag of a language among these preferences: `en-GB` before `en`. */
const localeOf = (language: Language, preferences: readonly (string | null | undefined)[]): string => {
  for (const preference of preferences) {
    for (const part of (preference ?? '').split(/[\s,]+/).slice(0, 20)) {
      const tag = part.split(';')[0] ?? '';
      if (!/^[a-z]{2}[-_][a-z]{2}$/i.test(tag) || !isOf(language, tag)) continue;
      return new Intl.Locale(tag.replace('_', '-')).toString();
    }
  }
  return language;
};

export const formatsOf = (language: Language, ...preferences: readonly (string | null | undefined)[]): Formats => {
  const locale = localeOf(language, preferences);
  const known = kept.get(locale) ?? formatsIn(locale);
  if (kept.size < KEPT_MAX) kept.set(locale, known);
  return known;
};
