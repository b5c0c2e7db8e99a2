import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { execute } from 'graphql';
import type { App } from '../app.ts';
import { liveEvents } from '../graphql/compiled/events.ts';
import { createKnownDocuments } from '../graphql/compiled/known.ts';
import { answer } from './answer.ts';
import { createFront, type Front } from './front.ts';
import { type GraphiqlTokens, graphiqlPage } from './graphiql.ts';
import { createGraphql, type Yoga } from './graphql.ts';
import { createMask, maskedEvents } from './masking.ts';
import { createMetrics } from './metrics.ts';
import { isForgeable, type OriginRule, originRule } from './origins.ts';
import { contextOf, requestFacts } from './request.ts';
import { type Routes, routeOf } from './routes.ts';
import { attachWebSocket } from './websocket.ts';

export interface ServerOptions {
  readonly isProduction: boolean;
  readonly allowedOrigins: readonly string[];
  readonly trustedProxyHops: number;
  /** Tokens that GraphiQL's ready tabs use, for pages opened on this machine; absent in production. */
  readonly graphiqlTokens?: GraphiqlTokens;
  /** Mail that is kept instead of sent is shown at /dev/inbox. */
  readonly showInbox: boolean;
  /** False leaves plain JSON requests to Yoga's own way and execution to graphql-js: slower, and the same answers. */
  readonly isFast?: boolean;
  /** What Shopify signs its webhooks with; absent: none are taken. */
  readonly shopifyWebhookSecrets?: readonly string[];
  /** Departures from WAITS. */
  readonly waits?: Partial<typeof WAITS>;
}

/** How long is waited, in milliseconds. */
const WAITS = {
  /** For a stranger's headers. */
  headersMs: 10_000,
  /** For the whole body of a request; an import only has to keep coming. */
  bodyMs: 30_000,
  /** For connection_init on a WebSocket. */
  initMs: 10_000,
  /** At shutdown, for answers that are under way. */
  drainMs: 10_000,
};

const KEEP_ALIVE_MS = 65_000;
const CONNECTIONS_MAX = 20_000;
/** How often shutdown looks for connections that have become idle. */
const IDLE_LOOK_MS = 50;

export interface Gateway {
  readonly server: Server;
  /** Starts to serve and answers with the port. */
  listen(port: number, host?: string): Promise<number>;
  /** Takes no more, lets what is under way finish, ends subscriptions. */
  close(): Promise<void>;
}

/** HTTP, server-sent events and WebSocket on one port and one context factory. */
export const createServer = (app: App, options: ServerOptions): Gateway => {
  const { isProduction, trustedProxyHops, showInbox, isFast = true, shopifyWebhookSecrets = [] } = options;
  const waits = { ...WAITS, ...options.waits };
  const isAllowed = originRule({ publicUrl: app.publicUrl, allowed: options.allowedOrigins, isProduction });
  const metrics = createMetrics();
  const known = isFast ? createKnownDocuments() : null;
  const mask = createMask(app);
  const subscribe = liveEvents({ execute, wording: maskedEvents(mask), isFast });
  const yoga = createGraphql({ isAllowed, metrics, mask, subscribe, known });
  const graphiql = isProduction ? null : graphiqlPage(app.publicUrl, options.graphiqlTokens);
  const graphql = graphqlHandle(app, { yoga, front: known && createFront(yoga, { isAllowed, metrics, known }), isAllowed, trustedProxyHops });
  const routes: Routes = { app, metrics, showInbox, trustedProxyHops, shopifyWebhookSecrets, graphql, graphiql };
  let isClosing = false;

  const server = createHttpServer(
    { requestTimeout: 0, headersTimeout: waits.headersMs, keepAliveTimeout: KEEP_ALIVE_MS, connectionsCheckingInterval: waits.headersMs / 2 },
    (request, response) => {
      const { name, handle, isStreaming } = routeOf(request);
      const stop = metrics.requests.startTimer();
      response.once('close', () => stop({ route: name, status: `${Math.floor(response.statusCode / 100)}xx` }));
      if (isClosing) response.setHeader('connection', 'close');
      if (!isStreaming) limitBody(request, response, waits.bodyMs);
      handle(request, response, routes).catch((error: Error) => fail(app, response, error));
    },
  );
  server.maxConnections = CONNECTIONS_MAX;
  const sockets = attachWebSocket(app, { ...waits, server, yoga, mask, subscribe, isAllowed, metrics, trustedProxyHops });

  return {
    server,
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, () => {
          server.off('error', reject);
          resolve((server.address() as AddressInfo).port);
        });
      }),
    close: async () => {
      isClosing = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      // A connection that was busy at first ends as soon as its answer is out.
      const idle = setInterval(() => server.closeIdleConnections(), IDLE_LOOK_MS);
      const force = setTimeout(() => server.closeAllConnections(), waits.drainMs);
      await sockets.close();
      await app.close();
      await closed;
      clearInterval(idle);
      clearTimeout(force);
    },
  };
};

interface GraphqlWays {
  readonly yoga: Yoga;
  readonly front: Front | null;
  readonly isAllowed: OriginRule;
  readonly trustedProxyHops: number;
}

const graphqlHandle =
  (app: App, { yoga, front, isAllowed, trustedProxyHops }: GraphqlWays): Routes['graphql'] =>
  async (request, response) => {
    const facts = requestFacts(request, trustedProxyHops);
    response.setHeader('x-request-id', facts.id);
    if (isForgeable((name) => request.headers[name]?.toString(), request.method ?? '', isAllowed)) {
      const message = 'Send operations as application/json, or with the header graphql-require-preflight.';
      return answer(response, 403, { errors: [{ message, extensions: { code: 'CSRF_PREVENTED' } }] });
    }
    if (front?.takes(request)) return front.handle(request, response, contextOf(app, request, facts));
    // An event stream is cut rather than completed at shutdown: its client takes that for a lost connection and comes back elsewhere.
    const cut = (): void => {
      if (String(response.getHeader('content-type')).startsWith('text/event-stream')) response.destroy();
    };
    app.closing.addEventListener('abort', cut, { once: true });
    response.once('close', () => app.closing.removeEventListener('abort', cut));
    await yoga.handle(request, response, { gateway: await contextOf(app, request, facts) } as never);
  };

/** The last resort: a fault outside any operation. A caller who has gone, or half of whose answer is out, is told nothing. */
const fail = (app: App, response: ServerResponse, error: Error): void => {
  if (response.headersSent || response.destroyed) return void response.destroy();
  const requestId = response.getHeader('x-request-id');
  app.log.error({ error, requestId }, 'request failed');
  answer(response, 500, { errors: [{ message: 'Something went wrong on our side.', extensions: { code: 'INTERNAL_SERVER_ERROR', requestId } }] });
};

/** Ends a connection whose body does not arrive in time. */
const limitBody = (request: IncomingMessage, response: ServerResponse, bodyMs: number): void => {
  const late = setTimeout(() => {
    // Nobody reads the body of a GET: its end is never announced, and its answer may be a stream that lasts.
    if (request.complete) return;
    response.once('close', () => request.destroy());
    if (response.headersSent) return void response.destroy();
    const message = `The body did not arrive within ${bodyMs / 1000} seconds.`;
    answer(response, 408, { errors: [{ message, extensions: { code: 'REQUEST_TIMEOUT' } }] }, { connection: 'close' });
  }, bodyMs);
  const stop = (): void => clearTimeout(late);
  request.once('end', stop);
  request.once('close', stop);
};
