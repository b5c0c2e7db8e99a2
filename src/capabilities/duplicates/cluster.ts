import type { Sql } from '../../db/client.ts';

/** A pair inside a chain of candidates. */
export interface Link {
  readonly oneId: string;
  readonly twoId: string;
  /** log2 of the odds. */
  readonly bits: number;
}

/** One pair speaks no louder than this, in bits, so that a single bridge does not join two people. */
const LINK_BITS_MAX = 12;
/** What two profiles say of each other that were never found side by side. */
export const UNSEEN_BITS = -8;

/**
 * Groups of profiles that are one person each: beginning with single ones, the two groups whose pairs speak for each other most on average
 * are joined, for as long as that average is at least `bitsMin`. A chain A–B–C, where A and C differ, so stays apart. Groups of one are left out.
 */
export const averageLinkage = (links: readonly Link[], bitsMin = 0): string[][] => {
  const most = Math.max(LINK_BITS_MAX, bitsMin);
  const bits = new Map(
    links.flatMap(({ oneId, twoId, bits: value }) => {
      const clipped = Math.max(-most, Math.min(most, value));
      return [
        [`${oneId} ${twoId}`, clipped],
        [`${twoId} ${oneId}`, clipped],
      ] as const;
    }),
  );
  let groups = [...new Set(links.flatMap(({ oneId, twoId }) => [oneId, twoId]))].sort().map((id) => [id]);
  const between = (a: readonly string[], b: readonly string[]): number => {
    let sum = 0;
    for (const one of a) for (const two of b) sum += bits.get(`${one} ${two}`) ?? UNSEEN_BITS;
    return sum / (a.length * b.length);
  };
  for (;;) {
    let best: { a: string[]; b: string[]; mean: number } | null = null;
    for (const [place, a] of groups.entries()) {
      for (const b of groups.slice(place + 1)) {
        const mean = between(a, b);
        if (mean >= bitsMin && (!best || mean > best.mean)) best = { a, b, mean };
      }
    }
    if (!best) break;
    const { a, b } = best;
    groups = [...groups.filter((group) => group !== a && group !== b), [...a, ...b]];
  }
  return groups.filter((group) => group.length > 1).map((group) => group.sort());
};

/** A chain of candidates longer than this is not followed further. */
const CHAIN_MAX = 60;

const LINKS = `
select id::text, one_id::text as "oneId", two_id::text as "twoId", weight, state::text from duplicate_candidate
where one_id = any($1::text[]::uuid[]) or two_id = any($1::text[]::uuid[]) order by weight desc, id limit 1000`;

interface LinkRow {
  readonly id: string;
  readonly oneId: string;
  readonly twoId: string;
  readonly weight: number;
  readonly state: 'OPEN' | 'DISMISSED' | 'CONFIRMED';
}

const bitsOf = ({ state, weight }: LinkRow): number => {
  if (state === 'OPEN') return weight / 1_000;
  return state === 'CONFIRMED' ? LINK_BITS_MAX : -LINK_BITS_MAX;
};

/** The group that a customer is in, and the candidates inside it; null when she is in none. */
export const clusterOf = async (sql: Sql, customerId: string): Promise<{ customerIds: string[]; candidateIds: string[] } | null> => {
  const rows = new Map<string, LinkRow>();
  const reached = new Set([customerId]);
  let edge = [customerId];
  while (edge.length > 0 && reached.size <= CHAIN_MAX) {
    const found = await sql<LinkRow>(LINKS, [edge]);
    for (const row of found) rows.set(row.id, row);
    edge = [...new Set(found.filter(({ state }) => state !== 'DISMISSED').flatMap(({ oneId, twoId }) => [oneId, twoId]))].filter(
      (id) => !reached.has(id),
    );
    for (const id of edge) reached.add(id);
  }
  const inside = [...rows.values()].filter(({ oneId, twoId }) => reached.has(oneId) && reached.has(twoId));
  const customerIds = averageLinkage(inside.map((row) => ({ ...row, bits: bitsOf(row) }))).find((group) => group.includes(customerId));
  if (!customerIds) return null;
  const members = new Set(customerIds);
  return { customerIds, candidateIds: inside.filter(({ oneId, twoId }) => members.has(oneId) && members.has(twoId)).map(({ id }) => id) };
};
