import { CustomerState as CustomerStates } from '../../../db/generated/enums.ts';
import { builder } from '../../../graphql/builder.ts';
import { HasStoreCreditAccounts } from '../../../graphql/has-store-credit-accounts.ts';

const CustomerState = builder.enumType(CustomerStates, {
  name: 'CustomerState',
  description: 'Whether the customer has an account: what signing in would mean.',
});

const CustomerEmailAddress = builder.objectRef<{ email: string; verified: boolean }>('CustomerEmailAddress').implement({
  fields: (t) => ({
    emailAddress: t.exposeString('email', { nullable: false }),
    verified: t.exposeBoolean('verified', { nullable: false, description: 'Whether a code sent there came back.' }),
  }),
});

const CustomerPhoneNumber = builder.objectRef<{ phone: string }>('CustomerPhoneNumber').implement({
  fields: (t) => ({ phoneNumber: t.exposeString('phone', { nullable: false, description: 'E.164.' }) }),
});

/** First and last name, else e-mail, else phone, as Shopify shows a customer. */
const displayName = (c: { firstName: string | null; lastName: string | null; email: string | null; phone: string | null }): string =>
  [c.firstName, c.lastName].filter(Boolean).join(' ') || c.email || c.phone || '';

builder.prismaNode('Customer', {
  description: "A person's profile in the shop.",
  id: { field: 'id' },
  nullable: true,
  interfaces: [HasStoreCreditAccounts],
  select: { id: true, deletedAt: true },
  authScopes: ({ id, deletedAt }) => (deletedAt ? false : { owner: id, staff: 'customers:read' }),
  fields: (t) => {
    const email = t.field({
      type: CustomerEmailAddress,
      select: { email: true, emailVerifiedAt: true },
      resolve: ({ email, emailVerifiedAt }) => (email ? { email, verified: emailVerifiedAt !== null } : null),
    });
    const phone = t.field({ type: CustomerPhoneNumber, select: { phone: true }, resolve: ({ phone }) => (phone ? { phone } : null) });
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
      state: t.expose('state', { type: CustomerState, nullable: false }),
      creationDate: t.expose('createdAt', { type: 'DateTime', nullable: false }),
      createdAt: t.expose('createdAt', { type: 'DateTime', nullable: false }),
      updatedAt: t.expose('updatedAt', { type: 'DateTime', nullable: false }),
    };
  },
});
