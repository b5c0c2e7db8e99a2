import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { App } from '../../app.ts';
import { browserSession, byAccessToken, byRefreshToken, bySessionId, type ClientSession } from '../../capabilities/oidc-provider/client-session.ts';
import { consumeEntry, dropEntry, findEntry, putEntry } from '../../capabilities/oidc-provider/entries.ts';
import { signClientSessionOut } from '../../capabilities/oidc-provider/sign-out.ts';
import { secondsAfter } from '../../capabilities/sessions/open.ts';
import { uuidOf } from '../../core/uuid.ts';
import { SYSTEM_ACTOR } from '../../core/viewer.ts';
import { clientMetadata } from './client-metadata.ts';

const epoch = (moment: Date): number => Math.floor(moment.getTime() / 1000);

/** Only the sign-ins under way and the codes are the provider's to write; the rest it is shown. */
const NOTHING: Adapter = {
  upsert: async () => {},
  find: async () => undefined,
  findByUserCode: async () => undefined,
  findByUid: async () => undefined,
  consume: async () => {},
  destroy: async () => {},
  revokeByGrantId: async () => {},
};

/** A sign-in under way is bound to the browser's own session where there is one; what the provider made up for a moment binds to nothing. */
const ofBrowser = (payload: AdapterPayload): AdapterPayload => {
  const { uid } = payload.session ?? {};
  return uid !== undefined && uuidOf(uid) !== uid ? { ...payload, session: undefined } : payload;
};

const entries = ({ backend, keyring, clock }: App, kind: string): Adapter => {
  const { sql } = backend.database;
  return {
    ...NOTHING,
    upsert: (id, payload, seconds = 60) =>
      putEntry(sql, keyring, { kind, id }, { payload: ofBrowser(payload), now: clock(), expiresAt: secondsAfter(clock(), seconds) }),
    find: async (id) => {
      const entry = await findEntry(sql, keyring, { kind, id });
      return entry ? { ...entry.payload, ...(entry.consumedAt ? { consumed: epoch(entry.consumedAt) } : {}) } : undefined;
    },
    consume: (id) => consumeEntry(sql, { kind, id }, clock()),
    destroy: (id) => dropEntry(sql, { kind, id }),
  };
};

const clients = ({ backend }: App): Adapter => ({ ...NOTHING, find: async (id) => (await clientMetadata(backend.database.sql, id)) ?? undefined });

/** The grant of a session: what its client may be told. */
const GRANT = 'session:';

type Token = 'AccessToken' | 'RefreshToken';

const tokenPayload = (kind: Token | 'Grant', id: string, session: ClientSession): AdapterPayload => ({
  kind,
  jti: id,
  accountId: session.customerId,
  clientId: session.clientId,
  grantId: GRANT + session.sessionId,
  iat: epoch(session.issuedAt),
  exp: epoch(session.expiresAt),
  ...(kind === 'Grant' ? { openid: { scope: session.scope } } : { scope: session.scope, sid: session.sessionId, gty: 'authorization_code' }),
});

/** A token of ours as the provider reads it, for userinfo and introspection; revoking it ends its session. */
const tokens = (app: App, kind: Token): Adapter => {
  const { sql } = app.backend.database;
  const look = (token: string) => (kind === 'AccessToken' ? byAccessToken : byRefreshToken)(sql, app.clock(), token);
  return {
    ...NOTHING,
    find: async (token) => {
      const session = await look(token);
      return session ? tokenPayload(kind, token, session) : undefined;
    },
    destroy: async (token) => {
      const session = await look(token);
      if (session) await app.transact(SYSTEM_ACTOR, (tx) => signClientSessionOut(tx, session.sessionId, 'revoked_by_client'));
    },
  };
};

const grants = (app: App): Adapter => ({
  ...NOTHING,
  find: async (id) => {
    const session = id.startsWith(GRANT) ? await bySessionId(app.backend.database.sql, app.clock(), id.slice(GRANT.length)) : null;
    return session ? tokenPayload('Grant', id, session) : undefined;
  },
});

/** What the provider's session is made of: the browser's own session, never one of the provider's. */
export const browserPayload = async (app: App, sessionId: string): Promise<AdapterPayload | undefined> => {
  const session = await browserSession(app.backend.database.sql, app.clock(), sessionId);
  if (!session) return undefined;
  const { customerId, method, authenticatedAt, expiresAt } = session;
  return {
    kind: 'Session',
    jti: sessionId,
    uid: sessionId,
    accountId: customerId,
    loginTs: epoch(authenticatedAt),
    amr: [method],
    iat: epoch(authenticatedAt),
    exp: epoch(expiresAt),
  };
};

/** The provider's store, a part for each of its models. */
export const storeOf =
  (app: App) =>
  (model: string): Adapter => {
    switch (model) {
      case 'Client':
        return clients(app);
      case 'AccessToken':
      case 'RefreshToken':
        return tokens(app, model);
      case 'Grant':
        return grants(app);
      case 'Session':
        return { ...NOTHING, findByUid: (uid) => browserPayload(app, uid) };
      case 'Interaction':
      case 'AuthorizationCode':
        return entries(app, model);
      default:
        return NOTHING;
    }
  };
