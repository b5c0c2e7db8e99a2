import { IDEMPOTENCY_CODES } from '../../core/errors.ts';

export const SESSION_REVOKE_CODES = ['NOT_FOUND', ...IDEMPOTENCY_CODES] as const;
