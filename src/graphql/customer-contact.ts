import type { MarketingOptInLevel, MarketingState } from '../db/generated/enums.ts';
import { builder } from './builder.ts';

/*
 * A customer's e-mail address and phone number as objects. Profile and consent meet in them: they stand here so that neither imports the other.
 */

interface Marketing {
  readonly emailState: MarketingState;
  readonly emailOptInLevel: MarketingOptInLevel | null;
  readonly emailAt: Date | null;
  readonly smsState: MarketingState;
  readonly smsOptInLevel: MarketingOptInLevel | null;
  readonly smsAt: Date | null;
  readonly whatsappState: MarketingState;
  readonly whatsappOptInLevel: MarketingOptInLevel | null;
  readonly whatsappAt: Date | null;
}

export interface EmailContact {
  readonly customerId: string;
  readonly email: string;
  readonly verified: boolean;
  readonly marketing: Marketing | null;
}

export interface PhoneContact {
  readonly phone: string;
  readonly verified: boolean;
  readonly marketing: Marketing | null;
}

/** The consents, as columns of the relation `marketing`. */
export const MARKETING = {
  select: {
    emailState: true,
    emailOptInLevel: true,
    emailAt: true,
    smsState: true,
    smsOptInLevel: true,
    smsAt: true,
    whatsappState: true,
    whatsappOptInLevel: true,
    whatsappAt: true,
  },
} as const;

/** What of a customer's row the e-mail address needs. */
export const EMAIL_CONTACT = { id: true, email: true, emailVerifiedAt: true, marketing: MARKETING } as const;

/** What of a customer's row the phone number needs. */
export const PHONE_CONTACT = { phone: true, phoneVerifiedAt: true, marketing: MARKETING } as const;

/** What neither object needs the consents for. */
const WITHOUT_CONSENT = new Set(['emailAddress', 'phoneNumber', 'verified', '__typename']);

/**
 * A field's `select` of these columns: less the consents where the document wants of the field what needs none. To Pothos it is the columns;
 * it infers a row from no function that takes what is wanted.
 */
export const contactColumns = <Columns extends { readonly marketing: unknown }>(columns: Columns): Columns => {
  const { marketing: _, ...rest } = columns;
  const select = (_args: object, _context: object, _nested: unknown, wanted?: ReadonlySet<string>): object =>
    wanted && [...wanted].every((name) => WITHOUT_CONSENT.has(name)) ? rest : columns;
  return select as unknown as Columns;
};

/** The e-mail address of a customer's row, or null. */
export const emailContactOf = (row: {
  id: string;
  email: string | null;
  emailVerifiedAt: Date | null;
  marketing: Marketing | null;
}): EmailContact | null =>
  row.email ? { customerId: row.id, email: row.email, verified: row.emailVerifiedAt !== null, marketing: row.marketing } : null;

/** The phone number of a customer's row, or null. */
export const phoneContactOf = (row: { phone: string | null; phoneVerifiedAt: Date | null; marketing: Marketing | null }): PhoneContact | null =>
  row.phone ? { phone: row.phone, verified: row.phoneVerifiedAt !== null, marketing: row.marketing } : null;

export const CustomerEmailAddress = builder.objectRef<EmailContact>('CustomerEmailAddress').implement({
  fields: (t) => ({
    emailAddress: t.exposeString('email', { nullable: false }),
    verified: t.exposeBoolean('verified', { nullable: false, description: 'Whether a code sent there came back.' }),
  }),
});

export const CustomerPhoneNumber = builder.objectRef<PhoneContact>('CustomerPhoneNumber').implement({
  fields: (t) => ({
    phoneNumber: t.exposeString('phone', { nullable: false, description: 'E.164.' }),
    verified: t.exposeBoolean('verified', { nullable: false, description: 'Whether a code sent there came back.' }),
  }),
});
