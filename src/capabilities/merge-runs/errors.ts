import { IDEMPOTENCY_CODES } from '../../core/errors.ts';

export const MERGE_RUN_CODES = [
  'MERGE_RUN_IN_PROGRESS',
  'MIN_SCORE_INVALID',
  'NOT_FOUND',
  'NOTHING_TO_UNDO',
  'PAIRS_MAX_INVALID',
  'TOO_LONG',
  ...IDEMPOTENCY_CODES,
] as const;
