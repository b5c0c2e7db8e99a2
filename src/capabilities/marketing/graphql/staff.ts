import { hasScope, type Viewer } from '../../../core/viewer.ts';
import { badInput, unauthorized } from '../../../graphql/access.ts';
import { builder } from '../../../graphql/builder.ts';
import { CustomerPhoneNumber, PHONE_CONTACT, phoneContactOf } from '../../../graphql/customer-contact.ts';
import { payloadType, userErrorType } from '../../../graphql/errors.ts';
import { idOf } from '../../../graphql/gid.ts';
import { settle } from '../../../graphql/settle.ts';
import { CONSENT_CODES, SEND_CODES, WHATSAPP_CODES } from '../errors.ts';
import { sendMarketingEmail } from '../send-email.ts';
import { updateConsent } from '../update.ts';
import { updateWhatsApp } from '../whatsapp.ts';
import {
  CustomerEmailMarketingState,
  CustomerMarketingConsentState,
  CustomerMarketingOptInLevel,
  CustomerSmsMarketingState,
  stateOf,
} from './consent.ts';

const SETTABLE = 'SUBSCRIBED, UNSUBSCRIBED or PENDING.';
const WHEN = 'When the customer said so; absent: now. What she said later already is not overwritten.';
const WHERE = 'Where she said so, in the shop’s words: kept in the log.';

const EmailConsentInput = builder.inputType('CustomerEmailMarketingConsentInput', {
  fields: (t) => ({
    marketingState: t.field({
      type: CustomerEmailMarketingState,
      required: true,
      description: `${SETTABLE} PENDING sends the mail that asks her to confirm.`,
    }),
    marketingOptInLevel: t.field({ type: CustomerMarketingOptInLevel }),
    consentUpdatedAt: t.field({ type: 'DateTime', description: WHEN }),
    source: t.string({ description: WHERE }),
  }),
});

const SmsConsentInput = builder.inputType('CustomerSmsMarketingConsentInput', {
  fields: (t) => ({
    marketingState: t.field({ type: CustomerSmsMarketingState, required: true, description: SETTABLE }),
    marketingOptInLevel: t.field({ type: CustomerMarketingOptInLevel }),
    consentUpdatedAt: t.field({ type: 'DateTime', description: WHEN }),
    source: t.string({ description: WHERE }),
  }),
});

const ConsentInput = builder.inputType('CustomerMarketingConsentInput', {
  fields: (t) => ({
    state: t.field({ type: CustomerMarketingConsentState, required: true, description: SETTABLE }),
    optInLevel: t.field({ type: CustomerMarketingOptInLevel }),
    updatedAt: t.field({ type: 'DateTime', description: WHEN }),
    source: t.string({ description: WHERE }),
  }),
});

const EmailUpdateInput = builder.inputType('CustomerEmailMarketingConsentUpdateInput', {
  fields: (t) => ({ customerId: t.id({ required: true }), emailMarketingConsent: t.field({ type: EmailConsentInput, required: true }) }),
});

const SmsUpdateInput = builder.inputType('CustomerSmsMarketingConsentUpdateInput', {
  fields: (t) => ({ customerId: t.id({ required: true }), smsMarketingConsent: t.field({ type: SmsConsentInput, required: true }) }),
});

const WhatsAppUpdateInput = builder.inputType('CustomerWhatsAppMarketingConsentUpdateInput', {
  fields: (t) => ({
    customerId: t.id({ description: 'For staff: whose consent.' }),
    whatsAppMarketingConsent: t.field({ type: ConsentInput, required: true }),
  }),
});

const MarketingEmailInput = builder.inputType('MarketingEmailInput', {
  fields: (t) => ({
    subject: t.string({ required: true }),
    message: t.string({ required: true, description: 'Plain text; empty lines part paragraphs. At most 20,000 characters.' }),
  }),
});

const written = (name: string, errorType: ReturnType<typeof userErrorType>) =>
  payloadType<{ customerId: string }>(name, errorType, (t) => ({
    customer: t.prismaField({
      type: 'Customer',
      resolve: (query, { customerId }, _args, { app }) =>
        customerId ? app.backend.database.read.customer.findUnique({ ...query, where: { id: customerId } }) : null,
    }),
  }));

