import { v7 as uuid } from 'uuid';
import type { App } from '../../app.ts';
import { DomainError } from '../../core/errors.ts';
import { applyRows, type RowOutcome, takeTurn } from './apply-rows.ts';
import { type Header, readHeader } from './columns.ts';
import { type CsvRow, openCsv } from './csv.ts';
import { messageOf } from './errors.ts';
import type { Planned } from './plan.ts';
import { type ReadRow, readyRows } from './ready-rows.ts';
import { nameOfField } from './row.ts';

export interface Totals {
  rows: number;
  created: number;
  updated: number;
  unchanged: number;
  rejected: number;
}

export type RowResult =
  | { readonly line: number; readonly outcome: 'created' | 'updated' | 'unchanged'; readonly customerId: string; readonly note?: string }
  | { readonly line: number; readonly outcome: 'rejected'; readonly code: string; readonly field?: string; readonly message: string };

/** What an import says, in this order: `ignored` at most once, results of rows in the order of the file with progress between, `done`. */
export type ImportLine = RowResult | { readonly ignored: readonly string[] } | { readonly progress: Totals } | { readonly done: Totals };

/** A file whose header has been read and understood. */
export interface OpenedImport {
  readonly header: Header;
  readonly batches: AsyncGenerator<readonly CsvRow[], void>;
}

/** Rows that share a transaction. Twice as many are no faster, and hold the locks twice as long. */
const CHUNK_ROWS = 200;
const PROGRESS_ROWS = 1_000;
const PROGRESS_MS = 2_000;

/** Reads as far as the header. Refuses EMPTY_FILE, NO_KNOWN_COLUMN, UNSUPPORTED_ENCODING. */
export const openImport = async (source: AsyncIterable<Uint8Array>, encoding = 'utf-8'): Promise<OpenedImport> => {
  const { header, batches, close } = await openCsv(source, { encoding, batchSize: CHUNK_ROWS });
  try {
    return { header: readHeader(header), batches };
  } catch (error) {
    await close();
    throw error;
  }
};

/** One import: its marks in the database say which customers it has met. */
interface Run {
  readonly app: App;
  readonly id: string;
  readonly actor: string;
  readonly header: Header;
}

/**
 * Imports customers, a chunk of rows in a transaction. It opens them itself, unlike other verbs: a file is not one change, and what a
 * chunk has committed stays whatever comes after. Each answer is what one chunk has to say; nothing is read ahead of it, so that a caller
 * who waits makes the file wait. An aborted `signal` ends it between two chunks by throwing its reason.
 */
export async function* importCustomers(
  app: App,
  actor: string,
  { header, batches }: OpenedImport,
  signal?: AbortSignal,
): AsyncGenerator<readonly ImportLine[], void> {
  const run: Run = { app, id: uuid(), actor, header };
  const totals: Totals = { rows: 0, created: 0, updated: 0, unchanged: 0, rejected: 0 };
  let told = { rows: 0, at: Date.now() };
  await forgetDeadRuns(app);
  try {
    if (header.ignored.length > 0) yield [{ ignored: header.ignored }];
    for await (const batch of batches) {
      signal?.throwIfAborted();
      const results = await importChunk(run, batch);
      totals.rows += results.length;
      for (const { outcome } of results) totals[outcome] += 1;
      const isProgressDue = totals.rows - told.rows >= PROGRESS_ROWS || Date.now() - told.at >= PROGRESS_MS;
      if (isProgressDue) told = { rows: totals.rows, at: Date.now() };
      yield isProgressDue ? [...results, { progress: { ...totals } }] : results;
    }
    signal?.throwIfAborted();
    yield [{ done: totals }];
  } finally {
    await app.backend.database.prisma.importedCustomer.deleteMany({ where: { runId: run.id } });
  }
}

const DEAD_AFTER_MS = 7 * 24 * 60 * 60 * 1000;

/** Ids of runs begin with their time: what a run left that ended without a word goes once no run can be as old. */
const forgetDeadRuns = async (app: App): Promise<void> => {
  const oldest = uuid({ msecs: Date.now() - DEAD_AFTER_MS, seq: 0, random: new Uint8Array(16) });
  await app.backend.database.sql(
    `delete from imported_customer where run_id < $1::text::uuid
      and not exists (select 1 from customers_import where id = run_id and state in ('PLANNED', 'APPLYING'))`,
    [oldest],
  );
};

const importChunk = async (run: Run, batch: readonly CsvRow[]): Promise<RowResult[]> => {
  const ready = await readyRows(run.app, run.header, batch);
  try {
    return await commit(run, ready);
  } catch (error) {
    run.app.log.warn({ runId: run.id, error: error as Error }, 'a chunk of an import failed; its rows are tried one by one');
  }
  const results: RowResult[] = [];
  for (const one of ready) results.push(...(await commit(run, [one]).catch((error: Error) => failed(run, one, error))));
  return results;
};

/** A row that fails alone is the row's fault while the database answers; otherwise the import ends here. */
const failed = async ({ app, id }: Run, ready: ReadRow, error: Error): Promise<RowResult[]> => {
  await app.backend.database.sql('select 1', []);
  if ('refused' in ready) return [resultOf(ready)];
  if (error instanceof DomainError) return [rejected(ready.row.line, error)];
  app.log.error({ runId: id, line: ready.row.line, error }, 'a row of an import could not be stored');
  return [rejected(ready.row.line, new DomainError('FAILED'))];
};

const commit = async ({ app, id, actor }: Run, ready: readonly ReadRow[]): Promise<RowResult[]> => {
  const rows = ready.filter((one) => 'row' in one);
  if (rows.length === 0) return ready.flatMap((one) => ('refused' in one ? resultOf(one) : []));
  return app.transact(actor, async (tx) => {
    await takeTurn(tx);
    const { outcomes } = await applyRows(tx, id, rows);
    const results = outcomes.values();
    return ready.map((one) => resultOf('refused' in one ? one : (results.next().value as RowOutcome)));
  });
};

const resultOf = (outcome: RowOutcome): RowResult =>
  'refused' in outcome ? rejected(outcome.line, outcome.refused) : accepted(outcome.line, outcome.planned);

const accepted = (line: number, { outcome, customerId, kept }: Planned): RowResult => ({
  line,
  outcome,
  customerId: `gid://clientele/Customer/${customerId}`,
  ...(kept ? { note: `kept the ${kept.fields.map(nameOfField).join(', ')} of line ${kept.line}` } : {}),
});

/** The result of a row that was refused. */
const rejected = (line: number, error: DomainError): RowResult => {
  const field = error.field?.at(-1);
  return { line, outcome: 'rejected', code: error.code, ...(field ? { field: nameOfField(field) } : {}), message: messageOf(error) };
};
