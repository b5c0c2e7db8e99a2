import { IDEMPOTENCY_CODES } from '../../core/errors.ts';

/** Shopify's codes for writing values, then ours. */
export const SET_CODES = [
  'APP_NOT_AUTHORIZED',
  'BLANK',
  'INVALID_COMPARE_DIGEST',
  'INVALID_TYPE',
  'INVALID_VALUE',
  'LESS_THAN_OR_EQUAL_TO',
  'STALE_OBJECT',
  'TAKEN',
  'TOO_LONG',
  'TOO_SHORT',
  'CUSTOMER_DOES_NOT_EXIST',
  'INVALID_CHARACTER',
  'TOO_MANY',
  ...IDEMPOTENCY_CODES,
] as const;

export const DELETE_CODES = ['APP_NOT_AUTHORIZED', 'BLANK', 'CUSTOMER_DOES_NOT_EXIST', 'LESS_THAN_OR_EQUAL_TO', ...IDEMPOTENCY_CODES] as const;

/** Shopify's codes for definitions, then ours. */
export const DEFINITION_CODES = [
  'BLANK',
  'DUPLICATE_OPTION',
  'INCLUSION',
  'INVALID',
  'INVALID_CHARACTER',
  'INVALID_OPTION',
  'LIMIT_EXCEEDED',
  'NOT_FOUND',
  'TAKEN',
  'TOO_LONG',
  'TOO_SHORT',
  'UNSTRUCTURED_ALREADY_EXISTS',
  ...IDEMPOTENCY_CODES,
] as const;
