import type { errors as Errors, KoaContextWithOIDC, Provider } from 'oidc-provider';
import type { App } from '../../app.ts';
import { byAccessToken } from '../../capabilities/oidc-provider/client-session.ts';
import { type CodeShown, type Issued, redeemOidcCode } from '../../capabilities/oidc-provider/redeem.ts';
import { refreshOidcSession } from '../../capabilities/oidc-provider/refresh.ts';
import { scopesOf } from '../../capabilities/oidc-provider/scopes.ts';
import { idToken } from '../../capabilities/oidc-provider/signed.ts';
import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { emailOf } from './account.ts';
import { TOKEN_EXCHANGE } from './client-metadata.ts';
import type { ClientExtras } from './configuration.ts';

/** What Hydrogen asks its second token for. */
const SHOPIFY_AUDIENCE = '30243aa5-17c1-465a-8493-944bcc4e88aa';

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

type Parameters = Readonly<Record<string, string | undefined>>;

const parametersOf = ({ oidc }: KoaContextWithOIDC): Parameters => (oidc.params ?? {}) as Parameters;

const clientOf = ({ oidc }: KoaContextWithOIDC): CodeShown['client'] => {
  const client = oidc.client as NonNullable<typeof oidc.client> & ClientExtras;
  return { id: client.clientId, asksConsent: client.asks_consent ?? false };
};

/** Runs a verb that answers null for what is no good; a customer who is blocked is no good either. */
const tried = async (app: App, run: (tx: Tx) => Promise<Issued | null>): Promise<Issued | null> => {
  try {
    return await app.transact('anonymous', run);
  } catch (error) {
    if (error instanceof DomainError) return null;
    throw error;
  }
};

/** The answer of the token endpoint: the session's own tokens, and who signed in. */
const answerOf = async (app: App, clientId: string, issued: Issued): Promise<object | null> => {
  const { tokens, customerId, scope, nonce, authenticatedAt } = issued;
  const email = await emailOf(app, customerId);
  if (!email) return null;
  const facts = {
    issuer: app.oidcIssuer,
    clientId,
    customerId,
    sessionId: tokens.sessionId,
    authenticatedAt,
    nonce,
    email: scopesOf(scope).has('email') ? email : null,
  };
  return {
    access_token: tokens.accessToken,
    token_type: 'Bearer',
    expires_in: Math.floor((new Date(tokens.expiresAt).getTime() - app.clock().getTime()) / 1000),
    refresh_token: tokens.refreshToken,
    scope,
    ...(scopesOf(scope).has('openid') ? { id_token: await idToken(await app.oidcKeys(), app.clock(), facts) } : {}),
  };
};

/**
 * The grants of the token endpoint, in place of the provider's own: its tokens are the gateway's sessions, which rotate, are listed and
 * end as all the others do. Client authentication, parameters and errors stay the provider's.
 */
export const registerGrants = (app: App, provider: Provider, { InvalidGrant, InvalidRequest, InvalidTarget }: typeof Errors): void => {
  const needed = (parameters: Parameters, name: string): string => {
    const value = parameters[name];
    if (!value) throw new InvalidRequest(`missing required parameter '${name}'`);
    return value;
  };
  const issue = async (ctx: KoaContextWithOIDC, issued: Issued | null): Promise<void> => {
    const body = issued && (await answerOf(app, clientOf(ctx).id, issued));
    if (!body) throw new InvalidGrant('grant request is invalid');
    ctx.body = body;
  };

  const byCode = async (ctx: KoaContextWithOIDC): Promise<void> => {
    const parameters = parametersOf(ctx);
    const shown: CodeShown = {
      code: needed(parameters, 'code'),
      redirectUri: needed(parameters, 'redirect_uri'),
      verifier: parameters.code_verifier,
      client: clientOf(ctx),
    };
    await issue(ctx, await tried(app, (tx) => redeemOidcCode(tx, app.keyring, shown)));
  };

  const byRefreshToken = async (ctx: KoaContextWithOIDC): Promise<void> => {
    const refreshToken = needed(parametersOf(ctx), 'refresh_token');
    await issue(ctx, await tried(app, (tx) => refreshOidcSession(tx, app.keyring, clientOf(ctx), refreshToken)));
  };

  const byExchange = async (ctx: KoaContextWithOIDC): Promise<void> => {
    const parameters = parametersOf(ctx);
    if (needed(parameters, 'audience') !== SHOPIFY_AUDIENCE) throw new InvalidTarget('unknown audience');
    const token = needed(parameters, 'subject_token');
    const session = await byAccessToken(app.backend.database.sql, app.clock(), token);
    if (session?.clientId !== clientOf(ctx).id) throw new InvalidGrant('grant request is invalid');
    ctx.body = {
      access_token: token,
      issued_token_type: ACCESS_TOKEN,
      token_type: 'Bearer',
      expires_in: Math.floor((session.expiresAt.getTime() - app.clock().getTime()) / 1000),
      scope: session.scope,
    };
  };

  provider.registerGrantType('authorization_code', byCode, ['code', 'redirect_uri', 'code_verifier']);
  provider.registerGrantType('refresh_token', byRefreshToken, ['refresh_token', 'scope']);
  const exchanged = ['audience', 'subject_token', 'subject_token_type', 'requested_token_type', 'scope', 'scopes'];
  provider.registerGrantType(TOKEN_EXCHANGE, byExchange, exchanged);
};
