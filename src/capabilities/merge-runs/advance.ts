import { DomainError } from '../../core/errors.ts';
import { topics } from '../../core/events.ts';
import { SYSTEM_ACTOR } from '../../core/viewer.ts';
import type { Sql } from '../../db/client.ts';
import type { Transact, Tx } from '../../db/transact.ts';
import { lockPair } from '../merges/merge.ts';
import { mergeMany } from '../merges/merge-many.ts';
import { undoMerge } from '../merges/undo.ts';
import { groupsOf, type Pair, type Refusal } from './group.ts';
import { AMONG } from './start.ts';

/** A group that failed for a fault so often is given up, so that one does not keep the others. */
const ATTEMPTS_MAX = 3;
/** A group may be of twenty large profiles. */
const TIMEOUT_MS = 10 * 60_000;

const LIVE = `
select id::text, case state when 'UNDOING' then undone_by else started_by end as actor from duplicate_merge_run
where state in ('MERGING', 'UNDOING') limit 1`;

/** One process at a time; the others find it taken and do something else. */
const TAKE = `
select id::text, state::text, weight_min as "weightMin", is_dry_run as "isDryRun", note from duplicate_merge_run
where id = $1::text::uuid and state in ('MERGING', 'UNDOING') for update skip locked`;

/** Forwards from the first, backwards from the last. */
const nextStep = (state: string, order: string): string => `
select id::text, customer_ids::text[] as "customerIds", merge_ids::text[] as "mergeIds" from duplicate_merge_step
where run_id = $1::text::uuid and state = '${state}' order by id ${order} limit 1`;
const NEXT = { MERGING: nextStep('PLANNED', 'asc'), UNDOING: nextStep('MERGED', 'desc') };

const SETTLE = `
update duplicate_merge_step set state = $2::text::duplicate_merge_step_state, resulting_id = coalesce($3::text::uuid, resulting_id),
  merge_ids = case when cardinality($4::text[]) > 0 then $4::text[]::uuid[] else merge_ids end, refusal = $5::text::jsonb, updated_at = $6::text::timestamptz
where id = $1::text::uuid`;

const TOUCH = 'update duplicate_merge_run set updated_at = $2::text::timestamptz where id = $1::text::uuid';

const FINISH = `
update duplicate_merge_run set state = $2::text::duplicate_merge_run_state, updated_at = $3::text::timestamptz, finished_at = $3::text::timestamptz
where id = $1::text::uuid`;

const FAULT = 'update duplicate_merge_step set attempts = attempts + 1 where id = $1::text::uuid returning attempts';

const CHANGING = 'select 1 from duplicate_change where customer_id = any($1::text[]::uuid[]) limit 1';

interface Run {
  readonly id: string;
  readonly state: 'MERGING' | 'UNDOING';
  readonly weightMin: number;
  readonly isDryRun: boolean;
  readonly note: string | null;
}

interface Step {
  readonly id: string;
  readonly customerIds: readonly string[];
  readonly mergeIds: readonly string[];
}

interface Outcome {
  readonly state: 'CHECKED' | 'MERGED' | 'REFUSED' | 'UNDONE' | 'UNDO_REFUSED';
  readonly resultingId?: string;
  readonly mergeIds?: readonly string[];
  readonly refusal?: Refusal;
}

interface Gateway {
  readonly backend: { readonly database: { readonly sql: Sql } };
  readonly transact: Transact;
  readonly mergeUndoDays: number;
}

/** Refuses when the group is not what it was when the run began: somebody changed, was merged or decided about since. */
const checkUnchanged = async ({ sql }: Tx, { customerIds }: Step, weightMin: number): Promise<void> => {
  const [group, ...others] = groupsOf(await sql<Pair>(AMONG, [customerIds]), weightMin);
  const isWhole = group && others.length === 0 && group.refusal === null && group.customerIds.length === customerIds.length;
  if (!isWhole || (await sql(CHANGING, [customerIds])).length > 0) throw new DomainError('DUPLICATE_MERGE_CHANGED');
};

const TAKEN_BACK = 'TAKEN_BACK';

