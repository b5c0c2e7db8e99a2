import { v7 as uuid } from 'uuid';
import { DomainError } from '../../core/errors.ts';
import { mintToken, tokenHash } from '../../core/secret.ts';
import type { Tx } from '../../db/transact.ts';
import { plainText } from '../customers/profile.ts';
import { endSessions } from '../sessions/end.ts';
import { bytes } from '../sessions/open.ts';
import { checkOrigins, checkPostedUri, checkRedirectUris } from './uris.ts';

/** What staff say of a client; on update, absent leaves as it is. */
export interface OidcClientInput {
  readonly name?: string | null;
  readonly redirectUris?: readonly string[] | null;
  readonly postLogoutRedirectUris?: readonly string[] | null;
  readonly allowedOrigins?: readonly string[] | null;
  readonly backchannelLogoutUri?: string | null;
  readonly development?: boolean | null;
  readonly asksConsent?: boolean | null;
}

export type OidcClientType = 'CONFIDENTIAL' | 'PUBLIC';

/** The secret is shown once; the gateway keeps its hash. Public clients have none. */
export interface OidcClientMade {
  readonly oidcClientId: string;
  readonly clientSecret: string | null;
}

interface Columns {
  name: string;
  redirectUris: string[];
  postLogoutRedirectUris: string[];
  allowedOrigins: string[];
  backchannelLogoutUri: string | null;
  development: boolean;
  asksConsent: boolean;
}

const NAME_CHARACTERS_MAX = 100;
const at = (field: string): readonly string[] => ['input', field];

/** The columns that an input makes of what was there. What stays is checked again: a client that leaves development must be fit for it. */
const columnsOf = (input: OidcClientInput, before: Columns): Columns => {
  const name = plainText(input.name ?? before.name, at('name'), NAME_CHARACTERS_MAX);
  if (!name) throw new DomainError('BLANK', at('name'));
  const development = input.development ?? before.development;
  const redirectUris = checkRedirectUris(input.redirectUris ?? before.redirectUris, at('redirectUris'), development);
  if (redirectUris.length === 0) throw new DomainError('BLANK', at('redirectUris'));
  const backchannel = input.backchannelLogoutUri === undefined ? before.backchannelLogoutUri : input.backchannelLogoutUri;
  return {
    name,
    development,
    redirectUris,
    postLogoutRedirectUris: checkRedirectUris(
      input.postLogoutRedirectUris ?? before.postLogoutRedirectUris,
      at('postLogoutRedirectUris'),
      development,
    ),
    allowedOrigins: checkOrigins(input.allowedOrigins ?? before.allowedOrigins, at('allowedOrigins'), development),
    backchannelLogoutUri: backchannel ? checkPostedUri(backchannel, at('backchannelLogoutUri'), development) : null,
    asksConsent: input.asksConsent ?? before.asksConsent,
  };
};

const NOTHING: Columns = {
  name: '',
  redirectUris: [],
  postLogoutRedirectUris: [],
  allowedOrigins: [],
  backchannelLogoutUri: null,
  development: false,
  asksConsent: false,
};

const secretColumns = (secret: string | null) => ({
  secretHash: secret ? bytes(tokenHash(secret)) : null,
  secretHint: secret?.slice(-4) ?? null,
});

/** Registers a client. Refuses BLANK, TOO_LONG, TOO_MANY, CONTAINS_HTML_TAGS, CONTAINS_URL, INVALID. */
export const createOidcClient = async (tx: Tx, type: OidcClientType, input: OidcClientInput): Promise<OidcClientMade> => {
  const oidcClientId = uuid();
  const clientSecret = type === 'CONFIDENTIAL' ? mintToken('client') : null;
  const data = { id: oidcClientId, type, ...columnsOf(input, NOTHING), ...secretColumns(clientSecret), createdAt: tx.now, updatedAt: tx.now };
  await tx.db.oidcClient.create({ data, select: { id: true } });
  tx.emit({ type: 'oidc_client.created', oidcClientId });
  return { oidcClientId, clientSecret };
};

const lockClient = async (tx: Tx, id: string) => {
  await tx.db.$queryRaw`select 1 from oidc_client where id = ${id}::uuid for update`;
  const client = await tx.db.oidcClient.findUnique({ where: { id } });
  if (!client) throw new DomainError('NOT_FOUND', ['id']);
  return client;
};

/** Changes what the input names. Refuses NOT_FOUND and what createOidcClient() refuses. */
export const updateOidcClient = async (tx: Tx, id: string, input: OidcClientInput): Promise<{ oidcClientId: string }> => {
  const before = await lockClient(tx, id);
  await tx.db.oidcClient.update({ where: { id }, data: { ...columnsOf(input, before), updatedAt: tx.now }, select: { id: true } });
  tx.emit({ type: 'oidc_client.updated', oidcClientId: id });
  return { oidcClientId: id };
};

/** Gives a confidential client another secret; the old one stops at once. Refuses NOT_FOUND, PUBLIC_CLIENT_HAS_NO_SECRET. */
export const rotateOidcClientSecret = async (tx: Tx, id: string): Promise<OidcClientMade> => {
  const { type } = await lockClient(tx, id);
  if (type === 'PUBLIC') throw new DomainError('PUBLIC_CLIENT_HAS_NO_SECRET', ['id']);
  const clientSecret = mintToken('client');
  await tx.db.oidcClient.update({ where: { id }, data: { ...secretColumns(clientSecret), updatedAt: tx.now }, select: { id: true } });
  tx.emit({ type: 'oidc_client.updated', oidcClientId: id });
  return { oidcClientId: id, clientSecret };
};

/** Takes a client away, and ends every session that was opened for it. Refuses NOT_FOUND. */
export const deleteOidcClient = async (tx: Tx, id: string): Promise<{ oidcClientId: string }> => {
  await lockClient(tx, id);
  await endSessions(tx, { clientId: id }, 'client_deleted');
  await tx.db.oidcClient.delete({ where: { id }, select: { id: true } });
  tx.emit({ type: 'oidc_client.deleted', oidcClientId: id });
  return { oidcClientId: id };
};
