import { type ExecutionArgs, type FieldNode, getArgumentValues, getOperationAST, getVariableValues, OperationTypeNode } from 'graphql';
import type { Context } from '../context.ts';
import { scopesOf } from './access.ts';
import { fieldsOf, type Meaning } from './fields.ts';
import { type Plan, plansOf, type ReadField, readField, rootNode } from './plans.ts';
import { Uncompilable } from './uncompilable.ts';

interface QueryPlan extends Plan {
  readonly fields: readonly (ReadField | { readonly key: string; readonly typename: string })[];
}

const compile = (meaning: Meaning): QueryPlan => {
  const type = meaning.schema.getQueryType();
  if (!type) throw new Uncompilable('no query type');
  const fields = [...fieldsOf(type, [rootNode(meaning)], meaning)].map(([key, nodes]) => {
    if (nodes[0]?.name.value === '__typename') return { key, typename: type.name };
    const compiled = readField(type, key, nodes, meaning);
    if (compiled.checks.length === 0) throw new Uncompilable('a root field that asks nothing');
    return compiled;
  });
  return { fields, answered: 0, bailed: 0 };
};

/** A document that comes once is not worth it. */
const planOf = plansOf(compile, 2);

const answer = async (plan: QueryPlan, context: Context, variableValues: Record<string, unknown>): Promise<string> => {
  const scopes = scopesOf(context);
  const run = { context, scopes };
  // All are allowed before any is read.
  const reads = plan.fields.map((compiled) => {
    if ('typename' in compiled) return () => null;
    const { field, nodes, info: planned, checks, resolve } = compiled;
    const info = { ...planned, variableValues };
    const args = getArgumentValues(field, nodes[0] as FieldNode, variableValues);
    for (const check of checks) check(undefined, args, context, scopes, info);
    return async () => resolve(undefined, args, context, info);
  });
  const settled = await Promise.all(reads.map((read) => read()));
  let text = '{';
  plan.fields.forEach((compiled, place) => {
    const value = 'typename' in compiled ? JSON.stringify(compiled.typename) : compiled.write(settled[place] as never, run);
    text += `${place === 0 ? '' : ','}${JSON.stringify(compiled.key)}:${value}`;
  });
  return `${text}}`;
};

/**
 * Answers a query whose fields are reads with JSON text of its `data`, or with null when graphql-js is to execute it: for a document that
 * is new or not compilable, and whenever anything is other than usual, refusals and errors included.
 */
export const answerCompiled = async (args: ExecutionArgs): Promise<string | null> => {
  const operation = getOperationAST(args.document, args.operationName);
  if (operation?.operation !== OperationTypeNode.QUERY) return null;
  const { coerced } = getVariableValues(args.schema, operation.variableDefinitions ?? [], args.variableValues ?? {});
  if (!coerced) return null;
  const plan = planOf(args, operation, coerced);
  if (!plan) return null;
  try {
    const text = await answer(plan, args.contextValue as Context, coerced);
    plan.answered += 1;
    return text;
  } catch {
    plan.bailed += 1;
    return null;
  }
};
