import { IDEMPOTENCY_CODES } from '../../core/errors.ts';
import { PASSWORD_CODES } from '../passwords/errors.ts';

/** What any writing of a profile can be refused for. */
const PROFILE_CODES = ['BLANK', 'CONTAINS_HTML_TAGS', 'CONTAINS_URL', 'INVALID', 'TAKEN', 'TOO_LONG', 'TOO_MANY', ...IDEMPOTENCY_CODES] as const;

/** Those of staff, then those of somebody who registers herself. */
export const CREATE_CODES = [...PROFILE_CODES, 'MISSING_FIELD_REQUIRED', ...PASSWORD_CODES, 'PASSWORDS_NOT_IN_USE', 'TOO_MANY_REQUESTS'] as const;

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

export const BLOCK_CODES = ['CUSTOMER_DOES_NOT_EXIST', ...IDEMPOTENCY_CODES] as const;

export const DELETE_CODES = ['CUSTOMER_DOES_NOT_EXIST', 'CUSTOMER_HAS_ORDERS', 'CUSTOMER_HAS_STORE_CREDIT', ...IDEMPOTENCY_CODES] as const;

export const TAGS_CODES = [
  'BLANK',
  'CONTAINS_HTML_TAGS',
  'CONTAINS_URL',
  'CUSTOMER_DOES_NOT_EXIST',
  'INVALID',
  'TOO_LONG',
  'TOO_MANY',
  ...IDEMPOTENCY_CODES,
] as const;

export const TAX_EXEMPTIONS_CODES = ['CUSTOMER_DOES_NOT_EXIST', ...IDEMPOTENCY_CODES] as const;
