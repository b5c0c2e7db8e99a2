import type { MarketingChannel, MarketingConsentSource, MarketingOptInLevel, MarketingState } from '../../db/generated/enums.ts';

/** What a customer lets the shop send by one channel. */
export interface Consent {
  readonly state: MarketingState;
  readonly optInLevel: MarketingOptInLevel | null;
  /** When she said so. */
  readonly at: Date | null;
}

/** A consent as it is told: where it was given, by whom, and when. */
export interface GivenConsent {
  readonly channel: MarketingChannel;
  readonly state: MarketingState;
  readonly optInLevel: MarketingOptInLevel | null;
  readonly occurredAt: Date;
  readonly source: MarketingConsentSource;
  /** Where, in the words of whoever tells it. */
  readonly detail?: string | null;
  /** The address or number that it is for. */
  readonly address: string;
}

/** The columns of each channel. */
export const COLUMNS = {
  EMAIL: { state: 'emailState', optInLevel: 'emailOptInLevel', at: 'emailAt' },
  SMS: { state: 'smsState', optInLevel: 'smsOptInLevel', at: 'smsAt' },
  WHATSAPP: { state: 'whatsappState', optInLevel: 'whatsappOptInLevel', at: 'whatsappAt' },
} as const satisfies Record<MarketingChannel, object>;

type Columns = (typeof COLUMNS)[MarketingChannel];

/** Consents by their columns. */
export type Consents = Readonly<
  Record<Columns['state'], MarketingState> & Record<Columns['optInLevel'], MarketingOptInLevel | null> & Record<Columns['at'], Date | null>
>;

/** What a row says of a channel; without a row she was never asked. */
export const consentIn = (row: Consents | null | undefined, channel: MarketingChannel): Consent => {
  const { state, optInLevel, at } = COLUMNS[channel];
  return row ? { state: row[state], optInLevel: row[optInLevel], at: row[at] } : { state: 'NOT_SUBSCRIBED', optInLevel: null, at: null };
};

/** What of a customer's row the channel's messages go to. */
export const contactOf = (channel: MarketingChannel, { email, phone }: { email: string | null; phone: string | null }): string | null =>
  channel === 'EMAIL' ? email : phone;
