import { v7 as uuid } from 'uuid';
import { DomainError } from '../../core/errors.ts';
import type { Keyring } from '../../core/secret.ts';
import type { Tx } from '../../db/transact.ts';

/** The purpose under which a provider's client secret is sealed. */
export const SEALED_CLIENT_SECRET = 'identity provider client secret';

const CHARACTERS_MAX = 200;
const PROVIDERS_MAX = 20;
const DEFAULT_SCOPES = ['openid', 'email', 'profile'];

export interface ProviderInput {
  readonly name?: string | null;
  readonly issuer?: string | null;
  readonly clientId?: string | null;
  readonly clientSecret?: string | null;
  readonly scopes?: readonly string[] | null;
  readonly isEnabled?: boolean | null;
}

const text = (value: string | null | undefined, field: string): string => {
  const trimmed = value?.trim() ?? '';
  if (!trimmed) throw new DomainError('BLANK', ['input', field]);
  if (trimmed.length > CHARACTERS_MAX) throw new DomainError('TOO_LONG', ['input', field], { max: CHARACTERS_MAX });
  return trimmed;
};

/** An issuer's address: https, or in development http on this machine. Refuses INVALID_ISSUER. */
const issuerOf = (value: string | null | undefined, allowsHttp: boolean): string => {
  const issuer = text(value, 'issuer');
  const url = URL.canParse(issuer) ? new URL(issuer) : null;
  if (!url || !(url.protocol === 'https:' || (allowsHttp && url.protocol === 'http:')) || url.search || url.hash || url.username)
    throw new DomainError('INVALID_ISSUER', ['input', 'issuer']);
  return issuer;
};

const scopesOf = (scopes: readonly string[] | null | undefined): string[] => [
  ...new Set(['openid', ...(scopes ?? DEFAULT_SCOPES).map((scope, index) => text(scope, `scopes.${index}`))]),
];

export interface ProviderTools {
  readonly keyring: Keyring;
  /** Whether issuers without TLS are allowed: for trying out. */
  readonly allowsHttp: boolean;
}

const sealed = (keyring: Keyring, secret: string): Uint8Array<ArrayBuffer> => new Uint8Array(keyring.seal(SEALED_CLIENT_SECRET, secret));

/** Adds an issuer that customers may sign in with. Refuses BLANK, TOO_LONG, INVALID_ISSUER, TOO_MANY. */
export const createProvider = async (tx: Tx, { keyring, allowsHttp }: ProviderTools, input: ProviderInput): Promise<{ providerId: string }> => {
  const row = { name: text(input.name, 'name'), issuer: issuerOf(input.issuer, allowsHttp), clientId: text(input.clientId, 'clientId') };
  if ((await tx.db.identityProvider.count()) >= PROVIDERS_MAX) throw new DomainError('TOO_MANY', ['input'], { max: PROVIDERS_MAX });
  const id = uuid();
  const clientSecret = input.clientSecret ? sealed(keyring, text(input.clientSecret, 'clientSecret')) : null;
  const more = { clientSecret, scopes: scopesOf(input.scopes), isEnabled: input.isEnabled ?? true, createdAt: tx.now, updatedAt: tx.now };
  await tx.db.identityProvider.create({ data: { id, ...row, ...more }, select: { id: true } });
  tx.emit({ type: 'identity_provider.created', providerId: id });
  return { providerId: id };
};

/** Changes what the input names. Its issuer stays: subjects mean nothing to another. Refuses NOT_FOUND, BLANK, TOO_LONG. */
export const updateProvider = async (
  tx: Tx,
  { keyring }: ProviderTools,
  id: string,
  { name, clientId, clientSecret, scopes, isEnabled }: Omit<ProviderInput, 'issuer'>,
): Promise<{ providerId: string }> => {
  if (!(await tx.db.identityProvider.findUnique({ where: { id }, select: { id: true } }))) throw new DomainError('NOT_FOUND', ['id']);
  await tx.db.identityProvider.update({
    where: { id },
    data: {
      ...(name == null ? {} : { name: text(name, 'name') }),
      ...(clientId == null ? {} : { clientId: text(clientId, 'clientId') }),
      ...(clientSecret == null ? {} : { clientSecret: sealed(keyring, text(clientSecret, 'clientSecret')) }),
      ...(scopes == null ? {} : { scopes: scopesOf(scopes) }),
      ...(isEnabled == null ? {} : { isEnabled }),
      updatedAt: tx.now,
    },
    select: { id: true },
  });
  tx.emit({ type: 'identity_provider.updated', providerId: id });
  return { providerId: id };
};

/** Removes an issuer and what ties customers to it; they sign in another way. Refuses NOT_FOUND. */
export const deleteProvider = async (tx: Tx, id: string): Promise<{ deletedId: string }> => {
  const { count } = await tx.db.identityProvider.deleteMany({ where: { id } });
  if (count === 0) throw new DomainError('NOT_FOUND', ['id']);
  tx.emit({ type: 'identity_provider.deleted', providerId: id });
  return { deletedId: id };
};
