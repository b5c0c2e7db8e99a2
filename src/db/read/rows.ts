/*
 * Rows as they are handed out. JSON brings a row as an array; a maker for its names turns that into an object. The makers are written as
 * source and compiled once for each list of names: JavaScript then knows the shape of every row, which makes reading a page of hundreds
 * several times faster than filling objects in a loop. The names are those of the Prisma schema; nothing that a caller sends is among them.
 */

/** Makes of a value from JSON what Prisma gives for it, in the row of that value. */
export type Decode = (value: never, row: readonly never[]) => unknown;

/** The row that an array of values from JSON means. */
export type MakeRow = (values: readonly never[]) => object;

export interface Part {
  readonly name: string;
  readonly sql: string;
  /** Null for what is as it comes. */
  readonly decode: Decode | null;
  /** PostgreSQL's name of the column's type; absent for relations. */
  readonly type?: string;
  readonly isNullable?: boolean;
}

/** Where a column lies in the array, and what it holds. */
export interface Place {
  readonly index: number;
  readonly type: string;
  readonly isNullable: boolean;
}

/** The columns of a row by their names. */
export type Places = ReadonlyMap<string, Place>;

/** A row that decodes a column when it is asked for. `values` holds what came from the database. */
export interface LazyRow {
  readonly values: readonly unknown[];
}

const places = new WeakMap<object, Places>();

/** Where the columns of such a row lie, alike for all rows of one constructor; null for a row that is a plain object. */
export const placesOf = (row: object): Places | null => places.get(row.constructor) ?? null;

/** A copy with all columns decoded, which may be changed; spreading a lazy row would copy none of them. */
export const plainCopy = <Row extends object>(row: Row): Row => {
  if (!places.has(row.constructor)) return { ...row };
  const names = Object.getOwnPropertyNames(row.constructor.prototype).filter((name) => name !== 'constructor');
  return Object.fromEntries(names.map((name) => [name, row[name as keyof Row]])) as Row;
};

const MAKERS_MAX = 1_000;

/** `make` for each source, compiled once. */
const compiled = <Result>(write: (parts: readonly Part[]) => string) => {
  const known = new Map<string, (d: readonly (Decode | null)[]) => Result>();
  return (parts: readonly Part[]): Result => {
    const source = write(parts);
    const maker = known.get(source) ?? (new Function('d', `return ${source}`) as (d: readonly (Decode | null)[]) => Result);
    if (known.size < MAKERS_MAX) known.set(source, maker);
    return maker(parts.map(({ decode }) => decode));
  };
};

const valueAt = ({ decode }: Part, index: number, values: string): string =>
  decode === null ? `${values}[${index}]` : `d[${index}](${values}[${index}], ${values})`;

const plain = compiled<MakeRow>(
  (parts) => `(v) => ({${parts.map((part, index) => `${JSON.stringify(part.name)}:${valueAt(part, index, 'v')}`).join()}})`,
);

type RowClass = new (values: readonly unknown[]) => LazyRow;

const lazy = compiled<RowClass>(
  (parts) =>
    `class { constructor(values) { this.values = values; } ${parts
      .map((part, index) => `get ${JSON.stringify(part.name)}() { return ${valueAt(part, index, 'this.values')}; }`)
      .join(' ')} }`,
);

/** Rows as plain objects, decoded at once. */
export const plainRows = (parts: readonly Part[]): MakeRow => plain(parts);

/** Rows for whoever reads each column once at most. */
export const lazyRows = (parts: readonly Part[]): MakeRow => {
  const Row = lazy(parts);
  const columns = parts.flatMap(({ name, type, isNullable = true }, index) =>
    type === undefined ? [] : [[name, { index, type, isNullable }] as const],
  );
  places.set(Row, new Map(columns));
  return (values) => new Row(values);
};
