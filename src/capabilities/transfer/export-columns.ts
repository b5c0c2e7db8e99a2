import { formatAmount } from '../../core/money.ts';

/** A value of a cell: texts as they are, amounts and moments as text; null for an empty cell. */
export type Cell = string | number | boolean | null;

/** A column of an export: its name in the first line, and what of a row it holds. */
export interface ExportColumn<Row> {
  readonly name: string;
  readonly read: (row: Row) => Cell;
}

const columnsOf = <Row>(columns: Readonly<Record<string, (row: Row) => Cell>>): readonly ExportColumn<Row>[] =>
  Object.entries(columns).map(([name, read]) => ({ name, read }));

const moment = (at: Date | null): string | null => at?.toISOString() ?? null;
const minor = (amount: bigint | null, currency: string): string | null => (amount === null ? null : formatAmount(amount, currency));

export const CUSTOMER_SELECT = {
  id: true,
  firstName: true,
  lastName: true,
  email: true,
  emailVerifiedAt: true,
  phone: true,
  phoneVerifiedAt: true,
  locale: true,
  birthDate: true,
  note: true,
  tags: true,
  state: true,
  vatId: true,
  taxExempt: true,
  createdAt: true,
  updatedAt: true,
  externalIds: { where: { source: 'import' }, select: { value: true }, orderBy: { value: 'asc' }, take: 1 },
  marketing: { select: { emailState: true, smsState: true, whatsappState: true } },
  statistics: { select: { ordersCount: true } },
  spending: { select: { currency: true, spentMinor: true }, orderBy: { spentMinor: 'desc' }, take: 1 },
  defaultAddress: {
    select: {
      firstName: true,
      lastName: true,
      company: true,
      address1: true,
      address2: true,
      city: true,
      zip: true,
      zoneCode: true,
      territoryCode: true,
      phoneNumber: true,
    },
  },
} as const;

type Address = Readonly<Record<keyof typeof CUSTOMER_SELECT.defaultAddress.select, string | null>>;

export interface CustomerRow {
  readonly id: string;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly email: string | null;
  readonly emailVerifiedAt: Date | null;
  readonly phone: string | null;
  readonly phoneVerifiedAt: Date | null;
  readonly locale: string | null;
  readonly birthDate: Date | null;
  readonly note: string | null;
  readonly tags: readonly string[];
  readonly state: string;
  readonly vatId: string | null;
  readonly taxExempt: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly externalIds: readonly { readonly value: string }[];
  readonly marketing: { readonly emailState: string; readonly smsState: string; readonly whatsappState: string } | null;
  readonly statistics: { readonly ordersCount: number } | null;
  readonly spending: readonly { readonly currency: string; readonly spentMinor: bigint }[];
  readonly defaultAddress: Address | null;
}

const consent = (state: string | undefined): string => (state ?? 'NOT_SUBSCRIBED').toLowerCase();
/** Tags with a comma in them would come back as two. */
const tags = ({ tags: all }: CustomerRow): string => all.filter((tag) => !tag.includes(',')).join(', ');
const address =
  (name: keyof Address) =>
  ({ defaultAddress }: CustomerRow): Cell =>
    defaultAddress?.[name] ?? null;

/** Everything that the import reads comes back as it was; what follows it is for reading. */
export const CUSTOMER_COLUMNS = columnsOf<CustomerRow>({
  clientele_id: ({ id }) => `gid://clientele/Customer/${id}`,
  external_id: ({ externalIds }) => externalIds[0]?.value ?? null,
  first_name: ({ firstName }) => firstName,
  last_name: ({ lastName }) => lastName,
  email: ({ email }) => email,
  phone: ({ phone }) => phone,
  birth_date: ({ birthDate }) => birthDate?.toISOString().slice(0, 10) ?? null,
  locale: ({ locale }) => locale,
  note: ({ note }) => note,
  tags,
  email_marketing: ({ marketing }) => consent(marketing?.emailState),
  sms_marketing: ({ marketing }) => consent(marketing?.smsState),
  address_first_name: address('firstName'),
  address_last_name: address('lastName'),
  company: address('company'),
  address1: address('address1'),
  address2: address('address2'),
  city: address('city'),
  zip: address('zip'),
  zone_code: address('zoneCode'),
  country_code: address('territoryCode'),
  address_phone: address('phoneNumber'),
  whatsapp_marketing: ({ marketing }) => consent(marketing?.whatsappState),
  account_state: ({ state }) => state.toLowerCase(),
  email_verified_at: ({ emailVerifiedAt }) => moment(emailVerifiedAt),
  phone_verified_at: ({ phoneVerifiedAt }) => moment(phoneVerifiedAt),
  vat_id: ({ vatId }) => vatId,
  tax_exempt: ({ taxExempt }) => taxExempt,
  orders_count: ({ statistics }) => statistics?.ordersCount ?? 0,
  amount_spent: ({ spending: [most] }) => (most ? formatAmount(most.spentMinor, most.currency) : null),
  amount_spent_currency: ({ spending: [most] }) => most?.currency ?? null,
  created_at: ({ createdAt }) => moment(createdAt),
  updated_at: ({ updatedAt }) => moment(updatedAt),
});

const yes = (is: boolean): string => (is ? 'yes' : 'no');

