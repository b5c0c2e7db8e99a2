import { describe, expect, it } from 'vitest';
import { holdsCardNumber } from '../../src/core/card-number.ts';

describe('a card’s number', () => {
  it.each(['4242424242424242', '4242 4242 4242 4242', 'card 4242-4242-4242-4242!', '378282246310005', '4222222222222', '6304000000000000000'])(
    'is seen in %s',
    (text) => {
      expect(holdsCardNumber(text)).toBe(true);
    },
  );

  it.each([
    '4242',
    '4242424242424241',
    'Visa ending in 4242',
    '424242424242',
    'gid://shopify/CustomerPaymentMethod/4242424242424242',
    'pm_4242424242424242',
    '42424242424242424242',
    '',
  ])('is not seen in %s', (text) => {
    expect(holdsCardNumber(text)).toBe(false);
  });
});
