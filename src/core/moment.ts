const EARLIEST = new Date('0001-01-01T00:00:00Z');
const LATEST = new Date('9999-12-30T23:59:59.999Z');

/**
 * The moment that a text or a date means, or null for none and for what no calendar here keeps: the years 1 to 9999 are written alike by
 * JavaScript and PostgreSQL. The last day is left out, so that a day can be added to any moment.
 */
export const momentOf = (value: string | Date): Date | null => {
  const moment = new Date(value);
  return moment >= EARLIEST && moment <= LATEST ? moment : null;
};
