import type { AdapterPayload } from 'oidc-provider';
import { isPrivateScheme } from '../../capabilities/oidc-provider/uris.ts';
import { uuidOf } from '../../core/uuid.ts';
import type { Sql } from '../../db/client.ts';

/** Hydrogen of 2024 exchanges its tokens once more, for tokens of the same kind. */
export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

interface Row {
  id: string;
  name: string;
  secret_hash: string | null;
  redirect_uris: string[];
  post_logout_redirect_uris: string[];
  allowed_origins: string[];
  asks_consent: boolean;
}

const LOOK = `
select id::text as id, name, encode(secret_hash, 'hex') as secret_hash, redirect_uris, post_logout_redirect_uris, allowed_origins, asks_consent
from oidc_client where id = $1::text::uuid`;

const clientRow = async (sql: Sql, clientId: string): Promise<Row | null> => (await sql<Row>(LOOK, [uuidOf(clientId)]))[0] ?? null;

const originsOf = ({ allowed_origins, redirect_uris }: Row): string[] => [
  ...new Set([...allowed_origins, ...redirect_uris.filter((uri) => !isPrivateScheme(uri)).map((uri) => new URL(uri).origin)]),
];

/** A client as the provider reads it. In the place of the secret stands its hash: see `compareClientSecret`. */
export const clientMetadata = async (sql: Sql, clientId: string): Promise<AdapterPayload | null> => {
  const row = await clientRow(sql, clientId);
  if (!row) return null;
  return {
    client_id: row.id,
    client_name: row.name,
    ...(row.secret_hash ? { client_secret: row.secret_hash } : {}),
    token_endpoint_auth_method: row.secret_hash ? 'client_secret_basic' : 'none',
    application_type: row.redirect_uris.some(isPrivateScheme) ? 'native' : 'web',
    redirect_uris: row.redirect_uris,
    grant_types: ['authorization_code', 'refresh_token', TOKEN_EXCHANGE],
    response_types: ['code'],
    response_modes: ['query'],
    asks_consent: row.asks_consent,
    origins: originsOf(row),
  } as AdapterPayload;
};

/** Where a browser may be sent after signing out; null for a client that does not exist. */
export const postLogoutRedirectUris = async (sql: Sql, clientId: string): Promise<string[] | null> =>
  (await clientRow(sql, clientId))?.post_logout_redirect_uris ?? null;
