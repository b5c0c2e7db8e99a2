import type { App } from '../../app.ts';
import { DomainError } from '../../core/errors.ts';
import type { Sql } from '../../db/client.ts';
import type { ReadyRow } from './apply-rows.ts';
import type { Header } from './columns.ts';
import type { OpenedImport } from './import-customers.ts';
import type { ReadyPassword } from './password.ts';
import { type ReadRow, readyRows } from './ready-rows.ts';
import type { ImportRow } from './row.ts';
import { openRun, planRun } from './run.ts';

/** A row as it waits in the database: checked, in canonical form, and without its password but for the hash. */
interface Content {
  readonly row: Omit<ImportRow, 'password' | 'scalars'> & { readonly scalars: Record<string, string | null> };
  readonly password: Omit<ReadyPassword, 'plain'> | null;
}

const contentOf = ({ row: { password: _plain, ...row }, password }: ReadyRow): object => ({
  row,
  password: password && { matches: password.matches, hash: password.hash, isGivenHash: password.isGivenHash },
});

/** What waits as it was read. */
export const revived = ({ row, password }: Content): ReadyRow => {
  const { birthDate = null, ...texts } = row.scalars;
  const scalars = { ...texts, birthDate: birthDate === null ? null : new Date(birthDate) } as unknown as ImportRow['scalars'];
  return { row: { ...row, scalars, password: null }, password: password && { plain: null, ...password } };
};

const STAGE = `
with run as (
  update customers_import set rows_count = rows_count + jsonb_array_length($2::text::jsonb), updated_at = $3::text::timestamptz
  where id = $1::text::uuid and state = 'READING' returning id)
insert into customers_import_row (run_id, number, line, content, code, field, params)
select run.id, v.number, v.line, v.content, v.code, v.field, v.params
from run, jsonb_to_recordset($2::text::jsonb) as v(number integer, line integer, content jsonb, code text, field text, params jsonb)
returning 1`;

/** Keeps rows of a run that is being read. Answers false when it is not any more. */
const stageRows = async (sql: Sql, importId: string, rows: readonly ReadRow[], from: number, now: Date): Promise<boolean> => {
  const staged = rows.map((row, place) => {
    const number = from + place + 1;
    if ('row' in row) return { number, line: row.row.line, content: contentOf(row) };
    const { code, field, params } = row.refused;
    return { number, line: row.line, code, field: field?.at(-1) ?? null, params };
  });
  return (await sql(STAGE, [importId, JSON.stringify(staged), now.toISOString()])).length > 0;
};

/** What a plan says while its file comes in. */
export type PlanLine =
  | { readonly importId: string; readonly ignored: readonly string[] }
  | { readonly progress: { readonly rows: number } }
  | { readonly staged: { readonly importId: string; readonly rows: number } };

const PROGRESS_ROWS = 5_000;

/**
 * Takes a file in as a plan: its rows wait in the database, a few hundred at a time, and nothing else changes. Planning begins when all
 * are there. A file that breaks off leaves no plan. Refuses IMPORT_ENDED when the run is cancelled meanwhile.
 */
export async function* stageImport(
  app: App,
  actor: string,
  { header, batches }: OpenedImport,
  { name, signal }: { name: string | null; signal?: AbortSignal },
): AsyncGenerator<PlanLine, void> {
  const { sql } = app.backend.database;
  const { importId } = await app.transactSql(actor, (tx) => openRun(tx, header, name));
  let rows = 0;
  let told = 0;
  let isWhole = false;
  try {
    yield { importId, ignored: header.ignored };
    for await (const batch of batches) {
      signal?.throwIfAborted();
      if (!(await stageRows(sql, importId, await readyRows(app, header, batch), rows, app.clock()))) throw new DomainError('IMPORT_ENDED');
      rows += batch.length;
      if (rows - told >= PROGRESS_ROWS) {
        told = rows;
        yield { progress: { rows } };
      }
    }
    signal?.throwIfAborted();
    await app.transactSql(actor, (tx) => planRun(tx, importId));
    isWhole = true;
    yield { staged: { importId, rows } };
  } finally {
    if (!isWhole) await dropHalf(app, importId);
  }
}

/** What of a file came in goes, as that of a process that ends does after an hour. */
const dropHalf = async ({ backend, clock }: App, importId: string): Promise<void> => {
  await backend.database.sql(
    `update customers_import set state = 'CANCELLED', clear_at = $2::text::timestamptz where id = $1::text::uuid and state = 'READING'`,
    [importId, clock().toISOString()],
  );
};

/** The same for a file that was read already, in the caller's transaction. */
export const stageWhole = (header: Header, rows: readonly ReadRow[], name: string | null) => async (tx: Parameters<typeof openRun>[0]) => {
  const { importId } = await openRun(tx, header, name);
  for (let at = 0; at < rows.length; at += PROGRESS_ROWS) await stageRows(tx.sql, importId, rows.slice(at, at + PROGRESS_ROWS), at, tx.now);
  return planRun(tx, importId);
};
