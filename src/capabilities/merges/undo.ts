import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { columnsOf } from './journal.ts';
import { freeUnique, lockPair } from './merge.ts';
import { PARTICIPANTS } from './participants.ts';
import { type Choice, planUndo, type UndoPlan, undoable } from './undo-plan.ts';

export interface UndoInput {
  readonly mergeId: string;
  readonly choices: readonly Choice[];
  /** Of the preview: refuses PREVIEW_OUTDATED when the undo would do anything else by now. */
  readonly version?: string | null;
}

export interface Undone {
  readonly mergeId: string;
  readonly customerId: string;
  readonly restoredCustomerId: string;
}

/** Both rows as they become; the participants come after, so that what they give back finds its owner living. */
const restoreRows = async (tx: Tx, { parties: { keptId, closedId }, journal, kept, closed }: UndoPlan): Promise<void> => {
  await freeUnique(tx, [keptId, closedId]);
  const { defaultAddressId: _later, ...own } = closed;
  await tx.db.customer.update({ where: { id: keptId }, data: { ...columnsOf(kept), updatedAt: tx.now }, select: { id: true } });
  await tx.db.customer.update({
    where: { id: closedId },
    data: { ...columnsOf(own), deletedAt: null, mergedIntoId: null, updatedAt: tx.now },
    select: { id: true },
  });
  await tx.sql('update customer set merged_into_id = $1::text::uuid where merged_into_id = $2::text::uuid and id = any($3::text[]::uuid[])', [
    closedId,
    keptId,
    journal.former,
  ]);
};

/**
 * Takes a merge back: both profiles live again, with what was changed since kept where it was changed. Merges of the survivor into a third
 * are undone first. Credit returns as far as it is left; nothing that was spent since is taken from anyone.
 *
 * Refuses MERGE_NOT_FOUND, MERGE_UNDONE, UNDO_LATER_MERGE_FIRST, UNDO_WINDOW_OVER, INVALID_CUSTOMER, PREVIEW_OUTDATED, CHOICE_INVALID,
 * CHOICE_NEEDED while a conflict is undecided.
 */
export const undoMerge = async (tx: Tx, { mergeId, choices, version }: UndoInput): Promise<Undone> => {
  const { keptId, closedId } = await undoable(tx, mergeId);
  await lockPair(tx, [keptId, closedId]);
  const plan = await planUndo(tx, mergeId, choices);
  if (version && version !== plan.version) throw new DomainError('PREVIEW_OUTDATED', ['version']);
  const open = plan.conflicts.filter(({ chosen }) => chosen === null);
  if (open.length > 0) throw new DomainError('CHOICE_NEEDED', ['choices'], { fields: [...new Set(open.map(({ field }) => field))].join(', ') });
  await restoreRows(tx, plan);
  for (const participant of [...PARTICIPANTS].reverse())
    await participant.restore(tx, plan.parties, plan.journal.moved[participant.name] ?? [], plan.staying);
  const { defaultAddressId } = plan.closed;
  if (defaultAddressId) await tx.db.customer.update({ where: { id: closedId }, data: columnsOf({ defaultAddressId }), select: { id: true } });
  await tx.db.customerMerge.update({
    where: { id: mergeId },
    data: { state: 'UNDONE', undoneAt: tx.now, undoneBy: tx.actor },
    select: { id: true },
  });
  tx.emit({ type: 'customer.merge_undone', customerId: keptId, closedCustomerId: closedId, mergeId });
  tx.announce(`customer:${closedId}`);
  return { mergeId, customerId: keptId, restoredCustomerId: closedId };
};
