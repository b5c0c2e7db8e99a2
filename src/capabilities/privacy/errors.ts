import { IDEMPOTENCY_CODES } from '../../core/errors.ts';

/** The Admin API's codes for `customerRequestDataErasure`, then ours. */
export const REQUEST_ERASURE_CODES = ['DOES_NOT_EXIST', 'FAILED_TO_REQUEST', 'REAUTHENTICATION_REQUIRED', ...IDEMPOTENCY_CODES] as const;

/** The Admin API's codes for `customerCancelDataErasure`, then ours. */
export const CANCEL_ERASURE_CODES = ['DOES_NOT_EXIST', 'FAILED_TO_CANCEL', 'NOT_BEING_ERASED', ...IDEMPOTENCY_CODES] as const;

export const DATA_EXPORT_CODES = ['DOES_NOT_EXIST', 'REAUTHENTICATION_REQUIRED', ...IDEMPOTENCY_CODES] as const;

/** Shopify's code for it. */
export const DATA_SALE_CODES = ['FAILED', ...IDEMPOTENCY_CODES] as const;
