import { createRequire } from 'node:module';
import type { Options } from 'csv-stringify/sync';

const load = createRequire(import.meta.url);

/** Comes with the first file, and not with the gateway's start. */
const library = () => load('csv-stringify/sync') as typeof import('csv-stringify/sync');

/** Rows as CSV (RFC 4180). */
export const writeCsv = (rows: readonly (readonly string[])[], options: Options = {}): string =>
  library().stringify(rows as string[][], { record_delimiter: 'windows', ...options });

/**
 * Rows as CSV with a first line of names. A text that a spreadsheet would take for a formula gets an apostrophe in front; amounts must not
 * be negative, so that none is taken for one.
 */
export const csvOf = (columns: readonly string[], rows: readonly (readonly string[])[]): string =>
  writeCsv([columns, ...rows], { escape_formulas: true });
