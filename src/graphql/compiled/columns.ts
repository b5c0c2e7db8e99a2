import {
  type FieldNode,
  type GraphQLEnumType,
  type GraphQLField,
  type GraphQLObjectType,
  getNamedType,
  isEnumType,
  isLeafType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { formatMinor } from '../../core/money.ts';
import type { Place, Places } from '../../db/read/rows.ts';
import { encodeGid } from '../gid.ts';
import { fieldsOf, type Meaning } from './fields.ts';
import { type Constants, codeOf, type Piece } from './source.ts';

/*
 * Fields that say no more than a column: exposed columns, ids of nodes, amounts of money. Their JSON is made of what came from the
 * database, without the values that JavaScript has for dates and whole numbers.
 */

/**
 * The text of a field of rows whose columns lie at `places`, or null where they have not what it takes. `otherwise` is the expression for
 * a value of another kind than mostly.
 */
export type ColumnText = (places: Places, constants: Constants, otherwise: Piece) => readonly Piece[] | null;

/** Text that JSON has nothing to escape in: ids, moments, amounts, names. */
const PLAIN = /^[\w :/.,@+-]*$/;

export const quote = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text));

/** PostgreSQL leaves out the zeros at the end of a moment's fraction. */
const moment = (raw: string): string => {
  if (raw.endsWith('+00:00')) {
    if (raw.length === 29) return `${raw.slice(0, 23)}Z`;
    if (raw.length === 28) return `${raw.slice(0, 22)}0Z`;
    if (raw.length === 27) return `${raw.slice(0, 21)}00Z`;
    if (raw.length === 25) return `${raw.slice(0, 19)}.000Z`;
  }
  return new Date(raw).toISOString();
};

/** The value of a column as it came. */
const rawOf = ({ index }: Place): Piece => ({ code: `v[${index}]` });

const call = (constants: Constants, made: (...values: never[]) => unknown, ...places: Place[]): Piece => ({
  code: `${constants.nameOf(made)}(${places.map(({ index }) => `v[${index}]`).join()})`,
});

type TextOf = (place: Place, constants: Constants) => readonly Piece[];

const bare: TextOf = (place) => ['"', rawOf(place), '"'];
const asIs: TextOf = (place) => [rawOf(place)];
const quoted: TextOf = (place, constants) => [call(constants, quote, place)];

/** How columns of a type are written as values of a GraphQL type. */
const TEXTS: Readonly<Record<string, Readonly<Record<string, TextOf>>>> = {
  DateTime: { timestamptz: (place, constants) => ['"', call(constants, moment, place), '"'] },
  Date: { date: bare },
  UnsignedInt64: { int8: bare },
  String: { text: quoted, varchar: quoted, bpchar: quoted, uuid: bare, enum: bare },
  Int: { int4: asIs },
  Boolean: { bool: asIs },
};

/** How columns are written as names of an enum. `otherwise` stands for a value that is none of its own. */
const enumTexts = (type: GraphQLEnumType, otherwise: Piece): Readonly<Record<string, TextOf>> => {
  const texts = new Map<unknown, string>(type.getValues().map(({ name, value }) => [value, `"${name}"`]));
  const text: TextOf = (place, constants) => [{ code: `(${constants.nameOf(texts)}.get(${codeOf([rawOf(place)])}) ?? ${codeOf([otherwise])})` }];
  return { enum: text, text, bpchar: text };
};

const exposed = (name: string, { type }: GraphQLField<unknown, unknown>): ColumnText | null => {
  const isNullable = !isNonNullType(type);
  const named = isNonNullType(type) ? type.ofType : type;
  if (!isEnumType(named) && !(isLeafType(named) && named.name in TEXTS)) return null;
  return (places, constants, otherwise) => {
    const place = places.get(name);
    const texts = isEnumType(named) ? enumTexts(named, otherwise) : TEXTS[named.name];
    const pieces = place && texts?.[place.type]?.(place, constants);
    if (!pieces || !place.isNullable) return pieces ?? null;
    return [{ code: `(v[${place.index}] === null ? ${codeOf([isNullable ? 'null' : otherwise])} : ${codeOf(pieces)})` }];
  };
};

/** `MoneyV2` of a column of minor units, beside a column `currency`. */
const money = (name: string, { type }: GraphQLField<unknown, unknown>, nodes: readonly FieldNode[], meaning: Meaning): ColumnText | null => {
  const named = getNamedType(type);
  if (!isObjectType(named)) return null;
  const parts = [...fieldsOf(named, nodes, meaning)].map(([key, [node]], place) => ({
    before: `${place === 0 ? '' : ','}${JSON.stringify(key)}:`,
    what: node?.name.value,
  }));
  return (places, constants) => {
    const [minor, currency] = [places.get(name), places.get('currency')];
    if (!minor || !currency || minor.isNullable || currency.isNullable) return null;
    const textOf = (what: string | undefined): Piece => {
      if (what === 'amount') return call(constants, formatMinor, minor, currency);
      return what === 'currencyCode' ? rawOf(currency) : named.name;
    };
    return ['{', ...parts.flatMap(({ before, what }) => [before, '"', textOf(what), '"']), '}'];
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

const nodeId =
  (type: GraphQLObjectType): ColumnText =>
  (places) => {
    const id = places.get('id');
    return id?.type === 'uuid' && !id.isNullable ? [`"${encodeGid(type.name, '')}`, rawOf(id), '"'] : null;
  };

/** The text of a field that says no more than a column; null for any other. */
export const columnText = (
  type: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
  nodes: readonly FieldNode[],
  meaning: Meaning,
): ColumnText | null => {
  const { pothosExposedField, moneyColumn } = field.extensions as { pothosExposedField?: string; moneyColumn?: string };
  if (field.name === 'id' && isColumnId(type)) return nodeId(type);
  // With arguments it is another amount than the column's.
  if (moneyColumn && !nodes[0]?.arguments?.length) return money(moneyColumn, field, nodes, meaning);
  return pothosExposedField && field.args.length === 0 ? exposed(pothosExposedField, field) : null;
};
