import { OidcClientType as OidcClientTypes } from '../../db/generated/enums.ts';
import { builder } from '../../graphql/builder.ts';
import { payloadType, userErrorType } from '../../graphql/errors.ts';
import { idOf } from '../../graphql/gid.ts';
import { BY_ID, type CursorColumn, keysetConnection, keysetQuery, nodesOf } from '../../graphql/keyset.ts';
import { checkPage } from '../../graphql/pages.ts';
import { settle } from '../../graphql/settle.ts';
import { customerMeant } from '../../graphql/whose.ts';
import { createOidcClient, deleteOidcClient, type OidcClientMade, rotateOidcClientSecret, updateOidcClient } from './clients.ts';
import { revokeConsent } from './consent.ts';
import { OIDC_CLIENT_CODES, OIDC_CONSENT_CODES, OIDC_KEY_CODES } from './errors.ts';
import { makeOidcKey, rotateOidcKey } from './keys.ts';

const OidcClientType = builder.enumType(OidcClientTypes, {
  name: 'OidcClientType',
  description: '`CONFIDENTIAL`: a server that keeps a secret. `PUBLIC`: a browser’s or a phone’s application, which cannot.',
});

builder.prismaNode('OidcClient', {
  description: 'An application that signs customers in by OpenID.',
  id: { field: 'id' },
  nullable: true,
  authScopes: { staff: 'oidc_clients:read' },
  fields: (t) => ({
    clientId: t.exposeString('id', { nullable: false, description: 'What the application shows as `client_id`.' }),
    name: t.exposeString('name', { nullable: false, description: 'As customers read it.' }),
    type: t.expose('type', { type: OidcClientType, nullable: false }),
    secretHint: t.exposeString('secretHint', { nullable: true, description: "The secret's last four characters; null for public clients." }),
    redirectUris: t.exposeStringList('redirectUris', { nullable: false }),
    postLogoutRedirectUris: t.exposeStringList('postLogoutRedirectUris', { nullable: false }),
    allowedOrigins: t.exposeStringList('allowedOrigins', { nullable: false }),
    backchannelLogoutUri: t.exposeString('backchannelLogoutUri', { nullable: true }),
    development: t.exposeBoolean('development', { nullable: false }),
    asksConsent: t.exposeBoolean('asksConsent', { nullable: false }),
    createdAt: t.expose('createdAt', { type: 'DateTime', nullable: false }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', nullable: false }),
  }),
});

const OidcClientUserError = userErrorType('OidcClientUserError', OIDC_CLIENT_CODES);

const written = <Ids extends { oidcClientId: string }>(name: string) =>
  payloadType<Ids & { clientSecret?: string | null }>(name, OidcClientUserError, (t) => ({
    oidcClient: t.prismaField({
      type: 'OidcClient',
      resolve: (query, { oidcClientId }, _args, { app }) =>
        oidcClientId ? app.backend.database.read.oidcClient.findUnique({ ...query, where: { id: oidcClientId } }) : null,
    }),
    clientSecret: t.string({
      description: 'Shown once: keep it now. Null for public clients and where no secret was made.',
      resolve: ({ clientSecret }) => clientSecret ?? null,
    }),
  }));

const OidcClientCreatePayload = written<OidcClientMade>('OidcClientCreatePayload');
const OidcClientUpdatePayload = written<{ oidcClientId: string }>('OidcClientUpdatePayload');
const OidcClientSecretRotatePayload = written<OidcClientMade>('OidcClientSecretRotatePayload');
const OidcClientDeletePayload = payloadType<{ oidcClientId: string }>('OidcClientDeletePayload', OidcClientUserError, (t) => ({
  deletedOidcClientId: t.globalID({ nullable: true, resolve: ({ oidcClientId: id }) => (id ? { type: 'OidcClient', id } : null) }),
}));

const OidcSigningKeyRotatePayload = payloadType<{ kid: string }>(
  'OidcSigningKeyRotatePayload',
  userErrorType('OidcSigningKeyRotateUserError', OIDC_KEY_CODES),
  (t) => ({ kid: t.string({ description: 'The name of the key that signs from now on.', resolve: ({ kid }) => kid ?? null }) }),
);

const OidcConsent = builder.prismaObject('OidcConsent', {
  description: 'What a customer lets an application know and do.',
  select: { customerId: true, clientId: true },
  authScopes: ({ customerId }) => ({ owner: customerId, staff: 'customers:read' }),
  fields: (t) => ({
    clientId: t.globalID({ nullable: false, resolve: ({ clientId: id }) => ({ type: 'OidcClient', id }) }),
    clientName: t.string({ nullable: false, select: { client: { select: { name: true } } }, resolve: ({ client }) => client.name }),
    scopes: t.exposeStringList('scopes', { nullable: false }),
    grantedAt: t.expose('grantedAt', { type: 'DateTime', nullable: false }),
  }),
});

const BY_CLIENT = [{ ...(BY_ID[0] as CursorColumn), name: 'clientId' }];

builder.prismaObjectFields('Customer', (t) => ({
  oidcConsents: t.connection(
    {
      type: OidcConsent,
      nullable: false,
      description: 'The applications that the customer has allowed something.',
      args: { reverse: t.arg.boolean({ defaultValue: false }) },
      select: (args, _context, nested, wanted?: ReadonlySet<string>) => ({
        oidcConsents: nested(keysetQuery(BY_CLIENT, args, {}, { customerId: true, clientId: true }, wanted), nodesOf('OidcConsent')),
      }),
      resolve: ({ oidcConsents }, args) => keysetConnection(BY_CLIENT, args, oidcConsents),
    },
    { name: 'OidcConsentConnection' },
    { name: 'OidcConsentEdge' },
  ),
}));

const OidcConsentRevokePayload = payloadType<{ revokedClientId: string }>(
  'OidcConsentRevokePayload',
  userErrorType('OidcConsentUserError', OIDC_CONSENT_CODES),
  (t) => ({
    revokedClientId: t.globalID({ nullable: true, resolve: ({ revokedClientId: id }) => (id ? { type: 'OidcClient', id } : null) }),
  }),
);

const INPUT = {
  name: 'As customers read it on the sign-in page.',
  redirectUris: 'Where browsers are sent back to; compared character by character. https, or an app’s own scheme with a dot in it.',
  postLogoutRedirectUris: 'Where browsers may be sent after signing out.',
  allowedOrigins: 'Origins whose pages may call the token endpoint, besides those of the redirect URIs.',
  backchannelLogoutUri: 'Where the gateway posts a logout token when a session of this client ends.',
  development: 'Allows http and addresses of this machine.',
  asksConsent: 'For applications of others: the customer is asked before they learn anything.',
} as const;

const OidcClientCreateInput = builder.inputType('OidcClientCreateInput', {
  fields: (t) => ({
    name: t.string({ required: true, description: INPUT.name }),
    type: t.field({ type: OidcClientType, required: true }),
    redirectUris: t.stringList({ required: true, description: INPUT.redirectUris }),
    postLogoutRedirectUris: t.stringList({ description: INPUT.postLogoutRedirectUris }),
    allowedOrigins: t.stringList({ description: INPUT.allowedOrigins }),
    backchannelLogoutUri: t.string({ description: INPUT.backchannelLogoutUri }),
    development: t.boolean({ defaultValue: false, description: INPUT.development }),
    asksConsent: t.boolean({ defaultValue: false, description: INPUT.asksConsent }),
  }),
});

const OidcClientUpdateInput = builder.inputType('OidcClientUpdateInput', {
  description: 'What is absent stays as it is.',
  fields: (t) => ({
    name: t.string({ description: INPUT.name }),
    redirectUris: t.stringList({ description: INPUT.redirectUris }),
    postLogoutRedirectUris: t.stringList({ description: INPUT.postLogoutRedirectUris }),
    allowedOrigins: t.stringList({ description: INPUT.allowedOrigins }),
    backchannelLogoutUri: t.string({ description: `${INPUT.backchannelLogoutUri} Null takes it away.` }),
    development: t.boolean({ description: INPUT.development }),
    asksConsent: t.boolean({ description: INPUT.asksConsent }),
  }),
});

builder.queryFields((t) => ({
  oidcClients: t.prismaConnection(
    {
      type: 'OidcClient',
      cursor: 'id',
      nullable: false,
      description: 'The applications that sign customers in by OpenID, newest first.',
      authScopes: { staff: 'oidc_clients:read' },
      resolve: (query, _root, args, { app }) => {
        checkPage(args);
        return app.backend.database.read.oidcClient.findMany({ ...query, orderBy: { id: 'desc' } });
      },
    },
    { name: 'OidcClientConnection' },
    { name: 'OidcClientEdge' },
  ),
}));

builder.mutationFields((t) => ({
  oidcConsentRevoke: t.field({
    type: OidcConsentRevokePayload,
    description: 'Takes back what a customer let an application know and do; its sessions of hers end.',
    authScopes: { signedIn: true, staff: 'sessions:write' },
    args: { customerId: t.arg.id({ description: 'For staff: which customer.' }), clientId: t.arg.id({ required: true }) },
    resolve: (_root, args, context, info) => {
      const customerId = customerMeant(context.viewer, args.customerId, 'sessions:write');
      return settle(context, info, args, (tx) => revokeConsent(tx, { customerId, clientId: idOf(args.clientId, 'OidcClient') }));
    },
  }),
  oidcClientCreate: t.field({
    type: OidcClientCreatePayload,
    description: 'Registers an application. Its secret, if it has one, is shown once.',
    authScopes: { staff: 'oidc_clients:write' },
    args: { input: t.arg({ type: OidcClientCreateInput, required: true }) },
    resolve: (_root, args, context, info) => settle(context, info, args, (tx) => createOidcClient(tx, args.input.type, args.input), { secret: true }),
  }),
  oidcClientUpdate: t.field({
    type: OidcClientUpdatePayload,
    description: 'Changes what the input names; sessions stay.',
    authScopes: { staff: 'oidc_clients:write' },
    args: { id: t.arg.id({ required: true }), input: t.arg({ type: OidcClientUpdateInput, required: true }) },
    resolve: (_root, args, context, info) => settle(context, info, args, (tx) => updateOidcClient(tx, idOf(args.id, 'OidcClient'), args.input)),
  }),
  oidcClientSecretRotate: t.field({
    type: OidcClientSecretRotatePayload,
    description: 'Gives a confidential client another secret; the old one stops working at once.',
    authScopes: { staff: 'oidc_clients:write' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, args, context, info) =>
      settle(context, info, args, (tx) => rotateOidcClientSecret(tx, idOf(args.id, 'OidcClient')), { secret: true }),
  }),
  oidcClientDelete: t.field({
    type: OidcClientDeletePayload,
    description: 'Takes an application away and ends every session that was opened for it.',
    authScopes: { staff: 'oidc_clients:write' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, args, context, info) => settle(context, info, args, (tx) => deleteOidcClient(tx, idOf(args.id, 'OidcClient'))),
  }),
  oidcSigningKeyRotate: t.field({
    type: OidcSigningKeyRotatePayload,
    description:
      'Lets the next key sign id tokens, as happens by itself every 90 days. Those before stay published for as long as tokens of theirs are about.',
    authScopes: { staff: 'oidc_clients:write' },
    args: {
      withdraw: t.arg.boolean({
        defaultValue: false,
        description: 'A key has leaked: all that were known are published no more, and what they signed is good no more.',
      }),
    },
    resolve: async (_root, args, context, info) => {
      const { keyring } = context.app;
      const made = [await makeOidcKey(keyring), await makeOidcKey(keyring)] as const;
      return settle(context, info, args, (tx) => rotateOidcKey(tx, { made, withdraw: args.withdraw ?? false }));
    },
  }),
}));
