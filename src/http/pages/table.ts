import { brandingOf } from '../../capabilities/branding/branding.ts';
import { FormError } from '../form.ts';
import type { Entry, Handle } from '../routes.ts';
import { ACCOUNT_PAGES } from './account/table.ts';
import { choosePasswordByLink } from './choose-password.ts';
import { consent } from './consent.ts';
import { dataExport } from './data-export.ts';
import { faultPage, notFoundPage, plainFrame, refusedPage } from './failure.ts';
import { about, code, link, login } from './login.ts';
import { confirmMarketing, endMarketing } from './marketing.ts';
import { send, stylePath } from './page.ts';
import { passkeyOptions } from './passkey.ts';
import { passkeyScript } from './passkey-script.ts';
import { recover } from './password.ts';
import { beginProvider, finishProvider } from './provider.ts';
import { endSession, logout } from './sign-out.ts';
import { styleOf } from './style.ts';
import { type Visit, visitOf } from './visit.ts';

type PageOf = (visit: Visit & { readonly isExpired: boolean }) => Promise<void>;

/** A page as a route: what it cannot answer becomes a page too. The name of a client's sign-in is the path's. */
const pageRoute =
  (page: PageOf): Handle =>
  async (request, response, routes) => {
    const { app } = routes;
    const uid = UID.exec(request.url ?? '')?.[1];
    try {
      await page(await visitOf(routes, request, response, uid));
    } catch (error) {
      if (response.headersSent) throw error;
      if (error instanceof FormError) return send(response, await refusedPage(app, request, error.message, error.status));
      const requestId = String(response.getHeader('x-request-id') ?? '');
      app.log.error({ error, requestId }, 'page failed');
      send(response, faultPage(await plainFrame(app, request), requestId));
    }
  };

const UID = /^\/account\/(?:login|consent)\/([\w-]{21,64})(?:[/?]|$)/;

/** The stylesheet. One whose colour has changed since the page was made is answered with today's, and kept by nobody. */
const style: Handle = async (request, response, { app }) => {
  const branding = await brandingOf(app.backend.database.sql, app.shopName);
  const isCurrent = request.url === stylePath(branding);
  response.writeHead(200, {
    'content-type': 'text/css; charset=utf-8',
    'cache-control': isCurrent ? 'public, max-age=31536000, immutable' : 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(styleOf(branding.accentColor));
};

export const notFound: Handle = async (request, response, { app }) => send(response, notFoundPage(await plainFrame(app, request)));

const BOTH = ['GET', 'POST'];
const route = (page: PageOf) => ({ name: 'page', handle: pageRoute(page) });

/** The gateway's own pages. */
export const PAGE_ROUTES: readonly Entry[] = [
  ...ACCOUNT_PAGES.map(({ path, methods, page }) => ({ path, methods, route: route(page) })),
  { path: /^\/account\/login(?:\/[\w-]{21,64})?$/, methods: BOTH, route: route(login) },
  { path: /^\/account\/login(?:\/[\w-]{21,64})?\/code$/, methods: BOTH, route: route(code) },
  { path: /^\/account\/login(?:\/[\w-]{21,64})?\/about$/, methods: BOTH, route: route(about) },
  { path: /^\/account\/login(?:\/[\w-]{21,64})?\/link\/[\w-]+$/, methods: BOTH, route: route(link) },
  { path: /^\/account\/login(?:\/[\w-]{21,64})?\/provider\/[\da-f-]{36}$/, methods: ['GET'], route: route(beginProvider) },
  { path: /^\/account\/login\/callback$/, methods: ['GET'], route: route(finishProvider) },
  { path: /^\/account\/login\/passkey-options$/, methods: ['POST'], route: route(passkeyOptions) },
  { path: /^\/account\/(?:(?:activate|reset)\/[^/]+|confirm)\/[\w-]+$/, methods: BOTH, route: route(choosePasswordByLink) },
  { path: /^\/account\/data-export\/[\w-]+$/, methods: ['GET'], route: route(dataExport) },
  { path: /^\/account\/recover$/, methods: BOTH, route: route(recover) },
  { path: /^\/account\/consent\/[\w-]{21,64}$/, methods: BOTH, route: route(consent) },
  { path: /^\/account\/logout$/, methods: BOTH, route: route(logout) },
  { path: /^\/marketing\/confirm\/[\w-]+$/, methods: BOTH, route: route(confirmMarketing) },
  { path: /^\/marketing\/unsubscribe\/[\w-]+$/, methods: BOTH, route: route(endMarketing) },
  { path: /^\/oauth\/logout$/, methods: BOTH, route: route(endSession) },
  // Shopify's own, and Hydrogen's of 2024.
  { path: /^\/(?:auth|authentication\/[\w-]+)\/logout$/, methods: BOTH, route: route(endSession) },
  { path: /^\/account\/assets\/[\da-f]{16}\/pages\.css$/, methods: ['GET'], route: { name: 'page', handle: style } },
  { path: /^\/account\/assets\/passkeys-\w+\.js$/, methods: ['GET'], route: { name: 'page', handle: passkeyScript } },
];
