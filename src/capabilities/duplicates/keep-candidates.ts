import { v7 as uuid } from 'uuid';
import type { SqlTx } from '../../db/transact.ts';
import type { Pair } from './find-pairs.ts';
import { marksOf, readNames } from './marks.ts';

type Decided = 'DISMISSED' | 'CONFIRMED';

interface Decision {
  readonly state: Decided;
  readonly decidedBy: string;
  readonly decidedAt: Date;
}

const DECISIONS = `
select state::text, decided_by as "decidedBy", decided_at as "decidedAt", array(select encode(mark, 'hex') from unnest(marks) as mark) as marks
from duplicate_decision where marks && array(select decode(mark, 'hex') from unnest($1::text[]) as mark) order by id`;

/** What staff said of these pairs before, under whatever ids. The last word counts. */
const readDecisions = async ({ sql }: SqlTx, pairs: readonly Pair[]): Promise<Map<Pair, Decision>> => {
  if (pairs.length === 0) return new Map();
  const names = await readNames(sql, [...new Set(pairs.flatMap(({ oneId, twoId }) => [oneId, twoId]))]);
  const marks = new Map(pairs.map((pair) => [pair, marksOf(names.get(pair.oneId) ?? [], names.get(pair.twoId) ?? [])]));
  const rows = await sql<Decision & { marks: string[] }>(DECISIONS, [[...marks.values()].flat()]);
  const byMark = new Map(rows.flatMap((row) => row.marks.map((mark) => [mark, row] as const)));
  return new Map(
    [...marks].flatMap(([pair, own]) => {
      const found = own.map((mark) => byMark.get(mark)).find((decision) => decision !== undefined);
      return found ? [[pair, found] as const] : [];
    }),
  );
};

// A customer may have gone since she was read: her row is held, so that she cannot go between this look and the commit.
const KEEP = `
with pair as (
  select * from jsonb_to_recordset($1::text::jsonb) as v(id uuid, "oneId" uuid, "twoId" uuid, weight integer, evidence jsonb, state duplicate_state,
    "decidedBy" text, "decidedAt" timestamptz)
), living as (
  select id from customer where id in (select "oneId" from pair union select "twoId" from pair) and deleted_at is null for key share
)
insert into duplicate_candidate (id, one_id, two_id, weight, evidence, state, decided_by, decided_at, created_at, updated_at)
select p.id, p."oneId", p."twoId", p.weight, p.evidence, p.state, p."decidedBy", p."decidedAt", $2::text::timestamptz, $2::text::timestamptz
from pair p join living one on one.id = p."oneId" join living two on two.id = p."twoId"
on conflict (one_id, two_id) do update set weight = excluded.weight, evidence = excluded.evidence, updated_at = excluded.updated_at
where duplicate_candidate.weight <> excluded.weight or duplicate_candidate.evidence <> excluded.evidence`;

interface Known {
  readonly id: string;
  readonly pair: string;
  readonly state: string;
}

/**
 * Candidates of these customers. Each side by its index, for each of them: one look for all, which a planner without statistics takes for
 * few, would read every candidate of the shop for every chunk of a scan.
 */
const knownBy = (side: 'one_id' | 'two_id'): string => `
select c.id, c.pair, c.state from unnest($1::text::uuid[]) as m(id) cross join lateral (
  select d.id::text, d.one_id::text || d.two_id::text as pair, d.state::text from duplicate_candidate d where d.${side} = m.id offset 0
) c`;
const KNOWN_BY_TWO = knownBy('two_id');
const KNOWN_BY_EITHER = `${KNOWN_BY_TWO} union all ${knownBy('one_id')}`;

const DROP = `delete from duplicate_candidate where id = any($1::text[]::uuid[]) and state = 'OPEN'`;

/** The weight as it is kept: thousandths of a bit, so that lists can be paged by it exactly. */
export const weightOf = (bits: number): number => Math.round(bits * 1_000);

const rounded = (bits: number): number => Math.round(bits * 100) / 100;

/**
 * Makes these the candidates of these customers. What staff decided stays, and is found again for pairs that were decided under other ids;
 * open ones that are likely no more go. With `isScan`, only pairs whose larger id is among them are looked at.
 */
export const keepCandidates = async (tx: SqlTx, customerIds: readonly string[], pairs: readonly Pair[], isScan = false): Promise<void> => {
  const rows = await tx.sql<Known>(isScan ? KNOWN_BY_TWO : KNOWN_BY_EITHER, [`{${customerIds.join(',')}}`]);
  if (pairs.length > 0) {
    const known = new Set(rows.map(({ pair }) => pair));
    const decisions = await readDecisions(
      tx,
      pairs.filter(({ oneId, twoId }) => !known.has(oneId + twoId)),
    );
    const kept = pairs.map((pair) => ({
      id: uuid(),
      oneId: pair.oneId,
      twoId: pair.twoId,
      weight: weightOf(pair.bits),
      evidence: pair.evidence.map((said) => ({ ...said, bits: rounded(said.bits) })),
      state: decisions.get(pair)?.state ?? 'OPEN',
      decidedBy: decisions.get(pair)?.decidedBy ?? null,
      decidedAt: decisions.get(pair)?.decidedAt ?? null,
    }));
    await tx.sql(KEEP, [JSON.stringify(kept), tx.now.toISOString()]);
  }
  const found = new Set(pairs.map(({ oneId, twoId }) => oneId + twoId));
  const gone = rows.filter(({ pair, state }) => state === 'OPEN' && !found.has(pair)).map(({ id }) => id);
  if (gone.length > 0) await tx.sql(DROP, [gone]);
};
