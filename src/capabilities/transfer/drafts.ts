import type { PrismaTransaction } from '../../db/client.ts';
import type { MarketingChannel, MarketingState } from '../../db/generated/enums.ts';
import type { Tx } from '../../db/transact.ts';
import { type AddressFields, addressKey } from '../addresses/fields.ts';
import type { ImportRow, OpeningCredit, Scalars } from './row.ts';

export const EXTERNAL_ID_SOURCE = 'import';
export const FINGERPRINT_SOURCE = 'import:fingerprint';

/** A customer as the rows of a chunk leave it: what is in the database, and what is to be written. */
export interface Draft {
  readonly id: string;
  readonly isNew: boolean;
  /** Line of this run's first row that means this customer; null before it has come. */
  line: number | null;
  /** Whether that line is in the database yet. */
  isMarked: boolean;
  readonly stored: { readonly email: string | null; readonly phone: string | null };
  /** E-mail addresses and phone numbers of profiles that were merged into this one: they know her, and are not taken over. */
  readonly aliases: Set<string>;
  readonly scalars: Scalars;
  /** What she was before this chunk, for undoing it; null for a new customer. */
  readonly original: Original | null;
  tags: readonly string[];
  hasDefaultAddress: boolean;
  readonly addressKeys: Set<string>;
  /** The same without the names on them: a file without such columns says nothing against them. */
  readonly namelessKeys: Set<string>;
  readonly newAddresses: { readonly id: string; readonly fields: AddressFields; readonly isDefault: boolean }[];
  readonly newExternalIds: { readonly source: string; readonly value: string }[];
  /** The stored hash, or the one that a row of this chunk brings, with its password. */
  password: { readonly hash: string; readonly plain: string | null } | null;
  isPasswordNew: boolean;
  /** Of the last hash that an import brought, in hex. */
  importedDigest: string | null;
  readonly consents: Record<MarketingChannel, MarketingState>;
  readonly newConsents: { readonly channel: MarketingChannel; readonly state: MarketingState; readonly hasMoved: boolean }[];
  readonly metafields: Map<string, KeptValue>;
  readonly newMetafields: Map<string, KeptValue & { readonly namespace: string; readonly key: string; readonly definitionId: string | null }>;
  /** Of the accounts that she has: credit is opened once. */
  readonly currencies: Set<string>;
  readonly newCredits: (OpeningCredit & { readonly line: number })[];
  /** Names of what this chunk changes, as events give them. */
  readonly changed: Set<string>;
}

interface KeptValue {
  readonly type: string;
  readonly value: string;
}

/** What an undo gives back; moments as ISO text, so that it can be kept as JSON. */
interface Original {
  readonly scalars: Scalars;
  readonly tags: readonly string[];
  readonly passwordHash: string | null;
  readonly emailVerifiedAt: string | null;
  readonly phoneVerifiedAt: string | null;
  readonly consents: Readonly<Record<MarketingChannel, MarketingState>>;
  readonly metafields: ReadonlyMap<string, KeptValue>;
}

/** The customers whom a chunk's rows may mean, by every key. Planning keeps the maps true as it goes. */
export interface Drafts {
  readonly all: Map<string, Draft>;
  readonly byExternalId: Map<string, Draft>;
  readonly byFingerprint: Map<string, Draft>;
  readonly byEmail: Map<string, Draft>;
  readonly byPhone: Map<string, Draft>;
}

export const newDraft = (id: string): Draft => ({
  id,
  isNew: true,
  line: null,
  isMarked: false,
  stored: { email: null, phone: null },
  aliases: new Set(),
  scalars: { firstName: null, lastName: null, email: null, phone: null, locale: null, birthDate: null, note: null },
  original: null,
  tags: [],
  hasDefaultAddress: false,
  addressKeys: new Set(),
  namelessKeys: new Set(),
  newAddresses: [],
  newExternalIds: [],
  password: null,
  isPasswordNew: false,
  importedDigest: null,
  consents: { EMAIL: 'NOT_SUBSCRIBED', SMS: 'NOT_SUBSCRIBED', WHATSAPP: 'NOT_SUBSCRIBED' },
  newConsents: [],
  metafields: new Map(),
  newMetafields: new Map(),
  currencies: new Set(),
  newCredits: [],
  changed: new Set(),
});

export const noDrafts = (): Drafts => ({
  all: new Map(),
  byExternalId: new Map(),
  byFingerprint: new Map(),
  byEmail: new Map(),
  byPhone: new Map(),
});

/** An address without the names on it. */
export const namelessKey = (address: Partial<AddressFields>): string => addressKey({ ...address, firstName: null, lastName: null });

export const present = (values: readonly (string | null)[]): string[] => [...new Set(values.filter((value) => value !== null))];

/** Whom external ids and fingerprints mean, as the database says it. */
interface KnownId {
  readonly source: string;
  readonly value: string;
  readonly customerId: string;
}

