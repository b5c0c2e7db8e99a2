import { badInput } from '../../../graphql/access.ts';
import type { Period } from '../statement.ts';

/** The period of a report or statement; up to now when no end is given. Refuses one that ends before it begins. */
export const periodIn = ({ from, to }: { from: Date; to?: Date | null }, now: Date): Period => {
  // What happened in this very millisecond counts.
  const period = { from, to: to ?? new Date(now.getTime() + 1) };
  if (period.to <= period.from) throw badInput('`to` must be later than `from`.');
  return period;
};
