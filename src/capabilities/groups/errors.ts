import { IDEMPOTENCY_CODES } from '../../core/errors.ts';

export const GROUP_CODES = [
  'BLANK',
  'CONTAINS_HTML_TAGS',
  'CONTAINS_URL',
  'INVALID',
  'NOT_FOUND',
  'TAKEN',
  'TOO_LONG',
  ...IDEMPOTENCY_CODES,
] as const;

export const MEMBERS_CODES = ['BLANK', 'CUSTOMER_DOES_NOT_EXIST', 'NOT_FOUND', 'TOO_MANY', ...IDEMPOTENCY_CODES] as const;
