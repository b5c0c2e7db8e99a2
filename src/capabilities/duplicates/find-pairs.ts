import type { SqlTx } from '../../db/transact.ts';
import { compare, type Said } from './compare.ts';
import { hashOf } from './key-hash.ts';
import { RememberedCounts, readPopulation } from './population.ts';
import { isPossible } from './possible.ts';
import type { Profile } from './profile.ts';
import { profileFrom } from './profile-text.ts';
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

const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** Keys go by their hashes' order, so that neighbours in the index are read one after the other. */
const BESIDE = `
select p.place - 1 as place, b.count, case when b.count <= ${BLOCK_MAX} then array_to_string(b.ids, ',') end as ids
from (select key, place::integer from unnest($1::text::bigint[]) with ordinality as v(key, place) order by key) p cross join lateral (
  select array_agg(k.customer_id) filter (where k.customer_id <= $2::text::uuid) as ids, count(*)::integer as count
  from (select customer_id from duplicate_key d where d.key = p.key limit ${BLOCK_MAX + 1}) k
) b where b.count > 1`;

const PROFILES = `
select m.place - 1 as place, p.profile
from (select id, place::integer from unnest($1::text::uuid[]) with ordinality as v(id, place) order by id) m cross join lateral (
  select d.profile from duplicate_profile d where d.customer_id = m.id offset 0
) p`;

const INDEXED = `
select m.id::text, p.profile, p.keys from unnest($1::text::uuid[]) as m(id) cross join lateral (
  select d.profile, array_to_string(d.keys, ',') as keys from duplicate_profile d where d.customer_id = m.id offset 0
) p`;

/** Profiles that are read, looked at and let go at a time: a scan meets every customer in dozens of chunks. */
const SLICE = 4_000;

const arrayOf = (values: readonly string[]): string => `{${values.join(',')}}`;

/** So many keys of many are remembered; what is beyond is read again. */
const CROWDED_MAX = 200_000;

/** What a walk over all customers needs to read only once. */
export interface Remembered {
  readonly counts: RememberedCounts;
  /** Hashes of keys that more than `BLOCK_MAX` have: each would be read for each of them, to be left at that. */
  readonly crowded: Set<string>;
}

export const nothingRemembered = (): Remembered => ({ counts: new RememberedCounts(), crowded: new Set() });

/** Customers by number: those who are compared first, then whoever stands beside one of them. */
class Crowd {
  readonly ids: string[];
  readonly #numbers: Map<string, number>;

  constructor(ids: readonly string[]) {
    this.ids = [...ids];
    this.#numbers = new Map(ids.map((id, number) => [id, number]));
  }

  numberOf(id: string): number {
    const known = this.#numbers.get(id);
    if (known !== undefined) return known;
    this.#numbers.set(id, this.ids.length);
    return this.ids.push(id) - 1;
  }
}

/** A customer as the index has her: `keys` are hashes. */
export interface Indexed {
  readonly profile: Profile;
  readonly keys: readonly string[];
}

/** Each of these customers as the index has her, without those it has not. */
export const readIndexed = async ({ sql }: SqlTx, customerIds: readonly string[]): Promise<Map<string, Indexed>> => {
  const rows = await sql<{ id: string; profile: string; keys: string }>(INDEXED, [arrayOf(customerIds)]);
  return new Map(rows.map(({ id, profile, keys }) => [id, { profile: profileFrom(profile), keys: keys ? keys.split(',') : [] }]));
};

interface Blocks {
  /** Numbers of who has the key, by its hash: nobody for a key that only one has, or more than `BLOCK_MAX`. */
  readonly members: ReadonlyMap<string, readonly number[]>;
  /** How many have it; Infinity for more than `BLOCK_MAX`. */
  holders(hash: string): number;
}

/** Who stands beside whom under these keys, among ids up to `lastId`. */
const readBlocks = async ({ sql }: SqlTx, hashes: ReadonlySet<string>, crowd: Crowd, lastId: string, crowded: Set<string>): Promise<Blocks> => {
  const [members, counts] = [new Map<string, readonly number[]>(), new Map<string, number>()];
  const asked = [...hashes].filter((hash) => !crowded.has(hash));
  for (const { place, count, ids } of await sql<{ place: number; count: number; ids: string | null }>(BESIDE, [arrayOf(asked), lastId])) {
    const hash = asked[place] as string;
    counts.set(hash, count);
    if (count <= BLOCK_MAX) members.set(hash, ids ? ids.split(',').map((id) => crowd.numberOf(id)) : []);
    else if (crowded.size < CROWDED_MAX) crowded.add(hash);
  }
  return {
    members,
    holders: (hash) => {
      const count = crowded.has(hash) ? BLOCK_MAX + 1 : (counts.get(hash) ?? 1);
      return count > BLOCK_MAX ? Number.POSITIVE_INFINITY : count;
    },
  };
};

