import type { Configuration, KoaContextWithOIDC, interactionPolicy as Policies } from 'oidc-provider';
import type { App } from '../../app.ts';
import { grantedScopes } from '../../capabilities/oidc-provider/consent.ts';
import type { SigningKeys } from '../../capabilities/oidc-provider/keys.ts';
import { OIDC_SCOPES } from '../../capabilities/oidc-provider/scopes.ts';
import { LANGUAGES } from '../../core/language.ts';
import { uuidOf } from '../../core/uuid.ts';
import { CLAIMS, findAccount } from './account.ts';
import { storeOf } from './store.ts';

/** Where the provider is; other addresses of the same are led here. */
export const PATHS = {
  authorization: '/oauth/authorize',
  token: '/oauth/token',
  userinfo: '/oauth/userinfo',
  introspection: '/oauth/introspect',
  revocation: '/oauth/revoke',
  jwks: '/.well-known/jwks.json',
  logout: '/oauth/logout',
} as const;

/** How long a sign-in page that a client sent the browser to can be left open. */
const INTERACTION_SECONDS = 30 * 60;
const CODE_SECONDS = 60;

/** Whether a client is somebody else's, and of what may call for it in a browser: see client-metadata.ts. */
export interface ClientExtras {
  readonly asks_consent?: boolean;
  readonly origins?: readonly string[];
}

const extrasOf = (client: object | undefined): ClientExtras => (client ?? {}) as ClientExtras;

/** Scopes that count as granted: those that the customer allowed, and for the shop's own applications whatever they ask for. */
const grantOf = async (app: App, { oidc }: KoaContextWithOIDC) => {
  const { client, session, params, provider } = oidc;
  const customerId = session?.accountId;
  if (!client || !customerId) return undefined;
  const { clientId } = client;
  const asked = String(params?.scope ?? '').split(' ');
  const granted = extrasOf(client).asks_consent ? await grantedScopes(app.backend.database.sql, { customerId, clientId }) : asked;
  const grant = new provider.Grant({ accountId: customerId, clientId });
  // It is made of what is kept anew each time, and never kept itself.
  grant.jti = `of ${clientId}`;
  grant.addOIDCScope(granted.join(' '));
  return grant;
};

/**
 * When a page is shown. An app's own scheme can be taken by another app, so an app is answered only after its customer did something;
 * having just signed in is enough.
 */
const policyOf = ({ base, Check }: typeof Policies) => {
  const policy = base();
  // The provider takes the word of a page that somebody signed in; we take the browser's cookie, and ask again where it has none.
  const isElsewhere = ({ oidc }: KoaContextWithOIDC): boolean =>
    oidc.session?.accountId !== undefined && uuidOf(oidc.session.uid) !== oidc.session.uid;
  policy.get('login')?.checks.add(new Check('not_in_this_browser', 'End-User authentication is required', isElsewhere));
  const checks = policy.get('consent')?.checks;
  checks?.remove('native_client_prompt');
  checks?.add(
    new Check(
      'app_asks',
      'apps need the customer’s word',
      'interaction_required',
      ({ oidc }) => oidc.client?.applicationType === 'native' && !oidc.result?.consent && !oidc.result?.login,
    ),
  );
  return policy;
};

/** The provider's settings. `showError` writes the page for a request that cannot be answered at its client. */
export const configurationOf = (
  app: App,
  keys: SigningKeys,
  policies: typeof Policies,
  showError: (ctx: KoaContextWithOIDC, error: Error & { error_description?: string }) => Promise<void>,
): Configuration => {
  const { protocol } = new URL(app.publicUrl);
  const cookie = { httpOnly: true, sameSite: 'lax', secure: protocol === 'https:', signed: false } as const;
  const { authorization, token, userinfo, introspection, revocation, jwks } = PATHS;
  return {
    adapter: storeOf(app),
    jwks: { keys: [...keys.jwks] as never },
    routes: { authorization, token, userinfo, introspection, revocation, jwks },
    responseTypes: ['code'],
    scopes: [...OIDC_SCOPES],
    claims: Object.fromEntries(Object.entries(CLAIMS).map(([scope, names]) => [scope, [...names]])),
    findAccount: (_ctx, customerId) => findAccount(app, customerId),
    loadExistingGrant: (ctx) => grantOf(app, ctx),
    interactions: { policy: policyOf(policies), url: (_ctx, { prompt, uid }) => `${app.oidcIssuer}/account/${prompt.name}/${uid}` },
    cookies: { names: { session: 'clientele_openid', interaction: INTERACTION_COOKIE, resume: 'clientele_resume' }, long: cookie, short: cookie },
    extraClientMetadata: { properties: ['asks_consent', 'origins'], validator: () => {} },
    extraParams: ['locale', 'region_country', 'login_hint_mode'],
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    clientBasedCORS: (_ctx, origin, client) => extrasOf(client).origins?.includes(origin) ?? false,
    // A client with a secret may go without, as long as a nonce binds the answer to it.
    pkce: { required: ({ oidc }, { tokenEndpointAuthMethod }) => tokenEndpointAuthMethod === 'none' || !oidc.params?.nonce },
    allowOmittingSingleRegisteredRedirectUri: false,
    expiresWithSession: () => false,
    ttl: {
      AccessToken: 60 * 60,
      AuthorizationCode: CODE_SECONDS,
      Grant: 60 * 60,
      IdToken: 60 * 60,
      Interaction: INTERACTION_SECONDS,
      RefreshToken: 60 * 60,
      Session: 60 * 60,
    },
    renderError: (ctx, _out, error) => showError(ctx, error),
    discovery: {
      claim_types_supported: ['normal'],
      ui_locales_supported: [...LANGUAGES],
      end_session_endpoint: app.oidcIssuer + PATHS.logout,
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
    } as never,
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      introspection: {
        enabled: true,
        allowedPolicy: (_ctx, client, { clientId }) =>
          clientId === client.clientId || (client.tokenEndpointAuthMethod !== 'none' && !extrasOf(client).asks_consent),
      },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, { clientId }) => clientId === client.clientId },
      resourceIndicators: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: true },
    },
  };
};

const INTERACTION_COOKIE = 'clientele_interaction';
