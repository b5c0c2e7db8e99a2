import type { Sql } from '../../db/client.ts';

/** Fewer decisions than these say next to nothing: thirty of thirty that were right leave one in nine open. */
export const DECISIONS_MIN = 30;

/** The quantile of the normal distribution for 95 % on both sides. */
const Z = 1.959964;

export interface Decisions {
  readonly confirmed: number;
  readonly dismissed: number;
}

export interface Precision extends Decisions {
  /** Null without decisions. */
  readonly precision: number | null;
  /** Wilson's interval at 95 %. */
  readonly low: number;
  readonly high: number;
  readonly isEnough: boolean;
}

const DECIDED = `
select count(*) filter (where state = 'CONFIRMED')::integer as confirmed, count(*) filter (where state = 'DISMISSED')::integer as dismissed
from duplicate_decision where weight >= $1::integer`;

/** What staff said of pairs of this weight (thousandths of a bit) and more, at any time. */
export const readDecisions = async (sql: Sql, weight: number): Promise<Decisions> => {
  const [row] = await sql<Decisions>(DECIDED, [weight]);
  return row ?? { confirmed: 0, dismissed: 0 };
};

/**
 * Which part of such pairs is one person, by staff's own decisions: the share that they confirmed, with Wilson's interval, which stays
 * between 0 and 1 and honest for few decisions and for shares near 1 (E. B. Wilson, JASA 22, 1927).
 */
export const precisionOf = ({ confirmed, dismissed }: Decisions): Precision => {
  const n = confirmed + dismissed;
  if (n === 0) return { confirmed, dismissed, precision: null, low: 0, high: 1, isEnough: false };
  const share = confirmed / n;
  const middle = (share + Z ** 2 / (2 * n)) / (1 + Z ** 2 / n);
  const reach = (Z / (1 + Z ** 2 / n)) * Math.sqrt((share * (1 - share)) / n + Z ** 2 / (4 * n ** 2));
  return {
    confirmed,
    dismissed,
    precision: share,
    low: Math.max(0, middle - reach),
    high: Math.min(1, middle + reach),
    isEnough: n >= DECISIONS_MIN,
  };
};