/** Reads the profiles of these numbers and looks at each; the next are read meanwhile. */
const inSlices = async (
  { sql }: SqlTx,
  numbers: readonly number[],
  ids: readonly string[],
  look: (number: number, profile: Profile) => void,
): Promise<void> => {
  const read = (from: number) =>
    sql<{ place: number; profile: string }>(PROFILES, [arrayOf(numbers.slice(from, from + SLICE).map((number) => ids[number] as string))]);
  let reading = numbers.length > 0 ? read(0) : null;
  for (let from = 0; reading; from += SLICE) {
    const rows: { place: number; profile: string }[] = await reading;
    reading = from + SLICE < numbers.length ? read(from + SLICE) : null;
    // What fails while these are looked at is met when it is waited for.
    reading?.catch(() => {});
    for (const { place, profile } of rows) look(numbers[from + place] as number, profileFrom(profile));
  }
};

/**
 * Who is to be compared with whom, by number: those who are looked at, by each who stands beside them. Of two who are both looked at, one
 * looks at the other.
 */
const besidesOf = (customers: readonly Indexed[], { ids }: Crowd, { members }: Blocks, isScan: boolean): Map<number, number[]> => {
  const owns = new Map<number, number[]>();
  const seenBy = new Int32Array(ids.length).fill(-1);
  for (const [own, { keys }] of customers.entries()) {
    const id = ids[own] as string;
    for (const key of keys) {
      for (const other of members.get(key) ?? []) {
        if (other === own || seenBy[other] === own) continue;
        seenBy[other] = own;
        if (isScan ? (ids[other] as string) > id : other < own) continue;
        const of = owns.get(other);
        if (of) of.push(own);
        else owns.set(other, [own]);
      }
    }
  }
  return owns;
};

/**
 * Compares these customers with those beside them in the index and answers with the likely pairs. With what a scan remembers, each pair is
 * found from its larger id alone, so that a walk over all customers compares it once.
 */
export const findPairs = async (tx: SqlTx, customers: ReadonlyMap<string, Indexed>, scan?: Remembered): Promise<Pair[]> => {
  if (customers.size === 0) return [];
  const [crowd, own] = [new Crowd([...customers.keys()]), [...customers.values()]];
  const lastId = scan ? crowd.ids.reduce((last, id) => (id > last ? id : last)) : LAST_ID;
  const blocks = await readBlocks(tx, new Set(own.flatMap(({ keys }) => keys)), crowd, lastId, scan?.crowded ?? new Set());
  const { population, learn } = await readPopulation(
    tx.sql,
    own.map(({ profile }) => profile),
    (key) => blocks.holders(hashOf(key)),
    scan?.counts,
  );
  const { ids } = crowd;
  const owns = besidesOf(own, crowd, blocks, scan !== undefined);
  const possible: { readonly own: number; readonly other: number; readonly profile: Profile }[] = [];
  const look = (other: number, profile: Profile): void => {
    for (const number of owns.get(other) ?? []) {
      if (isPossible((own[number] as Indexed).profile, profile, population)) possible.push({ own: number, other, profile });
    }
  };
  for (const [number, { profile }] of own.entries()) look(number, profile);
  const strangers = [...owns.keys()].filter((other) => other >= own.length);
  await inSlices(tx, strangers, ids, look);
  await learn(possible.filter(({ other }) => other >= own.length).map(({ profile }) => profile));
  const pairs: Pair[] = [];
  for (const { own: number, other, profile } of possible) {
    const [id, otherId, ownProfile] = [ids[number] as string, ids[other] as string, (own[number] as Indexed).profile];
    const [oneId, twoId, one, two] = id < otherId ? [id, otherId, ownProfile, profile] : [otherId, id, profile, ownProfile];
    const said = compare(one, two, population);
    const { bits, prior, guard } = scoreOf(said, population.customers);
    if (bits < BITS_MIN) continue;
    const guarded: Said[] = guard < 0 ? [{ field: 'household', bits: guard }] : [];
    pairs.push({ oneId, twoId, bits, evidence: [{ field: 'prior', bits: prior }, ...said, ...guarded] });
  }
  return pairs;
};
