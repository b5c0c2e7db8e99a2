import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  GraphQLIncludeDirective,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  GraphQLSkipDirective,
  getDirectiveValues,
  isAbstractType,
  Kind,
  type SelectionNode,
} from 'graphql';
import { Uncompilable } from './uncompilable.ts';

/** What a document means for given variables: all that decides which fields are selected and with which arguments. */
export type Meaning = Pick<GraphQLResolveInfo, 'schema' | 'fragments' | 'operation' | 'variableValues'>;

type Composite = GraphQLObjectType | GraphQLInterfaceType;

const isLeftOut = (node: SelectionNode, { variableValues }: Meaning): boolean => {
  if (!node.directives?.length) return false;
  if (getDirectiveValues(GraphQLSkipDirective, node, variableValues)?.if === true) return true;
  return getDirectiveValues(GraphQLIncludeDirective, node, variableValues)?.if === false;
};

/** A fragment that a selection stands for, and whether it applies to objects of a type. */
const fragmentOf = (node: Exclude<SelectionNode, FieldNode>, type: Composite, { schema, fragments }: Meaning) => {
  const fragment = node.kind === Kind.FRAGMENT_SPREAD ? (fragments[node.name.value] as FragmentDefinitionNode) : node;
  const condition = fragment.typeCondition && schema.getType(fragment.typeCondition.name.value);
  const applies = !condition || condition === type || (isAbstractType(condition) && schema.isSubType(condition, type));
  return { selections: fragment.selectionSet.selections, condition, applies };
};

/** The fields selected of an object of this very type, by response key in the order of the document. */
export const fieldsOf = (type: Composite, nodes: readonly FieldNode[], meaning: Meaning): Map<string, FieldNode[]> => {
  const fields = new Map<string, FieldNode[]>();
  const collect = (selections: readonly SelectionNode[]): void => {
    for (const node of selections) {
      if (isLeftOut(node, meaning)) continue;
      if (node.kind === Kind.FIELD) {
        const key = node.alias?.value ?? node.name.value;
        const same = fields.get(key);
        if (same) same.push(node);
        else fields.set(key, [node]);
      } else {
        const { selections: inner, applies } = fragmentOf(node, type, meaning);
        if (applies) collect(inner);
      }
    }
  };
  for (const { selectionSet } of nodes) collect(selectionSet?.selections ?? []);
  return fields;
};

/** Whether a selection names an object type narrower than the interface at hand anywhere. */
export const narrowings = (type: Composite, nodes: readonly FieldNode[], meaning: Meaning): GraphQLObjectType[] => {
  const found = new Set<GraphQLObjectType>();
  const look = (selections: readonly SelectionNode[]): void => {
    for (const node of selections) {
      if (node.kind === Kind.FIELD || isLeftOut(node, meaning)) continue;
      const { selections: inner, condition } = fragmentOf(node, type, meaning);
      if (condition && 'getInterfaces' in condition && !isAbstractType(condition) && condition !== type) found.add(condition as GraphQLObjectType);
      look(inner);
    }
  };
  for (const { selectionSet } of nodes) look(selectionSet?.selections ?? []);
  return [...found];
};

/** The one definition of a response key's field. */
export const definitionOf = (type: Composite, nodes: readonly FieldNode[]) => {
  const name = (nodes[0] as FieldNode).name.value;
  const field = type.getFields()[name];
  if (!field) throw new Uncompilable(`${type.name}.${name}`);
  return field;
};

type Resolve = (parent: unknown, args: never, context: never, info: GraphQLResolveInfo) => unknown;

/**
 * The resolver of a field as it was written, which Pothos keeps beside the one that its plugins have wrapped with permission checks, cost
 * and loading: a compiled operation does those things itself, once for the document and not for every value.
 */
export const resolverOf = ({ extensions }: GraphQLField<unknown, unknown>): Resolve | undefined =>
  extensions.pothosOriginalResolve as Resolve | undefined;
