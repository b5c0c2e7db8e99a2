import type { Sql } from '../../db/client.ts';

type State = 'CHECKED' | 'MERGED' | 'PLANNED' | 'REFUSED' | 'UNDONE' | 'UNDO_REFUSED';

/** Groups of a run in one state and, of those that were refused, for one reason. */
export interface StepCount {
  readonly state: State;
  readonly code: string | null;
  /** What the reason's sentence needs, of any of them. */
  readonly params: Readonly<Record<string, string | number>> | null;
  readonly groups: number;
  readonly pairs: number;
  readonly customers: number;
}

const COUNT = `
select state::text, coalesce(refusal->'params'->>'detail', refusal->>'code') as code, (array_agg(refusal->'params'))[1] as params,
  count(*)::integer as groups, sum(pairs_count)::integer as pairs, sum(cardinality(customer_ids))::integer as customers
from duplicate_merge_step where run_id = $1::text::uuid group by 1, 2 order by 1, 2`;

/** How a run stands: its groups by state and reason. */
export const countSteps = (sql: Sql, mergeRunId: string): Promise<StepCount[]> => sql<StepCount>(COUNT, [mergeRunId]);
