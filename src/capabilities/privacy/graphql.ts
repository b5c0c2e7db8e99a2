import { hasScope, type Viewer } from '../../core/viewer.ts';
import type { Tx } from '../../db/transact.ts';
import { badInput, unauthorized } from '../../graphql/access.ts';
import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { payloadType, userErrorType } from '../../graphql/errors.ts';
import { idOf } from '../../graphql/gid.ts';
import { settle } from '../../graphql/settle.ts';
import { requireFreshSignIn } from '../sessions/fresh.ts';
import { optOutOfDataSale } from './data-sale.ts';
import { cancelErasure, requestErasure } from './erasure.ts';
import { CANCEL_ERASURE_CODES, DATA_EXPORT_CODES, DATA_SALE_CODES, REQUEST_ERASURE_CODES } from './errors.ts';
import { dataExportUrl } from './export-link.ts';

builder.prismaObjectFields('Customer', (t) => ({
  dataErasureRequestedAt: t.expose('erasureRequestedAt', {
    type: 'DateTime',
    nullable: true,
    description: 'When she, or staff, asked for her data to be erased; null when nobody did.',
  }),
  dataSaleOptOut: t.boolean({
    nullable: false,
    description: 'Whether the customer has said that her data is not to be sold or shared.',
    select: { dataSaleOptOutAt: true },
    resolve: ({ dataSaleOptOutAt }) => dataSaleOptOutAt !== null,
  }),
  dataErasureDueAt: t.expose('erasureDueAt', {
    type: 'DateTime',
    nullable: true,
    description: 'When her data is erased; until then `customerCancelDataErasure` takes it back.',
  }),
}));

const payloadOf = (name: string, errorType: ReturnType<typeof userErrorType>) =>
  payloadType<{ customerId: string }>(name, errorType, (t) => ({
    customerId: t.globalID({ nullable: true, resolve: ({ customerId: id }) => (id ? { type: 'Customer', id } : null) }),
    customer: t.prismaField({
      type: 'Customer',
      resolve: (query, { customerId }, _args, { app }) =>
        customerId ? app.backend.database.read.customer.findUnique({ ...query, where: { id: customerId } }) : null,
    }),
  }));

const RequestPayload = payloadOf('CustomerRequestDataErasurePayload', userErrorType('CustomerRequestDataErasureUserError', REQUEST_ERASURE_CODES));
const CancelPayload = payloadOf('CustomerCancelDataErasurePayload', userErrorType('CustomerCancelDataErasureUserError', CANCEL_ERASURE_CODES));

const OptOutPayload = payloadOf('DataSaleOptOutPayload', userErrorType('DataSaleOptOutUserError', DATA_SALE_CODES));

const ExportPayload = payloadType<{ url: string; expiresAt: Date | string }>(
  'CustomerDataExportPayload',
  userErrorType('CustomerDataExportUserError', DATA_EXPORT_CODES),
  (t) => ({
    url: t.field({
      type: 'URL',
      nullable: true,
      description: 'A zip of JSON files and a page to read them by, made when it is opened.',
      resolve: ({ url }) => url ?? null,
    }),
    expiresAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the address stops working. Whoever has it until then has the data.',
      resolve: ({ expiresAt }) => (expiresAt ? new Date(expiresAt) : null),
    }),
  }),
);

/** A customer is the one she is about; staff name one. */
const subjectOf = (viewer: Viewer, id: string | null | undefined, scope: 'privacy:read' | 'privacy:write'): string => {
  if (viewer.kind === 'customer') {
    if (id && idOf(id, 'Customer') !== viewer.customerId) throw unauthorized(viewer);
    return viewer.customerId;
  }
  if (!hasScope(viewer, scope)) throw unauthorized(viewer);
  if (!id) throw badInput('Staff name the customer: give customerId.');
  return idOf(id, 'Customer');
};

/** A customer must have signed in lately; a stolen session neither takes nor ends everything. */
const asSubject = async ({ viewer }: Context, tx: Tx): Promise<void> => {
  if (viewer.kind === 'customer') await requireFreshSignIn(tx, viewer.sessionId);
};

const ABOUT = 'For staff: whom it is about. A customer asks for herself.';

builder.mutationFields((t) => ({
  customerRequestDataErasure: t.field({
    type: RequestPayload,
    nullable: false,
    description:
      'Has a customer’s data erased when the shop’s grace is over (`dataErasureDueAt`); she is told by mail. Names, addresses, ways to sign in and what she wrote go; orders and store credit keep their sums. What is left of her store credit is lost.',
    authScopes: { signedIn: true, staff: 'privacy:write' },
    args: { customerId: t.arg.id({ description: ABOUT }) },
    resolve: (_root, args, context, info) => {
      const { app, viewer } = context;
      const customerId = subjectOf(viewer, args.customerId, 'privacy:write');
      const shop = { graceSeconds: app.erasureGraceSeconds, shopName: app.shopName, accountUrl: `${app.publicUrl}/account/privacy` };
      return settle(context, info, args, async (tx) => {
        await asSubject(context, tx);
        return requestErasure(tx, app.keyring, customerId, shop);
      });
    },
  }),
  customerCancelDataErasure: t.field({
    type: CancelPayload,
    nullable: false,
    description: 'Takes back that a customer’s data is erased.',
    authScopes: { signedIn: true, staff: 'privacy:write' },
    args: { customerId: t.arg.id({ description: ABOUT }) },
    resolve: (_root, args, context, info) => {
      const customerId = subjectOf(context.viewer, args.customerId, 'privacy:write');
      return settle(context, info, args, (tx) => cancelErasure(tx, customerId));
    },
  }),
  dataSaleOptOut: t.field({
    type: OptOutPayload,
    description: 'Writes down that a customer’s data is not to be sold or shared. A customer says so of herself; staff name her address.',
    authScopes: { signedIn: true, staff: 'privacy:write' },
    args: { email: t.arg.string({ description: 'For staff: the customer’s e-mail address.' }) },
    resolve: (_root, args, context, info) => {
      const { viewer } = context;
      if (viewer.kind === 'customer' && args.email == null)
        return settle(context, info, args, (tx) => optOutOfDataSale(tx, { customerId: viewer.customerId }));
      // An address is somebody's: who may name it may read customers.
      if (!hasScope(viewer, 'privacy:write')) throw unauthorized(viewer);
      const { email } = args;
      if (email == null) throw badInput('Staff name the customer: give email.');
      return settle(context, info, args, (tx) => optOutOfDataSale(tx, { email }));
    },
  }),
  customerDataExport: t.field({
    type: ExportPayload,
    nullable: false,
    description: 'An address at which all that is kept about a customer can be downloaded for a day.',
    authScopes: { signedIn: true, staff: 'privacy:read' },
    args: { customerId: t.arg.id({ description: ABOUT }) },
    resolve: (_root, args, context, info) => {
      const customerId = subjectOf(context.viewer, args.customerId, 'privacy:read');
      return settle(
        context,
        info,
        args,
        async (tx) => {
          await asSubject(context, tx);
          return dataExportUrl(tx, context.app, customerId);
        },
        { secret: true },
      );
    },
  }),
}));
