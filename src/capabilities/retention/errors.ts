import { IDEMPOTENCY_CODES } from '../../core/errors.ts';

export const RETENTION_CODES = ['KEEP_DAYS_OUT_OF_RANGE', ...IDEMPOTENCY_CODES] as const;
