import { GraphQLError } from 'graphql';
import { CURRENCY_CODES } from '../core/currency.ts';
import { momentOf } from '../core/moment.ts';
import { formatAmount, isDecimal, type Money, parseAmount } from '../core/money.ts';
import { builder } from './builder.ts';

const invalid = (message: string): GraphQLError => new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } });

// RFC 3339 with a zone: a moment without one would mean something else on every machine.
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/i;
const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;

builder.scalarType('DateTime', {
  description: 'A moment, ISO 8601 with time zone: `2026-11-21T09:30:00Z`.',
  serialize: (value) => value.toISOString(),
  parseValue: (value) => {
    const moment = typeof value === 'string' && MOMENT.test(value) ? momentOf(value) : null;
    if (!moment) throw invalid(`${JSON.stringify(value)} is not a DateTime like 2026-11-21T09:30:00Z.`);
    return moment;
  },
});

/** A calendar day as midnight UTC; null when there is no such day, February 30th included. */
const parseDay = (text: string): Date | null => {
  const match = DAY.exec(text);
  const day = match && momentOf(`${text}T00:00:00Z`);
  return day?.toISOString().startsWith(text) ? day : null;
};

builder.scalarType('Date', {
  description: 'A calendar day: `1990-05-17`.',
  serialize: (value) => value.toISOString().slice(0, 10),
  parseValue: (value) => {
    const day = typeof value === 'string' ? parseDay(value) : null;
    if (!day) throw invalid(`${JSON.stringify(value)} is not a Date like 1990-05-17.`);
    return day;
  },
});

builder.scalarType('Decimal', {
  description: 'A decimal number as text, exact: `"12.50"`.',
  serialize: (value) => value,
  parseValue: (value) => {
    // A number that came as JSON has been through floating point; it is taken by its shortest text, which is what the sender wrote.
    const text = typeof value === 'number' ? String(value) : value;
    if (typeof text !== 'string' || !isDecimal(text)) throw invalid(`${JSON.stringify(value)} is not a Decimal like "12.50".`);
    return text;
  },
});

builder.scalarType('UnsignedInt64', {
  description: 'A whole number from 0 to 18446744073709551615, as text.',
  serialize: (value) => value.toString(),
  parseValue: (value) => {
    const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
    if (!/^\d{1,20}$/.test(text) || BigInt(text) > 18_446_744_073_709_551_615n) throw invalid(`${JSON.stringify(value)} is not an UnsignedInt64.`);
    return BigInt(text);
  },
});

builder.scalarType('URL', {
  description: 'An absolute URL.',
  serialize: (value) => value,
  parseValue: (value) => {
    if (typeof value !== 'string' || !URL.canParse(value)) throw invalid(`${JSON.stringify(value)} is not a URL.`);
    return value;
  },
});

builder.scalarType('JSON', {
  description: 'Any JSON value.',
  serialize: (value) => value,
  parseValue: (value) => {
    if (value == null) throw invalid('null is no value here.');
    return value;
  },
});

export const CurrencyCode = builder.enumType('CurrencyCode', {
  description: 'ISO 4217 currencies in circulation.',
  values: CURRENCY_CODES as readonly [string, ...string[]],
});

/** An exact amount in a currency. */
export const MoneyV2 = builder.objectRef<Money>('MoneyV2').implement({
  description: 'An amount of money, exact to the minor unit of its currency.',
  fields: (t) => ({
    amount: t.field({
      type: 'Decimal',
      nullable: false,
      description: "With all of the currency's decimals: `12.50` EUR, `12` JPY, `12.500` KWD.",
      resolve: ({ amountMinor, currency }) => formatAmount(amountMinor, currency),
    }),
    currencyCode: t.field({ type: CurrencyCode, nullable: false, resolve: ({ currency }) => currency }),
  }),
});

export const MoneyInput = builder.inputType('MoneyInput', {
  description: 'An amount of money. More decimals than the currency has are refused, never rounded.',
  fields: (t) => ({
    amount: t.field({ type: 'Decimal', required: true }),
    currencyCode: t.field({ type: CurrencyCode, required: true }),
  }),
});

/** Reads a `MoneyInput` exactly. Refuses TOO_MANY_DECIMALS and AMOUNT_TOO_LARGE at `field`. */
export const moneyOf = ({ amount, currencyCode }: { amount: string; currencyCode: string }, field: readonly string[]): Money => ({
  amountMinor: parseAmount(amount, currencyCode, [...field, 'amount']),
  currency: currencyCode,
});
