import { IDEMPOTENCY_CODES } from '../../core/errors.ts';

export const OIDC_CLIENT_CODES = [
  'BLANK',
  'CONTAINS_HTML_TAGS',
  'CONTAINS_URL',
  'INVALID',
  'NOT_FOUND',
  'PUBLIC_CLIENT_HAS_NO_SECRET',
  'TOO_LONG',
  'TOO_MANY',
  ...IDEMPOTENCY_CODES,
] as const;

export const OIDC_KEY_CODES = [...IDEMPOTENCY_CODES] as const;

export const OIDC_CONSENT_CODES = ['CUSTOMER_DOES_NOT_EXIST', 'NOT_FOUND', ...IDEMPOTENCY_CODES] as const;
