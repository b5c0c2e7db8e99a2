import { MarketingOptInLevel, type MarketingState } from '../../../db/generated/enums.ts';
import { builder } from '../../../graphql/builder.ts';
import { CustomerEmailAddress, CustomerPhoneNumber, MARKETING } from '../../../graphql/customer-contact.ts';
import type { Consent } from '../consent.ts';
import { unsubscribeUrl } from '../links.ts';

const WITHOUT_INVALID = ['NOT_SUBSCRIBED', 'PENDING', 'REDACTED', 'SUBSCRIBED', 'UNSUBSCRIBED'] as const;
const EMAIL_STATES = ['INVALID', ...WITHOUT_INVALID] as const;
const CONSENT_STATES = ['NEVER_SUBSCRIBED', 'PENDING', 'REDACTED', 'SUBSCRIBED', 'UNSUBSCRIBED'] as const;

// Shopify's APIs have the same states under several names: those of the Customer Account API are read, those of the Admin API written.
const EmailMarketingState = builder.enumType('EmailMarketingState', { values: EMAIL_STATES });
const SmsMarketingState = builder.enumType('SmsMarketingState', { values: WITHOUT_INVALID });
const MarketingConsentState = builder.enumType('MarketingConsentState', { values: CONSENT_STATES });
export const CustomerEmailMarketingState = builder.enumType('CustomerEmailMarketingState', { values: EMAIL_STATES });
export const CustomerSmsMarketingState = builder.enumType('CustomerSmsMarketingState', { values: WITHOUT_INVALID });
export const CustomerMarketingConsentState = builder.enumType('CustomerMarketingConsentState', { values: CONSENT_STATES });
export const CustomerMarketingOptInLevel = builder.enumType(MarketingOptInLevel, {
  name: 'CustomerMarketingOptInLevel',
  description: 'CONFIRMED_OPT_IN: asked for and confirmed by the reader of the address. SINGLE_OPT_IN: asked for.',
});

type WithoutInvalid = (typeof WITHOUT_INVALID)[number];

/** A phone number cannot bounce: it is never INVALID. */
const byPhone = (state: MarketingState | undefined): WithoutInvalid => (state === undefined || state === 'INVALID' ? 'NOT_SUBSCRIBED' : state);

/** The newer dialect's word for whoever was never asked. */
const consentState = (state: MarketingState): (typeof CONSENT_STATES)[number] =>
  state === 'NOT_SUBSCRIBED' || state === 'INVALID' ? 'NEVER_SUBSCRIBED' : state;

/** The state that a word of the newer dialect means. */
export const stateOf = (state: (typeof CONSENT_STATES)[number]): MarketingState => (state === 'NEVER_SUBSCRIBED' ? 'NOT_SUBSCRIBED' : state);

const WhatsAppConsent = builder.objectRef<Consent>('CustomerWhatsAppMarketingConsent').implement({
  fields: (t) => ({
    state: t.field({ type: MarketingConsentState, nullable: false, resolve: ({ state }) => consentState(state) }),
    optInLevel: t.field({ type: CustomerMarketingOptInLevel, nullable: true, resolve: ({ optInLevel }) => optInLevel }),
    updatedAt: t.field({ type: 'DateTime', nullable: true, resolve: ({ at }) => at }),
  }),
});

builder.objectFields(CustomerEmailAddress, (t) => ({
  marketingState: t.field({ type: EmailMarketingState, nullable: false, resolve: ({ marketing }) => marketing?.emailState ?? 'NOT_SUBSCRIBED' }),
  marketingOptInLevel: t.field({ type: CustomerMarketingOptInLevel, nullable: true, resolve: ({ marketing }) => marketing?.emailOptInLevel }),
  marketingUpdatedAt: t.field({
    type: 'DateTime',
    nullable: true,
    description: 'When the customer last said so.',
    resolve: ({ marketing }) => marketing?.emailAt,
  }),
  marketingUnsubscribeUrl: t.field({
    type: 'URL',
    nullable: false,
    description: 'For the mails of the shop’s other programs, and their List-Unsubscribe header: a POST ends them, a browser is asked first.',
    resolve: ({ customerId }, _args, { app }) => unsubscribeUrl(app.keyring, app.publicUrl, customerId),
  }),
  validFormat: t.boolean({ nullable: false, description: 'Always true: an address that is none is not kept.', resolve: () => true }),
}));

builder.objectFields(CustomerPhoneNumber, (t) => ({
  marketingState: t.field({ type: SmsMarketingState, nullable: false, resolve: ({ marketing }) => byPhone(marketing?.smsState) }),
  marketingOptInLevel: t.field({ type: CustomerMarketingOptInLevel, nullable: true, resolve: ({ marketing }) => marketing?.smsOptInLevel }),
  marketingUpdatedAt: t.field({ type: 'DateTime', nullable: true, resolve: ({ marketing }) => marketing?.smsAt }),
  whatsAppMarketingConsent: t.field({
    type: WhatsAppConsent,
    nullable: false,
    resolve: ({ marketing }) => ({
      state: marketing?.whatsappState ?? 'NOT_SUBSCRIBED',
      optInLevel: marketing?.whatsappOptInLevel ?? null,
      at: marketing?.whatsappAt ?? null,
    }),
  }),
}));

const EmailConsent = builder.objectRef<Consent>('CustomerEmailMarketingConsentState').implement({
  fields: (t) => ({
    marketingState: t.field({ type: CustomerEmailMarketingState, nullable: false, resolve: ({ state }) => state }),
    marketingOptInLevel: t.field({ type: CustomerMarketingOptInLevel, nullable: true, resolve: ({ optInLevel }) => optInLevel }),
    consentUpdatedAt: t.field({ type: 'DateTime', nullable: true, resolve: ({ at }) => at }),
  }),
});

const SmsConsent = builder.objectRef<Consent>('CustomerSmsMarketingConsentState').implement({
  fields: (t) => ({
    marketingState: t.field({ type: CustomerSmsMarketingState, nullable: false, resolve: ({ state }) => byPhone(state) }),
    marketingOptInLevel: t.field({ type: CustomerMarketingOptInLevel, nullable: false, resolve: ({ optInLevel }) => optInLevel ?? 'UNKNOWN' }),
    consentUpdatedAt: t.field({ type: 'DateTime', nullable: true, resolve: ({ at }) => at }),
  }),
});

builder.prismaObjectFields('Customer', (t) => ({
  emailMarketingConsent: t.field({
    type: EmailConsent,
    nullable: true,
    deprecationReason: 'Use defaultEmailAddress.',
    select: { email: true, marketing: MARKETING },
    resolve: ({ email, marketing }) =>
      email
        ? { state: marketing?.emailState ?? 'NOT_SUBSCRIBED', optInLevel: marketing?.emailOptInLevel ?? null, at: marketing?.emailAt ?? null }
        : null,
  }),
  smsMarketingConsent: t.field({
    type: SmsConsent,
    nullable: true,
    deprecationReason: 'Use defaultPhoneNumber.',
    select: { phone: true, marketing: MARKETING },
    resolve: ({ phone, marketing }) =>
      phone ? { state: marketing?.smsState ?? 'NOT_SUBSCRIBED', optInLevel: marketing?.smsOptInLevel ?? null, at: marketing?.smsAt ?? null } : null,
  }),
}));
