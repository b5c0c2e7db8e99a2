import type { Model, Models, Relation, Scalar } from './models.ts';
import { type Decode, lazyRows, type MakeRow, type Part, plainRows } from './rows.ts';
import { conditionOf, joinOf, modelNamed, nextAlias, Unknown, type Writing } from './where.ts';

/*
 * A Prisma query object as one SQL statement. A row is a JSON array of its columns in the order of the selection, with a relation's row
 * or rows as arrays within; that is the least that PostgreSQL has to build and this process has to read.
 */

/** What `findMany` and its like take, as far as the reader knows it. */
export interface Query {
  readonly select?: Readonly<Record<string, unknown>> | null | undefined;
  readonly include?: Readonly<Record<string, unknown>> | null | undefined;
  readonly where?: Readonly<Record<string, unknown>> | undefined;
  readonly orderBy?: unknown;
  readonly take?: number | undefined;
  readonly skip?: number | undefined;
}

/** A selection's SQL expression, the way to read it, and the parameters in it, numbered from $1. */
interface Selection {
  readonly sql: string;
  /** The row of an array of values. What the row around it hands on is put into the array. */
  readonly decode: (values: readonly never[], around: readonly never[]) => object;
}

/** A selected column by its name in the database, as a row around others hands it on to them. */
interface Held {
  readonly index: number;
  readonly type: string;
}
type Holding = ReadonlyMap<string, Held>;

/** Where the row around has what it hands on, by the name here. */
type HandedOn = ReadonlyMap<string, number>;

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
  /** The same for statements whose rows are read alike. */
  readonly key: string;
  readonly decode: (rows: readonly (readonly never[])[]) => object[];
}

const KNOWN_KEYS = new Set(['select', 'include', 'where', 'orderBy', 'take', 'skip']);

const checkKeys = (query: Query): void => {
  for (const [key, value] of Object.entries(query)) if (value !== undefined && !KNOWN_KEYS.has(key)) throw new Unknown(key);
};

interface Reading {
  /** JSON text of a column that is not null. */
  readonly sql: (column: string) => string;
  readonly decode: Decode | null;
}

const quoted = (column: string): string => `'"' || ${column} || '"'`;
const asJson = (column: string): string => `to_json(${column})::text`;
const asIs = (column: string): string => `${column}::text`;

/** JSON is put together as text, which costs PostgreSQL half of what its functions for JSON values do. */
const READINGS: Readonly<Record<string, Reading>> = {
  uuid: { sql: quoted, decode: null },
  enum: { sql: quoted, decode: null },
  text: { sql: asJson, decode: null },
  bpchar: { sql: asJson, decode: null },
  varchar: { sql: asJson, decode: null },
  int4: { sql: asIs, decode: null },
  bool: { sql: asIs, decode: null },
  // A JSON number of JavaScript holds 53 bits.
  int8: { sql: quoted, decode: (text: string) => BigInt(text) },
  timestamptz: { sql: asJson, decode: (text: string) => new Date(text) },
  date: { sql: asJson, decode: (text: string) => new Date(text) },
  bytea: { sql: (column) => quoted(`encode(${column}, 'hex')`), decode: (text: string) => new Uint8Array(Buffer.from(text, 'hex')) },
  json: { sql: asIs, decode: null },
  jsonb: { sql: asIs, decode: null },
  _text: { sql: asJson, decode: null },
};

const scalarOf = ({ type, isNullable, column }: Scalar, alias: string): { sql: string; decode: Decode | null } => {
  const reading = READINGS[type];
  if (!reading) throw new Unknown(type);
  const { decode } = reading;
  const sql = reading.sql(`${alias}.${column}`);
  if (!isNullable) return { sql, decode };
  // Prisma has no list that is null.
  return {
    sql: `coalesce(${sql}, '${type.startsWith('_') ? '[]' : 'null'}')`,
    decode: decode && ((value: unknown, row) => (value === null ? null : decode(value as never, row))),
  };
};

const reversed = (sort: string): string => (sort === 'asc' ? 'desc' : 'asc');

/** `ORDER BY` of one column, turned round for a page that is read from its end. */
const orderOf = (writing: Writing, name: string, alias: string, column: string, value: unknown, isBackward: boolean): string => {
  const field = modelNamed(writing, name).fields.get(column);
  if (field?.kind === 'relation') {
    if (field.isList) throw new Unknown('order by a list');
    const other = nextAlias(writing);
    const [[inner, innerValue] = ['', undefined], ...more] = Object.entries((value ?? {}) as object);
    const target = modelNamed(writing, field.model).fields.get(inner);
    if (more.length > 0 || target?.kind !== 'scalar') throw new Unknown('order');
    const expression = `(select ${other}.${target.column} from ${modelNamed(writing, field.model).table} ${other} where ${joinOf(field, alias, other)})`;
    return sorted(expression, innerValue, isBackward);
  }
  if (field?.kind !== 'scalar') throw new Unknown(column);
  return sorted(`${alias}.${field.column}`, value, isBackward);
};