const EmailPayload = written(
  'CustomerEmailMarketingConsentUpdatePayload',
  userErrorType('CustomerEmailMarketingConsentUpdateUserError', CONSENT_CODES),
);
const SmsPayload = written('CustomerSmsMarketingConsentUpdatePayload', userErrorType('CustomerSmsMarketingConsentError', CONSENT_CODES));
const SendPayload = written('CustomerSendMarketingEmailPayload', userErrorType('CustomerSendMarketingEmailUserError', SEND_CODES));
const WhatsAppPayload = written(
  'CustomerWhatsAppMarketingConsentUpdatePayload',
  userErrorType('UserErrorsCustomerMarketingConsentError', WHATSAPP_CODES),
);
builder.objectField(WhatsAppPayload, 'customerPhoneNumber', (t) =>
  t.field({
    type: CustomerPhoneNumber,
    resolve: async ({ customerId }, _args, { app }) => {
      if (!customerId) return null;
      const row = await app.backend.database.read.customer.findUnique({ where: { id: customerId }, select: PHONE_CONTACT });
      return row && phoneContactOf(row);
    },
  }),
);

const OLD_NAMES = { state: 'marketingState', optInLevel: 'marketingOptInLevel', updatedAt: 'consentUpdatedAt' } as const;

/** Whose consent is meant: a customer's own, or for staff the one named. Throws FORBIDDEN. */
const subjectOf = (viewer: Viewer, customerGid: string | null | undefined): string => {
  const customerId = customerGid ? idOf(customerGid, 'Customer') : null;
  if (viewer.kind === 'customer' && (!customerId || customerId === viewer.customerId)) return viewer.customerId;
  if (!hasScope(viewer, 'customers:write')) throw unauthorized(viewer);
  if (!customerId) throw badInput('Staff name the customer: give input.customerId.');
  return customerId;
};

builder.mutationFields((t) => ({
  customerEmailMarketingConsentUpdate: t.field({
    type: EmailPayload,
    description: 'Writes down what a customer told the shop about its mail.',
    authScopes: { staff: 'customers:write' },
    args: { input: t.arg({ type: EmailUpdateInput, required: true }) },
    resolve: (_root, args, context, info) => {
      const { customerId, emailMarketingConsent: given } = args.input;
      const paths = { customerId: ['input', 'customerId'], consent: ['input', 'emailMarketingConsent'], names: OLD_NAMES };
      return settle(context, info, args, (tx) =>
        updateConsent(
          tx,
          context.app,
          { customerId: idOf(customerId, 'Customer'), channel: 'EMAIL' },
          { state: given.marketingState, optInLevel: given.marketingOptInLevel, updatedAt: given.consentUpdatedAt, source: given.source },
          paths,
        ),
      );
    },
  }),
  customerSmsMarketingConsentUpdate: t.field({
    type: SmsPayload,
    description: 'Writes down what a customer told the shop about its text messages.',
    authScopes: { staff: 'customers:write' },
    args: { input: t.arg({ type: SmsUpdateInput, required: true }) },
    resolve: (_root, args, context, info) => {
      const { customerId, smsMarketingConsent: given } = args.input;
      const paths = { customerId: ['input', 'customerId'], consent: ['input', 'smsMarketingConsent'], names: OLD_NAMES };
      return settle(context, info, args, (tx) =>
        updateConsent(
          tx,
          context.app,
          { customerId: idOf(customerId, 'Customer'), channel: 'SMS' },
          { state: given.marketingState, optInLevel: given.marketingOptInLevel, updatedAt: given.consentUpdatedAt, source: given.source },
          paths,
        ),
      );
    },
  }),
  customerWhatsAppMarketingConsentUpdate: t.field({
    type: WhatsAppPayload,
    description: 'A customer says what she wants by WhatsApp, or staff write down what she told the shop.',
    authScopes: { signedIn: true, staff: 'customers:write' },
    args: { input: t.arg({ type: WhatsAppUpdateInput, required: true }) },
    resolve: (_root, args, context, info) => {
      const customerId = subjectOf(context.viewer, args.input.customerId);
      const { state, ...given } = args.input.whatsAppMarketingConsent;
      const input = { ...given, state: stateOf(state) };
      return settle(context, info, args, (tx) => updateWhatsApp(tx, context.app, customerId, input, context.viewer.kind === 'customer'));
    },
  }),
  customerSendMarketingEmail: t.field({
    type: SendPayload,
    description: 'Mails a customer who has agreed to it, with the link and the headers by which she ends such mails with one click.',
    authScopes: { staff: 'customers:write' },
    args: { customerId: t.arg.id({ required: true }), email: t.arg({ type: MarketingEmailInput, required: true }) },
    resolve: (_root, args, context, info) =>
      settle(context, info, args, (tx) => sendMarketingEmail(tx, context.app, idOf(args.customerId, 'Customer'), args.email)),
  }),
}));
