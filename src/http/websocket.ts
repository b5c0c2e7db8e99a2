import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeServer } from 'graphql-ws';
import { WebSocketServer } from 'ws';
import type { App } from '../app.ts';
import type { RequestFacts } from '../graphql/context.ts';
import { Connection, type Door, GatewaySocket } from './connection.ts';
import { BODY_BYTES_MAX, type Subscribe, type Yoga } from './graphql.ts';
import type { Mask } from './masking.ts';
import type { Metrics } from './metrics.ts';
import type { OriginRule } from './origins.ts';
import { requestFacts, tokenOf } from './request.ts';
import { routeOf } from './routes.ts';
import { socketProtocol } from './socket-protocol.ts';

const CONNECTIONS_PER_ADDRESS_MAX = 10_000;
const GOING_AWAY = 1001;
/** How long a client may take to answer a close before it is cut off. */
const FAREWELL_MS = 1_000;

export interface WebSocketOptions {
  readonly server: Server;
  readonly yoga: Yoga;
  readonly mask: Mask;
  readonly subscribe: Subscribe;
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

/** Counts open connections by client address. */
const addressCounter = () => {
  const counts = new Map<string, number>();
  return {
    isFull: (address: string): boolean => (counts.get(address) ?? 0) >= CONNECTIONS_PER_ADDRESS_MAX,
    add: (address: string): void => void counts.set(address, (counts.get(address) ?? 0) + 1),
    remove: (address: string): void => {
      const left = (counts.get(address) ?? 1) - 1;
      if (left > 0) counts.set(address, left);
      else counts.delete(address);
    },
  };
};

const addressOf = ({ address }: RequestFacts): string => address ?? 'unknown';

/** graphql-ws on the paths of GraphQL: Origin checked at the upgrade, token taken at connection_init, the connection closed when the token dies. */
export const attachWebSocket = (app: App, options: WebSocketOptions): Sockets => {
  const { server, isAllowed, metrics, trustedProxyHops, drainMs } = options;
  let isClosing = false;
  const connections = new Set<Connection>();
  const addresses = addressCounter();
  const sockets = new WebSocketServer({
    noServer: true,
    WebSocket: GatewaySocket,
    maxPayload: BODY_BYTES_MAX,
    handleProtocols: (offered) => (offered.has('graphql-transport-ws') ? 'graphql-transport-ws' : false),
  });

  const door: Door = {
    protocol: makeServer(socketProtocol(app, { ...options, isClosing: () => isClosing })),
    left: (connection) => {
      connections.delete(connection);
      addresses.remove(addressOf(connection.facts));
      metrics.sockets.dec();
    },
  };
  const open = (socket: GatewaySocket, facts: RequestFacts, headerToken: string | null): void => {
    connections.add(new Connection(app, door, socket, facts, headerToken));
    addresses.add(addressOf(facts));
    metrics.sockets.inc();
  };

  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', destroy);
    const { origin } = request.headers;
    if (routeOf(request).name !== 'graphql') return refuse(socket, '404 Not Found');
    if (origin && !isAllowed(origin)) return refuse(socket, '403 Forbidden');
    if (isClosing) return refuse(socket, '503 Service Unavailable');
    const facts = requestFacts(request, trustedProxyHops);
    if (addresses.isFull(addressOf(facts))) return refuse(socket, '429 Too Many Requests');
    sockets.handleUpgrade(request, socket, head, (connection) => open(connection, facts, tokenOf(request)));
  });

  return {
    close: async () => {
      isClosing = true;
      const latest = Date.now() + drainMs;
      const leave = async (connection: Connection): Promise<void> => {
        while (connection.isAnswering && Date.now() < latest) await sleep(10);
        connection.socket.close(GOING_AWAY, 'Going away');
      };
      await Promise.all([...connections].map(leave));
      const late = setTimeout(() => [...connections].map(({ socket }) => socket.terminate()), FAREWELL_MS);
      await new Promise<void>((resolve) => sockets.close(() => resolve()));
      clearTimeout(late);
    },
  };
};
