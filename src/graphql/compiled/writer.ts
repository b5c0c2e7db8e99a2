import { getMappedArgumentValues } from '@pothos/core';
import {
  type FieldNode,
  type GraphQLAbstractType,
  type GraphQLField,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  isAbstractType,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { type LazyRow, type Places, placesOf } from '../../db/read/rows.ts';
import type { Context } from '../context.ts';
import { encodeGid } from '../gid.ts';
import { nodesIn } from '../keyset.ts';
import { type Check, fieldChecks, type Scopes, typeChecks } from './access.ts';
import { type ColumnText, columnText, quote } from './columns.ts';
import { definitionOf, fieldsOf, type Meaning, resolverOf } from './fields.ts';
import { type Constants, type Piece, rowFunction, type WriteRow } from './source.ts';
import { BAIL, Uncompilable } from './uncompilable.ts';

/*
 * JSON text of an answer, written straight from what the resolvers give: no result object is built and none is walked again. Only the
 * plain course of things is known here. Whatever departs from it, a refusal, a null where none may be, a promise, throws, and graphql-js
 * executes the operation from the beginning; a query has no effect that could happen twice.
 */

/** What is the same for one answer. */
export interface Run {
  readonly context: Context;
  readonly scopes: Scopes;
}

type Write = (value: never, run: Run) => string;

type Info = GraphQLResolveInfo;

type Resolve = NonNullable<ReturnType<typeof resolverOf>>;

const ignore = (): void => {};

const isThenable = (value: unknown): value is Promise<unknown> => typeof (value as { then?: unknown } | null)?.then === 'function';

/** Gives up on a promise, whose failure must not be nobody's. */
const refusePromise = (value: unknown): void => {
  if (!isThenable(value)) return;
  value.then(ignore, ignore);
  throw BAIL;
};

const leafWriter = (type: GraphQLLeafType): Write => {
  if (isEnumType(type)) {
    const texts = new Map<unknown, string>(type.getValues().map(({ name, value }) => [value, JSON.stringify(name)]));
    return (value) => {
      const text = texts.get(value);
      if (text === undefined) throw BAIL;
      return text;
    };
  }
  const isText = type.name === 'String' || type.name === 'ID';
  return (value: unknown) => {
    if (isText && typeof value === 'string') return quote(value);
    refusePromise(value);
    const serialized: unknown = type.serialize(value);
    if (serialized === null || serialized === undefined) throw BAIL;
    return typeof serialized === 'string' ? quote(serialized) : JSON.stringify(serialized);
  };
};

const listWriter = (write: Write): Write => {
  return (list: readonly never[], run) => {
    if (!Array.isArray(list)) {
      refusePromise(list);
      throw BAIL;
    }
    let text = '[';
    for (let place = 0; place < list.length; place += 1) {
      if (place > 0) text += ',';
      text += write(list[place] as never, run);
    }
    return `${text}]`;
  };
};

const writerOf = (type: GraphQLOutputType, nodes: readonly FieldNode[], meaning: Meaning): Write => {
  if (isNonNullType(type)) {
    const inner = valueWriter(type.ofType, nodes, meaning);
    return (value, run) => {
      if (value === null || value === undefined) throw BAIL;
      return inner(value, run);
    };
  }
  const inner = valueWriter(type, nodes, meaning);
  return (value, run) => (value === null || value === undefined ? 'null' : inner(value, run));
};

const valueWriter = (type: GraphQLOutputType, nodes: readonly FieldNode[], meaning: Meaning): Write => {
  if (isListType(type)) return listWriter(writerOf(type.ofType, nodes, meaning));
  if (isLeafType(type)) return leafWriter(type);
  if (isObjectType(type)) return objectWriter(type, nodes, meaning);
  if (isAbstractType(type)) return abstractWriter(type, nodes, meaning);
  throw new Uncompilable(String(type));
};

export const infoOf = (
  parentType: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
  fieldNodes: readonly FieldNode[],
  meaning: Meaning,
): Info => ({
  ...meaning,
  fieldName: field.name,
  fieldNodes,
  returnType: field.type,
  parentType,
  path: { prev: undefined, key: (fieldNodes[0] as FieldNode).alias?.value ?? field.name, typename: parentType.name },
  rootValue: undefined,
});

/** The plugin's resolver of a node's id is asynchronous, what it does is not. */
const idResolver = (type: GraphQLObjectType): Resolve | undefined => {
  const { id } = (type.extensions.pothosOptions ?? {}) as { id?: { resolve?: (row: unknown, args: object, context: unknown) => unknown } };
  const resolve = id?.resolve;
  return (
    resolve &&
    ((row, args, context) => {
      const key = resolve(row, args, context);
      if (typeof key !== 'string') throw BAIL;
      return encodeGid(type.name, key);
    })
  );
};

const isNodes = (type: GraphQLObjectType, field: GraphQLField<unknown, unknown>): boolean =>
  field.name === 'nodes' && type.name.endsWith('Connection');

/** The Relay plugin takes the nodes out of the edges; a connection of ours has them. */
const nodesOf = (field: GraphQLField<unknown, unknown>): Resolve => {
  const resolve = resolverOf(field) as Resolve;
  return (parent, args, context, info) => nodesIn(parent) ?? resolve(parent, args, context, info);
};

/** How a field is written: by its columns where a row has them as they came, by its resolver else. */
interface Field {
  /** Null where the field asks nothing for itself. */
  readonly check: ((parent: unknown, run: Run) => void) | null;
  readonly column: ColumnText | null;
  readonly write: Write;
}

const fieldOf = (type: GraphQLObjectType, nodes: readonly FieldNode[], meaning: Meaning): Field => {
  const field = definitionOf(type, nodes);
  const resolve = (field.name === 'id' && idResolver(type)) || (isNodes(type, field) ? nodesOf(field) : resolverOf(field));
  if (!resolve) throw new Uncompilable(`${type.name}.${field.name}`);
  const checks = fieldChecks(field);
  const info = infoOf(type, field, nodes, meaning);
  // Nothing of Pothos' maps arguments by the request here; a mapper that did would be given none.
  const args = getMappedArgumentValues(field, nodes[0] as FieldNode, {}, meaning as never) as object;
  const write = writerOf(field.type, nodes, meaning);
  return {
    check: checks.length === 0 ? null : (parent, { context, scopes }) => checks.forEach((check) => void check(parent, args, context, scopes, info)),
    column: columnText(type, field, nodes, meaning),
    write: (parent, run) => write(resolve(parent, args as never, run.context as never, info) as never, run),
  };
};

/** What stands before a field's value, and the field; nothing follows a `__typename`. */
export interface Part {
  readonly before: string;
  readonly field: Field | null;
}

export const partOf = (type: GraphQLObjectType, key: string, nodes: readonly FieldNode[], place: number, meaning: Meaning): Part => {
  const before = `${place === 0 ? '' : ','}${JSON.stringify(key)}:`;
  if (nodes[0]?.name.value === '__typename') return { before: `${before}${JSON.stringify(type.name)}`, field: null };
  return { before, field: fieldOf(type, nodes, meaning) };
};

const piecesOf = (field: Field, places: Places | null, constants: Constants): readonly Piece[] => {
  const write: Piece = { code: `${constants.nameOf(field.write)}(row, run)` };
  return (places && field.column?.(places, constants, write)) ?? [write];
};

/** Compiles the writing of parts for rows whose columns lie at `places`, null for plain objects. */
const partsFunction = (parts: readonly Part[], places: Places | null): WriteRow<Run> =>
  rowFunction((constants) => ({
    statements: parts.flatMap(({ field }) => (field?.check ? [`${constants.nameOf(field.check)}(row, run)`] : [])),
    pieces: parts.flatMap(({ before, field }) => (field ? [before, ...piecesOf(field, places, constants)] : [before])),
  }));

/** The text of an object's parts; those of one document come in rows of one making, or two. */
export const partsWriter = (parts: readonly Part[]): ((value: object, run: Run) => string) => {
  const known = new Map<unknown, WriteRow<Run>>();
  let making: unknown;
  let write: WriteRow<Run> | undefined;
  return (value, run) => {
    if (!write || value.constructor !== making) {
      const places = placesOf(value);
      const kind = places && value.constructor;
      write = known.get(kind) ?? partsFunction(parts, places);
      known.set(kind, write);
      making = value.constructor;
    }
    return write(value as LazyRow, run);
  };
};

const objectWriter = (type: GraphQLObjectType, nodes: readonly FieldNode[], meaning: Meaning): Write => {
  const checks: readonly Check[] = typeChecks(type);
  const write = partsWriter([...fieldsOf(type, nodes, meaning)].map(([key, same], place) => partOf(type, key, same, place, meaning)));
  const info = { ...meaning, parentType: type } as unknown as Info;
  return (value, run) => {
    refusePromise(value);
    if (type.isTypeOf && type.isTypeOf(value, run.context, info) !== true) throw BAIL;
    for (const check of checks) check(value, NO_ARGS, run.context, run.scopes, info);
    return `{${write(value, run)}}`;
  };
};

const NO_ARGS = Object.freeze({});

const abstractWriter = (type: GraphQLAbstractType, nodes: readonly FieldNode[], meaning: Meaning): Write => {
  const writers = new Map<string, Write>();
  const info = { ...meaning, parentType: type } as unknown as Info;
  // Compiled now, so that a selection that cannot be is known before anything runs.
  for (const possible of meaning.schema.getPossibleTypes(type)) writers.set(possible.name, objectWriter(possible, nodes, meaning));
  return (value, run) => {
    const name = type.resolveType?.(value, run.context, info, type);
    const write = typeof name === 'string' ? writers.get(name) : undefined;
    if (!write) {
      refusePromise(name);
      throw BAIL;
    }
    return write(value, run);
  };
};

export interface RootField {
  readonly key: string;
  readonly nodes: readonly FieldNode[];
  readonly field: GraphQLField<unknown, unknown>;
  readonly info: Info;
  readonly checks: readonly Check[];
  readonly write: Write;
}

/** A field whose resolver may take its time: it is called by whoever writes the answer around it. */
export const rootField = (type: GraphQLObjectType, key: string, nodes: readonly FieldNode[], meaning: Meaning): RootField => {
  const field = definitionOf(type, nodes);
  return { key, nodes, field, info: infoOf(type, field, nodes, meaning), checks: fieldChecks(field), write: writerOf(field.type, nodes, meaning) };
};
