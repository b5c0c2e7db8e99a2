import type { App } from '../../app.ts';

/** Rows that go at once: what a process that ends has to do again. */
const CHUNK_ROWS = 5_000;
/** A file of which nothing more came for so long is not coming any more. */
const STALE_MS = 60 * 60 * 1000;

/** Files that broke off, and plans whose time is over. */
const ABANDON = `
update customers_import set state = 'CANCELLED', clear_at = $1::text::timestamptz, updated_at = $1::text::timestamptz
where state = 'READING' and updated_at < $2::text::timestamptz or state = 'PLANNED' and clear_at <= $1::text::timestamptz`;

/** What a plan remembered of customers is of use while it is made. */
const FORGET = ['customers_import_draft', 'customers_import_key'].map(
  (table) => `
with gone as (
  delete from ${table} where ctid = any(array(
    select d.ctid from ${table} d join customers_import i on i.id = d.run_id where i.state <> 'PLANNING' limit ${CHUNK_ROWS})) returning 1)
select count(*)::integer as count from gone`,
);

const OVER = `
select id::text as id, case when applied_at is null then 'IMPORT_PLANS' else 'IMPORT_UNDO' end as kind from customers_import where clear_at <= $1::text::timestamptz and state <> 'UNDOING' order by clear_at limit 1`;

const CLEAR = ['customers_import_row', 'customers_import_change'].map(
  (table) => `
with gone as (
  delete from ${table} where ctid = any(array(select ctid from ${table} where run_id = $1::text::uuid limit ${CHUNK_ROWS})) returning 1
), counted as (
  update data_retention r set running_count = r.running_count + n.count, deleted_count = r.deleted_count + n.count
  from (select count(*) as count from gone) n where r.kind = $2::text::data_retention_kind and n.count > 0
)
select count(*)::integer as count from gone`,
);

const DONE = `
with done as (update customers_import set clear_at = null where id = $1::text::uuid and clear_at is not null returning 1)
update data_retention set last_run_count = running_count, running_count = 0, last_run_at = $3::text::timestamptz
where kind = $2::text::data_retention_kind and exists (select from done)`;

/**
 * Removes what imports keep of customers once its time is over: rows of dropped plans at once, those of plans that nobody applied and what
 * undoing needs when the shop keeps them no longer. Counts stay. Answers how many rows went.
 */
export const sweepImports = async ({ backend, clock }: App): Promise<number> => {
  const { sql } = backend.database;
  const now = clock();
  await sql(ABANDON, [now.toISOString(), new Date(now.getTime() - STALE_MS).toISOString()]);
  for (const statement of FORGET) {
    const [gone] = await sql<{ count: number }>(statement, []);
    if (gone?.count) return gone.count;
  }
  const [over] = await sql<{ id: string; kind: string }>(OVER, [now.toISOString()]);
  if (!over) return 0;
  for (const statement of CLEAR) {
    const [gone] = await sql<{ count: number }>(statement, [over.id, over.kind]);
    if (gone?.count) return gone.count;
  }
  await sql(DONE, [over.id, over.kind, now.toISOString()]);
  return 1;
};
