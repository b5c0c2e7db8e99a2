import { v7 as uuid } from 'uuid';
import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { lockAccounts } from '../store-credit/merge.ts';
import { type Journal, rowOf } from './journal.ts';
import type { Moved } from './participant.ts';
import { PARTICIPANTS } from './participants.ts';
import { livingIds, type MergeInput, type MergePlan, planMerge } from './plan.ts';

export interface MergeOptions {
  /** Of the preview: refuses PREVIEW_OUTDATED when the merge would do anything else by now. */
  readonly version?: string | null;
  /** For staff. */
  readonly note?: string | null;
  /** How long it can be undone. */
  readonly undoDays: number;
}

export interface Merged {
  readonly resultingCustomerId: string;
  readonly mergeId: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const NOTE_CHARACTERS_MAX = 5_000;

/** Locks customers in the order of their ids, so that two merges never wait for each other in a circle, and then their accounts. */
export const lockPair = async (tx: Tx, ids: readonly string[]): Promise<void> => {
  await tx.sql('select 1 from customer where id = any($1::text[]::uuid[]) order by id for update', [ids]);
  await lockAccounts(tx, ids);
};

/** Whose email, phone and default address are unique: nobody has them for a moment, so that they can change hands. */
export const freeUnique = async (tx: Tx, ids: readonly string[]): Promise<void> => {
  await tx.sql('update customer set email = null, phone = null, default_address_id = null where id = any($1::text[]::uuid[])', [ids]);
};

/** Marks the closed row, and lets those that were merged into it before live on in the survivor. Answers with these. */
const close = async (tx: Tx, { parties: { keptId, closedId }, left }: MergePlan): Promise<string[]> => {
  await tx.db.customer.update({
    where: { id: closedId },
    data: { ...left, deletedAt: tx.now, mergedIntoId: keptId, updatedAt: tx.now },
    select: { id: true },
  });
  const former = await tx.sql<{ id: string }>(
    'update customer set merged_into_id = $1::text::uuid where merged_into_id = $2::text::uuid returning id::text as id',
    [keptId, closedId],
  );
  return former.map(({ id }) => id);
};

/** Does what was planned under the lock. */
export const carryOut = async (tx: Tx, plan: MergePlan, { note, undoDays }: MergeOptions): Promise<void> => {
  const { parties, kept, closed, fields, left } = plan;
  const { keptId, closedId, mergeId } = parties;
  const moved: Record<string, Moved> = {};
  for (const participant of PARTICIPANTS) moved[participant.name] = await participant.move(tx, parties);
  await freeUnique(tx, [keptId, closedId]);
  const former = await close(tx, plan);
  await tx.db.customer.update({ where: { id: keptId }, data: { ...fields, updatedAt: tx.now }, select: { id: true } });
  const journal: Journal = {
    kept: { before: rowOf(kept), after: rowOf(fields) },
    closed: { before: rowOf(closed), after: rowOf({ ...closed, ...left, defaultAddressId: null }) },
    former,
    keepsSignIn: parties.keepsSignIn,
    moved,
  };
  await tx.db.customerMerge.create({
    data: {
      id: mergeId,
      keptId,
      closedId,
      note: note?.trim() || null,
      journal: journal as object,
      actor: tx.actor,
      createdAt: tx.now,
      undoUntil: new Date(tx.now.getTime() + undoDays * DAY_MS),
    },
    select: { id: true },
  });
  tx.emit({ type: 'customer.merged', customerId: keptId, closedCustomerId: closedId, mergeId });
  // Who listens for the closed one hears of it too.
  tx.announce(`customer:${closedId}`);
};

/**
 * Merges two customers: one lives on with what both had, the other is closed and its ids lead to the survivor. All of it commits together
 * or nothing does. Both are locked first, so that what is done is what is planned under the lock.
 *
 * Refuses INVALID_CUSTOMER_ID, INVALID_CUSTOMER for one who is deleted or blocked, OVERRIDE_ATTRIBUTE_INVALID, MISSING_OVERRIDE_ATTRIBUTE,
 * PREVIEW_OUTDATED, TOO_LONG for the note, and CREDIT_LIMIT_EXCEEDED when both credits together are more than an account may hold.
 */
export const mergeCustomers = async (tx: Tx, input: MergeInput, options: MergeOptions, mergeId = uuid()): Promise<Merged> => {
  const plan = await lockedPlan(tx, input, options, mergeId);
  await carryOut(tx, plan, options);
  return { resultingCustomerId: plan.kept.id, mergeId };
};

/** Locks both and plans under the lock; refuses what `mergeCustomers` does. */
export const lockedPlan = async (tx: Tx, input: MergeInput, options: Omit<MergeOptions, 'undoDays'>, mergeId: string): Promise<MergePlan> => {
  if ([...(options.note ?? '')].length > NOTE_CHARACTERS_MAX) throw new DomainError('TOO_LONG', ['note'], { max: NOTE_CHARACTERS_MAX });
  const living = await livingIds(tx, [input.customerOneId, input.customerTwoId]);
  await lockPair(tx, [...new Set(living.values())]);
  const { blockers, plan } = await planMerge(tx, input, mergeId);
  const [blocker] = blockers;
  if (blocker) throw new DomainError(blocker.code, blocker.field, blocker.params);
  if (!plan) throw new Error('Nothing keeps these two from being merged, and there is no plan');
  const locked = new Set(living.values());
  // One of them was merged with a third while this waited for the lock: from the beginning, with whom she is now.
  if (![plan.kept.id, plan.closed.id].every((id) => locked.has(id))) throw Object.assign(new Error('merged meanwhile'), { code: '40001' });
  if (options.version && options.version !== plan.version) throw new DomainError('PREVIEW_OUTDATED', ['version']);
  return plan;
};
