import type { SigningKeys } from './keys.ts';

/** What clients' libraries take for an id token's life. */
const ID_TOKEN_SECONDS = 60 * 60;
const LOGOUT_TOKEN_SECONDS = 2 * 60;

/**
 * JSON whose base64url holds neither `-` nor `_`: Shopify's Hydrogen reads it as plain base64. In ASCII these come of `>`, `?`, `~` and
 * DEL alone, which are written as escapes, like everything that is not ASCII.
 */
const plainJson = (claims: object): string =>
  JSON.stringify(claims).replace(/[>?~\u007f-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

const sign = async ({ kid, signing }: SigningKeys, claims: object, typ: string): Promise<string> => {
  const { CompactSign } = await import('jose');
  return new CompactSign(Buffer.from(plainJson(claims))).setProtectedHeader({ alg: 'RS256', kid, typ }).sign(signing);
};

const seconds = (moment: Date): number => Math.floor(moment.getTime() / 1000);

export interface IdTokenFacts {
  readonly issuer: string;
  readonly clientId: string;
  readonly customerId: string;
  readonly sessionId: string;
  readonly authenticatedAt: Date;
  readonly nonce: string | null;
  /** Null when the client did not ask for it. */
  readonly email: { readonly address: string | null; readonly isVerified: boolean } | null;
}

/** Says who signed in, when, and under which session. Names are told by the userinfo endpoint. */
export const idToken = (keys: SigningKeys, now: Date, facts: IdTokenFacts): Promise<string> =>
  sign(
    keys,
    {
      iss: facts.issuer,
      sub: facts.customerId,
      aud: facts.clientId,
      iat: seconds(now),
      exp: seconds(now) + ID_TOKEN_SECONDS,
      auth_time: seconds(facts.authenticatedAt),
      sid: facts.sessionId,
      ...(facts.nonce === null ? {} : { nonce: facts.nonce }),
      ...(facts.email?.address ? { email: facts.email.address, email_verified: facts.email.isVerified } : {}),
    },
    'JWT',
  );

/** Tells a client that a session is over (OpenID Connect Back-Channel Logout). */
export const logoutToken = (
  keys: SigningKeys,
  now: Date,
  { issuer, clientId, customerId, sessionId, id }: { issuer: string; clientId: string; customerId: string; sessionId: string; id: string },
): Promise<string> =>
  sign(
    keys,
    {
      iss: issuer,
      sub: customerId,
      aud: clientId,
      iat: seconds(now),
      exp: seconds(now) + LOGOUT_TOKEN_SECONDS,
      jti: id,
      sid: sessionId,
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    },
    'logout+jwt',
  );

/** Whom an id token of ours is about, however old it is; null when it is none. */
export const readIdToken = async (
  keys: SigningKeys,
  issuer: string,
  token: string,
): Promise<{ clientId: string; customerId: string; sessionId: string | null } | null> => {
  const { compactVerify, createLocalJWKSet, decodeJwt } = await import('jose');
  try {
    const published = createLocalJWKSet({
      keys: keys.jwks.map(({ kid, kty, n, e }) => ({ kid, kty: kty as string, n: n as string, e: e as string })),
    });
    const { protectedHeader } = await compactVerify(token, published, { algorithms: ['RS256'] });
    const { iss, aud, sub, sid } = decodeJwt(token);
    if (iss !== issuer || protectedHeader.typ === 'logout+jwt' || typeof aud !== 'string' || !sub) return null;
    return { clientId: aud, customerId: sub, sessionId: typeof sid === 'string' ? sid : null };
  } catch {
    return null;
  }
};
