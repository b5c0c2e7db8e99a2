import { SCOPES } from '../../core/scopes.ts';
import type { Viewer } from '../../core/viewer.ts';
import { builder } from '../../graphql/builder.ts';
import { payloadType, userErrorType } from '../../graphql/errors.ts';
import { idOf } from '../../graphql/gid.ts';
import { checkPage } from '../../graphql/pages.ts';
import { settle } from '../../graphql/settle.ts';
import { STAFF_TOKEN_CODES } from './errors.ts';
import { createStaffToken, revokeStaffToken, rotateStaffToken, type StaffTokenMade } from './tokens.ts';

builder.prismaNode('StaffToken', {
  description: 'What a dashboard, an app or the commerce backend presents. The token itself is never shown again.',
  id: { field: 'id' },
  nullable: true,
  authScopes: { staff: 'staff:read' },
  fields: (t) => ({
    name: t.exposeString('name', { nullable: false }),
    scopes: t.exposeStringList('scopes', { nullable: false }),
    hint: t.exposeString('hint', { nullable: false, description: "The token's last four characters." }),
    createdAt: t.expose('createdAt', { type: 'DateTime', nullable: false }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', nullable: true }),
    lastUsedAt: t.expose('lastUsedAt', { type: 'DateTime', nullable: true, description: 'To within five minutes.' }),
    revokedAt: t.expose('revokedAt', { type: 'DateTime', nullable: true }),
  }),
});

const StaffTokenUserError = userErrorType('StaffTokenUserError', STAFF_TOKEN_CODES);

const made = (name: string) =>
  payloadType<StaffTokenMade>(name, StaffTokenUserError, (t) => ({
    staffToken: t.prismaField({
      type: 'StaffToken',
      resolve: (query, { staffTokenId }, _args, { app }) =>
        staffTokenId ? app.backend.database.read.staffToken.findUnique({ ...query, where: { id: staffTokenId } }) : null,
    }),
    token: t.string({ description: 'Shown once: keep it now.', resolve: ({ token }) => token ?? null }),
  }));

const StaffTokenCreatePayload = made('StaffTokenCreatePayload');
const StaffTokenRotatePayload = made('StaffTokenRotatePayload');
const StaffTokenRevokePayload = payloadType<{ staffTokenId: string }>('StaffTokenRevokePayload', StaffTokenUserError, (t) => ({
  revokedStaffTokenId: t.globalID({ nullable: true, resolve: ({ staffTokenId: id }) => (id ? { type: 'StaffToken', id } : null) }),
}));

const StaffTokenInput = builder.inputType('StaffTokenInput', {
  fields: (t) => ({
    name: t.string({ required: true, description: 'Who uses it, for the list.' }),
    scopes: t.stringList({ required: true, description: `What it may do: ${SCOPES.map((scope) => `\`${scope}\``).join(', ')}.` }),
    expiresAt: t.field({ type: 'DateTime' }),
  }),
});

const scopesOf = (viewer: Viewer) => (viewer.kind === 'staff' ? viewer.scopes : new Set<never>());

builder.queryFields((t) => ({
  staffTokens: t.prismaConnection(
    {
      type: 'StaffToken',
      cursor: 'id',
      nullable: false,
      description: 'All staff tokens, newest first, revoked ones included.',
      authScopes: { staff: 'staff:read' },
      resolve: (query, _root, args, { app }) => {
        checkPage(args);
        return app.backend.database.read.staffToken.findMany({ ...query, orderBy: { id: 'desc' } });
      },
    },
    { name: 'StaffTokenConnection' },
    { name: 'StaffTokenEdge' },
  ),
}));

builder.mutationFields((t) => ({
  staffTokenCreate: t.field({
    type: StaffTokenCreatePayload,
    description: 'Makes a staff token that can do no more than the one in the request.',
    authScopes: { staff: 'staff:write' },
    args: { input: t.arg({ type: StaffTokenInput, required: true }) },
    resolve: (_root, args, context, info) =>
      settle(context, info, args, (tx) => createStaffToken(tx, args.input, scopesOf(context.viewer)), { secret: true }),
  }),
  staffTokenRotate: t.field({
    type: StaffTokenRotatePayload,
    description: 'Replaces a token: the new one has the same name, scopes and expiry, the old one stops working at once.',
    authScopes: { staff: 'staff:write' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, args, context, info) =>
      settle(context, info, args, (tx) => rotateStaffToken(tx, idOf(args.id, 'StaffToken'), scopesOf(context.viewer)), { secret: true }),
  }),
  staffTokenRevoke: t.field({
    type: StaffTokenRevokePayload,
    description: 'Stops a token at once; its subscriptions end within a second.',
    authScopes: { staff: 'staff:write' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, args, context, info) => settle(context, info, args, (tx) => revokeStaffToken(tx, idOf(args.id, 'StaffToken'))),
  }),
}));
