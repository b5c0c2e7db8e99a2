import type { Sql } from '../../db/client.ts';
import { probabilityOf, SUGGESTED_PROBABILITY } from './score.ts';

/** What staff said of pairs of one weight. */
export interface Decided {
  /** Bits. */
  readonly bits: number;
  readonly isSame: boolean;
}

/** How far the matcher is trusted before staff have said anything: its odds are taken to be right within one bit (a standard deviation). */
const TRUST_BITS = 1;
/** However staff decide, the threshold stays within so many bits of where it began. */
const SHIFT_BITS_MAX = 6;

const NEWTON_STEPS = 30;

/**
 * By how many bits staff find the matcher too timid (more than 0) or too bold: the shift b of its log-odds w that makes their decisions
 * likeliest, with a normal prior around 0: the b that maximises Σ log p(decision | w + b) − b² / (2 TRUST²). It is logistic regression with
 * the slope fixed at 1, solved by Newton's method on a concave function. Without decisions it is 0.
 */
export const shiftOf = (decisions: readonly Decided[]): number => {
  let shift = 0;
  for (let step = 0; step < NEWTON_STEPS; step += 1) {
    let slope = -shift / (TRUST_BITS ** 2 * Math.LN2);
    let curve = -1 / (TRUST_BITS ** 2 * Math.LN2);
    for (const { bits, isSame } of decisions) {
      const probability = probabilityOf(bits + shift);
      slope += (isSame ? 1 : 0) - probability;
      curve -= probability * (1 - probability) * Math.LN2;
    }
    // Far from the solution a whole step may leap over it.
    shift -= Math.max(-2, Math.min(2, slope / curve));
  }
  return Math.max(-SHIFT_BITS_MAX, Math.min(SHIFT_BITS_MAX, shift));
};

/** log2 of the odds of a probability. */
export const bitsOfProbability = (probability: number): number => Math.log2(probability / (1 - probability));

export interface Threshold {
  /** Candidates of this weight and more are suggested, in bits. */
  readonly bits: number;
  /** The same as a candidate's probability. */
  readonly probability: number;
  readonly shift: number;
  readonly confirmed: number;
  readonly dismissed: number;
}

/** The newest decisions say how the shop's staff decide now. */
const DECISIONS = `
select weight, state = 'CONFIRMED' as "isSame" from duplicate_decision order by id desc limit 2000`;

/** From where on candidates are suggested: nine in ten, by the matcher's odds as staff have corrected them. */
export const readThreshold = async (sql: Sql): Promise<Threshold> => {
  const rows = await sql<{ weight: number; isSame: boolean }>(DECISIONS, []);
  const shift = shiftOf(rows.map(({ weight, isSame }) => ({ bits: weight / 1_000, isSame })));
  const bits = bitsOfProbability(SUGGESTED_PROBABILITY) - shift;
  const confirmed = rows.filter(({ isSame }) => isSame).length;
  return { bits, probability: probabilityOf(bits), shift, confirmed, dismissed: rows.length - confirmed };
};

const ABOVE = `
select count(*)::integer as count, avg(1 / (1 + power(2::float8, -(weight / 1000.0 + $2::float8)))) as precision
from duplicate_candidate where state = 'OPEN' and weight >= $1::integer`;

/** How many open candidates lie at or above a weight, and which part of them is expected to be right, by the odds as staff have corrected them. */
export const readAbove = async (sql: Sql, weight: number, shift: number): Promise<{ count: number; precision: number | null }> => {
  const [row] = await sql<{ count: number; precision: number | null }>(ABOVE, [weight, shift]);
  return row ?? { count: 0, precision: null };
};
