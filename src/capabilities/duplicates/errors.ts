import { IDEMPOTENCY_CODES } from '../../core/errors.ts';

export const CANDIDATE_CODES = ['NOT_FOUND', ...IDEMPOTENCY_CODES] as const;

export const SHARED_VALUE_CODES = ['BLANK', 'INVALID', 'NOT_FOUND', 'TOO_LONG', ...IDEMPOTENCY_CODES] as const;
