import { CURRENCY_CODES, exponentOf } from '../../core/currency.ts';
import { momentOf } from '../../core/moment.ts';
import { isDecimal } from '../../core/money.ts';
import { type Term, wrongWord } from '../../core/search.ts';

/*
 * What the words of a search mean as values: days, numbers, amounts. Each refuses INVALID, naming the word that is not understood.
 */

const DAY_MS = 24 * 60 * 60 * 1000;
const COMPARISONS = { '>': 'gt', '>=': 'gte', '<': 'lt', '<=': 'lte' } as const;

type Bounds<Value> = { gt?: Value; gte?: Value; lt?: Value; lte?: Value };

/** A day as a whole, or what lies before or after a moment. */
export const day = ({ value, comparator, text }: Term): Bounds<Date> => {
  const at = momentOf(value);
  if (!at) throw wrongWord(text);
  return comparator ? { [COMPARISONS[comparator]]: at } : { gte: at, lt: new Date(at.getTime() + DAY_MS) };
};

/** A count, and whether it holds for a number: of what is not counted yet there is none. */
export const number = ({ value, comparator, text }: Term) => {
  if (!/^\d{1,9}$/.test(value)) throw wrongWord(text);
  const wanted = Number(value);
  const holds = (count: number): boolean =>
    ({ '': count === wanted, '>': count > wanted, '>=': count >= wanted, '<': count < wanted, '<=': count <= wanted })[comparator];
  return { condition: { [comparator ? COMPARISONS[comparator] : 'equals']: wanted }, holds };
};

export const trueOrFalse = ({ value, text }: Term): boolean => {
  if (value !== 'true' && value !== 'false') throw wrongWord(text);
  return value === 'true';
};

const AMOUNT = /^(\d{1,13}(?:\.\d{1,3})?)([A-Za-z]{3})?$/;

const BY_EXPONENT = [0, 2, 3].map((exponent) => ({ exponent, currencies: CURRENCY_CODES.filter((code) => exponentOf(code) === exponent) }));

/**
 * The minor units that a decimal of so many places means in a comparison. What falls between two units is the next below for `>` and `<=`,
 * the next above for `>=` and `<`, and nothing at all is equal to it.
 */
const minorOf = (decimal: string, exponent: number, comparator: Term['comparator']): bigint | null => {
  const [whole = '', fraction = ''] = decimal.split('.');
  const below = BigInt(whole + fraction.slice(0, exponent).padEnd(exponent, '0'));
  const isBetween = /[1-9]/.test(fraction.slice(exponent));
  if (!isBetween) return below;
  if (comparator === '') return null;
  return comparator === '>' || comparator === '<=' ? below : below + 1n;
};

/**
 * Alternatives for rows of a currency and an amount: `50`, in whatever currency, or `50EUR`.
 */
export const money = <Column extends string>({ value, comparator, text }: Term, column: Column) => {
  const [, decimal = '', currency] = AMOUNT.exec(value) ?? [];
  const wanted = currency?.toUpperCase();
  if (!isDecimal(decimal) || (wanted && !CURRENCY_CODES.includes(wanted))) throw wrongWord(text);
  return BY_EXPONENT.flatMap(({ exponent, currencies }) => {
    const among = wanted ? currencies.filter((code) => code === wanted) : currencies;
    const minor = minorOf(decimal, exponent, comparator);
    if (among.length === 0 || minor === null) return [];
    const bound = { [column]: { [comparator ? COMPARISONS[comparator] : 'equals']: minor } } as Record<Column, Bounds<bigint>>;
    return [{ currency: { in: among }, ...bound }];
  });
};
