import { sumOfEach } from '../../core/each.ts';
import { SYSTEM_ACTOR } from '../../core/viewer.ts';
import type { Sql } from '../../db/client.ts';
import type { Transact } from '../../db/transact.ts';
import { creditInMerge, moveCredit } from '../store-credit/merge.ts';

/** Profiles that are looked at in one round. */
const ROUND_MAX = 100;

/** Merged profiles on whose accounts something is available: a hold was let go there, or a debit of before the merge was reverted. */
const LEFT = `
select distinct c.id::text as id from customer c join store_credit_account a on a.customer_id = c.id
where c.merged_into_id is not null and a.balance_minor > a.held_minor
  and (store_credit_standing(a.id, greatest(a.updated_at, coalesce($1::text::timestamptz, statement_timestamp())))).available > 0
order by 1 limit ${ROUND_MAX}`;

const MERGE = `
select m.id::text as "mergeId", c.merged_into_id::text as "keptId" from customer c
join customer_merge m on m.closed_id = c.id and m.state = 'COMPLETED' where c.id = $1::text::uuid`;

interface Gateway {
  readonly backend: { readonly database: { readonly sql: Sql } };
  readonly transact: Transact;
  /** Null: the database's own clock. */
  readonly ledgerMoment: () => Date | null;
}

/**
 * Lets credit that came free on a merged profile's account follow to the survivor. Answers with how many profiles had some. The profile is
 * locked, so that an undo comes before or after it and never in between.
 */
export const followCredit = async ({ backend, transact, ledgerMoment }: Gateway): Promise<number> => {
  const left = await backend.database.sql<{ id: string }>(LEFT, [ledgerMoment()?.toISOString() ?? null]);
  return sumOfEach(left, ({ id: closedId }) =>
    transact(SYSTEM_ACTOR, async (tx) => {
      await tx.sql('select 1 from customer where id = $1::text::uuid for no key update', [closedId]);
      const [merge] = await tx.sql<{ mergeId: string; keptId: string }>(MERGE, [closedId]);
      if (!merge) return 0;
      const parties = { ...merge, closedId, keepsSignIn: false };
      return (await moveCredit(tx, parties, await creditInMerge(tx, parties))).length;
    }),
  );
};
