import type { App } from '../../app.ts';
import { hasScope, type Viewer } from '../../core/viewer.ts';
import { badInput, unauthorized } from '../../graphql/access.ts';
import { builder } from '../../graphql/builder.ts';
import { payloadType, userErrorType } from '../../graphql/errors.ts';
import { idOf } from '../../graphql/gid.ts';
import { settle } from '../../graphql/settle.ts';
import { requireFreshSignIn } from '../sessions/fresh.ts';
import { IDENTITY_PROVIDER_CODES, SUBJECT_DELETE_CODES } from './errors.ts';
import { createProvider, deleteProvider, type ProviderTools, updateProvider } from './providers.ts';
import { unlinkSubject } from './unlink.ts';

builder.prismaNode('IdentityProvider', {
  description: 'An outside OpenID issuer that customers may sign in with.',
  id: { field: 'id' },
  nullable: true,
  authScopes: { staff: 'identity_providers:read' },
  fields: (t) => ({
    name: t.exposeString('name', { nullable: false, description: 'As the sign-in page names it.' }),
    issuer: t.exposeString('issuer', { nullable: false }),
    clientId: t.exposeString('clientId', { nullable: false }),
    scopes: t.exposeStringList('scopes', { nullable: false }),
    isEnabled: t.exposeBoolean('isEnabled', { nullable: false }),
    redirectUri: t.string({
      nullable: false,
      description: 'To enter at the issuer.',
      resolve: (_provider, _args, { app }) => `${app.publicUrl}/account/login/callback`,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', nullable: false }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', nullable: false }),
  }),
});

