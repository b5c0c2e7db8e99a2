import type { Configuration } from 'openid-client';
import { DomainError } from '../../core/errors.ts';
import type { Keyring } from '../../core/secret.ts';
import type { Database } from '../../db/client.ts';
import { SEALED_CLIENT_SECRET } from './providers.ts';
import type { ProviderClaims } from './sign-in.ts';

/*
 * The way to an issuer and back, by openid-client: discovery, authorization code with PKCE, state and nonce, signatures checked against
 * the issuer's keys. Nothing here runs inside a transaction.
 */

const TIMEOUT_SECONDS = 10;
const FRESH_MS = 60 * 60 * 1000;

/** What the browser keeps, sealed, while its visitor is at the issuer. */
interface Errand {
  readonly providerId: string;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly startedAt: number;
  /** The path of the sign-in page that it was begun on. */
  readonly at: string;
}

/** How long a visitor may stay at the issuer. */
export const ERRAND_SECONDS = 15 * 60;

const ERRAND = 'identity provider errand';

export interface Issuers {
  /** Where to send the browser, and what it keeps meanwhile. Refuses NOT_FOUND, ISSUER_UNREACHABLE. */
  begin(providerId: string, from: { readonly at: string; readonly loginHint?: string }): Promise<{ url: URL; kept: string }>;
  /** The path of the sign-in page that an errand was begun on; null when it is none of ours or too old. */
  beganAt(kept: string | null): string | null;
  /** What the issuer says of who has come back. Refuses ERRAND_OVER, SIGN_IN_REFUSED. */
  finish(kept: string | null, callback: URL): Promise<{ providerId: string; claims: ProviderClaims }>;
}

const textIn = (claims: object, name: string): string | null => {
  const value = (claims as Record<string, unknown>)[name];
  return typeof value === 'string' && value ? value : null;
};

/** The enabled issuers of the shop; their metadata is kept for an hour. */
export const createIssuers = ({ read }: Database, keyring: Keyring, publicUrl: string): Issuers => {
  const known = new Map<string, { at: number; updatedAt: number; configuration: Promise<Configuration> }>();

  const discover = async (id: string): Promise<{ configuration: Configuration; scopes: readonly string[] }> => {
    const provider = await read.identityProvider.findUnique({ where: { id } });
    if (!provider?.isEnabled) throw new DomainError('NOT_FOUND');
    const updatedAt = provider.updatedAt.getTime();
    const kept = known.get(id);
    if (kept && kept.updatedAt === updatedAt && kept.at > Date.now() - FRESH_MS)
      return { configuration: await kept.configuration, scopes: provider.scopes };
    const client = await import('openid-client');
    const secret = provider.clientSecret ? keyring.open(SEALED_CLIENT_SECRET, provider.clientSecret) : undefined;
    const issuer = new URL(provider.issuer);
    const configuration = client.discovery(issuer, provider.clientId, secret, secret ? undefined : client.None(), {
      timeout: TIMEOUT_SECONDS,
      ...(issuer.protocol === 'http:' ? { execute: [client.allowInsecureRequests] } : {}),
    });
    known.set(id, { at: Date.now(), updatedAt, configuration });
    try {
      return { configuration: await configuration, scopes: provider.scopes };
    } catch {
      known.delete(id);
      throw new DomainError('ISSUER_UNREACHABLE');
    }
  };

  return {
    begin: async (providerId, { at, loginHint }) => {
      const { configuration, scopes } = await discover(providerId);
      const client = await import('openid-client');
      const errand: Errand = {
        providerId,
        state: client.randomState(),
        nonce: client.randomNonce(),
        verifier: client.randomPKCECodeVerifier(),
        startedAt: Date.now(),
        at,
      };
      const url = client.buildAuthorizationUrl(configuration, {
        redirect_uri: `${publicUrl}/account/login/callback`,
        scope: scopes.join(' '),
        state: errand.state,
        nonce: errand.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(errand.verifier),
        code_challenge_method: 'S256',
        ...(loginHint ? { login_hint: loginHint } : {}),
      });
      return { url, kept: keyring.seal(ERRAND, JSON.stringify(errand)).toString('base64url') };
    },
    beganAt: (kept) => readErrand(keyring, kept)?.at ?? null,
    finish: async (kept, callback) => {
      const errand = readErrand(keyring, kept);
      if (!errand) throw new DomainError('ERRAND_OVER');
      const { configuration } = await discover(errand.providerId);
      const client = await import('openid-client');
      try {
        const tokens = await client.authorizationCodeGrant(configuration, callback, {
          expectedState: errand.state,
          expectedNonce: errand.nonce,
          pkceCodeVerifier: errand.verifier,
          idTokenExpected: true,
        });
        const idToken = tokens.claims() as { sub: string } & Record<string, unknown>;
        const hasUserInfo = configuration.serverMetadata().userinfo_endpoint !== undefined;
        const userInfo = hasUserInfo ? await client.fetchUserInfo(configuration, tokens.access_token, idToken.sub).catch(() => ({})) : {};
        const all = { ...userInfo, ...idToken };
        return { providerId: errand.providerId, claims: claimsOf(all) };
      } catch {
        throw new DomainError('SIGN_IN_REFUSED');
      }
    },
  };
};

const claimsOf = (claims: { sub: string } & Record<string, unknown>): ProviderClaims => ({
  subject: claims.sub,
  email: textIn(claims, 'email'),
  // Some issuers write it as text.
  emailVerified: claims.email_verified === true || claims.email_verified === 'true',
  firstName: textIn(claims, 'given_name'),
  lastName: textIn(claims, 'family_name'),
  locale: textIn(claims, 'locale'),
});

const readErrand = (keyring: Keyring, kept: string | null): Errand | null => {
  if (!kept) return null;
  try {
    const errand = JSON.parse(keyring.open(ERRAND, Buffer.from(kept, 'base64url'))) as Errand;
    return errand.startedAt > Date.now() - ERRAND_SECONDS * 1000 ? errand : null;
  } catch {
    return null;
  }
};
