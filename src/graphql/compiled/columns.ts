import {
  type FieldNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  getNamedType,
  isEnumType,
  isLeafType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { formatMinor } from '../../core/money.ts';
import { type LazyRow, placesOf } from '../../db/read/rows.ts';
import { encodeGid } from '../gid.ts';
import { fieldsOf, type Meaning } from './fields.ts';

/*
 * Fields that say no more than a column: exposed columns, ids of nodes, amounts of money. Their JSON is made of what came from the
 * database, without the values that JavaScript has for dates and whole numbers.
 */

/** JSON of a field, or undefined where the row or the value is of another kind than mostly. */
export type WriteColumn = (row: object) => string | undefined;

type TextOf = (raw: never) => string | undefined;

/** Text that JSON has nothing to escape in: ids, moments, amounts, names. */
const PLAIN = /^[\w :/.,@+-]*$/;

export const quote = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text));

const bare = (text: string): string => `"${text}"`;

/** PostgreSQL leaves out the zeros at the end of a moment's fraction. */
const moment = (raw: string): string => {
  if (raw.endsWith('+00:00')) {
    if (raw.length === 29) return `"${raw.slice(0, 23)}Z"`;
    if (raw.length === 28) return `"${raw.slice(0, 22)}0Z"`;
    if (raw.length === 27) return `"${raw.slice(0, 21)}00Z"`;
    if (raw.length === 25) return `"${raw.slice(0, 19)}.000Z"`;
  }
  return `"${new Date(raw).toISOString()}"`;
};

/** How columns of a type are written as values of a GraphQL type. */
const TEXTS: Readonly<Record<string, Readonly<Record<string, TextOf>>>> = {
  DateTime: { timestamptz: moment },
  Date: { date: bare },
  UnsignedInt64: { int8: bare },
  String: { text: quote, varchar: quote, bpchar: quote, uuid: bare, enum: bare },
  Int: { int4: String },
  Boolean: { bool: String },
};

const textsOf = (type: GraphQLOutputType): Readonly<Record<string, TextOf>> | undefined => {
  const named = getNamedType(type);
  if (!isEnumType(named)) return TEXTS[named.name];
  const texts = new Map<unknown, string>(named.getValues().map(({ name, value }) => [value, `"${name}"`]));
  const text: TextOf = (raw) => texts.get(raw);
  return { enum: text, text, bpchar: text };
};

/** Reads a column as it came, of rows of whatever making; those of one document are of one. */
const reading = (name: string) => {
  let making: unknown = null;
  let index = -1;
  let type: string | undefined;
  return {
    /** Whether the row has it as it came. */
    has: (row: object): boolean => {
      if (row.constructor !== making) {
        making = row.constructor;
        const place = placesOf(row)?.get(name);
        index = place?.index ?? -1;
        type = place?.type;
      }
      return index >= 0;
    },
    type: (): string => type as string,
    of: (row: object): unknown => (row as LazyRow).values[index],
  };
};

const exposed = (name: string, { type }: GraphQLField<unknown, unknown>): WriteColumn | null => {
  const texts = textsOf(type);
  if (!texts || !isLeafType(isNonNullType(type) ? type.ofType : type)) return null;
  const column = reading(name);
  const isNullable = !isNonNullType(type);
  return (row) => {
    if (!column.has(row)) return undefined;
    const raw = column.of(row);
    if (raw === null) return isNullable ? 'null' : undefined;
    return texts[column.type()]?.(raw as never);
  };
};

/** `MoneyV2` of a column of minor units, beside a column `currency`. */
const money = (name: string, { type }: GraphQLField<unknown, unknown>, nodes: readonly FieldNode[], meaning: Meaning): WriteColumn | null => {
  const named = getNamedType(type);
  if (!isObjectType(named)) return null;
  const [minor, currency] = [reading(name), reading('currency')];
  const parts = [...fieldsOf(named, nodes, meaning)].map(([key, [node]], place) => ({
    before: `${place === 0 ? '' : ','}${JSON.stringify(key)}:`,
    what: node?.name.value,
  }));
  return (row) => {
    if (!minor.has(row) || !currency.has(row)) return undefined;
    const code = currency.of(row) as string;
    let text = '{';
    for (const { before, what } of parts) {
      if (what === 'amount') text += `${before}"${formatMinor(minor.of(row) as string, code)}"`;
      else text += what === 'currencyCode' ? `${before}"${code}"` : `${before}"${named.name}"`;
    }
    return `${text}}`;
  };
};

/** Whether a node's id is its row's column `id` and nothing else. */
const isColumnId = (type: GraphQLObjectType): boolean => {
  const { id } = (type.extensions.pothosOptions ?? {}) as { id?: { resolve?: (row: object, args: object, context: object) => unknown } };
  try {
    return id?.resolve?.({ id: 'probe' }, {}, {}) === 'probe';
  } catch {
    return false;
  }
};

const nodeId = (type: GraphQLObjectType): WriteColumn => {
  const column = reading('id');
  const before = `"${encodeGid(type.name, '')}`;
  return (row) => (column.has(row) && column.type() === 'uuid' ? `${before}${column.of(row)}"` : undefined);
};

/** The way to write a field that says no more than a column; null for any other. */
export const columnWriter = (
  type: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
  nodes: readonly FieldNode[],
  meaning: Meaning,
): WriteColumn | null => {
  const { pothosExposedField, moneyColumn } = field.extensions as { pothosExposedField?: string; moneyColumn?: string };
  if (field.name === 'id' && isColumnId(type)) return nodeId(type);
  // With arguments it is another amount than the column's.
  if (moneyColumn && !nodes[0]?.arguments?.length) return money(moneyColumn, field, nodes, meaning);
  return pothosExposedField && field.args.length === 0 ? exposed(pothosExposedField, field) : null;
};
