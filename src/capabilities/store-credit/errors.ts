import { IDEMPOTENCY_CODES } from '../../core/errors.ts';

/** Why store_credit_post() refuses a movement. */
export type PostRefusal =
  | 'ACCOUNT_NOT_FOUND'
  | 'CREDIT_LIMIT_EXCEEDED'
  | 'EXPIRES_AT_IN_PAST'
  | 'IDEMPOTENCY_KEY_PARAMETER_MISMATCH'
  | 'INSUFFICIENT_FUNDS'
  | 'MISMATCHING_CURRENCY'
  | 'NEGATIVE_OR_ZERO_AMOUNT'
  | 'OWNER_NOT_FOUND';

/** Shopify's codes, then ours. */
export const CREDIT_CODES = [
  'ACCOUNT_NOT_FOUND',
  'CREDIT_LIMIT_EXCEEDED',
  'EXPIRES_AT_IN_PAST',
  'MISMATCHING_CURRENCY',
  'NEGATIVE_OR_ZERO_AMOUNT',
  'OWNER_NOT_FOUND',
  'UNSUPPORTED_CURRENCY',
  'NOTE_TOO_LONG',
  'TOO_MANY_DECIMALS',
  ...IDEMPOTENCY_CODES,
] as const;

export const DEBIT_CODES = [
  'ACCOUNT_NOT_FOUND',
  'INSUFFICIENT_FUNDS',
  'MISMATCHING_CURRENCY',
  'NEGATIVE_OR_ZERO_AMOUNT',
  'NOTE_TOO_LONG',
  'TOO_MANY_DECIMALS',
  ...IDEMPOTENCY_CODES,
] as const;

/** Shopify's limit on a staff note, in characters. */
export const NOTE_CHARACTERS_MAX = 5000;
