import { IDEMPOTENCY_CODES } from '../../core/errors.ts';

export const WISHLIST_CODES = [
  'BLANK',
  'CONTAINS_HTML_TAGS',
  'CONTAINS_URL',
  'CUSTOMER_DOES_NOT_EXIST',
  'INVALID',
  'NOT_FOUND',
  'TAKEN',
  'TOO_LONG',
  'TOO_MANY',
  ...IDEMPOTENCY_CODES,
] as const;
