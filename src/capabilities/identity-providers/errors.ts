import { IDEMPOTENCY_CODES } from '../../core/errors.ts';

export const IDENTITY_PROVIDER_CODES = ['BLANK', 'INVALID_ISSUER', 'NOT_FOUND', 'TOO_LONG', 'TOO_MANY', ...IDEMPOTENCY_CODES] as const;

/** Shopify names the mutation; the codes are ours. */
export const SUBJECT_DELETE_CODES = ['LAST_WAY_IN', 'NOT_FOUND', 'REAUTHENTICATION_REQUIRED', ...IDEMPOTENCY_CODES] as const;
