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

const opposite = (direction: Direction): Direction => (direction === 'asc' ? 'desc' : 'asc');

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

/** Refuses a page that makes no sense: too large, or from both ends. */
const checkDirection = (args: Page): void => {
  checkPage({ ...args, after: null, before: null });
  const { after, before } = args;
  if (after != null && before != null) throw badInput('Give `after` or `before`, not both.');
  if (before != null && args.first != null) throw badInput('Give `last` with `before`, not `first`.');
  if (after != null && args.last != null) throw badInput('Give `first` with `after`, not `last`.');
};

/** The cursor of a page, and the direction in which the page lies from it. */
export const cursorOf = ({ after, before, reverse }: Page): { name: string; cursor: string; direction: Direction } | null => {
  const direction = reverse ? 'desc' : 'asc';
  if (after != null) return { name: 'after', cursor: after, direction };
  return before != null ? { name: 'before', cursor: before, direction: opposite(direction) } : null;
};

/** The fields of a connection that need no more than its rows. */
const ROWS_ONLY = new Set(['nodes', '__typename', 'totalCount']);

const wantsPosition = (wanted: ReadonlySet<string> | undefined): boolean => !wanted || [...wanted].some((name) => !ROWS_ONLY.has(name));

/** A page of rows in an order; one row more tells whether another follows, unless the document is known not to want that. */
export const pageQuery = (columns: readonly SortColumn[], args: Page, where: object, wanted?: ReadonlySet<string>) => ({
  where,
  orderBy: columns.map(({ name }) => ({ [name]: args.reverse ? 'desc' : 'asc' })) as never,
  take: (sizeOf(args) + (wantsPosition(wanted) ? 1 : 0)) * (isBackward(args) ? -1 : 1),
});

/**
 * What to ask the database for: the page at the cursor, with the columns `always` and those that cursors are made of. `wanted` are the
 * fields of the connection that the document selects, where they are known.
 */
export const keysetQuery = <Always extends Readonly<Record<string, true>>>(
  columns: readonly CursorColumn[],
  args: Page,
  where: object,
  always: Always,
  wanted?: ReadonlySet<string>,
) => {
  checkDirection(args);
  const at = cursorOf(args);
  const position = at ? [beyond(columns, at.direction, positionOf(at.name, at.cursor, columns))] : [];
  return {
    ...pageQuery(columns, args, { AND: [where, ...position] }, wanted),
    select: { ...always, ...(wantsPosition(wanted) ? Object.fromEntries(columns.map(({ name }) => [name, true])) : {}) } as Always,
  };
};

/** A row in its connection; the cursor is made when it is asked for. */
class Edge<Row extends object> {
  constructor(
    readonly node: Row,
    private readonly columns: readonly SortColumn[],
  ) {}

  get cursor(): string {
    const names = this.columns.length === 1 ? (this.columns[0] as SortColumn).name : this.columns.map(({ name }) => name);
    return formatPrismaCursor(this.node as Record<string, unknown>, names);
  }
}

/** The rows of a page as a connection; its edges and cursors are made when they are asked for. */
class Connection<Row extends object> {
  constructor(
    readonly nodes: readonly Row[],
    private readonly columns: readonly SortColumn[],
    private readonly has: { readonly hasPreviousPage: boolean; readonly hasNextPage: boolean },
  ) {}

  get edges(): Edge<Row>[] {
    return this.nodes.map((node) => new Edge(node, this.columns));
  }

  get pageInfo() {
    const [first, last] = [this.nodes[0], this.nodes.at(-1)].map((node) => node && new Edge(node, this.columns).cursor);
    return { startCursor: first ?? null, endCursor: last ?? null, ...this.has };
  }
}

/** The connection that the rows of a page make. */
export const keysetConnection = <Row extends object>(columns: readonly SortColumn[], args: Page, rows: readonly Row[]): Connection<Row> => {
  const isFull = rows.length > sizeOf(args);
  const backward = isBackward(args);
  const page = isFull ? (backward ? rows.slice(1) : rows.slice(0, -1)) : rows;
  return new Connection(page, columns, {
    hasPreviousPage: backward ? isFull : args.after != null,
    hasNextPage: backward ? args.before != null : isFull,
  });
};

/** The rows of a connection of ours, which the Relay plugin would take out of its edges. */
export const nodesIn = (connection: unknown): readonly object[] | null => (connection instanceof Connection ? connection.nodes : null);

/** Where the rows of a connection are selected: in `nodes` and in `edges { node }`, both read as one selection. */
export const nodesOf = (typename: string) =>
  ({ getType: () => typename, paths: [[{ name: 'nodes' }], [{ name: 'edges' }, { name: 'node' }]] }) as never;
