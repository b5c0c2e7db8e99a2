import * as openid from 'openid-client';
import type { OidcClientInput, OidcClientType } from '../../src/capabilities/oidc-provider/clients.ts';
import { createOidcClient } from '../../src/capabilities/oidc-provider/clients.ts';
import type { TestGateway } from './gateway.ts';
import { createVisitor, signInOn, type Visitor } from './visitor.ts';

export const CALLBACK = 'https://shop.example/callback';

/** A client of this test's own. */
export const givenClient = async (
  { app }: TestGateway,
  type: OidcClientType = 'CONFIDENTIAL',
  input: OidcClientInput = {},
): Promise<{ clientId: string; secret: string }> => {
  const made = await app.transact('system', (tx) => createOidcClient(tx, type, { name: 'Storefront', redirectUris: [CALLBACK], ...input }));
  return { clientId: made.oidcClientId, secret: made.clientSecret ?? '' };
};

/** openid-client set up for a client, as its documentation says. */
export const discover = (test: TestGateway, { clientId, secret }: { clientId: string; secret: string }): Promise<openid.Configuration> =>
  openid.discovery(new URL(test.url), clientId, undefined, secret ? openid.ClientSecretBasic(secret) : openid.None(), {
    execute: [openid.allowInsecureRequests],
  });

export interface Begun {
  readonly url: URL;
  readonly checks: { pkceCodeVerifier: string; expectedState: string; expectedNonce: string; idTokenExpected: true };
}

/** An authorization request with all that should be in it. */
export const begin = async (config: openid.Configuration, parameters: Record<string, string> = {}): Promise<Begun> => {
  const pkceCodeVerifier = openid.randomPKCECodeVerifier();
  const expectedState = openid.randomState();
  const expectedNonce = openid.randomNonce();
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: CALLBACK,
    scope: 'openid email profile',
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    nonce: expectedNonce,
    ...parameters,
  });
  return { url, checks: { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true } };
};

/** Signs a customer in from the client's link to the client's tokens. */
export const signIn = async (
  test: TestGateway,
  config: openid.Configuration,
  email: string,
  { visitor = createVisitor(test), ...parameters }: { visitor?: Visitor } & Record<string, unknown> = {},
) => {
  const { url, checks } = await begin(config, parameters as Record<string, string>);
  const page = await visitor.open(url.href);
  const back = page.url.startsWith(CALLBACK) ? page : await signInOn(test, visitor, page, email);
  const tokens = await openid.authorizationCodeGrant(config, new URL(back.url), checks);
  return { tokens, visitor, back: new URL(back.url), checks };
};
