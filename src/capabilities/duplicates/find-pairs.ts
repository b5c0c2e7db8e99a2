import type { SqlTx } from '../../db/transact.ts';
import { compareLikely, type Said } from './compare.ts';
import { hashOf } from './key-hash.ts';
import { keysOf } from './keys.ts';
import { type RememberedCounts, readPopulation } from './population.ts';
import type { Profile } from './profile.ts';
import { scoreOf } from './score.ts';

/** Two customers who are likelier one person than not; the smaller id first. */
export interface Pair {
  readonly oneId: string;
  readonly twoId: string;
  readonly bits: number;
  /** All that adds up to `bits`. */
  readonly evidence: readonly Said[];
}

/**
 * A key that more customers have puts nobody side by side: it tells little, and its pairs grow with the square. Measured on the public
 * sets, 50 loses no true pair that 100 finds.
 */
const BLOCK_MAX = 50;

/** Pairs below even odds are not kept. */
const BITS_MIN = 0;

const BESIDE = `
select p.key::text, case when b.count <= ${BLOCK_MAX} then array_to_string(b.ids, ',') else '' end as ids
from unnest($1::text[]::bigint[]) as p(key) cross join lateral (
  select array_agg(k.customer_id) as ids, count(*) as count
  from (select customer_id from duplicate_key d where d.key = p.key limit ${BLOCK_MAX + 1}) k
) b where b.count > 1`;

const PROFILES = `
select p.customer_id::text as id, p.profile from unnest($1::text[]::uuid[]) as m(id) cross join lateral (
  select * from duplicate_profile d where d.customer_id = m.id offset 0
) p`;

const readProfiles = async ({ sql }: SqlTx, ids: readonly string[]): Promise<Map<string, Profile>> =>
  new Map((await sql<{ id: string; profile: Profile }>(PROFILES, [ids])).map(({ id, profile }) => [id, profile]));

/** Who stands beside whom under these keys; null for more than `BLOCK_MAX`. Keys of one customer are left out. */
const readBlocks = async ({ sql }: SqlTx, keys: readonly string[]): Promise<Map<string, readonly string[] | null>> => {
  const rows = await sql<{ key: string; ids: string }>(BESIDE, [keys]);
  return new Map(rows.map(({ key, ids }) => [key, ids === '' ? null : ids.split(',')]));
};

/**
 * Compares these customers with those beside them in the index and answers with the likely pairs. With `isScan`, each pair is found from
 * its larger id alone, so that a walk over all customers compares it once.
 */
export const findPairs = async (tx: SqlTx, customerIds: readonly string[], isScan = false, counted?: RememberedCounts): Promise<Pair[]> => {
  const own = await readProfiles(tx, customerIds);
  const keysById = new Map([...own].map(([id, profile]) => [id, keysOf(profile).map(hashOf)]));
  const blocks = await readBlocks(tx, [...new Set([...keysById.values()].flat())]);
  const besides = new Map<string, Set<string>>();
  for (const [id, keys] of keysById) {
    const beside = new Set<string>();
    for (const key of keys) {
      const block = blocks.get(key) ?? [];
      for (const other of block) if (isScan ? other < id : other !== id) beside.add(other);
    }
    besides.set(id, beside);
  }
  const strangers = [...new Set([...besides.values()].flatMap((beside) => [...beside]))].filter((id) => !own.has(id));
  const others = strangers.length > 0 ? await readProfiles(tx, strangers) : new Map<string, Profile>();
  const population = await readPopulation(
    tx.sql,
    own.values(),
    others.values(),
    (key) => {
      const block = blocks.get(hashOf(key));
      return block === null ? Number.POSITIVE_INFINITY : (block?.length ?? 1);
    },
    counted,
  );
  const pairs = new Map<string, Pair>();
  for (const [id, beside] of besides) {
    for (const otherId of beside) {
      const [oneId, twoId] = id < otherId ? [id, otherId] : [otherId, id];
      const [one, two] = [oneId, twoId].map((each) => own.get(each) ?? others.get(each));
      if (!one || !two || pairs.has(oneId + twoId)) continue;
      const said = compareLikely(one, two, population);
      if (!said) continue;
      const { bits, prior, guard } = scoreOf(said, population.customers);
      if (bits < BITS_MIN) continue;
      const guarded: Said[] = guard < 0 ? [{ field: 'household', bits: guard }] : [];
      pairs.set(oneId + twoId, { oneId, twoId, bits, evidence: [{ field: 'prior', bits: prior }, ...said, ...guarded] });
    }
  }
  return [...pairs.values()];
};
