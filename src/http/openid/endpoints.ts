import { answer } from '../answer.ts';
import type { Entry, Handle, Route } from '../routes.ts';
import { PATHS } from './configuration.ts';
import { askProvider } from './provider.ts';

/** What a stranger may write into an address, all of which is kept while she signs in. */
const URL_CHARACTERS_MAX = 8_000;

/** Has the provider answer, under its own path for it, or under the one that was asked for. */
const forward =
  (path?: string): Handle =>
  async (request, response, { app }) => {
    if ((request.url ?? '').length > URL_CHARACTERS_MAX) {
      return answer(response, 414, { error: 'invalid_request', error_description: 'the address is too long' });
    }
    await askProvider(app, request, response, path ?? (request.url ?? '/').split('?')[0] ?? '/');
  };

const openid = (path?: string): Route => ({ name: 'openid', handle: forward(path) });

/** Shopify's document that says where its GraphQL API is; its MCP API has no counterpart here and is not named. */
const customerAccountApi: Handle = async (_request, response, { app }) =>
  answer(response, 200, { graphql_api: `${app.oidcIssuer}/customer/api/2026-10/graphql` }, { 'access-control-allow-origin': '*' });

const READ = ['GET', 'HEAD', 'OPTIONS'];
const POSTED = ['POST', 'OPTIONS'];

/** Standard addresses, and those that Shopify's own clients ask: with the shop's number, and as Hydrogen of 2024 has them. */
export const OPENID_ROUTES: readonly Entry[] = [
  { path: /^\/\.well-known\/(?:openid-configuration|oauth-authorization-server|jwks\.json)$/, methods: READ, route: openid() },
  { path: /^\/\.well-known\/customer-account-api$/, methods: READ, route: { name: 'openid', handle: customerAccountApi } },
  { path: /^\/oauth\/authorize(?:\/[\w-]+)?$/, methods: ['GET'], route: openid() },
  { path: /^\/oauth\/(?:token|introspect|revoke)$/, methods: POSTED, route: openid() },
  { path: /^\/oauth\/userinfo$/, methods: ['GET', 'POST', 'OPTIONS'], route: openid() },
  { path: /^\/(?:auth|authentication\/[\w-]+)\/oauth\/authorize$/, methods: ['GET'], route: openid(PATHS.authorization) },
  { path: /^\/(?:auth|authentication\/[\w-]+)\/oauth\/token$/, methods: POSTED, route: openid(PATHS.token) },
];