const knownIds = (db: PrismaTransaction, rows: readonly ImportRow[]): Promise<KnownId[]> => {
  const ids = present(rows.map(({ externalId }) => externalId));
  const fingerprints = present(rows.map(({ fingerprint }) => fingerprint));
  return db.$queryRaw<KnownId[]>`
    select source, value, customer_id::text as "customerId" from customer_external_id
    where (source = ${EXTERNAL_ID_SOURCE} and value = any(${ids}::text[])) or (source = ${FINGERPRINT_SOURCE} and value = any(${fingerprints}::text[]))`;
};

type Stored = Omit<Scalars, 'birthDate'> & {
  id: string;
  birthDate: string | null;
  tags: string[];
  hasDefaultAddress: boolean;
  emailVerifiedAt: string | null;
  phoneVerifiedAt: string | null;
};

interface Belongings {
  readonly id: string;
  readonly addresses: AddressFields[] | null;
  readonly hash: string | null;
  readonly digest: string | null;
  readonly line: number | null;
  readonly emailState: MarketingState | null;
  readonly smsState: MarketingState | null;
  readonly whatsappState: MarketingState | null;
  readonly metafields: Record<string, KeptValue> | null;
  readonly currencies: string[] | null;
}

interface Alias {
  readonly id: string;
  readonly email: string | null;
  readonly phone: string | null;
}

/** Addresses and numbers of profiles that were merged away, by the survivor: each looked for by itself, at an index of them alone. */
const aliasesOf = (db: PrismaTransaction, emails: readonly string[], phones: readonly string[]): Promise<Alias[]> =>
  db.$queryRaw<Alias[]>`
    select c.id::text, value as email, null as phone from unnest(${emails}::text[]) value
      cross join lateral (select merged_into_id as id from customer where merged_into_id is not null and email = value offset 0) c
    union all
    select c.id::text, null, value from unnest(${phones}::text[]) value
      cross join lateral (select merged_into_id as id from customer where merged_into_id is not null and phone = value offset 0) c`;

const addAliases = ({ all, byEmail, byPhone }: Drafts, aliases: readonly Alias[]): void => {
  for (const { id, email, phone } of aliases) {
    const draft = all.get(id);
    if (!draft) continue;
    for (const [known, value] of [
      [byEmail, email],
      [byPhone, phone],
    ] as const) {
      if (!value) continue;
      draft.aliases.add(value);
      known.set(value, draft);
    }
  }
};

/**
 * Ids by addresses, numbers and ids, each looked for by itself: for a list of addresses PostgreSQL may take the index of trigrams, which knows
 * equality too and takes seconds for what the key of addresses finds in none.
 */
const MEANT = `
  select c.id from unnest($1::text[]) value cross join lateral (select id from customer where email = value offset 0) c
  union all select c.id from unnest($2::text[]) value cross join lateral (select id from customer where phone = value offset 0) c
  union all select unnest($3::text[]::uuid[])`;

const CUSTOMERS = `
select id::text, first_name as "firstName", last_name as "lastName", email, phone, locale, birth_date::text as "birthDate", note, tags,
  default_address_id is not null as "hasDefaultAddress", email_verified_at::text as "emailVerifiedAt", phone_verified_at::text as "phoneVerifiedAt"
from customer where id = any(array(${MEANT})) and deleted_at is null
order by id`;

/**
 * Looks up every customer whom the rows may mean, in four statements however many the rows are, and locks them unless it is for a plan; what
 * belongs to the customers is read after the locks are held. Locks are taken in the order of ids. Through Prisma's models the same took
 * three times as long.
 */
export const loadDrafts = async (tx: Tx, runId: string, rows: readonly ImportRow[], { isPlan = false } = {}): Promise<Drafts> => {
  const emails = present(rows.map(({ scalars }) => scalars.email));
  const phones = present(rows.map(({ scalars }) => scalars.phone));
  const known = await knownIds(tx.db, rows);
  const aliases = await aliasesOf(tx.db, emails, phones);
  const ids = present([...rows.map(({ ownId }) => ownId), ...known.map(({ customerId }) => customerId), ...aliases.map(({ id }) => id)]);
  const customers = await tx.sql<Stored>(`${CUSTOMERS}${isPlan ? '' : ' for no key update'}`, [emails, phones, ids]);
  const drafts = noDrafts();
  if (customers.length === 0) return drafts;
  const belongings = await belongingsOf(tx, runId, rows, present(customers.map(({ id }) => id)));
  for (const customer of customers) {
    const draft = storedDraft(customer, belongings.get(customer.id));
    drafts.all.set(draft.id, draft);
    if (customer.email) drafts.byEmail.set(customer.email, draft);
    if (customer.phone) drafts.byPhone.set(customer.phone, draft);
  }
  addAliases(drafts, aliases);
  for (const { source, value, customerId } of known) {
    const draft = drafts.all.get(customerId);
    if (draft) (source === EXTERNAL_ID_SOURCE ? drafts.byExternalId : drafts.byFingerprint).set(value, draft);
  }
  return drafts;
};

