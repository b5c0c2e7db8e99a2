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
import { Live, type Teller } from '../live.ts';
import { brokenVariable } from '../text.ts';
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

/** The data of an event as a plan writes them; null where it gives up. */
const textOf = async (plan: EventPlan, event: unknown, context: Context): Promise<string | null> => {
  try {
    const text = await answer(plan, event, context);
    plan.answered += 1;
    return text;
  } catch {
    plan.bailed += 1;
    return null;
  }
};

type Execute = (args: ExecutionArgs) => unknown;

/** How what is told of a subscription reads for its client: `result` of an event, `broken` in place of one where the stream breaks. */
export interface Wording {
  result(result: ExecutionResult, context: Context): ExecutionResult;
  broken(error: unknown, context: Context): ExecutionResult;
}

/** Tells a client of events: by a plan of the document where there is one, else by `execute`. */
class EventTeller implements Teller<unknown, ExecutionResult> {
  constructor(
    private readonly args: ExecutionArgs,
    private readonly plan: EventPlan | null,
    private readonly how: { readonly execute: Execute; readonly wording: Wording },
  ) {}

  async tell(event: unknown): Promise<ExecutionResult> {
    const { args, plan, how } = this;
    const context = args.contextValue as Context;
    const text = plan && (await textOf(plan, event, context));
    if (text !== null) return { data: new JsonText(text) as never };
    return how.wording.result((await how.execute({ ...args, rootValue: event })) as ExecutionResult, context);
  }

  broken(error: unknown): ExecutionResult {
    return this.how.wording.broken(error, this.args.contextValue as Context);
  }
}

export interface EventOptions {
  readonly execute: Execute;
  readonly wording: Wording;
  /** False leaves all events to `execute`. */
  readonly isFast: boolean;
}

/**
 * Subscribes and tells of the events. Answers null where there is nothing to subscribe to, since a variable does not fit or cannot be
 * kept: whoever subscribes otherwise says what is wrong.
 */
export const liveEvents =
  ({ isFast, ...how }: EventOptions) =>
  async (args: ExecutionArgs): Promise<AsyncIterable<ExecutionResult> | ExecutionResult | null> => {
    const operation = getOperationAST(args.document, args.operationName);
    if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) return null;
    const { coerced } = getVariableValues(args.schema, operation.variableDefinitions ?? [], args.variableValues ?? {});
    if (!coerced || brokenVariable(coerced)) return null;
    const plan = isFast ? planOf(args, operation, coerced) : null;
    const events = await createSourceEventStream(args);
    if (!(Symbol.asyncIterator in events)) return how.wording.result(events, args.contextValue as Context);
    if (!(events instanceof Live)) throw new TypeError('A subscription answers with `live`.');
    return events.toldBy(new EventTeller(args, plan, how));
  };
