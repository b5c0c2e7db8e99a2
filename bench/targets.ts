import { decimals, median, table } from './table.ts';

interface Target {
  readonly what: string;
  /** How many times the other; or the figure itself. */
  readonly wanted: number;
  readonly atMost: boolean;
  readonly measured: readonly number[];
}

const reached: Target[] = [];

/** Keeps a measured ratio beside the one that is wanted; the worst and the best round stand with the median. */
export const atLeast = (what: string, wanted: number, measured: readonly number[]): void =>
  void reached.push({ what, wanted, atMost: false, measured });
export const atMost = (what: string, wanted: number, measured: readonly number[]): void =>
  void reached.push({ what, wanted, atMost: true, measured });

/** All that was kept, as Markdown. */
export const targetsTable = (): string =>
  table(
    'Targets',
    'Medians of ratios taken within a round, with the smallest and the largest.',
    ['', 'wanted', 'measured', 'held'],
    reached.map(({ what, wanted, atMost, measured }) => {
      const known = measured.filter(Number.isFinite);
      const middle = median(known);
      const range = `${decimals(middle)} [${decimals(Math.min(...known))}-${decimals(Math.max(...known))}]`;
      if (known.length === 0) return [what, `${atMost ? '≤' : '≥'} ${wanted}`, '–', '–'];
      return [what, `${atMost ? '≤' : '≥'} ${wanted}`, range, (atMost ? middle <= wanted : middle >= wanted) ? 'yes' : 'no'];
    }),
  );
