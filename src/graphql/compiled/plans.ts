import { complexityFromQuery } from '@pothos/plugin-complexity';
import {
  type DocumentNode,
  type ExecutionArgs,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type VariableDefinitionNode,
  visit,
} from 'graphql';
import type { Context } from '../context.ts';
import { DOCUMENT_LIMITS } from '../limits.ts';
import type { CompiledInfo, Reads } from '../query.ts';
import { type Meaning, resolverOf } from './fields.ts';
import { rootSelect, wantedOf } from './selection.ts';
import { Uncompilable } from './uncompilable.ts';
import { type RootField, rootField } from './writer.ts';

/** A field that reads rows, with what it is to read. */
export interface ReadField extends RootField {
  readonly info: CompiledInfo;
  readonly resolve: (parent: unknown, args: object, context: Context, info: CompiledInfo) => unknown;
}

/** What every plan has: how often it answered, and how often graphql-js had to execute after all. */
export interface Plan {
  answered: number;
  bailed: number;
}

/** A plan that bails again and again costs its reads twice. */
const BAILS_MAX = 3;
const isHopeless = ({ answered, bailed }: Plan): boolean => bailed > BAILS_MAX && bailed > answered;

/** Whether a field is one that reads rows with `queryOf`. */
export const isRead = ({ extensions }: GraphQLField<unknown, unknown>): boolean => extensions.reads !== undefined;

/** A field that reads rows, compiled. */
export const readField = (type: GraphQLObjectType, key: string, nodes: readonly FieldNode[], meaning: Meaning): ReadField => {
  const compiled = rootField(type, key, nodes, meaning);
  const { field, info } = compiled;
  const resolve = resolverOf(field);
  if (!isRead(field) || !resolve) throw new Uncompilable(field.name);
  const select = rootSelect(field, nodes, (field.extensions.reads as Reads).rows, meaning);
  return {
    ...compiled,
    info: { ...info, select, names: wantedOf(field, nodes, meaning) },
    resolve: resolve as unknown as ReadField['resolve'],
  };
};

const NAMES = new Set(['ID', 'String', 'DateTime', 'Decimal', 'UnsignedInt64']);

/** A variable that only names something for a root field, as `$id`: the plan is the same whatever it holds. */
const isNaming = ({ type }: VariableDefinitionNode): boolean => {
  const inner = type.kind === Kind.NON_NULL_TYPE ? type.type : type;
  return inner.kind === Kind.NAMED_TYPE && NAMES.has(inner.name.value);
};

/** The variables by which plans of an operation differ. */
const deciding = (document: DocumentNode, operation: OperationDefinitionNode): string[] => {
  const below = new Set<string>();
  const note = (node: object): void => {
    visit(node as DocumentNode, { Variable: ({ name }) => void below.add(name.value) });
  };
  for (const definition of document.definitions) if (definition.kind === Kind.FRAGMENT_DEFINITION) note(definition);
  for (const selection of operation.selectionSet.selections) {
    if (selection.kind !== Kind.FIELD) note(selection);
    else {
      for (const directive of selection.directives ?? []) note(directive);
      if (selection.selectionSet) note(selection.selectionSet);
    }
  }
  return (operation.variableDefinitions ?? [])
    .filter((definition) => below.has(definition.variable.name.value) || !isNaming(definition))
    .map((definition) => definition.variable.name.value);
};

/** What an operation means for given variables. Throws Uncompilable for one that costs more than any may. */
const meaningOf = (
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variableValues: Record<string, unknown>,
): Meaning => {
  const definitions = document.definitions.filter((definition): definition is FragmentDefinitionNode => definition.kind === Kind.FRAGMENT_DEFINITION);
  const alone: DocumentNode = { kind: Kind.DOCUMENT, definitions: [operation, ...definitions] };
  const { complexity } = complexityFromQuery(alone, { schema, ctx: {}, variables: variableValues });
  if (complexity > DOCUMENT_LIMITS.cost) throw new Uncompilable('costs too much');
  const fragments = Object.fromEntries(definitions.map((definition) => [definition.name.value, definition]));
  return { schema, fragments, operation, variableValues };
};

/** The selection of an operation, as if it were a field's. */
export const rootNode = ({ operation }: Meaning): FieldNode => ({ selectionSet: operation.selectionSet }) as FieldNode;

/** How many plans an operation may have: pages further on have cursors of their own. */
const PLANS_MAX = 50;

/** Plans of one kind, kept with their documents. `worthIt` is the time from which on an operation is compiled. */
export const plansOf = <Kind extends Plan>(compile: (meaning: Meaning) => Kind, worthIt: number) => {
  interface Known {
    readonly names: readonly string[];
    /** By the variables that decide: the plan, null when there is none, or how often it was asked for. */
    readonly plans: Map<string, Kind | null | number>;
  }
  const operations = new WeakMap<OperationDefinitionNode, Known>();

  const knownOf = (document: DocumentNode, operation: OperationDefinitionNode): Known => {
    const existing = operations.get(operation);
    if (existing) return existing;
    const known: Known = { names: deciding(document, operation), plans: new Map() };
    operations.set(operation, known);
    return known;
  };

  const attempt = (schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, variableValues: Record<string, unknown>) => {
    try {
      return compile(meaningOf(schema, document, operation, variableValues));
    } catch {
      // Not compilable, or not right: graphql-js says what is wrong with it.
      return null;
    }
  };

  return ({ schema, document }: ExecutionArgs, operation: OperationDefinitionNode, variableValues: Record<string, unknown>): Kind | null => {
    const { names, plans } = knownOf(document, operation);
    const key = names.length === 0 ? '' : jsonOf(names.map((name) => variableValues[name]));
    const existing = plans.get(key) ?? (plans.has(key) ? null : 0);
    if (typeof existing !== 'number') return existing && isHopeless(existing) ? null : existing;
    if (plans.size >= PLANS_MAX && !plans.has(key)) plans.delete(plans.keys().next().value as string);
    const plan = existing + 1 < worthIt ? existing + 1 : attempt(schema, document, operation, variableValues);
    plans.set(key, plan);
    return typeof plan === 'number' ? null : plan;
  };
};

const jsonOf = (values: readonly unknown[]): string => JSON.stringify(values, (_key, value) => (typeof value === 'bigint' ? `${value}n` : value));