const storedDraft = (
  { id, tags, hasDefaultAddress, birthDate, emailVerifiedAt, phoneVerifiedAt, ...texts }: Stored,
  belongings: Belongings | undefined,
): Draft => {
  const { addresses = null, hash = null, digest = null, line = null, currencies = null } = belongings ?? {};
  const scalars = { ...texts, birthDate: birthDate === null ? null : new Date(`${birthDate}T00:00:00Z`) };
  const consents = {
    EMAIL: belongings?.emailState ?? 'NOT_SUBSCRIBED',
    SMS: belongings?.smsState ?? 'NOT_SUBSCRIBED',
    WHATSAPP: belongings?.whatsappState ?? 'NOT_SUBSCRIBED',
  } as const;
  const metafields = new Map(Object.entries(belongings?.metafields ?? {}));
  return {
    ...newDraft(id),
    isNew: false,
    line,
    isMarked: line !== null,
    stored: { email: texts.email, phone: texts.phone },
    original: { scalars: { ...scalars }, tags, passwordHash: hash, emailVerifiedAt, phoneVerifiedAt, consents, metafields: new Map(metafields) },
    scalars,
    tags,
    hasDefaultAddress,
    addressKeys: new Set(addresses?.map(addressKey)),
    namelessKeys: new Set(addresses?.map(namelessKey)),
    password: hash === null ? null : { hash, plain: null },
    importedDigest: digest,
    consents: { ...consents },
    metafields,
    currencies: new Set(currencies),
  };
};

const BELONGINGS = `
select wanted.id::text as id, p.hash, encode(p.imported_digest, 'hex') as digest,
  m.email_state::text as "emailState", m.sms_state::text as "smsState", m.whatsapp_state::text as "whatsappState",
  (select line from imported_customer where run_id = $1::text::uuid and customer_id = wanted.id) as line,
  (select jsonb_agg(jsonb_build_object(
      'firstName', first_name, 'lastName', last_name, 'company', company, 'address1', address1, 'address2', address2, 'city', city,
      'zip', zip, 'zoneCode', zone_code, 'territoryCode', territory_code, 'phoneNumber', phone_number))
    from address where customer_id = wanted.id) as addresses,
  case when $3::boolean then (select jsonb_object_agg(namespace || '.' || key, jsonb_build_object('type', type, 'value', value))
    from customer_metafield where customer_id = wanted.id) end as metafields,
  case when $4::boolean then (select jsonb_agg(currency::text) from store_credit_account where customer_id = wanted.id) end as currencies
from unnest($2::text[]::uuid[]) as wanted(id)
left join lateral (select hash, imported_digest from customer_password where customer_id = wanted.id) p on true
left join lateral (select email_state, sms_state, whatsapp_state from customer_marketing where customer_id = wanted.id) m on true`;

/** What belongs to customers, by id: as much of it as the rows are about. Subqueries, since a join was now and then planned over whole tables. */
const belongingsOf = async (
  tx: Tx,
  runId: string,
  rows: readonly ImportRow[],
  customerIds: readonly string[],
): Promise<ReadonlyMap<string, Belongings>> => {
  const hasMetafields = rows.some(({ metafields }) => metafields.length > 0);
  const hasCredit = rows.some(({ credit }) => credit !== null);
  const found = await tx.sql<Belongings>(BELONGINGS, [runId, customerIds, hasMetafields, hasCredit]);
  return new Map(found.map((row) => [row.id, row]));
};

interface WithPassword {
  readonly id: string;
  readonly email: string | null;
  readonly phone: string | null;
  readonly hash: string;
}

const WITH_PASSWORD = `
select c.id::text, c.email, c.phone, p.hash from customer_password p join customer c on c.id = p.customer_id
where p.customer_id = any(array(${MEANT}))`;

/** The password hash that is stored for the customer whom each of the rows means, by line: a look ahead, outside any transaction. */
export const storedPasswords = async (db: PrismaTransaction, rows: readonly ImportRow[]): Promise<ReadonlyMap<number, string>> => {
  const known = await knownIds(db, rows);
  const emails = present(rows.map(({ scalars }) => scalars.email));
  const phones = present(rows.map(({ scalars }) => scalars.phone));
  const ids = present(known.map(({ customerId }) => customerId));
  const customers = await db.$queryRawUnsafe<WithPassword[]>(WITH_PASSWORD, emails, phones, ids);
  const hashes = new Map<string, string>();
  for (const { id, email, phone, hash } of customers) {
    for (const key of [id, email, phone]) if (key) hashes.set(key, hash);
  }
  const owners = new Map(known.map(({ source, value, customerId }) => [`${source} ${value}`, customerId]));
  const stored = new Map<number, string>();
  for (const { line, externalId, fingerprint, scalars } of rows) {
    const owner = owners.get(externalId ? `${EXTERNAL_ID_SOURCE} ${externalId}` : `${FINGERPRINT_SOURCE} ${fingerprint}`);
    const hash = [owner, scalars.email, scalars.phone].map((key) => key && hashes.get(key)).find(Boolean);
    if (hash) stored.set(line, hash);
  }
  return stored;
};
