import { IDEMPOTENCY_CODES } from '../../core/errors.ts';

export const ORDER_SET_CODES = [
  'AMOUNT_TOO_LARGE',
  'BLANK',
  'CUSTOMER_DOES_NOT_EXIST',
  'INVALID',
  'NOT_FOUND',
  'TOO_LONG',
  'TOO_MANY',
  'TOO_MANY_DECIMALS',
  ...IDEMPOTENCY_CODES,
] as const;