const sorted = (expression: string, value: unknown, isBackward: boolean): string => {
  const { sort, nulls } = typeof value === 'string' ? { sort: value, nulls: undefined } : ((value ?? {}) as { sort?: string; nulls?: string });
  if (sort !== 'asc' && sort !== 'desc') throw new Unknown('order');
  const direction = isBackward ? reversed(sort) : sort;
  if (nulls === undefined) return `${expression} ${direction}`;
  return `${expression} ${direction} nulls ${(nulls === 'first') === isBackward ? 'last' : 'first'}`;
};

/** `WHERE`, `ORDER BY`, `LIMIT` and `OFFSET`; a page's size is part of the statement, since plans depend on it. */
const tailOf = (writing: Writing, name: string, alias: string, { where, orderBy, take, skip }: Query, join: string | null): string => {
  const condition = where === undefined ? null : conditionOf(writing, name, alias, where);
  const conditions = [join, condition].filter((part) => part !== null && part !== 'true');
  const isBackward = take !== undefined && take < 0;
  const orders = (Array.isArray(orderBy) ? orderBy : orderBy === undefined ? [] : [orderBy]).flatMap((order: object) =>
    Object.entries(order)
      .filter(([, value]) => value !== undefined)
      .map(([column, value]) => orderOf(writing, name, alias, column, value, isBackward)),
  );
  if (isBackward && orders.length === 0) throw new Unknown('take from the end of no order');
  if (![take ?? 0, skip ?? 0].every(Number.isSafeInteger)) throw new Unknown('take');
  return [
    ...(conditions.length > 0 ? [` where ${conditions.join(' and ')}`] : []),
    ...(orders.length > 0 ? [` order by ${orders.join(', ')}`] : []),
    ...(take !== undefined ? [` limit ${Math.abs(take)}`] : []),
    ...(skip ? [` offset ${skip}`] : []),
  ].join('');
};

/** Columns of a relation's rows that the row around them has: those that the two are joined by. They are handed on and not sent again. */
const handedOn = ({ on }: Relation, model: Model, around: Holding): HandedOn => {
  const columns = new Map(on.map(({ here, there }) => [there, around.get(here)]));
  const handed = [...model.fields].flatMap(([name, field]) => {
    const held = field.kind === 'scalar' ? columns.get(field.column) : undefined;
    // What is compared across types reads otherwise.
    return held && field.kind === 'scalar' && held.type === field.type ? [[name, held.index] as const] : [];
  });
  return new Map(handed);
};

const relationPart = (writing: Writing, alias: string, name: string, relation: Relation, value: unknown, around: Holding): Part => {
  const query: Query = value === true ? {} : (value as Query);
  checkKeys(query);
  const other = nextAlias(writing);
  const model = modelNamed(writing, relation.model);
  const { sql, decode } = selectionOf(writing, relation.model, other, query, handedOn(relation, model, around));
  const join = joinOf(relation, alias, other);
  if (!relation.isList) {
    if (query.where || query.orderBy || query.take !== undefined || query.skip) throw new Unknown('to-one with conditions');
    return {
      name,
      sql: `coalesce((select ${sql} from ${model.table} ${other} where ${join}), 'null')`,
      decode: (row: readonly never[] | null, parent) => (row === null ? null : decode(row, parent)),
    };
  }
  const tail = tailOf(writing, relation.model, other, query, join);
  const turn = query.take !== undefined && query.take < 0;
  writing.unseen += turn ? '<' : '>';
  return {
    name,
    sql: listOf(`select ${sql} as j from ${model.table} ${other}${tail}`),
    decode: (rows: readonly (readonly never[])[], parent) => {
      const made = rows.map((row) => decode(row, parent));
      return turn ? made.reverse() : made;
    },
  };
};

const countPart = (writing: Writing, alias: string, model: Model, value: unknown): Part => {
  const { select } = value as { select?: Record<string, unknown> };
  if (!select) throw new Unknown('_count');
  const parts = Object.entries(select)
    .filter(([, counted]) => counted)
    .map(([name, counted]) => {
      const relation = model.fields.get(name);
      if (relation?.kind !== 'relation') throw new Unknown(name);
      const other = nextAlias(writing);
      const where = counted === true ? undefined : (counted as Query).where;
      const tail = tailOf(writing, relation.model, other, { where }, joinOf(relation, alias, other));
      return { name, sql: `(select count(*) from ${modelNamed(writing, relation.model).table} ${other}${tail})::text`, decode: null };
    });
  const { sql, decode } = arrayOf(parts, plainRows);
  return { name: '_count', sql, decode: decode as Decode };
};

/** The rows of a subquery, whose one column `j` is JSON text, as a JSON array. */
const listOf = (subquery: string): string => `(select '[' || coalesce(string_agg(j, ','), '') || ']' from (${subquery}) j)`;

