import { IDEMPOTENCY_CODES } from '../../core/errors.ts';

/** The Customer Account API's codes. */
export const SUBSCRIBE_CODES = [
  'CUSTOMER_ALREADY_SUBSCRIBED',
  'EMAIL_ADDRESS_NOT_FOUND',
  'FAILED_TO_SUBSCRIBE',
  'FAILED_TO_UNSUBSCRIBE',
  ...IDEMPOTENCY_CODES,
] as const;

/** The Admin API's codes, then ours. */
export const CONSENT_CODES = [
  'INCLUSION',
  'INTERNAL_ERROR',
  'INVALID',
  'MISSING_ARGUMENT',
  'CONTAINS_HTML_TAGS',
  'CONTAINS_URL',
  'CUSTOMER_DOES_NOT_EXIST',
  'TOO_LONG',
  ...IDEMPOTENCY_CODES,
] as const;

/** Shopify's codes for WhatsApp of both APIs, and ours. */
export const WHATSAPP_CODES = ['FAILED', 'PHONE_NUMBER_REQUIRED', ...CONSENT_CODES] as const;

export const SEND_CODES = ['BLANK', 'CUSTOMER_DOES_NOT_EXIST', 'NOT_SUBSCRIBED', 'TOO_LONG', ...IDEMPOTENCY_CODES] as const;
