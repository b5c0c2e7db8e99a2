import { builder } from '../../../graphql/builder.ts';
import { payloadType, userErrorType } from '../../../graphql/errors.ts';
import { idOf } from '../../../graphql/gid.ts';
import { settleSql } from '../../../graphql/settle.ts';
import { tokenInUrl } from '../account-token.ts';
import { declineInvitation } from '../decline.ts';
import { INVITE_CODES } from '../errors.ts';
import { inviteCustomer, makeActivationUrl } from '../invite.ts';
import { writingOf } from './context.ts';

const EmailInput = builder.inputType('EmailInput', {
  description: 'What of a mail staff may write themselves.',
  fields: (t) => ({
    to: t.string({ description: 'May only be the customer’s own address: using the link proves it.' }),
    subject: t.string(),
    customMessage: t.string({ description: 'Plain text above the link; at most 5,000 characters.' }),
  }),
});

const SendAccountInviteEmailPayload = payloadType<{ customerId: string }>(
  'CustomerSendAccountInviteEmailPayload',
  userErrorType('CustomerSendAccountInviteEmailUserError', INVITE_CODES),
  (t) => ({
    customer: t.prismaField({
      type: 'Customer',
      resolve: (query, { customerId }, _args, { app }) =>
        customerId ? app.backend.database.read.customer.findUnique({ ...query, where: { id: customerId } }) : null,
    }),
  }),
);

const GenerateAccountActivationUrlPayload = payloadType<{ accountActivationUrl: string }>(
  'CustomerGenerateAccountActivationUrlPayload',
  userErrorType('CustomerGenerateAccountActivationUrlUserError', INVITE_CODES),
  (t) => ({ accountActivationUrl: t.field({ type: 'URL', resolve: ({ accountActivationUrl }) => accountActivationUrl ?? null }) }),
);

const AccountInviteDeclinePayload = payloadType<object>(
  'CustomerAccountInviteDeclinePayload',
  userErrorType('CustomerAccountInviteDeclineUserError', ['TOKEN_INVALID', ...INVITE_CODES.filter((code) => code.startsWith('IDEMPOTENCY'))]),
  () => ({}),
);

builder.mutationFields((t) => ({
  customerSendAccountInviteEmail: t.field({
    type: SendAccountInviteEmailPayload,
    description: 'Mails a customer the link to choose her password with: thirty days, once; the link before is void. Classic accounts only.',
    authScopes: { staff: 'customers:write' },
    args: { customerId: t.arg.id({ required: true }), email: t.arg({ type: EmailInput }) },
    resolve: (_root, args, context, info) =>
      settleSql(context, info, args, (tx) =>
        inviteCustomer(tx, writingOf(context, info), idOf(args.customerId, 'Customer'), args.email ?? undefined),
      ),
  }),
  customerGenerateAccountActivationUrl: t.field({
    type: GenerateAccountActivationUrlPayload,
    description: 'Makes such a link for staff to hand over themselves. Using it does not prove the e-mail address. Classic accounts only.',
    authScopes: { staff: 'customers:write' },
    args: { customerId: t.arg.id({ required: true }) },
    resolve: (_root, args, context, info) =>
      settleSql(context, info, args, (tx) => makeActivationUrl(tx, context.app.publicUrl, idOf(args.customerId, 'Customer')), { secret: true }),
  }),
  customerAccountInviteDecline: t.field({
    type: AccountInviteDeclinePayload,
    description: 'Turns an invitation down by its link.',
    authScopes: { public: true },
    args: { activationUrl: t.arg({ type: 'URL', required: true }) },
    resolve: (_root, args, context, info) =>
      settleSql(context, info, args, (tx) => declineInvitation(tx, tokenInUrl(args.activationUrl), ['activationUrl']), { secret: true }),
  }),
}));
