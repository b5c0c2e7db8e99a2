/** Two kinds of samples, told apart or not. */
export interface Comparison {
  readonly meansMs: readonly [number, number];
  readonly differenceMs: number;
  readonly t: number;
}

/** What is left of samples without a tenth at either end: a pause of the machine says nothing of what was measured. */
const trimmed = (samples: readonly number[]): number[] => {
  const sorted = [...samples].sort((a, b) => a - b);
  const cut = Math.floor(sorted.length / 10);
  return sorted.slice(cut, sorted.length - cut);
};

const meanOf = (samples: readonly number[]): number => samples.reduce((sum, sample) => sum + sample, 0) / samples.length;
const varianceOf = (samples: readonly number[], mean: number): number =>
  samples.reduce((sum, sample) => sum + (sample - mean) ** 2, 0) / (samples.length - 1);

/** Welch's t of the trimmed means. */
export const compare = (one: readonly number[], other: readonly number[]): Comparison => {
  const [a, b] = [trimmed(one), trimmed(other)];
  const [meanA, meanB] = [meanOf(a), meanOf(b)];
  const spread = Math.sqrt(varianceOf(a, meanA) / a.length + varianceOf(b, meanB) / b.length);
  return { meansMs: [meanA, meanB], differenceMs: Math.abs(meanA - meanB), t: (meanA - meanB) / spread };
};

/** Whether a stranger who measured this could tell the two apart: significantly, and by more than a millisecond. */
export const isTellable = ({ t, differenceMs }: Comparison): boolean => Math.abs(t) > 4.5 && differenceMs > 1;
