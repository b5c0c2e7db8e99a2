import { IDEMPOTENCY_CODES } from '../../core/errors.ts';

export const CODE_REQUEST_CODES = ['INVALID', 'TOO_MANY_REQUESTS', ...IDEMPOTENCY_CODES] as const;
export const CODE_CONFIRM_CODES = ['INVALID', 'INVALID_CODE', 'TOO_MANY_ATTEMPTS', ...IDEMPOTENCY_CODES] as const;
export const REFRESH_CODES = ['INVALID_TOKEN', ...IDEMPOTENCY_CODES] as const;
export const SIGN_OUT_CODES = [...IDEMPOTENCY_CODES] as const;
