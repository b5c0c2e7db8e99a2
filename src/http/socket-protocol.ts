import { type DocumentNode, type ExecutionArgs, GraphQLError, getOperationAST, OperationTypeNode } from 'graphql';
import type { ServerOptions } from 'graphql-ws';
import type { App } from '../app.ts';
import { JsonText } from '../graphql/compiled/json-text.ts';
import { createContext } from '../graphql/context.ts';
import type { Connection } from './connection.ts';
import type { Subscribe, Yoga } from './graphql.ts';
import { type Mask, withoutStatus } from './masking.ts';
import { hold } from './ready-text.ts';
import { tokenIn } from './request.ts';

const SUBSCRIPTIONS_PER_CONNECTION_MAX = 100;
/** Bytes that may wait for a client that does not read; beyond, it is cut off and resumes by `after`. */
const BACKLOG_BYTES_MAX = 4 * 1024 * 1024;

type Params = Record<string, unknown>;

/** Yoga's way to run an operation, which travels with its arguments until it runs. */
type Run = (args: ExecutionArgs) => never;

const runOf = (args: ExecutionArgs): Run => {
  const run = args.rootValue as Run;
  // A subscription keeps its arguments.
  args.rootValue = undefined;
  return run;
};

/** The token of a connection: in `connectionParams` as clients write it, else of the upgrade request. */
const tokenOfConnection = (params: Params | undefined, headerToken: string | null): string | null => {
  const headers = (params?.headers ?? {}) as Params;
  for (const source of [params ?? {}, headers]) {
    for (const [name, value] of Object.entries(source)) {
      if (typeof value === 'string' && ['authorization', 'x-shopify-access-token', 'token'].includes(name.toLowerCase())) return tokenIn(value);
    }
  }
  return headerToken;
};

const refused = (message: string, code: string): [GraphQLError] => [new GraphQLError(message, { extensions: { code } })];

export interface SocketProtocolOptions {
  readonly yoga: Yoga;
  readonly mask: Mask;
  readonly subscribe: Subscribe;
  /** Between opening and connection_init. */
  readonly initMs: number;
  readonly isClosing: () => boolean;
}

/** graphql-ws over Yoga's pipeline: the token is taken at connection_init, every operation gets a context of its own. */
export const socketProtocol = (app: App, { yoga, mask, subscribe, initMs, isClosing }: SocketProtocolOptions): ServerOptions<Params, Connection> => ({
  connectionInitWaitTimeout: initMs,
  execute: (args) => runOf(args)(args),
  subscribe: async (args) => {
    const refuse = runOf(args);
    return (await subscribe(args)) ?? refuse(args);
  },
  onConnect: async (context) => {
    const { extra: connection } = context;
    connection.context = context;
    const viewer = await app.authenticate(tokenOfConnection(context.connectionParams, connection.headerToken));
    // Whom they let in is known now: secrets are not kept.
    connection.headerToken = null;
    (context as { connectionParams?: Params | undefined }).connectionParams = undefined;
    if (viewer.kind === 'anonymous' && viewer.rejectedToken) return false;
    // Who left meanwhile has been told goodbye already: nothing may listen for her.
    if (connection.socket.readyState !== connection.socket.OPEN) return false;
    connection.letIn(viewer);
    return true;
  },
  onSubscribe: async (context, _id, payload) => {
    const { viewer, facts } = context.extra;
    if (!viewer) return refused('Send connection_init first.', 'UNAUTHENTICATED');
    if (isClosing()) return refused('The gateway is closing. Connect again and send this once more.', 'SERVICE_UNAVAILABLE');
    if (Object.keys(context.subscriptions).length > SUBSCRIPTIONS_PER_CONNECTION_MAX) {
      return refused(`A connection has at most ${SUBSCRIPTIONS_PER_CONNECTION_MAX} operations under way.`, 'TOO_MANY_OPERATIONS');
    }
    const gateway = createContext(app, viewer, facts);
    const enveloped = yoga.getEnveloped({ gateway } as never);
    const { schema, parse, validate } = enveloped;
    let document: DocumentNode;
    try {
      document = parse(payload.query);
      const errors = validate(schema, document);
      if (errors.length > 0) return errors as GraphQLError[];
    } catch (error) {
      // Limits on tokens and depth are thrown.
      if (error instanceof GraphQLError) return [error];
      throw error;
    }
    const { operationName, variables } = payload;
    // graphql-ws keeps the payload with the operation: the text is everybody's who sent the same.
    (payload as { query: string }).query = document.loc?.source.body ?? '';
    const isSubscription = getOperationAST(document, operationName)?.operation === OperationTypeNode.SUBSCRIPTION;
    return {
      schema,
      operationName,
      document,
      variableValues: variables,
      contextValue: isSubscription ? gateway : await enveloped.contextFactory(),
      rootValue: isSubscription ? enveloped.subscribe : enveloped.execute,
    };
  },
  onNext: ({ extra: { socket } }, _id, _payload, _args, { errors, ...result }) => {
    if (socket.bufferedAmount > BACKLOG_BYTES_MAX) socket.terminate();
    if (errors) return { ...result, errors: errors.map(withoutStatus) };
    return result.data instanceof JsonText ? { ...result, data: hold(result.data.text) as never } : undefined;
  },
  onError: ({ extra: { facts } }, _id, _payload, errors) => errors.map((error) => withoutStatus(mask(error, facts.id))),
});
