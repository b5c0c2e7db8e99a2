import { isDeepStrictEqual } from 'node:util';
import { getMappedArgumentValues } from '@pothos/core';
import {
  type FieldNode,
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  getNamedType,
  isInterfaceType,
  isObjectType,
} from 'graphql';
import { definitionOf, fieldsOf, type Meaning, narrowings } from './fields.ts';
import { Uncompilable } from './uncompilable.ts';

/*
 * The rows and columns that a document asks for, as a Prisma `select`: what the Prisma plugin makes of a resolver's `info`, made once for
 * a document. Where two parts of a document want different pages of one relation, no single query says it.
 */

export type Select = Record<string, unknown>;
type Composite = GraphQLObjectType | GraphQLInterfaceType;

/** Where the rows of a field lie in its selection: each a way of field names. */
export type Paths = readonly (readonly string[])[];

interface Extensions {
  readonly pothosPrismaModel?: string;
  readonly pothosPrismaSelect?: unknown;
  readonly pothosPrismaIndirectInclude?: unknown;
  readonly pothosOptions?: { readonly select?: unknown };
}

const extensionsOf = (part: { extensions: object }): Extensions => part.extensions as Extensions;

/** A selection may depend on nothing but the document: whatever of the request it looked at, it would be wrong for the next one. */
const NO_CONTEXT = new Proxy(Object.freeze({}), {
  get: () => {
    throw new Uncompilable('a selection that depends on the request');
  },
});

/** Makes `into` select what `from` selects too. */
const merge = (into: Select, from: Select): void => {
  for (const [key, value] of Object.entries(from)) {
    const present = into[key];
    if (value === undefined || value === false) continue;
    if (present === undefined) into[key] = typeof value === 'object' ? copy(value as Select) : value;
    else if (typeof present === 'object' && typeof value === 'object') mergeQueries(present as Select, value as Select);
    else if (present !== value) throw new Uncompilable(`${key} in two ways`);
  }
};

const mergeQueries = (into: Select, from: Select): void => {
  const { select: here, ...asked } = into;
  const { select: there, ...alsoAsked } = from;
  if (!isDeepStrictEqual(asked, alsoAsked) || !here || !there) throw new Uncompilable('a relation in two ways');
  merge(here as Select, there as Select);
};

const copy = (query: Select): Select => {
  const { select, ...rest } = query;
  if (!select) return { ...rest };
  const made: Select = {};
  merge(made, select as Select);
  return { ...rest, select: made };
};

const modelTypeOf = (type: unknown): Composite => {
  if (!(isObjectType(type) || isInterfaceType(type))) throw new Uncompilable('rows of no model');
  const { pothosPrismaModel, pothosPrismaSelect, pothosPrismaIndirectInclude } = extensionsOf(type);
  // A type without a selection of its own takes all columns.
  if (!pothosPrismaModel || !pothosPrismaSelect || pothosPrismaIndirectInclude) throw new Uncompilable(type.name);
  return type;
};

/** The selections at the end of a way: one for each response key, since two of them may want different pages of one relation. */
const along = (type: Composite, nodes: readonly FieldNode[], [name, ...rest]: readonly string[], meaning: Meaning): (readonly FieldNode[])[] => {
  if (name === undefined) return [nodes];
  return [...fieldsOf(type, nodes, meaning).values()]
    .filter(([node]) => node?.name.value === name)
    .flatMap((found) => {
      const inner = getNamedType(definitionOf(type, found).type);
      if (rest.length === 0) return [found];
      if (!(isObjectType(inner) || isInterfaceType(inner))) throw new Uncompilable(name);
      return along(inner, found, rest, meaning);
    });
};

/** The way of a nested query in the plugin's own words. */
interface NestedPaths {
  readonly getType: () => string;
  readonly paths?: readonly (readonly { readonly name: string }[])[];
}

const nestedSelection =
  (field: GraphQLField<unknown, unknown>, nodes: readonly FieldNode[], meaning: Meaning) =>
  (query: unknown, place?: NestedPaths): Select => {
    const returned = getNamedType(field.type) as Composite;
    const given: Select = typeof query === 'object' && query !== null ? (query as Select) : {};
    if (Array.isArray(place) || given.include) throw new Uncompilable('a nested query of another kind');
    const type = modelTypeOf(place ? meaning.schema.getType(place.getType()) : returned);
    const ways = place ? (place.paths ?? []).map((way) => way.map(({ name }) => name)) : [[]];
    const select: Select = {};
    if (given.select) merge(select, given.select as Select);
    for (const rows of ways.flatMap((way) => along(returned, nodes, way, meaning))) merge(select, selectOf(type, rows, meaning));
    return { ...given, select };
  };

/** Which fields the document wants of what a field answers with. */
export const wantedOf = (field: GraphQLField<unknown, unknown>, nodes: readonly FieldNode[], meaning: Meaning): ReadonlySet<string> => {
  const type = getNamedType(field.type);
  const found = isObjectType(type) || isInterfaceType(type) ? [...fieldsOf(type, nodes, meaning).values()] : [];
  return new Set(found.map(([node]) => (node as FieldNode).name.value));
};

const mergeField = (select: Select, type: Composite, nodes: readonly FieldNode[], meaning: Meaning): void => {
  if (nodes[0]?.name.value.startsWith('__')) return;
  const field = definitionOf(type, nodes);
  const { pothosPrismaSelect, pothosOptions } = extensionsOf(field);
  // The select as it was written takes one argument more than the plugin hands on: which fields the document wants of this one.
  const declared = pothosOptions?.select ?? pothosPrismaSelect;
  if (!declared) return;
  if (typeof declared !== 'function') {
    merge(select, declared as Select);
    return;
  }
  const args = getMappedArgumentValues(field, nodes[0] as FieldNode, NO_CONTEXT, meaning as never);
  const selected = declared(args, NO_CONTEXT, nestedSelection(field, nodes, meaning), wantedOf(field, nodes, meaning));
  if (!selected) return;
  // What comes from an extension is a whole query, what a field declares is its columns.
  merge(select, (pothosOptions?.select ? selected : selected.select) as Select);
};

/** What the selections of `nodes` need of rows that are objects of `type`. */
const selectOf = (type: Composite, nodes: readonly FieldNode[], meaning: Meaning): Select => {
  const select: Select = {};
  const types = isInterfaceType(type) ? [type, ...narrowings(type, nodes, meaning)] : [type];
  for (const each of types) {
    merge(select, extensionsOf(modelTypeOf(each)).pothosPrismaSelect as Select);
    for (const same of fieldsOf(each, nodes, meaning).values()) mergeField(select, each, same, meaning);
  }
  return select;
};

/** The selection of a root field whose rows lie at `paths` below it. */
export const rootSelect = (
  field: GraphQLField<unknown, unknown>,
  nodes: readonly FieldNode[],
  rows: { type: string; paths: Paths } | null,
  meaning: Meaning,
) => {
  const returned = getNamedType(field.type) as Composite;
  const type = modelTypeOf(rows ? meaning.schema.getType(rows.type) : returned);
  const select: Select = {};
  const typeSelect = extensionsOf(type).pothosPrismaSelect as Select;
  merge(select, typeSelect);
  for (const found of (rows?.paths ?? [[]]).flatMap((way) => along(returned, nodes, way, meaning))) merge(select, selectOf(type, found, meaning));
  return Object.freeze(select);
};
