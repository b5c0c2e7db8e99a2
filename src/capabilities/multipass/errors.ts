import { IDEMPOTENCY_CODES } from '../../core/errors.ts';

export const MULTIPASS_SECRET_CODES = ['INVALID', 'NOT_FOUND', 'TOO_MANY', ...IDEMPOTENCY_CODES] as const;