/** Merges a group, all of it or nothing; in a dry run does it and takes it back. */
const mergeGroup = async (tx: Tx, step: Step, { weightMin, isDryRun, note }: Run, undoDays: number): Promise<Outcome> => {
  let done: Outcome = { state: 'CHECKED' };
  try {
    await tx.attempt(async () => {
      await lockPair(tx, step.customerIds);
      await checkUnchanged(tx, step, weightMin);
      const { resultingCustomerId, mergeIds } = await mergeMany(tx, step.customerIds, null, { note, undoDays });
      if (isDryRun) throw new DomainError(TAKEN_BACK, null, { resultingCustomerId });
      done = { state: 'MERGED', resultingId: resultingCustomerId, mergeIds };
    });
    return done;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    if (error.code === TAKEN_BACK) return { state: 'CHECKED', resultingId: String(error.params.resultingCustomerId) };
    return { state: 'REFUSED', refusal: { code: error.code, field: error.field, params: error.params } };
  }
};

/** Takes a group's merges back, the last first, all of them or none; one that staff took back themselves is done. */
const undoGroup = async (tx: Tx, { mergeIds }: Step): Promise<Outcome> => {
  try {
    await tx.attempt(async () => {
      const rows = await tx.db.customerMerge.findMany({ where: { id: { in: [...mergeIds] }, state: 'COMPLETED' }, select: { id: true } });
      const left = new Set(rows.map(({ id }) => id));
      for (const mergeId of [...mergeIds].reverse()) if (left.has(mergeId)) await undoMerge(tx, { mergeId, choices: [] });
    });
    return { state: 'UNDONE' };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { state: 'UNDO_REFUSED', refusal: { code: error.code, field: error.field, params: error.params } };
  }
};

const settle = async (tx: Tx, run: Run, step: Step, { state, resultingId, mergeIds = [], refusal }: Outcome): Promise<void> => {
  const now = tx.now.toISOString();
  await tx.sql(SETTLE, [step.id, state, resultingId ?? null, mergeIds, refusal ? JSON.stringify(refusal) : null, now]);
  await tx.sql(TOUCH, [run.id, now]);
  tx.announce(topics.duplicateMergeRun(run.id));
};

/** Does the next group, and remembers which it was for the case of a fault. */
const advance = async (tx: Tx, runId: string, undoDays: number, begun: (step: Step) => void): Promise<number> => {
  const [run] = await tx.sql<Run>(TAKE, [runId]);
  if (!run) return 0;
  const [step] = await tx.sql<Step>(NEXT[run.state], [run.id]);
  if (!step) {
    await tx.sql(FINISH, [run.id, run.state === 'MERGING' ? 'DONE' : 'UNDONE', tx.now.toISOString()]);
    tx.emit({ type: 'duplicate_merge_run.finished', mergeRunId: run.id });
    return 1;
  }
  begun(step);
  await settle(tx, run, step, run.state === 'MERGING' ? await mergeGroup(tx, step, run, undoDays) : await undoGroup(tx, step));
  return step.customerIds.length;
};

const noteFault = ({ transact }: Gateway, runId: string, stepId: string): Promise<void> =>
  transact(SYSTEM_ACTOR, async (tx) => {
    const [run] = await tx.sql<Run>(TAKE, [runId]);
    const [noted] = run ? await tx.sql<{ attempts: number }>(FAULT, [stepId]) : [];
    if (!run || !noted || noted.attempts < ATTEMPTS_MAX) return;
    const refusal = { code: 'INTERNAL_ERROR', field: null, params: {} };
    const state = run.state === 'MERGING' ? 'REFUSED' : 'UNDO_REFUSED';
    await settle(tx, run, { id: stepId, customerIds: [], mergeIds: [] }, { state, refusal });
  });

/**
 * Does the next group of the run under way, in a transaction of its own, and answers how many customers it was about; 0 when no run is under
 * way. Where it stands is kept with what it did, so that any process goes on where another ended.
 */
export const advanceMergeRun = async (gateway: Gateway): Promise<number> => {
  const [live] = await gateway.backend.database.sql<{ id: string; actor: string }>(LIVE, []);
  if (!live) return 0;
  let stepId: string | null = null;
  const begun = ({ id }: Step): void => {
    stepId = id;
  };
  try {
    return await gateway.transact(live.actor, (tx) => advance(tx, live.id, gateway.mergeUndoDays, begun), { timeoutMs: TIMEOUT_MS });
  } catch (error) {
    if (stepId) await noteFault(gateway, live.id, stepId);
    throw error;
  }
};
