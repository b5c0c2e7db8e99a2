import { formatPrismaCursor, parsePrismaCursor } from '@pothos/plugin-prisma';
import { momentOf } from '../core/moment.ts';
import { badInput } from './access.ts';
import { PAGE_DEFAULT } from './limits.ts';
import { checkPage, type Page } from './pages.ts';

/*
 * Pages by position: what comes after a row is said as a condition on the columns that order the list. Prisma's own `cursor` does not do:
 * beneath another row it reads everything from the cursor on, with no limit, and cuts the page out in this process; what is more, with one
 * such cursor anywhere in an operation all its other lists are read whole too. At the top it walks the index from the list's beginning.
 */

/** A column that orders a list; the last one of an order is never null and makes it total. */
export interface SortColumn {
  readonly name: string;
  readonly nullable?: true;
}

/** A column whose values travel in cursors, which anyone may forge: `isValue` says what the database can be asked about. */
export interface CursorColumn extends SortColumn {
  readonly isValue: (value: unknown) => boolean;
}

const BIGINT_MAX = 2n ** 63n - 1n;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Ids grow with time: the order of creation. */
export const BY_ID: readonly CursorColumn[] = [{ name: 'id', isValue: (value) => typeof value === 'string' && UUID.test(value) }];

export const counterColumn = (name: string): CursorColumn => ({
  name,
  isValue: (value) => typeof value === 'bigint' && value >= 0n && value <= BIGINT_MAX,
});

export const momentColumn = (name: string): CursorColumn & { readonly nullable: true } => ({
  name,
  nullable: true,
  isValue: (value) => value === null || (value instanceof Date && momentOf(value) !== null),
});

type Direction = 'asc' | 'desc';
type Value = bigint | Date | string | null;

/** As PostgreSQL orders: null last when ascending, first when descending. */
const beyondValue = ({ name, nullable }: SortColumn, direction: Direction, value: Value): object | null => {
  if (value === null) return direction === 'asc' ? null : { [name]: { not: null } };
  if (direction === 'desc') return { [name]: { lt: value } };
  return nullable ? { OR: [{ [name]: { gt: value } }, { [name]: null }] } : { [name]: { gt: value } };
};

/** Says no more than the alternatives do, but in one range of the first column, which is where an index can begin. */
const firstRange = ({ name, nullable }: SortColumn, direction: Direction, value: Value): object[] => {
  if (value === null) return direction === 'asc' ? [{ [name]: null }] : [];
  if (direction === 'desc') return [{ [name]: { lte: value } }];
  return nullable ? [] : [{ [name]: { gte: value } }];
};

/** The condition of all rows that come after the row with these values, one for each column. */
export const beyond = (columns: readonly SortColumn[], direction: Direction, values: readonly Value[]): object => {
  const alternatives = columns.flatMap((column, place) => {
    const here = beyondValue(column, direction, values[place] ?? null);
    const equal = columns.slice(0, place).map(({ name }, index) => ({ [name]: values[index] ?? null }));
    return here ? [{ AND: [...equal, here] }] : [];
  });
  return { AND: [...firstRange(columns[0] as SortColumn, direction, values[0] ?? null), { OR: alternatives }] };
};

export const opposite = (direction: Direction): Direction => (direction === 'asc' ? 'desc' : 'asc');

const sizeOf = ({ first, last }: Page): number => first ?? last ?? PAGE_DEFAULT;
const isBackward = ({ last, before }: Page): boolean => last != null || before != null;

/** A cursor's values, one for each column. */
const positionOf = (name: string, cursor: string, columns: readonly CursorColumn[]): Value[] => {
  try {
    const parsed = parsePrismaCursor(cursor) as Value | Value[];
    const values = Array.isArray(parsed) ? parsed : [parsed];
    if (values.length === columns.length && columns.every(({ isValue }, place) => isValue(values[place]))) return values;
  } catch {
    // Not written by us: refused below.
  }
  throw badInput(`\`${name}\` is not a cursor: give one that a page of this list came with, in the same order.`);
};

/** What to ask Prisma for: a page and one row more, which tells whether another follows. The caller's `select` adds the columns. */
export const keysetQuery = (columns: readonly CursorColumn[], args: Page, where: object) => {
  checkPage({ ...args, after: null, before: null });
  const { after, before, reverse } = args;
  if (after != null && before != null) throw badInput('Give `after` or `before`, not both.');
  if (before != null && args.first != null) throw badInput('Give `last` with `before`, not `first`.');
  if (after != null && args.last != null) throw badInput('Give `first` with `after`, not `last`.');
  const direction = reverse ? 'desc' : 'asc';
  const position =
    after != null
      ? [beyond(columns, direction, positionOf('after', after, columns))]
      : before != null
        ? [beyond(columns, opposite(direction), positionOf('before', before, columns))]
        : [];
  return {
    where: { AND: [where, ...position] },
    orderBy: columns.map(({ name }) => ({ [name]: direction })),
    take: (sizeOf(args) + 1) * (isBackward(args) ? -1 : 1),
  };
};

/** The connection that the rows of `keysetQuery` make. */
export const keysetConnection = <Row extends object>(columns: readonly CursorColumn[], args: Page, rows: readonly Row[]) => {
  const isFull = rows.length > sizeOf(args);
  const backward = isBackward(args);
  const names = columns.length === 1 ? (columns[0] as SortColumn).name : columns.map(({ name }) => name);
  const page = isFull ? (backward ? rows.slice(1) : rows.slice(0, -1)) : rows;
  const edges = page.map((node) => ({ node, cursor: formatPrismaCursor(node as Record<string, unknown>, names) }));
  return {
    edges,
    pageInfo: {
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
      hasPreviousPage: backward ? isFull : args.after != null,
      hasNextPage: backward ? args.before != null : isFull,
    },
  };
};

/** Where the rows of a connection are selected: in `nodes` and in `edges { node }`, both read as one selection. */
export const nodesOf = (typename: string) =>
  ({ getType: () => typename, paths: [[{ name: 'nodes' }], [{ name: 'edges' }, { name: 'node' }]] }) as never;
