import type { PrivacyParticipant } from '../privacy/participant.ts';

/** What imports keep of her for a while: rows that wait, what a plan remembers, and what an undo would give back. */
export const importPrivacy: PrivacyParticipant = {
  name: 'imports',
  models: ['CustomersImportRow', 'CustomersImportDraft', 'CustomersImportKey', 'CustomersImportChange'],
  read: async (tx, customerId) => {
    const changes = await tx.db.customersImportChange.findMany({
      where: { customerId },
      select: { changes: true, writtenAt: true },
      orderBy: { runId: 'asc' },
    });
    const rows = await tx.sql<{ row: object }>(WAITING, [customerId]);
    if (changes.length === 0 && rows.length === 0) return null;
    // Hashes of passwords are nobody's data but the lock's.
    return { changes: changes.map(({ changes: all, writtenAt }) => ({ ...withoutPassword(all), writtenAt })), waiting: rows.map(({ row }) => row) };
  },
  erase: async (tx, customerId) => {
    await tx.sql(ERASE, [customerId]);
    await tx.db.customersImportDraft.deleteMany({ where: { customerId } });
    await tx.db.customersImportKey.deleteMany({ where: { customerId } });
    await tx.sql('update customers_import_row set customer_id = null where customer_id = $1::text::uuid', [customerId]);
    await tx.db.customersImportChange.deleteMany({ where: { customerId } });
  },
};

const withoutPassword = (changes: unknown): object => ({ ...(changes as object), password: undefined });

/** Rows that mean her, as was planned or by her address, number or id; rows wait for seven days at most, so a look at all of them is rare and short. */
const HERS = `
from customer c where c.id = $1::text::uuid and r.content is not null and (
  r.customer_id = c.id or r.content->'row'->'scalars'->>'email' = c.email or r.content->'row'->'scalars'->>'phone' = c.phone
  or r.content->'row'->>'ownId' = c.id::text
  or exists (select 1 from customer_external_id x where x.customer_id = c.id and x.value = r.content->'row'->>'externalId'))`;

const WAITING = `select r.content->'row' as row from customers_import_row r where exists (select 1 ${HERS})`;
const ERASE = `update customers_import_row r set content = null, code = coalesce(r.code, 'ERASED') where exists (select 1 ${HERS})`;
