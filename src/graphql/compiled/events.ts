import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  type FieldNode,
  type GraphQLField,
  getArgumentValues,
  getNamedType,
  getOperationAST,
  getVariableValues,
  isObjectType,
  OperationTypeNode,
} from 'graphql';
import type { Viewer } from '../../core/viewer.ts';
import type { Context } from '../context.ts';
import { type Check, fieldChecks, type Scopes, scopesOf, typeChecks } from './access.ts';
import { definitionOf, fieldsOf, type Meaning, resolverOf } from './fields.ts';
import { JsonText } from './json-text.ts';
import { isRead, type Plan, plansOf, type ReadField, readField, rootNode } from './plans.ts';
import { BAIL, Uncompilable } from './uncompilable.ts';
import { infoOf, partOf, partsWriter, type Run } from './writer.ts';

/*
 * The events of a subscription, each written by a plan of the document. What an event reads may be on it already, and one text then
 * serves all in this process who watch the same thing with the same eyes.
 */

/** What an event says itself, and what is read for it. */
type EventPart = { readonly write: ReturnType<typeof partsWriter> } | { readonly before: string; readonly read: ReadField; readonly args: object };

interface EventPlan extends Plan {
  readonly key: string;
  readonly field: GraphQLField<unknown, unknown>;
  readonly info: ReturnType<typeof infoOf>;
  readonly args: object;
  readonly checks: readonly Check[];
  readonly typeChecks: readonly Check[];
  readonly resolve: (event: unknown, args: object, context: Context, info: object) => unknown;
  readonly parts: readonly EventPart[];
}

const compile = (meaning: Meaning): EventPlan => {
  const type = meaning.schema.getSubscriptionType();
  const [root, ...more] = type ? fieldsOf(type, [rootNode(meaning)], meaning) : [];
  if (!type || !root || more.length > 0) throw new Uncompilable('not one event');
  const [key, nodes] = root;
  const field = definitionOf(type, nodes);
  const resolve = resolverOf(field);
  const told = getNamedType(field.type);
  const checks = fieldChecks(field);
  if (!resolve || checks.length === 0 || !isObjectType(told)) throw new Uncompilable(field.name);
  const parts = [...fieldsOf(told, nodes, meaning)].map(([name, same], place): EventPart => {
    const [node] = same as [FieldNode];
    if (node.name.value === '__typename' || !isRead(definitionOf(told, same)))
      return { write: partsWriter([partOf(told, name, same, place, meaning)]) };
    const read = readField(told, name, same, meaning);
    const before = `${place === 0 ? '' : ','}${JSON.stringify(name)}:`;
    return { before, read, args: getArgumentValues(read.field, node, meaning.variableValues) };
  });
  return {
    key: JSON.stringify(key),
    field,
    info: infoOf(type, field, nodes, meaning),
    args: getArgumentValues(field, nodes[0] as FieldNode, meaning.variableValues),
    checks,
    typeChecks: typeChecks(told),
    resolve: resolve as unknown as EventPlan['resolve'],
    parts,
    answered: 0,
    bailed: 0,
  };
};

/** A subscription stays: it is compiled at once. */
const planOf = plansOf(compile, 1);

/** Those who may read the same of whatever they may read at all. */
const eyesOf = (viewer: Viewer): string | null => {
  if (viewer.kind === 'staff') return [...viewer.scopes].sort().join();
  return viewer.kind === 'customer' ? viewer.customerId : null;
};

/** Texts by the event they tell of, the plan and the eyes; gone with the event. */
const shared = new WeakMap<object, Map<EventPlan, Map<string, string>>>();

const textsOf = (event: object, plan: EventPlan): Map<string, string> => {
  const byPlan = shared.get(event) ?? new Map<EventPlan, Map<string, string>>();
  shared.set(event, byPlan);
  const texts = byPlan.get(plan) ?? new Map<string, string>();
  byPlan.set(plan, texts);
  return texts;
};

const write = async ({ typeChecks: asked, parts, info }: EventPlan, told: object, run: Run): Promise<string> => {
  const { context, scopes } = run;
  for (const check of asked) check(told, {}, context, scopes, info);
  let text = '{';
  for (const part of parts) {
    if ('read' in part) {
      const { before, read, args } = part;
      for (const check of read.checks) check(told, args, context, scopes, read.info);
      const row = read.resolve(told, args, context, read.info);
      text += before + read.write((row instanceof Promise ? await row : row) as never, run);
    } else {
      text += part.write(told as never, run);
    }
  }
  return `${text}}`;
};

/** The same text in one piece: of the pieces it was put together of, every subscriber would keep those of her last event. */
const inOne = (text: string): string => Buffer.from(text).toString();

const answer = async (plan: EventPlan, event: unknown, context: Context): Promise<string> => {
  const scopes: Scopes = scopesOf(context);
  for (const check of plan.checks) check(event, plan.args, context, scopes, plan.info);
  const told = plan.resolve(event, plan.args, context, plan.info);
  if (typeof told !== 'object' || told === null || told instanceof Promise) throw BAIL;
  const eyes = plan.field.extensions.isSharedEvent ? eyesOf(context.viewer) : null;
  const texts = eyes === null ? null : textsOf(told, plan);
  const known = texts?.get(eyes as string);
  const text = known ?? (await write(plan, told, { context, scopes }));
  if (known === undefined) texts?.set(eyes as string, text);
  return inOne(`{${plan.key}:${text}}`);
};

type Execute = (args: ExecutionArgs) => unknown;

/** Subscribes as ever, and tells of the events by a plan of the document where there is one. */
export const compiledEvents =
  (subscribe: Execute, execute: Execute) =>
  async (args: ExecutionArgs): Promise<unknown> => {
    const operation = getOperationAST(args.document, args.operationName);
    if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) return subscribe(args);
    const { coerced } = getVariableValues(args.schema, operation.variableDefinitions ?? [], args.variableValues ?? {});
    const plan = coerced && planOf(args, operation, coerced);
    if (!plan) return subscribe(args);
    const source = await createSourceEventStream(args);
    if (!(Symbol.asyncIterator in source)) return source;
    const events = source[Symbol.asyncIterator]();
    const tell = async (event: unknown): Promise<ExecutionResult> => {
      try {
        const text = await answer(plan, event, args.contextValue as Context);
        plan.answered += 1;
        return { data: new JsonText(text) as never };
      } catch {
        plan.bailed += 1;
        return (await execute({ ...args, rootValue: event })) as ExecutionResult;
      }
    };
    return {
      next: async () => {
        const { value, done } = await events.next();
        return done ? { value: undefined, done: true } : { value: await tell(value), done: false };
      },
      return: async () => {
        await events.return?.();
        return { value: undefined, done: true };
      },
      throw: async (error: unknown) => {
        await events.throw?.(error);
        throw error;
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  };
