import type { PrismaTransaction } from '../../db/client.ts';
import type { Tx } from '../../db/transact.ts';
import { type AddressFields, addressKey } from '../addresses/fields.ts';
import type { ImportRow, Scalars } from './row.ts';

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
  tags: readonly string[];
  hasDefaultAddress: boolean;
  readonly addressKeys: Set<string>;
  readonly newAddresses: { readonly id: string; readonly fields: AddressFields; readonly isDefault: boolean }[];
  readonly newExternalIds: { readonly source: string; readonly value: string }[];
  /** The stored hash, or the one that a row of this chunk brings, with its password. */
  password: { readonly hash: string; readonly plain: string | null } | null;
  isPasswordNew: boolean;
  /** Names of what this chunk changes, as events give them. */
  readonly changed: Set<string>;
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
  tags: [],
  hasDefaultAddress: false,
  addressKeys: new Set(),
  newAddresses: [],
  newExternalIds: [],
  password: null,
  isPasswordNew: false,
  changed: new Set(),
});

const present = (values: readonly (string | null)[]): string[] => [...new Set(values.filter((value) => value !== null))];

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

type Stored = Omit<Scalars, 'birthDate'> & { id: string; birthDate: string | null; tags: string[]; hasDefaultAddress: boolean };
type Belongings = { id: string; addresses: AddressFields[] | null; hash: string | null; line: number | null };

interface Alias {
  readonly id: string;
  readonly email: string | null;
  readonly phone: string | null;
}

/** Addresses and numbers of profiles that were merged away, by the survivor. */
const aliasesOf = (db: PrismaTransaction, emails: readonly string[], phones: readonly string[]): Promise<Alias[]> =>
  db.$queryRaw<Alias[]>`
    select merged_into_id::text as id, email, phone from customer
    where merged_into_id is not null and (email = any(${emails}::text[]) or phone = any(${phones}::text[]))`;

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
 * Looks up and locks every customer whom the rows may mean, in four statements however many the rows are; what belongs to the customers is
 * read after the locks are held. Locks are taken in the order of ids. Through Prisma's models the same took three times as long.
 */
export const loadDrafts = async (tx: Tx, runId: string, rows: readonly ImportRow[]): Promise<Drafts> => {
  const emails = present(rows.map(({ scalars }) => scalars.email));
  const phones = present(rows.map(({ scalars }) => scalars.phone));
  const known = await knownIds(tx.db, rows);
  const aliases = await aliasesOf(tx.db, emails, phones);
  const ids = present([...known.map(({ customerId }) => customerId), ...aliases.map(({ id }) => id)]);
  const customers = await tx.db.$queryRaw<Stored[]>`
    select id::text, first_name as "firstName", last_name as "lastName", email, phone, locale, birth_date::text as "birthDate", note, tags,
      default_address_id is not null as "hasDefaultAddress"
    from customer
    where deleted_at is null and (email = any(${emails}::text[]) or phone = any(${phones}::text[]) or id = any(${ids}::text[]::uuid[]))
    order by id for no key update`;
  const drafts: Drafts = { all: new Map(), byExternalId: new Map(), byFingerprint: new Map(), byEmail: new Map(), byPhone: new Map() };
  if (customers.length === 0) return drafts;
  const belongings = await belongingsOf(tx, runId, present(customers.map(({ id }) => id)));
  for (const { id, tags, hasDefaultAddress, birthDate, ...texts } of customers) {
    const { addresses, hash, line } = belongings.get(id) ?? { addresses: null, hash: null, line: null };
    const draft: Draft = {
      ...newDraft(id),
      isNew: false,
      line,
      isMarked: line !== null,
      stored: { email: texts.email, phone: texts.phone },
      scalars: { ...texts, birthDate: birthDate === null ? null : new Date(`${birthDate}T00:00:00Z`) },
      tags,
      hasDefaultAddress,
      addressKeys: new Set(addresses?.map(addressKey)),
      password: hash === null ? null : { hash, plain: null },
    };
    drafts.all.set(id, draft);
    if (texts.email) drafts.byEmail.set(texts.email, draft);
    if (texts.phone) drafts.byPhone.set(texts.phone, draft);
  }
  addAliases(drafts, aliases);
  for (const { source, value, customerId } of known) {
    const draft = drafts.all.get(customerId);
    if (draft) (source === EXTERNAL_ID_SOURCE ? drafts.byExternalId : drafts.byFingerprint).set(value, draft);
  }
  return drafts;
};

/** Address books, passwords and this run's marks of customers, by id. Subqueries, since a join was now and then planned over whole tables. */
const belongingsOf = async (tx: Tx, runId: string, customerIds: readonly string[]): Promise<ReadonlyMap<string, Belongings>> => {
  const rows = await tx.db.$queryRaw<Belongings[]>`
    select wanted.id::text as id,
      (select hash from customer_password where customer_id = wanted.id) as hash,
      (select line from imported_customer where run_id = ${runId}::uuid and customer_id = wanted.id) as line,
      (select jsonb_agg(jsonb_build_object(
          'firstName', first_name, 'lastName', last_name, 'company', company, 'address1', address1, 'address2', address2, 'city', city,
          'zip', zip, 'zoneCode', zone_code, 'territoryCode', territory_code, 'phoneNumber', phone_number))
        from address where customer_id = wanted.id) as addresses
    from unnest(${customerIds}::text[]::uuid[]) as wanted(id)`;
  return new Map(rows.map((row) => [row.id, row]));
};

/** The password hash that is stored for the customer whom each of the rows means, by line: a look ahead, outside any transaction. */
export const storedPasswords = async (db: PrismaTransaction, rows: readonly ImportRow[]): Promise<ReadonlyMap<number, string>> => {
  const known = await knownIds(db, rows);
  const customers = await db.customer.findMany({
    where: {
      password: { isNot: null },
      OR: [
        { id: { in: present(known.map(({ customerId }) => customerId)) } },
        { email: { in: present(rows.map(({ scalars }) => scalars.email)) } },
        { phone: { in: present(rows.map(({ scalars }) => scalars.phone)) } },
      ],
    },
    select: { id: true, email: true, phone: true, password: { select: { hash: true } } },
  });
  const hashes = new Map<string, string>();
  for (const { id, email, phone, password } of customers) {
    for (const key of [id, email, phone]) if (key && password) hashes.set(key, password.hash);
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
