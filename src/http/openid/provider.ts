import type { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { App } from '../../app.ts';
import { brandingOf } from '../../capabilities/branding/branding.ts';
import { equalBytes, tokenHash } from '../../core/secret.ts';
import { browserViewerOf } from '../browser-session.ts';
import { refusedPage } from '../pages/failure.ts';
import { configurationOf } from './configuration.ts';
import { registerGrants } from './grants.ts';
import { browserPayload } from './store.ts';

type Library = typeof import('oidc-provider');

const UNSUPPORTED = 'Unsupported runtime';

/** Loads the library when it is first needed. On Node 20, with which it works and which it does not support, it says so: that alone is left unsaid. */
const loadLibrary = async (): Promise<Library> => {
  const { warn } = console;
  console.warn = (...said: unknown[]) => {
    if (!String(said[0]).includes(UNSUPPORTED)) warn(...said);
  };
  try {
    return await import('oidc-provider');
  } finally {
    console.warn = warn;
  }
};

/**
 * Whoever is signed in on the gateway's own pages is signed in at the provider. It keeps no session and sets no cookie of its own: each
 * request is shown the browser's session as it is at that moment, so one that was ended anywhere is over here too.
 */
const followBrowser = (app: App, provider: Provider): void => {
  const { Session } = provider;
  const get = async (ctx: KoaContextWithOIDC) => {
    const viewer = await browserViewerOf(app, ctx.req);
    const payload = viewer.kind === 'customer' ? await browserPayload(app, viewer.sessionId) : undefined;
    const session = new (Session as new (payload?: object) => InstanceType<typeof Session>)(payload);
    // Marked so, it is neither saved nor given a cookie.
    Object.defineProperty(session, 'destroyed', { value: true, writable: true });
    ctx.oidc.entity('Session', session);
    return session;
  };
  Object.assign(Session, { get });
};

/** What the library cannot know of us. */
const completeDiscovery = (app: App, provider: Provider): void => {
  provider.use(async (ctx, next) => {
    await next();
    if (!ctx.path.startsWith('/.well-known/') || typeof ctx.body !== 'object' || ctx.body === null || !('issuer' in ctx.body)) return;
    const { privacyPolicyUrl, termsOfServiceUrl } = await brandingOf(app.backend.database.sql, app.shopName);
    Object.assign(ctx.body, {
      response_modes_supported: ['query'],
      ...(privacyPolicyUrl ? { op_policy_uri: privacyPolicyUrl } : {}),
      ...(termsOfServiceUrl ? { op_tos_uri: termsOfServiceUrl } : {}),
    });
  });
};

const build = async (app: App): Promise<Provider> => {
  const { Provider: Library, errors, interactionPolicy } = await loadLibrary();
  const showError = async (ctx: KoaContextWithOIDC, error: Error & { error_description?: string }): Promise<void> => {
    const { status, headers, body } = await refusedPage(
      app,
      ctx.req,
      `${error.message}${error.error_description ? `: ${error.error_description}` : ''}`,
    );
    if (ctx.status >= 500) ctx.status = 500;
    else ctx.status = status;
    ctx.set(headers);
    ctx.body = body;
  };
  const provider = new Library(app.oidcIssuer, configurationOf(app, await app.oidcKeys(), interactionPolicy, showError));
  // Addresses that it tells are made of the request's: which is set to PUBLIC_URL before it is handed over.
  provider.proxy = true;
  followBrowser(app, provider);
  completeDiscovery(app, provider);
  registerGrants(app, provider, errors);
  provider.Client.prototype.compareClientSecret = function compare(this: { clientSecret?: string }, shown: string): boolean {
    return equalBytes(tokenHash(shown), Buffer.from(this.clientSecret ?? '', 'hex'));
  };
  provider.on('server_error', (_ctx, error) => app.log.error({ error }, 'openid request failed'));
  (provider as EventEmitter).on('error', (error) => app.log.error({ error }, 'openid request failed'));
  return provider;
};

const built = new WeakMap<App, { readonly fingerprint: string; readonly provider: Promise<Provider> }>();

/** The provider with the keys of this moment; another one is built when they have changed. */
export const providerOf = async (app: App): Promise<Provider> => {
  const { fingerprint } = await app.oidcKeys();
  const known = built.get(app);
  if (known?.fingerprint === fingerprint) return known.provider;
  const provider = build(app);
  built.set(app, { fingerprint, provider });
  provider.catch(() => built.delete(app));
  return provider;
};

/** Makes a request look as it was asked of PUBLIC_URL, whatever it says of itself. */
export const asPublic = (app: App, request: IncomingMessage): void => {
  const { protocol, host } = new URL(app.publicUrl);
  Object.assign(request.headers, { host, 'x-forwarded-host': host, 'x-forwarded-proto': protocol.slice(0, -1) });
};

/** Has the provider answer a request under the given path, with the query that it came with. */
export const askProvider = async (app: App, request: IncomingMessage, response: ServerResponse, path: string): Promise<void> => {
  const provider = await providerOf(app);
  const [, search] = (request.url ?? '').split(/(?=\?)/, 2);
  asPublic(app, request);
  request.url = path + (search ?? '');
  await provider.callback()(request, response);
};
