import { stringify } from 'csv-stringify/sync';

/**
 * Rows as CSV with a first line of names (RFC 4180). A text that a spreadsheet would take for a formula gets an apostrophe in front; amounts
 * must not be negative, so that none is taken for one.
 */
export const csvOf = (columns: readonly string[], rows: readonly (readonly string[])[]): string =>
  stringify([columns, ...rows] as string[][], { escape_formulas: true, record_delimiter: 'windows' });
