import { DomainError } from '../../core/errors.ts';
import { topics } from '../../core/events.ts';
import type { Tx } from '../../db/transact.ts';
import { deleteCustomer } from '../customers/delete.ts';
import type { Changes } from './record-changes.ts';
import { type Kept, restoreCustomer, takeCreditBack } from './restore.ts';
import { endUndo, lockRun } from './run.ts';

/** Customers of a chunk. */
export const CHUNK_CUSTOMERS = 100;

type Undone = { readonly id: string; readonly undo: 'KEPT' | 'PARTLY_RESTORED' | 'REMOVED' | 'RESTORED'; readonly kept: readonly Kept[] };

const NEXT = `
select customer_id::text as id, is_new as "isNew", changes, written_at as "writtenAt" from customers_import_change
where run_id = $1::text::uuid and ($2::text is null or customer_id > $2::text::uuid) order by customer_id limit $3::integer`;

interface Written {
  readonly id: string;
  readonly isNew: boolean;
  /** Null once it was erased. */
  readonly changes: Changes | null;
}

/*
 * Everything that happens to a customer is an event, and nothing in it came after the run wrote her: then she may go. An order is looked for
 * all the same. The rows are held, so that whatever is on its way comes before or finds her gone.
 */
const HOLD = `select 1 from customer where id = any($1::text[]::uuid[]) order by id for update`;

const STAND = `
select ch.customer_id::text as id, c.id is null as "isGone", c.deleted_at is not null as "isClosed",
  exists (select 1 from outbox_event e where e.customer_id = ch.customer_id and e.created_at > ch.written_at)
    or exists (select 1 from "order" o where o.customer_id = ch.customer_id) as "isUsed",
  exists (select 1 from store_credit_account a where a.customer_id = ch.customer_id) as "hasCredit"
from customers_import_change ch left join customer c on c.id = ch.customer_id
where ch.run_id = $1::text::uuid and ch.customer_id = any($2::text[]::uuid[])`;

interface Stand {
  readonly id: string;
  readonly isGone: boolean;
  readonly isClosed: boolean;
  readonly isUsed: boolean;
  readonly hasCredit: boolean;
}

const removeWithCredit = async (tx: Tx, id: string, credits: readonly string[]): Promise<Undone> => {
  try {
    await tx.attempt(async () => {
      await takeCreditBack(tx, credits);
      await deleteCustomer(tx, id);
    });
    return { id, undo: 'REMOVED', kept: [] };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { id, undo: 'KEPT', kept: [{ field: 'customer', code: error.code }] };
  }
};

/** Removes the customers that the run made and nobody has touched since; those with an account leave an empty row for the ledger. */
const removeNew = async (tx: Tx, runId: string, made: readonly Written[]): Promise<Undone[]> => {
  if (made.length === 0) return [];
  const ids = made.map(({ id }) => id);
  await tx.sql(HOLD, [ids]);
  const stands = new Map((await tx.sql<Stand>(STAND, [runId, ids])).map((stand) => [stand.id, stand]));
  const untouched: string[] = [];
  const undone: Undone[] = [];
  for (const { id, changes } of made) {
    const stand = stands.get(id);
    if (!stand || stand.isGone) undone.push({ id, undo: 'REMOVED', kept: [] });
    else if (stand.isClosed) undone.push({ id, undo: 'KEPT', kept: [{ field: 'customer', code: 'MERGED_OR_DELETED' }] });
    else if (stand.isUsed) undone.push({ id, undo: 'KEPT', kept: [{ field: 'customer', code: 'CHANGED_SINCE' }] });
    else if (stand.hasCredit) undone.push(await removeWithCredit(tx, id, changes?.credits ?? []));
    else untouched.push(id);
  }
  if (untouched.length > 0) await tx.sql('delete from customer where id = any($1::text[]::uuid[])', [untouched]);
  for (const id of untouched) {
    tx.emit({ type: 'customer.deleted', customerId: id });
    undone.push({ id, undo: 'REMOVED', kept: [] });
  }
  return undone;
};

const restore = async (tx: Tx, { id, changes }: Written): Promise<Undone> => {
  const kept = changes ? await restoreCustomer(tx, id, changes) : [{ field: 'customer', code: 'ERASED' }];
  return { id, undo: kept.length === 0 ? 'RESTORED' : kept[0]?.field === 'customer' ? 'KEPT' : 'PARTLY_RESTORED', kept };
};

const NOTE = `
update customers_import_change ch set undo = v.undo::customers_import_undo, kept = v.kept
from jsonb_to_recordset($2::text::jsonb) as v(id uuid, undo text, kept jsonb) where ch.run_id = $1::text::uuid and ch.customer_id = v.id`;

const COUNT = `
update customers_import set undo_cursor = $2::text::uuid, removed = removed + $3::integer, restored = restored + $4::integer, kept = kept + $5::integer,
  updated_at = $6::text::timestamptz
where id = $1::text::uuid`;

/** What becomes of the next customers. */
type TakeBack = (tx: Tx, importId: string, written: readonly Written[]) => Promise<Undone[]>;

const takeBack: TakeBack = async (tx, importId, written) => {
  const undone = await removeNew(
    tx,
    importId,
    written.filter(({ isNew }) => isNew),
  );
  for (const one of written) if (!one.isNew) undone.push(await restore(tx, one));
  return undone;
};

/** Leaves them as they are. */
export const leave: TakeBack = async (_tx, _importId, written) =>
  written.map(({ id }) => ({ id, undo: 'KEPT', kept: [{ field: 'customer', code: 'FAILED' }] }));

/**
 * Takes back what an import did to the next customers: those it made go if nothing has happened to them since, fields of the others become
 * what they were where they still are as the import left them. What could not be taken back is noted with the reason.
 */
export const undoChunk = async (tx: Tx, importId: string, customers = CHUNK_CUSTOMERS, how: TakeBack = takeBack): Promise<number> => {
  const run = await lockRun(tx, importId);
  if (run.state !== 'UNDOING') return 1;
  const written = await tx.sql<Written>(NEXT, [importId, run.undoCursor, customers]);
  const last = written.at(-1);
  if (!last) {
    await endUndo(tx, importId);
    return 1;
  }
  const undone = await how(tx, importId, written);
  await tx.sql(NOTE, [importId, JSON.stringify(undone)]);
  const count = (...wanted: Undone['undo'][]): number => undone.filter(({ undo }) => wanted.includes(undo)).length;
  await tx.sql(COUNT, [importId, last.id, count('REMOVED'), count('RESTORED'), count('KEPT', 'PARTLY_RESTORED'), tx.now.toISOString()]);
  tx.announce(topics.customersImport(importId));
  return written.length;
};
