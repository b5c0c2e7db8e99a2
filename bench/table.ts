/** The value below which that part of sorted values lies. */
export const quantile = (sorted: readonly number[], part: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN) / 2 + (sorted[Math.ceil((sorted.length - 1) / 2)] ?? Number.NaN) / 2;
};

export const decimals = (value: number): string =>
  value >= 1_000 ? value.toFixed(0) : value >= 100 ? value.toFixed(1) : value >= 1 ? value.toFixed(2) : value.toFixed(3);

/** `median [smallest-largest]`; a dash where nothing could be seen. */
export const spread = (values: readonly (number | null)[]): string => {
  const known = values.filter((value) => value !== null && Number.isFinite(value)) as number[];
  if (known.length === 0) return '–';
  return `${decimals(median(known))} [${decimals(Math.min(...known))}-${decimals(Math.max(...known))}]`;
};

/** A Markdown table under its heading and a sentence on how it was taken. */
export const table = (title: string, note: string, columns: readonly string[], rows: readonly (readonly string[])[]): string =>
  [
    `### ${title}`,
    '',
    ...(note ? [note, ''] : []),
    `| ${columns.join(' | ')} |`,
    `|${'---|'.repeat(columns.length)}`,
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
    '',
  ].join('\n');
