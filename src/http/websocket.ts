import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { CloseCode, makeServer } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { App } from '../app.ts';
import { rounds } from '../core/rounds.ts';
import type { RequestFacts } from '../graphql/context.ts';
import { BODY_BYTES_MAX, type Yoga } from './graphql.ts';
import { createMask } from './masking.ts';
import type { Metrics } from './metrics.ts';
import type { OriginRule } from './origins.ts';
import { fill } from './ready-text.ts';
import { requestFacts, tokenOf } from './request.ts';
import { routeOf } from './routes.ts';
import { type Connection, socketProtocol } from './socket-protocol.ts';

const KEEP_ALIVE_MS = 15_000;
const CONNECTIONS_PER_ADDRESS_MAX = 10_000;
const GOING_AWAY = 1001;
/** How long a client may take to answer a close before it is cut off. */
const FAREWELL_MS = 1_000;

export interface WebSocketOptions {
  readonly server: Server;
  readonly yoga: Yoga;
  readonly isAllowed: OriginRule;
  readonly metrics: Metrics;
  readonly trustedProxyHops: number;
  readonly initMs: number;
  readonly drainMs: number;
}

export interface Sockets {
  /** Takes no more operations, lets answers under way go out, and closes every connection so that clients come back elsewhere. */
  close(): Promise<void>;
}

const refuse = (socket: Duplex, status: string): void => {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
};

/** A function of no scope: one that was made beside a request would keep it as long as its connection. */
function destroy(this: Duplex): void {
  this.destroy();
}

const pingAgain = rounds(KEEP_ALIVE_MS);

/** Terminates a connection that leaves a ping unanswered for a whole round. */
const keepAlive = (socket: WebSocket): (() => void) => {
  let isThere = true;
  socket.on('pong', () => {
    isThere = true;
  });
  return pingAgain(() => {
    if (!isThere) return socket.terminate();
    isThere = false;
    socket.ping();
  });
};

/** Whether an answer is owed: graphql-ws keeps null for an operation that streams nothing. */
const isAnswering = ({ protocol }: Connection): boolean => Object.values(protocol?.subscriptions ?? {}).includes(null as never);

/** Counts open connections by client address; `open` says whether one more may be, and counts it until its socket closes. */
const addressCounter = () => {
  const counts = new Map<string, number>();
  return {
    open: (address: string, socket: Duplex): boolean => {
      const count = counts.get(address) ?? 0;
      if (count >= CONNECTIONS_PER_ADDRESS_MAX) return false;
      counts.set(address, count + 1);
      socket.once('close', () => {
        const left = (counts.get(address) ?? 1) - 1;
        if (left > 0) counts.set(address, left);
        else counts.delete(address);
      });
      return true;
    },
  };
};

/** graphql-ws on the paths of GraphQL: Origin checked at the upgrade, token taken at connection_init, the connection closed when the token dies. */
export const attachWebSocket = (app: App, options: WebSocketOptions): Sockets => {
  const { server, isAllowed, metrics, trustedProxyHops, drainMs } = options;
  let isClosing = false;
  const protocol = makeServer(socketProtocol(app, { ...options, mask: createMask(app), isClosing: () => isClosing }));
  const connections = new Set<Connection>();
  const addresses = addressCounter();
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: BODY_BYTES_MAX,
    handleProtocols: (offered) => (offered.has('graphql-transport-ws') ? 'graphql-transport-ws' : false),
  });

  const open = (socket: WebSocket, facts: RequestFacts, headerToken: string | null): void => {
    const connection: Connection = { socket, facts, headerToken, letIn: null, protocol: null };
    const stopPings = keepAlive(socket);
    const failed = (error: Error): void => {
      if (socket.readyState !== socket.OPEN) return;
      app.log.warn({ error }, 'socket message failed');
      socket.close(CloseCode.InternalServerError, 'Internal server error');
    };
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => new Promise((resolve, reject) => socket.send(fill(text), (error) => (error ? reject(error) : resolve()))),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (take) => socket.on('message', (bytes) => void take(String(bytes)).catch(failed)),
      },
      connection,
    );
    connections.add(connection);
    metrics.sockets.inc();
    // ws answers a breach of its protocol by itself, with the code that says what it was.
    socket.on('error', () => {});
    socket.once('close', (code, reason) => {
      connections.delete(connection);
      metrics.sockets.dec();
      stopPings();
      void closed(code, String(reason)).catch(failed);
    });
  };

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', destroy);
    const { origin } = request.headers;
    if (routeOf(request).name !== 'graphql') return refuse(socket, '404 Not Found');
    if (origin && !isAllowed(origin)) return refuse(socket, '403 Forbidden');
    if (isClosing) return refuse(socket, '503 Service Unavailable');
    const facts = requestFacts(request, trustedProxyHops);
    if (!addresses.open(facts.address ?? 'unknown', socket)) return refuse(socket, '429 Too Many Requests');
    sockets.handleUpgrade(request, socket, head, (connection) => open(connection, facts, tokenOf(request)));
  });

  return {
    close: async () => {
      isClosing = true;
      const latest = Date.now() + drainMs;
      const leave = async (connection: Connection): Promise<void> => {
        while (isAnswering(connection) && Date.now() < latest) await sleep(10);
        connection.socket.close(GOING_AWAY, 'Going away');
      };
      await Promise.all([...connections].map(leave));
      const late = setTimeout(() => [...connections].map(({ socket }) => socket.terminate()), FAREWELL_MS);
      await new Promise<void>((resolve) => sockets.close(() => resolve()));
      clearTimeout(late);
    },
  };
};
