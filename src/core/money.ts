import { exponentOf } from './currency.ts';
import { DomainError } from './errors.ts';

/** An exact amount: an integer of the currency's minor units. */
export interface Money {
  readonly amountMinor: bigint;
  readonly currency: string;
}

/** No single amount and no balance goes beyond this many minor units: a thousand times less than bigint holds. */
export const AMOUNT_MINOR_MAX = 1_000_000_000_000_000n;

const DECIMAL = /^([+-]?)(\d{1,19})(?:\.(\d{1,19}))?$/;

/** Whether a text is a plain decimal number: no exponent, no separators, at most 19 digits on either side. */
export const isDecimal = (text: string): boolean => DECIMAL.test(text);

/**
 * Reads a decimal text in the currency's own exponent: `("12.5", "EUR")` is 1250, `("12", "JPY")` is 12.
 * Never rounds: refuses `TOO_MANY_DECIMALS` when digits other than zero stand past the exponent, `AMOUNT_TOO_LARGE` past AMOUNT_MINOR_MAX.
 */
export const parseAmount = (text: string, currency: string, field: readonly string[]): bigint => {
  const exponent = exponentOf(currency);
  const match = DECIMAL.exec(text);
  if (!match) throw new DomainError('INVALID', field);
  const [, sign, whole = '', fraction = ''] = match;
  if (/[1-9]/.test(fraction.slice(exponent))) {
    throw new DomainError('TOO_MANY_DECIMALS', field, { currency, decimals: exponent });
  }
  const minor = BigInt(whole + fraction.slice(0, exponent).padEnd(exponent, '0'));
  if (minor > AMOUNT_MINOR_MAX) throw new DomainError('AMOUNT_TOO_LARGE', field, { max: formatAmount(AMOUNT_MINOR_MAX, currency), currency });
  return sign === '-' ? -minor : minor;
};

/** Writes minor units as a decimal text with all of the currency's decimals: `(1250n, "EUR")` is `12.50`. */
export const formatAmount = (amountMinor: bigint, currency: string): string => formatMinor(amountMinor.toString(), currency);

/** The same of minor units that are text already, as the database writes them. */
export const formatMinor = (minor: string, currency: string): string => {
  const exponent = exponentOf(currency);
  if (exponent === 0) return minor;
  const sign = minor.startsWith('-') ? '-' : '';
  const digits = (sign ? minor.slice(1) : minor).padStart(exponent + 1, '0');
  const point = digits.length - exponent;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
};
