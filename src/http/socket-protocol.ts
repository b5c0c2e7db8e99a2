import { type ExecutionArgs, GraphQLError } from 'graphql';
import { CloseCode, type Context as ProtocolContext, type ServerOptions } from 'graphql-ws';
import type { WebSocket } from 'ws';
import type { App } from '../app.ts';
import type { Viewer } from '../core/viewer.ts';
import { JsonText } from '../graphql/compiled/json-text.ts';
import { createContext, type RequestFacts } from '../graphql/context.ts';
import { mayGoOn, onDoubt } from '../graphql/live.ts';
import type { Yoga } from './graphql.ts';
import { type Mask, withoutStatus } from './masking.ts';
import { hold } from './ready-text.ts';
import { tokenIn } from './request.ts';

const SUBSCRIPTIONS_PER_CONNECTION_MAX = 100;
/** Bytes that may wait for a client that does not read; beyond, it is cut off and resumes by `after`. */
const BACKLOG_BYTES_MAX = 4 * 1024 * 1024;

/** What is known of a connection; `let in` is null until connection_init was accepted. */
export interface Connection {
  readonly socket: WebSocket;
  /** Of the upgrade request, which itself is not kept. */
  readonly facts: RequestFacts;
  readonly headerToken: string | null;
  letIn: { readonly viewer: Viewer; readonly stop: () => void } | null;
  protocol: ProtocolContext | null;
}

type Params = Record<string, unknown>;

/** Yoga's enveloped functions travel with the arguments that they are called with. */
type Enveloped = ExecutionArgs & { rootValue: { execute: (args: ExecutionArgs) => never; subscribe: (args: ExecutionArgs) => never } };

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

/** Closes the connection as soon as its token is revoked or runs out. */
const closeWhenEnded = (app: App, viewer: Viewer, socket: WebSocket): (() => void) => {
  const look = (): void => {
    mayGoOn(app, viewer).then(
      (may) => may || socket.close(CloseCode.Forbidden, 'Forbidden'),
      (error) => app.log.warn({ error }, 'a connection’s token could not be looked at'),
    );
  };
  const stop = onDoubt(app, viewer, look);
  // It may have been revoked after it was accepted and before this listened.
  look();
  return stop;
};

const refused = (message: string, code: string): [GraphQLError] => [new GraphQLError(message, { extensions: { code } })];

export interface SocketProtocolOptions {
  readonly yoga: Yoga;
  readonly mask: Mask;
  /** Between opening and connection_init. */
  readonly initMs: number;
  readonly isClosing: () => boolean;
}

/** graphql-ws over Yoga's pipeline: the token is taken at connection_init, every operation gets a context of its own. */
export const socketProtocol = (app: App, { yoga, mask, initMs, isClosing }: SocketProtocolOptions): ServerOptions<Params, Connection> => ({
  connectionInitWaitTimeout: initMs,
  execute: (args) => (args as Enveloped).rootValue.execute(args),
  subscribe: (args) => (args as Enveloped).rootValue.subscribe(args),
  onConnect: async (context) => {
    const { socket, headerToken } = context.extra;
    context.extra.protocol = context;
    const viewer = await app.authenticate(tokenOfConnection(context.connectionParams, headerToken));
    if (viewer.kind === 'anonymous' && viewer.rejectedToken) return false;
    // Who left meanwhile has been told goodbye already: nothing may listen for her.
    if (socket.readyState !== socket.OPEN) return false;
    context.extra.letIn = { viewer, stop: closeWhenEnded(app, viewer, socket) };
    return true;
  },
  onClose: (context) => context.extra.letIn?.stop(),
  onSubscribe: async (context, _id, { operationName, query, variables }) => {
    const { letIn, facts } = context.extra;
    if (!letIn) return refused('Send connection_init first.', 'UNAUTHENTICATED');
    if (isClosing()) return refused('The gateway is closing. Connect again and send this once more.', 'SERVICE_UNAVAILABLE');
    if (Object.keys(context.subscriptions).length > SUBSCRIPTIONS_PER_CONNECTION_MAX) {
      return refused(`A connection has at most ${SUBSCRIPTIONS_PER_CONNECTION_MAX} operations under way.`, 'TOO_MANY_OPERATIONS');
    }
    const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
      gateway: createContext(app, letIn.viewer, facts),
    } as never);
    let document: ReturnType<typeof parse>;
    try {
      document = parse(query);
      const errors = validate(schema, document);
      if (errors.length > 0) return errors as GraphQLError[];
    } catch (error) {
      // Limits on tokens and depth are thrown.
      if (error instanceof GraphQLError) return [error];
      throw error;
    }
    return {
      schema,
      operationName,
      document,
      variableValues: variables,
      contextValue: await contextFactory(),
      rootValue: { execute, subscribe },
    };
  },
  onNext: ({ extra: { socket } }, _id, _payload, _args, { errors, ...result }) => {
    if (socket.bufferedAmount > BACKLOG_BYTES_MAX) socket.terminate();
    if (errors) return { ...result, errors: errors.map(withoutStatus) };
    return result.data instanceof JsonText ? { ...result, data: hold(result.data.text) as never } : undefined;
  },
  onError: ({ extra: { facts } }, _id, _payload, errors) => errors.map((error) => withoutStatus(mask(error, facts.id))),
});
