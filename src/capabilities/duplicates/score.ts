import { type Evidence, HOUSEHOLD } from './compare.ts';
import { HOUSEHOLD_BITS_MAX } from './weights.ts';

/** A shop with fewer customers is taken to have so many: its own chance of meeting a duplicate would say that everybody is one. */
const CUSTOMERS_MIN = 1_000;

/** What is suggested to staff before any decision of theirs: nine in ten. */
export const SUGGESTED_PROBABILITY = 0.9;

export interface Score {
  /** log2 of the odds that both are one person. */
  readonly bits: number;
  readonly probability: number;
  /** Chance before anything is compared, in bits: one in so many customers. */
  readonly prior: number;
  /** What the household guard took away, 0 or less. */
  readonly guard: number;
}

export const probabilityOf = (bits: number): number => 1 / (1 + 2 ** -bits);

/** What is said before anything is compared, in bits: every second of so many customers has one duplicate, (N/2) / (N(N-1)/2). */
export const priorOf = (customers: number): number => -Math.log2(Math.max(customers, CUSTOMERS_MIN) - 1);

/**
 * Fellegi and Sunter's sum. The guard caps the sum of what
 * a household shares at log2(N) + 4 bits: relatives with everything in common but given name and birth date stay apart, however
 * rare their name and address.
 */
export const scoreOf = (said: readonly Evidence[], customers: number): Score => {
  const prior = priorOf(customers);
  const household = said.filter(({ field }) => HOUSEHOLD.has(field)).reduce((sum, { bits }) => sum + bits, 0);
  const rest = said.filter(({ field }) => !HOUSEHOLD.has(field)).reduce((sum, { bits }) => sum + bits, 0);
  const guard = Math.min(0, HOUSEHOLD_BITS_MAX - prior - household);
  const bits = prior + rest + household + guard;
  return { bits, probability: probabilityOf(bits), prior, guard };
};
