import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type ExecutionArgs, GraphQLError } from 'graphql';
import { CloseCode, type Context as ProtocolContext } from 'graphql-ws';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import type { App } from '../app.ts';
import type { Viewer } from '../core/viewer.ts';
import { createContext, type RequestFacts } from '../graphql/context.ts';
import { endTopicOf } from '../graphql/live.ts';
import { BODY_BYTES_MAX, type Yoga } from './graphql.ts';
import type { Metrics } from './metrics.ts';
import type { OriginRule } from './origins.ts';
import { requestFacts, tokenIn, tokenOf, viewerOf } from './request.ts';
import { routeOf } from './routes.ts';

const INIT_WAIT_MS = 10_000;
const KEEP_ALIVE_MS = 15_000;
const CONNECTIONS_PER_ADDRESS_MAX = 10_000;
const SUBSCRIPTIONS_PER_CONNECTION_MAX = 100;
/** Bytes that may wait for a client that does not read; beyond, it is cut off and resumes by `after`. */
const BACKLOG_BYTES_MAX = 4 * 1024 * 1024;
const GOING_AWAY = 1001;

/** What a connection is for as long as it is open. */
interface Connection {
  viewer: Viewer;
  facts: RequestFacts;
  stop: () => void;
}

type Protocol = ProtocolContext<
  Record<string, unknown>,
  { request: IncomingMessage; socket: { close(code: number, reason: string): void; bufferedAmount: number; terminate(): void } }
>;

export interface WebSocketOptions {
  readonly server: Server;
  readonly yoga: Yoga;
  readonly isAllowed: OriginRule;
  readonly metrics: Metrics;
  readonly trustedProxyHops: number;
}

const refuse = (socket: Duplex, status: string): void => {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
};

/** The token of a connection: in `connectionParams` as clients write it, else of the upgrade request. */
const tokenOfConnection = (params: Record<string, unknown> | undefined, request: IncomingMessage): string | null => {
  const headers = (params?.headers ?? {}) as Record<string, unknown>;
  for (const source of [params ?? {}, headers]) {
    for (const [name, value] of Object.entries(source)) {
      if (typeof value === 'string' && ['authorization', 'x-shopify-access-token', 'token'].includes(name.toLowerCase())) return tokenIn(value);
    }
  }
  return tokenOf(request);
};

/** graphql-ws on the paths of GraphQL: Origin checked at the upgrade, token taken at connection_init, the connection closed when the token dies. */
export const attachWebSocket = (app: App, { server, yoga, isAllowed, metrics, trustedProxyHops }: WebSocketOptions): { close(): Promise<void> } => {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: BODY_BYTES_MAX,
    handleProtocols: (offered) => (offered.has('graphql-transport-ws') ? 'graphql-transport-ws' : false),
  });
  const connections = new WeakMap<object, Connection>();
  const byAddress = new Map<string, number>();

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const { origin } = request.headers;
    const address = requestFacts(request, trustedProxyHops).address ?? 'unknown';
    const open = byAddress.get(address) ?? 0;
    if (routeOf(request).name !== 'graphql') return refuse(socket, '404 Not Found');
    if (origin && !isAllowed(origin)) return refuse(socket, '403 Forbidden');
    if (open >= CONNECTIONS_PER_ADDRESS_MAX) return refuse(socket, '429 Too Many Requests');
    byAddress.set(address, open + 1);
    socket.once('close', () => {
      const left = (byAddress.get(address) ?? 1) - 1;
      if (left > 0) byAddress.set(address, left);
      else byAddress.delete(address);
    });
    sockets.handleUpgrade(request, socket, head, (connection) => sockets.emit('connection', connection, request));
  });

  /** Closes the connection as soon as its token is revoked or runs out. */
  const watch = (context: Protocol, viewer: Viewer): (() => void) => {
    const topic = endTopicOf(viewer);
    if (!topic || viewer.kind === 'anonymous') return () => {};
    const end = (): void => context.extra.socket.close(CloseCode.Forbidden, 'Forbidden');
    const unsubscribe = app.backend.bus.subscribe(
      topic,
      () =>
        void app.isLive(viewer).then(
          (isLive) => isLive || end(),
          () => {},
        ),
    );
    const left = viewer.expiresAt ? viewer.expiresAt.getTime() - app.clock().getTime() : Number.POSITIVE_INFINITY;
    const timer = left < 2_147_483_647 ? setTimeout(end, Math.max(0, left)) : undefined;
    return () => {
      unsubscribe();
      clearTimeout(timer);
    };
  };

  const protocol = useServer<Record<string, unknown>, Protocol['extra']>(
    {
      connectionInitWaitTimeout: INIT_WAIT_MS,
      execute: (args) => (args as Enveloped).rootValue.execute(args),
      subscribe: (args) => (args as Enveloped).rootValue.subscribe(args),
      onConnect: async (context) => {
        const { request } = context.extra;
        const viewer = await viewerOf(app, tokenOfConnection(context.connectionParams, request));
        if (viewer.kind === 'anonymous' && viewer.rejectedToken) return false;
        connections.set(context.extra.socket, { viewer, facts: requestFacts(request, trustedProxyHops), stop: watch(context as Protocol, viewer) });
        return true;
      },
      onClose: (context) => connections.get(context.extra.socket)?.stop(),
      onSubscribe: async (context, _id, { operationName, query, variables }) => {
        const connection = connections.get(context.extra.socket) as Connection;
        if (Object.keys(context.subscriptions).length > SUBSCRIPTIONS_PER_CONNECTION_MAX) {
          return [
            new GraphQLError(`A connection has at most ${SUBSCRIPTIONS_PER_CONNECTION_MAX} operations under way.`, {
              extensions: { code: 'TOO_MANY_OPERATIONS' },
            }),
          ];
        }
        const { schema, execute, subscribe, contextFactory, parse, validate } = yoga.getEnveloped({
          gateway: createContext(app, connection.viewer, connection.facts),
        } as never);
        let document: ReturnType<typeof parse>;
        try {
          document = parse(query);
        } catch (error) {
          return [error as GraphQLError];
        }
        const errors = validate(schema, document);
        if (errors.length > 0) return errors as GraphQLError[];
        return {
          schema,
          operationName,
          document,
          variableValues: variables,
          contextValue: await contextFactory(),
          rootValue: { execute, subscribe },
        };
      },
      onNext: (context) => {
        const { socket } = context.extra as Protocol['extra'];
        if (socket.bufferedAmount > BACKLOG_BYTES_MAX) socket.terminate();
      },
    },
    sockets,
    KEEP_ALIVE_MS,
  );
  sockets.on('connection', (connection) => {
    metrics.sockets.inc();
    connection.once('close', () => metrics.sockets.dec());
  });

  return {
    close: async () => {
      for (const client of sockets.clients) client.close(GOING_AWAY, 'Going away');
      await protocol.dispose();
    },
  };
};

/** Yoga's enveloped functions travel with the arguments that they are called with. */
type Enveloped = ExecutionArgs & { rootValue: { execute: (args: ExecutionArgs) => never; subscribe: (args: ExecutionArgs) => never } };