builder.prismaNode('IdentityProviderSubject', {
  description: 'A customer as an outside issuer knows her.',
  id: { field: 'id' },
  nullable: true,
  select: { id: true, customerId: true },
  authScopes: ({ customerId }) => ({ owner: customerId, staff: 'customers:read' }),
  fields: (t) => ({
    subject: t.exposeString('subject', { nullable: false, description: 'What the issuer calls her.' }),
    providerName: t.string({ nullable: true, select: { provider: { select: { name: true } } }, resolve: ({ provider }) => provider.name }),
    email: t.exposeString('email', { nullable: true, description: 'As the issuer last gave it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', nullable: false }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', nullable: false }),
  }),
});

builder.prismaObjectFields('Customer', (t) => ({
  identityProviderSubjects: t.relation('providerSubjects', { nullable: false, query: { orderBy: { id: 'asc' }, take: 20 } }),
}));

const IdentityProviderUserError = userErrorType('IdentityProviderUserError', IDENTITY_PROVIDER_CODES);

const written = (name: string) =>
  payloadType<{ providerId: string }>(name, IdentityProviderUserError, (t) => ({
    identityProvider: t.prismaField({
      type: 'IdentityProvider',
      resolve: (query, { providerId }, _args, { app }) =>
        providerId ? app.backend.database.read.identityProvider.findUnique({ ...query, where: { id: providerId } }) : null,
    }),
  }));

const IdentityProviderCreatePayload = written('IdentityProviderCreatePayload');
const IdentityProviderUpdatePayload = written('IdentityProviderUpdatePayload');
const IdentityProviderDeletePayload = payloadType<{ deletedId: string }>('IdentityProviderDeletePayload', IdentityProviderUserError, (t) => ({
  deletedIdentityProviderId: t.globalID({ nullable: true, resolve: ({ deletedId: id }) => (id ? { type: 'IdentityProvider', id } : null) }),
}));
const IdentityProviderSubjectDeletePayload = payloadType<{ deletedId: string }>(
  'IdentityProviderSubjectDeletePayload',
  userErrorType('IdentityProviderSubjectDeleteUserError', SUBJECT_DELETE_CODES),
  (t) => ({
    deletedIdentityProviderSubjectId: t.globalID({
      nullable: true,
      resolve: ({ deletedId: id }) => (id ? { type: 'IdentityProviderSubject', id } : null),
    }),
  }),
);

const IdentityProviderCreateInput = builder.inputType('IdentityProviderCreateInput', {
  fields: (t) => ({
    name: t.string({ required: true, description: 'As the sign-in page names it: “Google”.' }),
    issuer: t.string({ required: true, description: 'Its address; `/.well-known/openid-configuration` lies below it.' }),
    clientId: t.string({ required: true }),
    clientSecret: t.string({ description: 'Kept sealed and never shown; absent for a public client.' }),
    scopes: t.stringList({ description: '`openid email profile` when absent.' }),
    isEnabled: t.boolean(),
  }),
});

const IdentityProviderUpdateInput = builder.inputType('IdentityProviderUpdateInput', {
  fields: (t) => ({
    name: t.string(),
    clientId: t.string(),
    clientSecret: t.string(),
    scopes: t.stringList(),
    isEnabled: t.boolean(),
  }),
});

const toolsOf = ({ keyring, publicUrl }: App): ProviderTools => ({ keyring, allowsHttp: publicUrl.startsWith('http:') });

/** Whose subject is untied: a customer's own, or for staff the one named. Throws FORBIDDEN. */
const ownerOf = (viewer: Viewer, customerGid: string | null | undefined): string => {
  if (viewer.kind === 'customer' && !customerGid) return viewer.customerId;
  if (!hasScope(viewer, 'customers:write')) throw unauthorized(viewer);
  if (!customerGid) throw badInput('Staff name the customer: give customerId.');
  return idOf(customerGid, 'Customer');
};

builder.queryFields((t) => ({
  identityProviders: t.prismaField({
    type: ['IdentityProvider'],
    nullable: false,
    description: 'The outside issuers that customers may sign in with; at most twenty.',
    authScopes: { staff: 'identity_providers:read' },
    resolve: (query, _root, _args, { app }) => app.backend.database.read.identityProvider.findMany({ ...query, orderBy: { id: 'asc' }, take: 20 }),
  }),
}));

builder.mutationFields((t) => ({
  identityProviderCreate: t.field({
    type: IdentityProviderCreatePayload,
    nullable: false,
    description: 'Adds an OpenID issuer to the sign-in page.',
    authScopes: { staff: 'identity_providers:write' },
    args: { input: t.arg({ type: IdentityProviderCreateInput, required: true }) },
    resolve: (_root, args, context, info) => settle(context, info, args, (tx) => createProvider(tx, toolsOf(context.app), args.input)),
  }),
  identityProviderUpdate: t.field({
    type: IdentityProviderUpdatePayload,
    nullable: false,
    description: 'Changes the fields that are named. The issuer stays: its subjects mean nothing to another.',
    authScopes: { staff: 'identity_providers:write' },
    args: { id: t.arg.id({ required: true }), input: t.arg({ type: IdentityProviderUpdateInput, required: true }) },
    resolve: (_root, args, context, info) =>
      settle(context, info, args, (tx) => updateProvider(tx, toolsOf(context.app), idOf(args.id, 'IdentityProvider'), args.input)),
  }),
  identityProviderDelete: t.field({
    type: IdentityProviderDeletePayload,
    nullable: false,
    description: 'Removes an issuer; customers who signed in with it use another way.',
    authScopes: { staff: 'identity_providers:write' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, args, context, info) => settle(context, info, args, (tx) => deleteProvider(tx, idOf(args.id, 'IdentityProvider'))),
  }),
  identityProviderSubjectDelete: t.field({
    type: IdentityProviderSubjectDeletePayload,
    nullable: false,
    description: 'Unties a customer from an outside issuer. Her own asks for a sign-in of the last ten minutes.',
    authScopes: { signedIn: true, staff: 'customers:write' },
    args: { customerId: t.arg.id({ description: 'For staff: whose.' }), id: t.arg.id({ required: true }) },
    resolve: (_root, args, context, info) => {
      const { viewer } = context;
      const customerId = ownerOf(viewer, args.customerId);
      return settle(context, info, args, async (tx) => {
        if (viewer.kind === 'customer') await requireFreshSignIn(tx, viewer.sessionId);
        return unlinkSubject(tx, customerId, idOf(args.id, 'IdentityProviderSubject'));
      });
    },
  }),
}));
