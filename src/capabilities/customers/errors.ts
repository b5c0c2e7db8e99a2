import { IDEMPOTENCY_CODES } from '../../core/errors.ts';

/** What any writing of a profile can be refused for. */
const PROFILE_CODES = ['BLANK', 'CONTAINS_HTML_TAGS', 'CONTAINS_URL', 'INVALID', 'TAKEN', 'TOO_LONG', 'TOO_MANY', ...IDEMPOTENCY_CODES] as const;

export const CREATE_CODES = [...PROFILE_CODES, 'MISSING_FIELD_REQUIRED'] as const;

/** The Customer Account API's codes for `customerUpdate`, then ours. */
export const UPDATE_CODES = [...PROFILE_CODES, 'CUSTOMER_DOES_NOT_EXIST', 'CUSTOMER_INPUT_ARGUMENT_EMPTY'] as const;

/** The Admin API's codes for `customerSet`, then ours. */
export const SET_CODES = [
  ...PROFILE_CODES,
  'ID_NOT_ALLOWED',
  'INCLUSION',
  'INPUT_MISMATCH',
  'METAFIELD_MISMATCH',
  'MISSING_FIELD_REQUIRED',
  'NOT_FOUND',
  'PRESENT',
  'TOO_SHORT',
  'INVALID_TERRITORY_CODE',
  'PHONE_NUMBER_NOT_VALID',
] as const;

export const DELETE_CODES = ['CUSTOMER_DOES_NOT_EXIST', 'CUSTOMER_HAS_STORE_CREDIT', ...IDEMPOTENCY_CODES] as const;