/** Parts as a JSON array; texts that stand beside each other are one, which saves PostgreSQL two of three concatenations. */
const arrayOf = (parts: readonly Part[], rows: (parts: readonly Part[]) => MakeRow): { sql: string; decode: MakeRow } => ({
  sql: `'[' || ${parts.map(({ sql }) => sql).join(" || ',' || ")} || ']'`.replaceAll("' || '", ''),
  decode: rows(parts),
});

const NOTHING: HandedOn = new Map();

/** The columns and relations of a query, as JSON. */
const selectionOf = (writing: Writing, name: string, alias: string, { select, include }: Query, handed = NOTHING): Selection => {
  const model = modelNamed(writing, name);
  const wanted: Record<string, unknown> = select ?? { ...Object.fromEntries(model.scalars.map((scalar) => [scalar, true])), ...include };
  const entries = Object.entries(wanted).filter(([, value]) => value);
  if (entries.length === 0) throw new Unknown('an empty selection');
  const holding = new Map(
    entries.flatMap(([key], index) => {
      const field = model.fields.get(key);
      return field?.kind === 'scalar' ? [[field.column, { index, type: field.type }] as const] : [];
    }),
  );
  const parts = entries.map(([key, value]): Part => {
    const field = model.fields.get(key);
    if (key === '_count') return countPart(writing, alias, model, value);
    if (field?.kind === 'relation') return relationPart(writing, alias, key, field, value, holding);
    if (field?.kind !== 'scalar' || value !== true) throw new Unknown(key);
    const column = { name: key, type: field.type, isNullable: field.isNullable, ...scalarOf(field, alias) };
    return handed.has(key) ? { ...column, sql: PLACE } : column;
  });
  const taken = entries.flatMap(([key], index) => (handed.has(key) ? [{ key, index, from: handed.get(key) as number }] : []));
  if (taken.length > 0) writing.unseen += `${alias}:${taken.map(({ key }) => key).join()};`;
  const { sql, decode } = arrayOf(parts, writing.isLazy ? lazyRows : plainRows);
  return { sql, decode: taken.length > 0 ? taking(decode, taken) : decode };
};

/** Keeps the place of what is handed on: an array that grows is copied. */
const PLACE = "'0'";

/** The same row, with what is handed on in its place. */
const taking =
  (make: MakeRow, taken: readonly { readonly index: number; readonly from: number }[]): Selection['decode'] =>
  (values, around) => {
    for (const { index, from } of taken) (values as never[])[index] = around[from] as never;
    return make(values);
  };

interface Root {
  readonly selection: Selection;
  readonly values: readonly unknown[];
  readonly aliases: number;
  readonly unseen: string;
}

/** Around the rows that were asked for is none. */
const NO_ROW: readonly never[] = [];

/** Selections that will not change, which is what frozen ones say: written once. */
const written = new WeakMap<object, Root>();

const rootOf = (models: Models, name: string, query: Query): Root => {
  const { select } = query;
  const known = select ? written.get(select) : undefined;
  if (known) return known;
  // A frozen selection is a compiled operation's, whose writers read columns as they came.
  const isLazy = !!select && Object.isFrozen(select);
  const writing: Writing = { models, values: [], aliases: 0, unseen: '', isLazy };
  const selection = selectionOf(writing, name, 't', query);
  const root = { selection, values: writing.values, aliases: writing.aliases, unseen: writing.unseen };
  if (isLazy) written.set(select, root);
  return root;
};

/** The rows that a query means, as one JSON array. Throws Unknown for what it does not know. */
export const statementOf = (models: Models, name: string, query: Query): Statement => {
  checkKeys(query);
  const { selection, values, aliases, unseen } = rootOf(models, name, query);
  const writing: Writing = { models, values: [...values], aliases, unseen, isLazy: false };
  const tail = tailOf(writing, name, 't', query, null);
  const { table } = modelNamed(writing, name);
  const turn = query.take !== undefined && query.take < 0;
  const text = `select ${listOf(`select ${selection.sql} as j from ${table} t${tail}`)} as j`;
  return {
    text,
    values: writing.values,
    key: `${Object.isFrozen(query.select) ? 'lazy' : 'plain'} ${unseen} ${text}`,
    decode: (rows) => {
      const made = rows.map((row) => selection.decode(row, NO_ROW));
      return turn ? made.reverse() : made;
    },
  };
};

export const countOf = (models: Models, name: string, where: Query['where']): { text: string; values: readonly unknown[] } => {
  const writing: Writing = { models, values: [], aliases: 0, unseen: '', isLazy: false };
  const tail = tailOf(writing, name, 't', { where }, null);
  return { text: `select count(*)::int as j from ${modelNamed(writing, name).table} t${tail}`, values: writing.values };
};

/** The statement that finds the ids of what a condition is true of. */
export const idsOf = (models: Models, name: string, where: Query['where']): { text: string; values: readonly unknown[] } => {
  const writing: Writing = { models, values: [], aliases: 0, unseen: '', isLazy: false };
  const tail = tailOf(writing, name, 't', { where }, null);
  return { text: `select t.id from ${modelNamed(writing, name).table} t${tail}`, values: writing.values };
};
