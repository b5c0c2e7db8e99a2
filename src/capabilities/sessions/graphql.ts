import { hasScope, type Viewer } from '../../core/viewer.ts';
import { badInput, unauthorized } from '../../graphql/access.ts';
import { builder } from '../../graphql/builder.ts';
import { payloadType, userErrorType } from '../../graphql/errors.ts';
import { idOf } from '../../graphql/gid.ts';
import { BY_ID, keysetConnection, keysetQuery, nodesOf } from '../../graphql/keyset.ts';
import { settle } from '../../graphql/settle.ts';
import { deviceNameOf } from './device.ts';
import { endOtherSessions } from './end-others.ts';
import { SESSION_REVOKE_CODES } from './errors.ts';
import { revokeSession } from './revoke.ts';

const CustomerSession = builder.prismaNode('Session', {
  name: 'CustomerSession',
  description: 'One signed-in device of a customer.',
  id: { field: 'id' },
  nullable: true,
  select: { id: true, customerId: true },
  authScopes: ({ customerId }) => ({ owner: customerId, staff: 'customers:read' }),
  fields: (t) => ({
    deviceName: t.string({
      nullable: true,
      description: 'What a person calls the device: `Safari on iPhone`.',
      select: { userAgent: true },
      resolve: ({ userAgent }) => deviceNameOf(userAgent),
    }),
    userAgent: t.exposeString('userAgent', { nullable: true }),
    network: t.exposeString('network', { nullable: true, description: 'Where it signed in, shortened to /24 or /48.' }),
    method: t.exposeString('method', {
      nullable: false,
      description: 'How the customer proved who she is: `email_code`, `email_link`, `password`, `passkey`, …',
    }),
    clientId: t.exposeString('clientId', { nullable: true, description: 'The OpenID client that it was opened for.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', nullable: false }),
    authenticatedAt: t.expose('authenticatedAt', { type: 'DateTime', nullable: false, description: 'When the customer last proved who she is.' }),
    lastUsedAt: t.expose('lastUsedAt', { type: 'DateTime', nullable: false, description: 'To within five minutes.' }),
    isCurrent: t.boolean({
      nullable: false,
      description: 'Whether this request came with it.',
      select: { id: true },
      resolve: ({ id }, _args, { viewer }) => viewer.kind === 'customer' && viewer.sessionId === id,
    }),
  }),
});

builder.prismaObjectFields('Customer', (t) => ({
  sessions: t.connection(
    {
      type: CustomerSession,
      nullable: false,
      description: 'Signed-in devices, oldest first.',
      args: { reverse: t.arg.boolean({ defaultValue: false }) },
      select: (args, { app }, nested, wanted?: ReadonlySet<string>) => {
        const live = { revokedAt: null, refreshExpiresAt: { gt: app.clock() } };
        return { sessions: nested(keysetQuery(BY_ID, args, live, { id: true, customerId: true }, wanted), nodesOf('CustomerSession')) };
      },
      resolve: ({ sessions }, args) => keysetConnection(BY_ID, args, sessions),
    },
    { name: 'CustomerSessionConnection' },
    { name: 'CustomerSessionEdge' },
  ),
}));

const SessionRevokeUserError = userErrorType('SessionRevokeUserError', SESSION_REVOKE_CODES);

const SessionRevokePayload = payloadType<{ sessionId: string }>('SessionRevokePayload', SessionRevokeUserError, (t) => ({
  revokedSessionId: t.globalID({ nullable: true, resolve: ({ sessionId: id }) => (id ? { type: 'CustomerSession', id } : null) }),
}));

const CustomerSessionsRevokePayload = payloadType<{ ended: number }>('CustomerSessionsRevokePayload', SessionRevokeUserError, (t) => ({
  revokedCount: t.int({ description: 'How many devices were signed out.', resolve: ({ ended }) => ended ?? null }),
}));

/** Whose sessions are meant: a customer's own, or for staff those of the one named. Throws FORBIDDEN. */
const whoseSessions = (viewer: Viewer, customerGid: string | null | undefined): string => {
  if (viewer.kind === 'customer' && !customerGid) return viewer.customerId;
  if (!hasScope(viewer, 'sessions:write')) throw unauthorized(viewer);
  if (!customerGid) throw badInput('Staff name the customer: give customerId.');
  return idOf(customerGid, 'Customer');
};

builder.mutationFields((t) => ({
  sessionRevoke: t.field({
    type: SessionRevokePayload,
    nullable: false,
    description: 'Signs one device out; its subscriptions end within a second.',
    authScopes: { signedIn: true, staff: 'sessions:write' },
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, args, context, info) => {
      const { viewer } = context;
      const reach = viewer.kind === 'customer' ? { customerId: viewer.customerId } : ({ everyone: true } as const);
      const reason = viewer.kind === 'customer' ? 'revoked' : 'revoked_by_staff';
      return settle(context, info, args, (tx) => revokeSession(tx, idOf(args.id, 'CustomerSession'), reach, reason));
    },
  }),
  customerSessionsRevoke: t.field({
    type: CustomerSessionsRevokePayload,
    nullable: false,
    description: 'Signs all devices of a customer out, or all but the one that asks.',
    authScopes: { signedIn: true, staff: 'sessions:write' },
    args: { customerId: t.arg.id({ description: 'For staff: whose.' }), keepCurrent: t.arg.boolean({ required: true, defaultValue: true }) },
    resolve: (_root, args, context, info) => {
      const { viewer } = context;
      const customerId = whoseSessions(viewer, args.customerId);
      const keep = viewer.kind === 'customer' && args.keepCurrent ? viewer.sessionId : null;
      const reason = viewer.kind === 'customer' ? 'revoked' : 'revoked_by_staff';
      return settle(context, info, args, (tx) => endOtherSessions(tx, customerId, keep, reason));
    },
  }),
}));
