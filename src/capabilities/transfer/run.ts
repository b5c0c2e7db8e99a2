import { v7 as uuid } from 'uuid';
import { DomainError } from '../../core/errors.ts';
import { topics } from '../../core/events.ts';
import type { CustomersImportState } from '../../db/generated/enums.ts';
import type { SqlTx } from '../../db/transact.ts';
import { plainText } from '../customers/profile.ts';
import type { Header } from './columns.ts';

/** From when on the rows of a plan, or of an import, are gone: as long after now as the shop keeps them. */
const clearAt = (kind: 'IMPORT_PLANS' | 'IMPORT_UNDO', now: string): string =>
  `(select ${now}::text::timestamptz + keep_days * interval '24 hours' from data_retention where kind = '${kind}')`;

/** An import as its job sees it. */
export interface Run {
  readonly id: string;
  readonly state: CustomersImportState;
  readonly cursor: number;
  readonly undoCursor: string | null;
  readonly givesCredit: boolean;
  readonly isApplied: boolean;
  readonly isClear: boolean;
  readonly startedBy: string;
  readonly appliedBy: string | null;
  readonly undoneBy: string | null;
}

export const RUN_COLUMNS = `id::text, state::text, cursor, undo_cursor::text as "undoCursor", gives_credit as "givesCredit",
  applied_at is not null as "isApplied", clear_at is null or clear_at <= now() as "isClear", started_by as "startedBy", applied_by as "appliedBy",
  undone_by as "undoneBy"`;

/** The run, held until the transaction ends. Refuses NOT_FOUND. */
export const lockRun = async (tx: SqlTx, importId: string): Promise<Run> => {
  const [run] = await tx.sql<Run>(`select ${RUN_COLUMNS} from customers_import where id = $1::text::uuid for update`, [importId]);
  if (!run) throw new DomainError('NOT_FOUND', ['id']);
  return run;
};

const OPEN = `
insert into customers_import (id, state, name, ignored, gives_credit, started_by, created_at, updated_at)
values ($1::text::uuid, 'READING', $2::text, $3::text[], $4::boolean, $5::text, $6::text::timestamptz, $6::text::timestamptz)`;

/** Whether a file with this header opens store credit. */
export const givesCredit = ({ index }: Header): boolean => index.storeCredit !== undefined;

/** Begins an import whose rows are yet to come. Refuses what a name refuses. */
export const openRun = async (tx: SqlTx, header: Header, name: string | null): Promise<{ importId: string }> => {
  const importId = uuid();
  await tx.sql(OPEN, [importId, plainText(name, ['input', 'name']), header.ignored, givesCredit(header), tx.actor, tx.now.toISOString()]);
  tx.emit({ type: 'customers_import.created', importId });
  return { importId };
};

const turn = async (tx: SqlTx, importId: string, set: string, more: readonly unknown[] = []): Promise<void> => {
  await tx.sql(`update customers_import set ${set}, updated_at = $2::text::timestamptz where id = $1::text::uuid`, [
    importId,
    tx.now.toISOString(),
    ...more,
  ]);
};

/** All rows are there: they are planned next. A run that was cancelled meanwhile stays so. */
export const planRun = async (tx: SqlTx, importId: string): Promise<{ importId: string }> => {
  const run = await lockRun(tx, importId);
  if (run.state === 'READING') await turn(tx, importId, `state = 'PLANNING', cursor = 0`);
  tx.announce(topics.customersImport(importId));
  return { importId };
};

/** Everything is planned. */
export const endPlan = async (tx: SqlTx, importId: string): Promise<void> => {
  const set = `state = 'PLANNED', cursor = 0, planned_at = $2::text::timestamptz, clear_at = ${clearAt('IMPORT_PLANS', '$2')}`;
  await turn(tx, importId, set);
  tx.emit({ type: 'customers_import.planned', importId });
};

/** Begins to do what was planned, in the background. Done again while it is under way or over, it changes nothing. Refuses NOT_FOUND, NOT_PLANNED. */
export const applyRun = async (tx: SqlTx, importId: string): Promise<{ importId: string }> => {
  const run = await lockRun(tx, importId);
  if (run.state === 'APPLYING' || run.state === 'APPLIED') return { importId };
  if (run.state !== 'PLANNED') throw new DomainError('NOT_PLANNED', ['id']);
  await turn(tx, importId, `state = 'APPLYING', cursor = 0, applied_by = $3::text, clear_at = null`, [tx.actor]);
  tx.emit({ type: 'customers_import.started', importId });
  return { importId };
};

/** Everything is applied, or as much of it as there was time for. */
export const endApplying = async (tx: SqlTx, importId: string, state: 'APPLIED' | 'CANCELLED'): Promise<void> => {
  await tx.sql('delete from imported_customer where run_id = $1::text::uuid', [importId]);
  const set = `state = $3::text::customers_import_state, applied_at = $2::text::timestamptz, clear_at = ${clearAt('IMPORT_UNDO', '$2')}`;
  await turn(tx, importId, set, [state]);
  tx.emit({ type: state === 'APPLIED' ? 'customers_import.finished' : 'customers_import.cancelled', importId });
};

/**
 * Ends an import where it is: a plan is dropped, and of one under way what was applied stays and can be undone. Refuses NOT_FOUND, and
 * IMPORT_ENDED for one that is over.
 */
export const cancelRun = async (tx: SqlTx, importId: string): Promise<{ importId: string }> => {
  const run = await lockRun(tx, importId);
  if (run.state === 'CANCELLED') return { importId };
  if (run.state === 'APPLYING') {
    await endApplying(tx, importId, 'CANCELLED');
    return { importId };
  }
  if (run.state !== 'READING' && run.state !== 'PLANNING' && run.state !== 'PLANNED') throw new DomainError('IMPORT_ENDED', ['id']);
  await turn(tx, importId, `state = 'CANCELLED', clear_at = $2::text::timestamptz`);
  tx.emit({ type: 'customers_import.cancelled', importId });
  return { importId };
};

const undoDays = async (tx: SqlTx): Promise<number> => {
  const [kept] = await tx.sql<{ days: number }>(`select keep_days as days from data_retention where kind = 'IMPORT_UNDO'`, []);
  return kept?.days as number;
};

/** Begins to take back what an import did, in the background. Refuses NOT_FOUND, NOT_APPLIED, and UNDO_WINDOW_OVER once its rows are gone. */
export const undoRun = async (tx: SqlTx, importId: string): Promise<{ importId: string }> => {
  const run = await lockRun(tx, importId);
  if (run.state === 'UNDOING' || run.state === 'UNDONE') return { importId };
  if (!run.isApplied) throw new DomainError('NOT_APPLIED', ['id']);
  if (run.isClear) throw new DomainError('UNDO_WINDOW_OVER', ['id'], { detail: 'IMPORT_UNDO_WINDOW_OVER', days: await undoDays(tx) });
  await turn(tx, importId, `state = 'UNDOING', undo_cursor = null, undone_by = $3::text`, [tx.actor]);
  tx.emit({ type: 'customers_import.undo_started', importId });
  return { importId };
};

/** Everything that could be taken back is. */
export const endUndo = async (tx: SqlTx, importId: string): Promise<void> => {
  await turn(tx, importId, `state = 'UNDONE', undone_at = $2::text::timestamptz`);
  tx.emit({ type: 'customers_import.undone', importId });
};
