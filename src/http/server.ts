import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { App } from '../app.ts';
import { graphiqlTabs } from './graphiql.ts';
import { createGraphql } from './graphql.ts';
import { createMetrics } from './metrics.ts';
import { isForgeable, originRule } from './origins.ts';
import { contextOf, requestFacts } from './request.ts';
import { type Routes, routeOf } from './routes.ts';
import { attachWebSocket } from './websocket.ts';

export interface ServerOptions {
  readonly isProduction: boolean;
  readonly allowedOrigins: readonly string[];
  readonly trustedProxyHops: number;
  /** Tokens that GraphiQL's ready tabs use, for pages opened on this machine; absent in production. */
  readonly graphiqlTokens?: { readonly staff: string | null; readonly customer: string | null };
  /** Mail that is kept instead of sent is shown at /dev/inbox. */
  readonly showInbox: boolean;
}

/** A stranger's connection may take this long to send its headers, and its body; an import only has to keep coming. */
const HEADERS_TIMEOUT_MS = 10_000;
const BODY_TIMEOUT_MS = 30_000;
const KEEP_ALIVE_MS = 65_000;
const CONNECTIONS_MAX = 20_000;
/** How long shutdown waits for answers that are under way. */
const DRAIN_MS = 10_000;

export interface Gateway {
  readonly server: Server;
  /** Starts to serve and answers with the port. */
  listen(port: number, host?: string): Promise<number>;
  /** Takes no more, lets what is under way finish, ends subscriptions. */
  close(): Promise<void>;
}

/** HTTP, server-sent events and WebSocket on one port and one context factory. */
export const createServer = (app: App, options: ServerOptions): Gateway => {
  const isAllowed = originRule({ publicUrl: app.publicUrl, allowed: options.allowedOrigins, isProduction: options.isProduction });
  const metrics = createMetrics();
  const yoga = createGraphql(app, { isAllowed, metrics, graphiql: options.isProduction ? false : graphiqlTabs(app, options.graphiqlTokens) });

  const graphql = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const facts = requestFacts(request, options.trustedProxyHops);
    response.setHeader('x-request-id', facts.id);
    if (isForgeable((name) => request.headers[name]?.toString(), request.method ?? '', isAllowed)) {
      const message = 'Send operations as application/json, or with the header graphql-require-preflight.';
      response
        .writeHead(403, { 'content-type': 'application/json' })
        .end(JSON.stringify({ errors: [{ message, extensions: { code: 'CSRF_PREVENTED' } }] }));
      return;
    }
    await yoga.handle(request, response, { gateway: await contextOf(app, request, facts) } as never);
  };

  const routes: Routes = { app, graphql, metrics, showInbox: options.showInbox, trustedProxyHops: options.trustedProxyHops };

  const server = createHttpServer({ requestTimeout: 0, headersTimeout: HEADERS_TIMEOUT_MS, keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
    const { name, handle, isStreaming } = routeOf(request);
    const stop = metrics.requests.startTimer();
    response.once('close', () => stop({ route: name, status: `${Math.floor(response.statusCode / 100)}xx` }));
    if (!isStreaming) limitBody(request, response);
    handle(request, response, routes).catch((error: Error) => {
      app.log.error({ error, route: name }, 'request failed');
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ errors: [{ message: 'Something went wrong on our side.', extensions: { code: 'INTERNAL_SERVER_ERROR' } }] }));
    });
  });
  server.maxConnections = CONNECTIONS_MAX;
  const sockets = attachWebSocket(app, { server, yoga, isAllowed, metrics, trustedProxyHops: options.trustedProxyHops });

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
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      await Promise.all([sockets.close(), app.close()]);
      server.closeIdleConnections();
      const force = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
      await closed;
      clearTimeout(force);
    },
  };
};

/** Ends a connection whose body does not arrive in time. */
const limitBody = (request: IncomingMessage, response: ServerResponse): void => {
  const late = setTimeout(() => {
    if (!response.headersSent) response.writeHead(408, { connection: 'close' });
    response.end();
    request.destroy();
  }, BODY_TIMEOUT_MS);
  const stop = (): void => clearTimeout(late);
  request.once('end', stop);
  request.once('close', stop);
};
