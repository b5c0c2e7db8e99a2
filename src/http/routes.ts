import type { IncomingMessage, ServerResponse } from 'node:http';
import type { App } from '../app.ts';
import { answer } from './answer.ts';
import { exportFile, linkedExport } from './export.ts';
import { wantsGraphiql } from './graphiql.ts';
import { graphiqlAsset } from './graphiql-assets.ts';
import { importCustomers } from './import-customers.ts';
import { inbox } from './inbox.ts';
import type { Metrics } from './metrics.ts';
import { multipass } from './multipass.ts';
import { OPENID_ROUTES } from './openid/endpoints.ts';
import { notFound, PAGE_ROUTES } from './pages/table.ts';
import { shopifyWebhooks } from './shopify-webhooks.ts';

export interface Routes {
  readonly app: App;
  readonly metrics: Metrics;
  readonly graphql: (request: IncomingMessage, response: ServerResponse) => Promise<void>;
  /** The page for browsers at the addresses of GraphQL; null in production. */
  readonly graphiql: ((request: IncomingMessage, response: ServerResponse) => Promise<void>) | null;
  readonly showInbox: boolean;
  readonly trustedProxyHops: number;
  /** Any of these signs Shopify's webhooks; none: they are not taken. */
  readonly shopifyWebhookSecrets: readonly string[];
}

export type Handle = (request: IncomingMessage, response: ServerResponse, routes: Routes) => Promise<void>;

export interface Route {
  readonly name: string;
  readonly handle: Handle;
  /** The body may take as long as it keeps coming. */
  readonly isStreaming?: true;
}

const live: Handle = async (_request, response) => answer(response, 200, { status: 'ok' });

const ready: Handle = async (_request, response, { app }) => {
  if (app.closing.aborted) return answer(response, 503, { status: 'closing' });
  try {
    await app.backend.check();
    answer(response, 200, { status: 'ok', mode: app.backend.mode });
  } catch (error) {
    answer(response, 503, { status: 'unavailable', part: (error as Error).message });
  }
};

const metrics: Handle = async (_request, response, { metrics: { registry } }) =>
  answer(response, 200, await registry.metrics(), { 'content-type': registry.contentType });

const home: Handle = async (_request, response) => {
  response.writeHead(302, { location: '/graphql' }).end();
};

const nothing: Handle = async (request, response, routes) =>
  request.headers.accept?.includes('text/html')
    ? notFound(request, response, routes)
    : answer(response, 404, { errors: [{ message: 'Nothing is here. GraphQL is at /graphql.' }] });

const graphql: Route = {
  name: 'graphql',
  handle: (request, response, { graphql, graphiql }) => (graphiql && wantsGraphiql(request) ? graphiql : graphql)(request, response),
};

/** Paths, and the methods that they take. */
export interface Entry {
  readonly path: RegExp;
  readonly methods: readonly string[];
  readonly route: Route;
}

/** Every path of the gateway. */
const TABLE: readonly Entry[] = [
  { path: /^\/graphql$/, methods: ['GET', 'POST', 'OPTIONS', 'HEAD', 'PUT', 'DELETE', 'PATCH'], route: graphql },
  { path: /^\/(?:(?:[\w-]+\/)?account\/)?customer\/api\/[\w-]+\/graphql$/, methods: ['GET', 'POST', 'OPTIONS'], route: graphql },
  { path: /^\/api\/[\w-]+\/graphql\.json$/, methods: ['GET', 'POST', 'OPTIONS'], route: graphql },
  { path: /^\/admin\/api\/[\w-]+\/graphql\.json$/, methods: ['GET', 'POST', 'OPTIONS'], route: graphql },
  { path: /^\/account\/login\/multipass\/[^/]+$/, methods: ['GET'], route: { name: 'multipass', handle: multipass } },
  { path: /^\/import\/customers$/, methods: ['POST'], route: { name: 'import', handle: importCustomers, isStreaming: true } },
  { path: /^\/export\/[a-z-]+\.[a-z]+$/, methods: ['GET'], route: { name: 'export', handle: exportFile, isStreaming: true } },
  { path: /^\/export\/[\w-]+$/, methods: ['GET'], route: { name: 'export', handle: linkedExport, isStreaming: true } },
  { path: /^\/webhooks\/shopify$/, methods: ['POST'], route: { name: 'webhook', handle: shopifyWebhooks } },
  { path: /^\/dev\/inbox$/, methods: ['GET'], route: { name: 'inbox', handle: inbox } },
  { path: /^\/dev\/graphiql\/\w+\/[\w.-]+$/, methods: ['GET'], route: { name: 'graphiql', handle: graphiqlAsset } },
  { path: /^\/health\/live$/, methods: ['GET', 'HEAD'], route: { name: 'health', handle: live } },
  { path: /^\/health\/ready$/, methods: ['GET', 'HEAD'], route: { name: 'health', handle: ready } },
  { path: /^\/metrics$/, methods: ['GET'], route: { name: 'metrics', handle: metrics } },
  { path: /^\/$/, methods: ['GET', 'HEAD'], route: { name: 'home', handle: home } },
  ...OPENID_ROUTES,
  ...PAGE_ROUTES,
];

/** Which route a request means; a known path by another method is told so. */
export const routeOf = (request: IncomingMessage): Route => {
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  const entry = TABLE.find((candidate) => candidate.path.test(path));
  if (!entry) return { name: 'none', handle: nothing };
  if (entry.methods.includes(request.method ?? '')) return entry.route;
  const allow = entry.methods.join(', ');
  return {
    name: entry.route.name,
    handle: async (_request, response) => answer(response, 405, { errors: [{ message: `Use ${allow}.` }] }, { allow }),
  };
};