/** The header of Shopify's own customer files, which its import takes. */
export const SHOPIFY_COLUMNS = columnsOf<CustomerRow>({
  'First Name': ({ firstName }) => firstName,
  'Last Name': ({ lastName }) => lastName,
  Email: ({ email }) => email,
  'Accepts Email Marketing': ({ marketing }) => yes(marketing?.emailState === 'SUBSCRIBED'),
  'Default Address Company': address('company'),
  'Default Address Address1': address('address1'),
  'Default Address Address2': address('address2'),
  'Default Address City': address('city'),
  'Default Address Province Code': address('zoneCode'),
  'Default Address Country Code': address('territoryCode'),
  'Default Address Zip': address('zip'),
  'Default Address Phone': address('phoneNumber'),
  Phone: ({ phone }) => phone,
  'Accepts SMS Marketing': ({ marketing }) => yes(marketing?.smsState === 'SUBSCRIBED'),
  Tags: tags,
  Note: ({ note }) => note,
  'Tax Exempt': ({ taxExempt }) => yes(taxExempt),
});

export const ORDER_SELECT = {
  id: true,
  source: true,
  externalId: true,
  customerId: true,
  name: true,
  email: true,
  phone: true,
  currency: true,
  subtotalMinor: true,
  totalMinor: true,
  taxMinor: true,
  shippingMinor: true,
  refundedMinor: true,
  financialStatus: true,
  fulfillmentStatus: true,
  note: true,
  processedAt: true,
  createdAt: true,
  updatedAt: true,
  cancelledAt: true,
} as const;

export interface OrderRow {
  readonly id: string;
  readonly source: string;
  readonly externalId: string;
  readonly customerId: string | null;
  readonly name: string;
  readonly email: string | null;
  readonly phone: string | null;
  readonly currency: string;
  readonly subtotalMinor: bigint | null;
  readonly totalMinor: bigint;
  readonly taxMinor: bigint | null;
  readonly shippingMinor: bigint;
  readonly refundedMinor: bigint;
  readonly financialStatus: string | null;
  readonly fulfillmentStatus: string;
  readonly note: string | null;
  readonly processedAt: Date;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly cancelledAt: Date | null;
}

export const ORDER_COLUMNS = columnsOf<OrderRow>({
  id: ({ id }) => `gid://clientele/Order/${id}`,
  source: ({ source }) => source,
  external_id: ({ externalId }) => externalId,
  name: ({ name }) => name,
  customer_id: ({ customerId }) => (customerId ? `gid://clientele/Customer/${customerId}` : null),
  email: ({ email }) => email,
  phone: ({ phone }) => phone,
  currency: ({ currency }) => currency,
  subtotal: ({ subtotalMinor, currency }) => minor(subtotalMinor, currency),
  shipping: ({ shippingMinor, currency }) => minor(shippingMinor, currency),
  tax: ({ taxMinor, currency }) => minor(taxMinor, currency),
  total: ({ totalMinor, currency }) => minor(totalMinor, currency),
  refunded: ({ refundedMinor, currency }) => minor(refundedMinor, currency),
  financial_status: ({ financialStatus }) => financialStatus,
  fulfillment_status: ({ fulfillmentStatus }) => fulfillmentStatus,
  note: ({ note }) => note,
  processed_at: ({ processedAt }) => moment(processedAt),
  created_at: ({ createdAt }) => moment(createdAt),
  updated_at: ({ updatedAt }) => moment(updatedAt),
  cancelled_at: ({ cancelledAt }) => moment(cancelledAt),
});

export const ACCOUNT_SELECT = {
  id: true,
  customerId: true,
  currency: true,
  balanceMinor: true,
  heldMinor: true,
  createdAt: true,
  updatedAt: true,
} as const;

export interface AccountRow {
  readonly id: string;
  readonly customerId: string;
  readonly currency: string;
  readonly balanceMinor: bigint;
  readonly heldMinor: bigint;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export const ACCOUNT_COLUMNS = columnsOf<AccountRow>({
  id: ({ id }) => `gid://clientele/StoreCreditAccount/${id}`,
  customer_id: ({ customerId }) => `gid://clientele/Customer/${customerId}`,
  currency: ({ currency }) => currency,
  balance: ({ balanceMinor, currency }) => minor(balanceMinor, currency),
  held: ({ heldMinor, currency }) => minor(heldMinor, currency),
  created_at: ({ createdAt }) => moment(createdAt),
  updated_at: ({ updatedAt }) => moment(updatedAt),
});

export const TRANSACTION_SELECT = {
  id: true,
  accountId: true,
  number: true,
  kind: true,
  event: true,
  currency: true,
  amountMinor: true,
  balanceAfterMinor: true,
  expiresAt: true,
  reason: true,
  memo: true,
  note: true,
  reference: true,
  actor: true,
  createdAt: true,
  account: { select: { customerId: true } },
} as const;

export interface TransactionRow {
  readonly id: string;
  readonly accountId: string;
  readonly number: bigint;
  readonly kind: string;
  readonly event: string;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly balanceAfterMinor: bigint;
  readonly expiresAt: Date | null;
  readonly reason: string | null;
  readonly memo: string | null;
  readonly note: string | null;
  readonly reference: string | null;
  readonly actor: string;
  readonly createdAt: Date;
  readonly account: { readonly customerId: string };
}

export const TRANSACTION_COLUMNS = columnsOf<TransactionRow>({
  id: ({ id }) => id,
  account_id: ({ accountId }) => `gid://clientele/StoreCreditAccount/${accountId}`,
  customer_id: ({ account: { customerId } }) => `gid://clientele/Customer/${customerId}`,
  number: ({ number }) => number.toString(),
  kind: ({ kind }) => kind,
  event: ({ event }) => event,
  currency: ({ currency }) => currency,
  amount: ({ amountMinor, currency }) => minor(amountMinor, currency),
  balance_after: ({ balanceAfterMinor, currency }) => minor(balanceAfterMinor, currency),
  expires_at: ({ expiresAt }) => moment(expiresAt),
  reason: ({ reason }) => reason,
  memo: ({ memo }) => memo,
  note: ({ note }) => note,
  reference: ({ reference }) => reference,
  actor: ({ actor }) => actor,
  created_at: ({ createdAt }) => moment(createdAt),
});
