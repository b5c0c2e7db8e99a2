import { IDEMPOTENCY_CODES } from '../../core/errors.ts';

export const BRANDING_CODES = ['CONTAINS_HTML_TAGS', 'CONTAINS_URL', 'INVALID', 'TOO_LONG', ...IDEMPOTENCY_CODES] as const;
