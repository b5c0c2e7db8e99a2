import type { GraphQLResolveInfo } from 'graphql';
import type { Viewer } from '../../core/viewer.ts';
import { unauthorized } from '../../graphql/access.ts';
import { builder } from '../../graphql/builder.ts';
import type { Context } from '../../graphql/context.ts';
import { languageOfOperation } from '../../graphql/directives.ts';
import { payloadType, userErrorType } from '../../graphql/errors.ts';
import { deferred, settle } from '../../graphql/settle.ts';
import { type Changer, type Contact, confirmContactChange, contactOf, requestContactChange } from './change.ts';
import { CONTACT_CHANGE_CONFIRM_CODES, CONTACT_CHANGE_REQUEST_CODES } from './errors.ts';

const moment = (at: Date | string | undefined): Date | null => (at ? new Date(at) : null);

const RequestPayload = payloadType<{ expiresAt: Date | string; resendAfter: Date | string }>(
  'CustomerContactChangeRequestPayload',
  userErrorType('CustomerContactChangeRequestUserError', CONTACT_CHANGE_REQUEST_CODES),
  (t) => ({
    expiresAt: t.field({ type: 'DateTime', description: 'When the code stops working.', resolve: ({ expiresAt }) => moment(expiresAt) }),
    resendAfter: t.field({
      type: 'DateTime',
      description: 'When another code may be asked for.',
      resolve: ({ resendAfter }) => moment(resendAfter),
    }),
  }),
);

const ConfirmPayload = payloadType<{ customerId: string }>(
  'CustomerContactChangeConfirmPayload',
  userErrorType('CustomerContactChangeConfirmUserError', CONTACT_CHANGE_CONFIRM_CODES),
  (t) => ({
    customer: t.prismaField({
      type: 'Customer',
      resolve: (query, { customerId }, _args, { app }) =>
        customerId ? app.backend.database.read.customer.findUnique({ ...query, where: { id: customerId } }) : null,
    }),
  }),
);

const changerOf = (viewer: Viewer, address: string | undefined): Changer => {
  if (viewer.kind !== 'customer') throw unauthorized(viewer);
  return { customerId: viewer.customerId, sessionId: viewer.sessionId, address };
};

const toolsOf = ({ app }: Context) => ({ codes: app.backend.codes, keyring: app.keyring });

const request = (kind: Contact['kind'], text: string, args: object, context: Context, info: GraphQLResolveInfo) => {
  const changer = changerOf(context.viewer, context.request.address);
  const letter = { language: languageOfOperation(info, context), shopName: context.app.shopName, sendsSms: context.app.sendsSms };
  const run = deferred(() => requestContactChange(toolsOf(context), contactOf(kind, text), changer, letter));
  return settle(context, info, args, run);
};

const confirm = (kind: Contact['kind'], text: string, args: { code: string }, context: Context, info: GraphQLResolveInfo) => {
  const changer = changerOf(context.viewer, context.request.address);
  const run = deferred(() => confirmContactChange(toolsOf(context), contactOf(kind, text), args.code, changer, context.app));
  return settle(context, info, args, run, { secret: true });
};

const FRESH = 'Asks for a sign-in of the last ten minutes.';

builder.mutationFields((t) => ({
  customerEmailChangeRequest: t.field({
    type: RequestPayload,
    nullable: false,
    description: `Sends a code to the e-mail address that the signed-in customer wants to have. ${FRESH}`,
    authScopes: { signedIn: true },
    args: { email: t.arg.string({ required: true }) },
    resolve: (_root, args, context, info) => request('email', args.email, args, context, info),
  }),
  customerEmailChangeConfirm: t.field({
    type: ConfirmPayload,
    nullable: false,
    description: `Makes the address that the code was sent to the customer's own; the old one is told. ${FRESH}`,
    authScopes: { signedIn: true },
    args: { email: t.arg.string({ required: true }), code: t.arg.string({ required: true }) },
    resolve: (_root, args, context, info) => confirm('email', args.email, args, context, info),
  }),
  customerPhoneChangeRequest: t.field({
    type: RequestPayload,
    nullable: false,
    description: `Sends a code as a text message to the number that the signed-in customer wants to have. ${FRESH}`,
    authScopes: { signedIn: true },
    args: { phone: t.arg.string({ required: true }) },
    resolve: (_root, args, context, info) => request('phone', args.phone, args, context, info),
  }),
  customerPhoneChangeConfirm: t.field({
    type: ConfirmPayload,
    nullable: false,
    description: `Makes the number that the code was sent to the customer's own. ${FRESH}`,
    authScopes: { signedIn: true },
    args: { phone: t.arg.string({ required: true }), code: t.arg.string({ required: true }) },
    resolve: (_root, args, context, info) => confirm('phone', args.phone, args, context, info),
  }),
}));
