import { IDEMPOTENCY_CODES } from '../../core/errors.ts';

export const STAFF_TOKEN_CODES = [
  'BLANK',
  'EXPIRES_AT_IN_PAST',
  'INVALID',
  'INVALID_SCOPE',
  'NOT_FOUND',
  'SCOPE_NOT_HELD',
  'TOO_LONG',
  ...IDEMPOTENCY_CODES,
] as const;
