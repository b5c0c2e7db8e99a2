import { CustomerState as CustomerStates } from '../../../db/generated/enums.ts';
import { builder } from '../../../graphql/builder.ts';
import {
  CustomerEmailAddress,
  CustomerPhoneNumber,
  contactColumns,
  EMAIL_CONTACT,
  type EmailContact,
  emailContactOf,
  PHONE_CONTACT,
  type PhoneContact,
  phoneContactOf,
} from '../../../graphql/customer-contact.ts';
import { HasMetafields } from '../../../graphql/has-metafields.ts';
import { HasStoreCreditAccounts } from '../../../graphql/has-store-credit-accounts.ts';
import { TAX_EXEMPTIONS } from '../tax-exemptions.ts';

declare module '../../../graphql/builder.ts' {
  interface SchemaObjects {
    CustomerEmailAddress: EmailContact;
    CustomerPhoneNumber: PhoneContact;
  }
}

const CustomerState = builder.enumType(CustomerStates, {
  name: 'CustomerState',
  description: 'Whether the customer has an account: what signing in would mean.',
});

export const TaxExemption = builder.enumType('TaxExemption', { values: TAX_EXEMPTIONS as [string, ...string[]] });

/** First and last name, else e-mail, else phone, as Shopify shows a customer. */
const displayName = (c: { firstName: string | null; lastName: string | null; email: string | null; phone: string | null }): string =>
  [c.firstName, c.lastName].filter(Boolean).join(' ') || c.email || c.phone || '';

export const Customer = builder.prismaNode('Customer', {
  description: "A person's profile in the shop.",
  id: { field: 'id' },
  nullable: true,
  interfaces: [HasStoreCreditAccounts, HasMetafields],
  select: { id: true, deletedAt: true, mergedIntoId: true },
  // Of one who is gone, staff see what orders and the books still point to.
  authScopes: ({ id, deletedAt }) => (deletedAt ? { staff: 'customers:read' } : { owner: id, staff: 'customers:read' }),
  fields: (t) => {
    const email = t.field({
      type: CustomerEmailAddress,
      select: contactColumns(EMAIL_CONTACT),
      resolve: emailContactOf,
    });
    const phone = t.field({
      type: CustomerPhoneNumber,
      select: contactColumns(PHONE_CONTACT),
      resolve: phoneContactOf,
    });
    return {
      firstName: t.exposeString('firstName', { nullable: true }),
      lastName: t.exposeString('lastName', { nullable: true }),
      displayName: t.string({
        nullable: false,
        description: 'First and last name, else the e-mail address, else the phone number.',
        select: { firstName: true, lastName: true, email: true, phone: true },
        resolve: displayName,
      }),
      emailAddress: email,
      defaultEmailAddress: email,
      phoneNumber: phone,
      defaultPhoneNumber: phone,
      email: t.exposeString('email', { nullable: true, deprecationReason: 'Use emailAddress.' }),
      phone: t.exposeString('phone', { nullable: true, deprecationReason: 'Use phoneNumber.' }),
      verifiedEmail: t.boolean({ nullable: false, select: { emailVerifiedAt: true }, resolve: ({ emailVerifiedAt }) => emailVerifiedAt !== null }),
      locale: t.exposeString('locale', { nullable: true, description: 'BCP 47.' }),
      birthDate: t.expose('birthDate', { type: 'Date', nullable: true }),
      note: t.exposeString('note', { nullable: true, authScopes: { staff: 'customers:read' }, description: 'For staff only.' }),
      tags: t.exposeStringList('tags', { nullable: false }),
      vatId: t.exposeString('vatId', {
        nullable: true,
        description: 'With its country’s prefix. Its form is checked, not whether it is registered.',
      }),
      taxExempt: t.exposeBoolean('taxExempt', { nullable: false, description: 'Whether the customer pays no tax at all; the checkout heeds it.' }),
      taxExemptions: t.expose('taxExemptions', { type: [TaxExemption], nullable: false }),
      state: t.expose('state', { type: CustomerState, nullable: false }),
      isBlocked: t.boolean({
        nullable: true,
        authScopes: { staff: 'customers:read' },
        description: 'For staff only: whether the customer is kept from signing in.',
        select: { blockedAt: true },
        resolve: ({ blockedAt }) => blockedAt !== null,
      }),
      deletedAt: t.expose('deletedAt', {
        type: 'DateTime',
        nullable: true,
        authScopes: { staff: 'customers:read' },
        description:
          'For staff only: since when the profile is gone, erased or merged away. Such a one is never found, but an order or an account that outlives it still has it as its customer.',
      }),
      creationDate: t.expose('createdAt', { type: 'DateTime', nullable: false }),
      createdAt: t.expose('createdAt', { type: 'DateTime', nullable: false }),
      updatedAt: t.expose('updatedAt', { type: 'DateTime', nullable: false }),
    };
  },
});
