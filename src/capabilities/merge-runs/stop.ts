import { DomainError } from '../../core/errors.ts';
import type { SqlTx } from '../../db/transact.ts';
import { takeRunTurn } from './start.ts';

const LOCK = `select state::text, is_dry_run as "isDryRun" from duplicate_merge_run where id = $1::text::uuid for update`;

const CANCEL = `
update duplicate_merge_run set state = 'CANCELLED', updated_at = $2::text::timestamptz, finished_at = $2::text::timestamptz
where id = $1::text::uuid`;

/** Ends a run where it is, forwards or backwards; what it has done stays, and can be undone. Refuses NOT_FOUND for one that is not under way. */
export const cancelMergeRun = async (tx: SqlTx, mergeRunId: string): Promise<{ mergeRunId: string }> => {
  const [run] = await tx.sql<{ state: string }>(LOCK, [mergeRunId]);
  if (run?.state !== 'MERGING' && run?.state !== 'UNDOING') throw new DomainError('NOT_FOUND', ['id']);
  await tx.sql(CANCEL, [mergeRunId, tx.now.toISOString()]);
  tx.emit({ type: 'duplicate_merge_run.cancelled', mergeRunId });
  return { mergeRunId };
};

const AGAIN = `
update duplicate_merge_step set state = 'MERGED', refusal = null, attempts = 0 where run_id = $1::text::uuid and state = 'UNDO_REFUSED'`;

const MERGED = `select 1 from duplicate_merge_step where run_id = $1::text::uuid and state = 'MERGED' limit 1`;

const UNDO = `
update duplicate_merge_run set state = 'UNDOING', undone_by = $2::text, updated_at = $3::text::timestamptz, finished_at = null
where id = $1::text::uuid`;

/**
 * Begins to take back all that a run has merged, the last first. What cannot be taken back without a choice stays merged and says why;
 * undone again, that is tried again. Refuses NOT_FOUND, MERGE_RUN_IN_PROGRESS, NOTHING_TO_UNDO.
 */
export const undoMergeRun = async (tx: SqlTx, mergeRunId: string): Promise<{ mergeRunId: string }> => {
  await takeRunTurn(tx);
  const [run] = await tx.sql<{ state: string }>(LOCK, [mergeRunId]);
  if (!run) throw new DomainError('NOT_FOUND', ['id']);
  await tx.sql(AGAIN, [mergeRunId]);
  if ((await tx.sql(MERGED, [mergeRunId])).length === 0) throw new DomainError('NOTHING_TO_UNDO', ['id']);
  await tx.sql(UNDO, [mergeRunId, tx.actor, tx.now.toISOString()]);
  tx.emit({ type: 'duplicate_merge_run.undo_started', mergeRunId });
  return { mergeRunId };
};
