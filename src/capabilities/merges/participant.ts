import type { Tx } from '../../db/transact.ts';

/** Two profiles of a merge that is looked at, done or undone. */
export interface Parties {
  readonly mergeId: string;
  /** Who lives on. */
  readonly keptId: string;
  /** Whose profile is closed. */
  readonly closedId: string;
  /** Whether the closed profile's e-mail address goes on signing in, to the survivor: both had proven theirs. */
  readonly keepsSignIn: boolean;
}

/** What does not outlive the merge, or not as it was, as its sentence needs it. */
export interface Drop {
  readonly code: string;
  readonly params: Readonly<Record<string, string | number>>;
  /** Not for the customer to read, whose profiles they are. */
  readonly isForStaff?: true;
}

/** A capability's part of a preview. */
export interface Share {
  /** How many rows go over to the survivor. */
  readonly moves: number;
  readonly drops: readonly Drop[];
  /** What the share was made from: the merge refuses when it is another by then. */
  readonly state: string;
}

/** What undoing needs to know of what was moved; kept as JSON. */
export type Moved = readonly string[];

/**
 * A capability's part in merging two customers: what of its rows goes over, and back. Both customers are locked while it works, in the
 * transaction of the whole. Rows that stay are left on the closed profile, where nobody but an undo comes upon them.
 */
export interface Participant {
  /** Under which its journal is kept; never changes. */
  readonly name: string;
  /** The models of the datamodel that it answers for. */
  readonly models: readonly string[];
  preview(tx: Tx, parties: Parties): Promise<Share>;
  move(tx: Tx, parties: Parties): Promise<Moved>;
  /** Takes back what was moved, as far as it is still the survivor's; `staying` are rows that the caller chose to leave. */
  restore(tx: Tx, parties: Parties, moved: Moved, staying: ReadonlySet<string>): Promise<void>;
}

/** Rows that refer to their customer by a column, and go over by changing it. */
export interface Repointed {
  readonly name: string;
  readonly models: readonly string[];
  readonly table: string;
  /** SQL for what tells a customer's rows apart; absent: the id. */
  readonly key?: string;
  /** SQL that holds for the rows `t` that go over; `$1` is the survivor, `$2` the closed profile. */
  readonly where?: string;
  /** They sign somebody in: they go over only when the closed profile's proven address does. */
  readonly isWayIn?: true;
}

interface Look {
  readonly moves: number;
  readonly state: string;
}

/** A participant whose rows are re-pointed, in one statement however many they are. */
export const repointing = ({ name, models, table, key = 't.id::text', where = 'true', isWayIn }: Repointed): Participant => ({
  name,
  models,
  preview: async (tx, parties) => {
    const [look] = await tx.sql<Look>(
      `select count(*) filter (where t.customer_id = $2::text::uuid and (${where}))::int as moves,
        coalesce(md5(string_agg(t.customer_id::text || ${key}, ',' order by t.customer_id, ${key})), '') as state
      from ${table} t where t.customer_id in ($1::text::uuid, $2::text::uuid)`,
      [parties.keptId, parties.closedId],
    );
    const { moves = 0, state = '' } = look ?? {};
    if (!isWayIn || parties.keepsSignIn) return { moves, state, drops: [] };
    return { moves: 0, state, drops: moves > 0 ? [{ code: 'MERGE_DROPS_WAYS_IN', params: { kind: name, count: moves } }] : [] };
  },
  move: async (tx, { keptId, closedId, keepsSignIn }) => {
    if (isWayIn && !keepsSignIn) return [];
    const rows = await tx.sql<{ key: string }>(
      `update ${table} t set customer_id = $1::text::uuid where t.customer_id = $2::text::uuid and (${where}) returning ${key} as key`,
      [keptId, closedId],
    );
    return rows.map((row) => row.key);
  },
  restore: async (tx, { keptId, closedId }, moved, staying) => {
    const keys = moved.filter((moving) => !staying.has(moving));
    await tx.sql(
      `update ${table} t set customer_id = $2::text::uuid from unnest($3::text[]) as moved(key)
      where t.customer_id = $1::text::uuid and ${key} = moved.key`,
      [keptId, closedId, keys],
    );
  },
});
