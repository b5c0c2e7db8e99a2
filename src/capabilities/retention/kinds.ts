import type { DataRetentionKind } from '../../db/generated/enums.ts';

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly mayBeForEver: boolean;
  readonly description: string;
}

const YEARS_TEN = 3_650;

/**
 * What a shop may say of each kind of data, in days. The activity log outlives the undoing of an import, which asks it what has happened since,
 * and the grace of an erasure, which asks it why; keys outlive whoever may still retry.
 */
export const RETENTION: Readonly<Record<DataRetentionKind, Bounds>> = {
  ACTIVITY_LOG: {
    min: 120,
    max: YEARS_TEN,
    mayBeForEver: true,
    description: 'What happened to whom, when, and by whom: the audit log, sign-ins and deliveries of mail. What is yet to be delivered stays.',
  },
  ENDED_SESSIONS: {
    min: 7,
    max: YEARS_TEN,
    mayBeForEver: true,
    description:
      'Sessions that have ended, from their end. A customer’s last one stays without its device and network: it says when she last signed in.',
  },
  EXPIRED_SIGN_INS: {
    min: 1,
    max: 30,
    mayBeForEver: false,
    description: 'Links, authorization requests and Multipass tokens that have run out, from when they did.',
  },
  IDEMPOTENCY_KEYS: {
    min: 30,
    max: YEARS_TEN,
    mayBeForEver: true,
    description: 'Answers kept for retries. A mutation that is sent again with a key that is gone is carried out again.',
  },
  IMPORT_PLANS: {
    min: 1,
    max: 90,
    mayBeForEver: false,
    description: 'Rows of planned imports that nobody applied, from the plan. Said of plans that are made from then on.',
  },
  IMPORT_UNDO: {
    min: 1,
    max: 90,
    mayBeForEver: false,
    description: 'Rows of imports and what undoing them needs, from when they were applied. Said of imports that are applied from then on.',
  },
  INACTIVE_CUSTOMERS: {
    min: 365,
    max: YEARS_TEN,
    mayBeForEver: true,
    description:
      'Customers who did nothing for so long: their erasure is requested, with its mail and its grace, and taken back if they sign in or order until then. Not those with store credit, a subscription, or a block.',
  },
  VIEWED_PRODUCTS: { min: 1, max: YEARS_TEN, mayBeForEver: true, description: 'What customers looked at, from when they last did.' },
};
