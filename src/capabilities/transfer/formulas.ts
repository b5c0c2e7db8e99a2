/*
 * Spreadsheets run a cell that begins like a formula. What is written gets an apostrophe in front, which they take off and do not show; what
 * is read loses it again, so that any text comes back as it went.
 */

const DANGEROUS = /^'*[=+\-@\t\r\n]/;
const GUARDED = /^'+[=+\-@\t\r\n]/;

/** The text as a spreadsheet shows it and does not run it. */
export const guarded = (text: string): string => (DANGEROUS.test(text) ? `'${text}` : text);

/** What `guarded` was given. */
export const unguarded = (text: string): string => (GUARDED.test(text) ? text.slice(1) : text);
