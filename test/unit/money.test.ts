import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CURRENCY_CODES, exponentOf } from '../../src/core/currency.ts';
import { AMOUNT_MINOR_MAX, formatAmount, parseAmount } from '../../src/core/money.ts';

describe('money', () => {
  it('knows the exponents that are not two', () => {
    expect(['JPY', 'KRW', 'ISK', 'CLP', 'UGX', 'VND'].map(exponentOf)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(['KWD', 'BHD', 'IQD', 'JOD', 'LYD', 'OMR', 'TND'].map(exponentOf)).toEqual([3, 3, 3, 3, 3, 3, 3]);
    expect(['EUR', 'DKK', 'HUF', 'AFN', 'PLN'].map(exponentOf)).toEqual([2, 2, 2, 2, 2]);
  });

  it('reads and writes every amount of every currency exactly', () => {
    fc.assert(
      fc.property(fc.constantFrom(...CURRENCY_CODES), fc.bigInt({ min: -AMOUNT_MINOR_MAX, max: AMOUNT_MINOR_MAX }), (currency, minor) => {
        expect(parseAmount(formatAmount(minor, currency), currency, [])).toBe(minor);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    ['12.5', 'EUR', 1250n],
    ['12.50', 'EUR', 1250n],
    ['12.500', 'EUR', 1250n],
    ['0.1', 'EUR', 10n],
    ['12', 'JPY', 12n],
    ['12.0', 'JPY', 12n],
    ['1.234', 'KWD', 1234n],
    ['-3', 'EUR', -300n],
    ['+3', 'EUR', 300n],
  ])('reads %s %s', (text, currency, minor) => {
    expect(parseAmount(text, currency, [])).toBe(minor);
  });

  it.each([
    ['12.505', 'EUR', 'TOO_MANY_DECIMALS'],
    ['12.1', 'JPY', 'TOO_MANY_DECIMALS'],
    ['1.2345', 'KWD', 'TOO_MANY_DECIMALS'],
    ['10000000000000.01', 'EUR', 'AMOUNT_TOO_LARGE'],
    ['1e3', 'EUR', 'INVALID'],
    ['1,5', 'EUR', 'INVALID'],
    ['', 'EUR', 'INVALID'],
    [' 1', 'EUR', 'INVALID'],
    ['NaN', 'EUR', 'INVALID'],
    ['１２', 'EUR', 'INVALID'],
  ])('refuses %s %s and never rounds', (text, currency, code) => {
    expect(() => parseAmount(text, currency, ['amount'])).toThrow(expect.objectContaining({ code, field: ['amount'] }));
  });
});
