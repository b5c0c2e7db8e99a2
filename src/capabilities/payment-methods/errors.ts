import { IDEMPOTENCY_CODES } from '../../core/errors.ts';

export const PAYMENT_METHOD_CODES = [
  'BLANK',
  'CARD_NUMBER_NOT_ALLOWED',
  'CUSTOMER_DOES_NOT_EXIST',
  'INVALID',
  'NOT_FOUND',
  'TOO_LONG',
  ...IDEMPOTENCY_CODES,
] as const;
