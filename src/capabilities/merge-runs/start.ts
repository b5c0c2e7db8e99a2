import { v7 as uuid } from 'uuid';
import { DomainError } from '../../core/errors.ts';
import type { SqlTx } from '../../db/transact.ts';
import { readDecisions } from '../duplicates/precision.ts';
import { bitsOfProbability } from '../duplicates/threshold.ts';
import { groupsOf, type Pair } from './group.ts';

export interface StartInput {
  /** The least probability of a pair. */
  readonly minScore: number;
  /** The likeliest so many pairs are looked at. */
  readonly pairsMax: number;
  /** Does each merge and takes it back at once. */
  readonly isDryRun: boolean;
  readonly note: string | null;
}

/** Below that, a pair is as likely two people as one, and is not kept. */
const SCORE_MIN = 0.5;
export const PAIRS_MAX = 5_000;
const NOTE_CHARACTERS_MAX = 5_000;

/** Any number: who starts a run waits for who starts another. */
const RUN_LOCK = 7_321_984_039;

const PAIR = `c.one_id::text as "oneId", c.two_id::text as "twoId", c.weight, c.state::text, c.evidence`;

const STRONGEST = `
select ${PAIR} from duplicate_candidate c where c.state in ('OPEN', 'CONFIRMED') and c.weight >= $1::integer
order by c.weight desc, c.id limit $2::integer`;

/** All candidates among these customers, by the index of either side. */
export const AMONG = `
select ${PAIR} from unnest($1::text[]::uuid[]) as member(id) join duplicate_candidate c on c.one_id = member.id
where c.two_id = any($1::text[]::uuid[])`;

const START = `
insert into duplicate_merge_run (id, state, weight_min, pairs_max, is_dry_run, note, pairs_count, clusters_count, customers_count,
  confirmed_count, dismissed_count, started_by, started_at, updated_at)
select $1::text::uuid, 'MERGING', v."weightMin", v."pairsMax", v."isDryRun", v.note, v.pairs, v.clusters, v.customers, v.confirmed, v.dismissed,
  $3::text, $4::text::timestamptz, $4::text::timestamptz
from jsonb_to_record($2::text::jsonb) as v("weightMin" integer, "pairsMax" integer, "isDryRun" boolean, note text, pairs integer, clusters integer,
  customers integer, confirmed integer, dismissed integer)`;

const STEPS = `
insert into duplicate_merge_step (id, run_id, state, customer_ids, pairs_count, merge_ids, refusal, updated_at)
select v.id, $1::text::uuid, v.state, array(select jsonb_array_elements_text(v."customerIds")::uuid), v.pairs, '{}', nullif(v.refusal, 'null'), $3::text::timestamptz
from jsonb_to_recordset($2::text::jsonb) as v(id uuid, state duplicate_merge_step_state, "customerIds" jsonb, pairs integer, refusal jsonb)`;

const LIVE = `select 1 from duplicate_merge_run where state in ('MERGING', 'UNDOING')`;

/** Waits its turn, and refuses MERGE_RUN_IN_PROGRESS while a run is under way. */
export const takeRunTurn = async ({ sql }: SqlTx): Promise<void> => {
  await sql('select pg_advisory_xact_lock($1::bigint)::text', [RUN_LOCK]);
  if ((await sql(LIVE, [])).length > 0) throw new DomainError('MERGE_RUN_IN_PROGRESS');
};

/** The least weight of a probability, in thousandths of a bit. */
const weightOf = (minScore: number): number => Math.ceil(bitsOfProbability(minScore) * 1_000);

const check = ({ minScore, pairsMax, note }: StartInput): void => {
  if (!(minScore >= SCORE_MIN && minScore < 1)) throw new DomainError('MIN_SCORE_INVALID', ['minScore'], { min: SCORE_MIN });
  if (!(pairsMax >= 1 && pairsMax <= PAIRS_MAX)) throw new DomainError('PAIRS_MAX_INVALID', ['pairsMax'], { max: PAIRS_MAX });
  if ([...(note ?? '')].length > NOTE_CHARACTERS_MAX) throw new DomainError('TOO_LONG', ['note'], { max: NOTE_CHARACTERS_MAX });
};

/**
 * Begins to merge all pairs at or above a score, in groups by average linkage; `advanceMergeRun` does it. What is to be merged, and what is
 * left to staff and why, is kept at once, group by group. Refuses MERGE_RUN_IN_PROGRESS, MIN_SCORE_INVALID, PAIRS_MAX_INVALID, TOO_LONG.
 */
export const startMergeRun = async (tx: SqlTx, input: StartInput): Promise<{ mergeRunId: string }> => {
  check(input);
  await takeRunTurn(tx);
  const weightMin = weightOf(input.minScore);
  const found = await tx.sql<Pair>(STRONGEST, [weightMin, input.pairsMax]);
  const members = [...new Set(found.flatMap(({ oneId, twoId }) => [oneId, twoId]))];
  const groups = groupsOf(await tx.sql<Pair>(AMONG, [members]), weightMin);
  const wanted = groups.filter(({ refusal }) => refusal === null);
  const mergeRunId = uuid();
  const facts = {
    weightMin,
    pairsMax: input.pairsMax,
    isDryRun: input.isDryRun,
    note: input.note?.trim() || null,
    pairs: groups.reduce((sum, { pairsCount }) => sum + pairsCount, 0),
    clusters: wanted.length,
    customers: wanted.reduce((sum, { customerIds }) => sum + customerIds.length, 0),
    ...(await readDecisions(tx.sql, weightMin)),
  };
  const now = tx.now.toISOString();
  await tx.sql(START, [mergeRunId, JSON.stringify(facts), tx.actor, now]);
  const steps = groups.map(({ customerIds, pairsCount, refusal }) => ({
    id: uuid(),
    state: refusal ? 'REFUSED' : 'PLANNED',
    customerIds,
    pairs: pairsCount,
    refusal,
  }));
  await tx.sql(STEPS, [mergeRunId, JSON.stringify(steps), now]);
  tx.emit({ type: 'duplicate_merge_run.started', mergeRunId });
  return { mergeRunId };
};
