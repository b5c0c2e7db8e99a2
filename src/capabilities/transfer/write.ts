import type { Tx } from '../../db/transact.ts';
import type { Draft } from './drafts.ts';
import { writeConsents, writeCredits, writeMetafields } from './write-belongings.ts';

/**
 * Writes what a chunk has planned, each kind of row in one statement, and emits an event for every customer and address that it means.
 * Rows go in as JSON: through Prisma's createMany a row cost ten times as much. Answers with the ledger's transactions, by customer.
 * Refuses what the ledger refuses of opening credit.
 */
export const writeDrafts = async (tx: Tx, runId: string, drafts: Iterable<Draft>): Promise<ReadonlyMap<string, readonly string[]>> => {
  const meant = [...drafts].filter(({ line }) => line !== null);
  const known = meant.filter(({ isNew, changed }) => !isNew && changed.size > 0);
  // Changes come first: an e-mail address that one customer gives up may be the next one's.
  await updateCustomers(tx, known);
  await createCustomers(
    tx,
    meant.filter(({ isNew }) => isNew),
  );
  await addAddresses(
    tx,
    meant.flatMap(({ id: customerId, newAddresses }) => newAddresses.map(({ fields, ...address }) => ({ ...address, ...fields, customerId }))),
  );
  await addPasswords(
    tx,
    meant.flatMap(({ id, password, isPasswordNew, importedDigest }) =>
      isPasswordNew && password ? { id, hash: password.hash, digest: importedDigest } : [],
    ),
  );
  await addExternalIds(
    tx,
    meant.flatMap(({ id, newExternalIds }) => newExternalIds.map((externalId) => ({ ...externalId, id }))),
  );
  await mark(
    tx,
    runId,
    meant.filter(({ isMarked }) => !isMarked),
  );
  for (const { id, isNew, changed, newAddresses } of meant) {
    if (isNew) tx.emit({ type: 'customer.created', customerId: id, source: 'import' });
    else if (changed.size > 0) tx.emit({ type: 'customer.updated', customerId: id, fields: [...changed] });
    for (const { id: addressId } of newAddresses) tx.emit({ type: 'customer_address.created', customerId: id, addressId });
  }
  await writeConsents(tx, meant);
  await writeMetafields(tx, meant);
  return writeCredits(tx, runId, meant);
};

const profileOf = ({ id, scalars, tags }: Draft) => ({ id, ...scalars, birthDate: scalars.birthDate?.toISOString().slice(0, 10) ?? null, tags });

/** The rows are locked and hold what was read, so writing them whole loses nothing. */
const updateCustomers = async (tx: Tx, drafts: readonly Draft[]): Promise<void> => {
  if (drafts.length === 0) return;
  const rows = drafts.map((draft) => ({
    ...profileOf(draft),
    newEmail: draft.scalars.email !== draft.stored.email,
    newPhone: draft.scalars.phone !== draft.stored.phone,
  }));
  await tx.db.$executeRaw`
    update customer c set
      first_name = v."firstName", last_name = v."lastName", email = v.email, phone = v.phone, locale = v.locale,
      birth_date = v."birthDate", note = v.note, tags = v.tags, updated_at = ${tx.now}::timestamptz,
      email_verified_at = case when v."newEmail" then null else c.email_verified_at end,
      phone_verified_at = case when v."newPhone" then null else c.phone_verified_at end
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as v(
      id uuid, "firstName" text, "lastName" text, email text, phone text, locale text, "birthDate" date, note text, tags text[],
      "newEmail" boolean, "newPhone" boolean)
    where c.id = v.id`;
};

const createCustomers = async (tx: Tx, drafts: readonly Draft[]): Promise<void> => {
  if (drafts.length === 0) return;
  await tx.db.$executeRaw`
    insert into customer (id, first_name, last_name, email, phone, locale, birth_date, note, tags, created_at, updated_at)
    select v.id, v."firstName", v."lastName", v.email, v.phone, v.locale, v."birthDate", v.note, v.tags, ${tx.now}::timestamptz, ${tx.now}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(drafts.map(profileOf))}::text::jsonb) as v(
      id uuid, "firstName" text, "lastName" text, email text, phone text, locale text, "birthDate" date, note text, tags text[])`;
};

const addAddresses = async (tx: Tx, addresses: readonly { id: string; customerId: string; isDefault: boolean }[]): Promise<void> => {
  if (addresses.length === 0) return;
  await tx.db.$executeRaw`
    insert into address (id, customer_id, first_name, last_name, company, address1, address2, city, zip, zone_code, territory_code, phone_number,
      created_at, updated_at)
    select v.id, v."customerId", v."firstName", v."lastName", v.company, v.address1, v.address2, v.city, v.zip, v."zoneCode", v."territoryCode",
      v."phoneNumber", ${tx.now}::timestamptz, ${tx.now}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(addresses)}::text::jsonb) as v(
      id uuid, "customerId" uuid, "firstName" text, "lastName" text, company text, address1 text, address2 text, city text, zip text,
      "zoneCode" text, "territoryCode" text, "phoneNumber" text)`;
  const defaults = addresses.flatMap(({ id, customerId, isDefault }) => (isDefault ? { id, customerId } : []));
  if (defaults.length === 0) return;
  await tx.db.$executeRaw`
    update customer c set default_address_id = v.id
    from jsonb_to_recordset(${JSON.stringify(defaults)}::text::jsonb) as v(id uuid, "customerId" uuid)
    where c.id = v."customerId"`;
};

const addPasswords = async (tx: Tx, passwords: readonly { id: string; hash: string; digest: string | null }[]): Promise<void> => {
  if (passwords.length === 0) return;
  await tx.db.$executeRaw`
    insert into customer_password (customer_id, hash, updated_at, imported_digest)
    select v.id, v.hash, ${tx.now}::timestamptz, decode(v.digest, 'hex')
    from jsonb_to_recordset(${JSON.stringify(passwords)}::text::jsonb) as v(id uuid, hash text, digest text)
    on conflict (customer_id) do update set hash = excluded.hash, updated_at = excluded.updated_at, imported_digest = excluded.imported_digest`;
};

const addExternalIds = async (tx: Tx, externalIds: readonly { source: string; value: string; id: string }[]): Promise<void> => {
  if (externalIds.length === 0) return;
  await tx.db.$executeRaw`
    insert into customer_external_id (source, value, customer_id)
    select v.source, v.value, v.id from jsonb_to_recordset(${JSON.stringify(externalIds)}::text::jsonb) as v(source text, value text, id uuid)`;
};

/** Notes which customers the run has met, and on which line first. */
const mark = async (tx: Tx, runId: string, drafts: readonly Draft[]): Promise<void> => {
  if (drafts.length === 0) return;
  await tx.db.$executeRaw`
    insert into imported_customer (run_id, customer_id, line)
    select ${runId}::uuid, v.id, v.line
    from jsonb_to_recordset(${JSON.stringify(drafts.map(({ id, line }) => ({ id, line })))}::text::jsonb) as v(id uuid, line integer)`;
};
