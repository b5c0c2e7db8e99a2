import { averageLinkage, UNSEEN_BITS } from '../duplicates/cluster.ts';
import type { Said } from '../duplicates/compare.ts';
import { isHouseholdPair } from '../duplicates/household.ts';

/** A candidate as a run looks at it. */
export interface Pair {
  readonly oneId: string;
  readonly twoId: string;
  /** Thousandths of a bit. */
  readonly weight: number;
  readonly state: 'CONFIRMED' | 'DISMISSED' | 'OPEN';
  readonly evidence: readonly Said[];
}

/** Customers who are one person, or who hang together and are left to staff, and why. */
export interface Group {
  readonly customerIds: readonly string[];
  /** Pairs at or above the weight among them. */
  readonly pairsCount: number;
  readonly refusal: Refusal | null;
}

export interface Refusal {
  readonly code: string;
  readonly field: readonly string[] | null;
  readonly params: Readonly<Record<string, string | number>>;
}

/** More profiles than these are hardly one person; `mergeMany` takes no more. */
const GROUP_MAX = 20;

const refusal = (code: string, params: Refusal['params'] = {}): Refusal => ({ code, field: null, params });

const isConfirmed = ({ state }: Pair): boolean => state === 'CONFIRMED';

/** What staff said stands above what the matcher says. */
const isStrong = (pair: Pair, weightMin: number): boolean => pair.state !== 'DISMISSED' && (isConfirmed(pair) || pair.weight >= weightMin);
const isHousehold = (pair: Pair): boolean => !isConfirmed(pair) && isHouseholdPair(pair.evidence);

/** Who hangs together by pairs that are strong enough, whatever their ends say of each other. */
const chainsOf = (pairs: readonly Pair[]): string[][] => {
  const chains = new Map<string, string[]>();
  for (const { oneId, twoId } of pairs) {
    const [a, b] = [chains.get(oneId) ?? [oneId], chains.get(twoId) ?? [twoId]];
    const joined = a === b ? a : [...a, ...b];
    for (const id of joined) chains.set(id, joined);
  }
  return [...new Set(chains.values())];
};

/** What a pair says in bits where groups are made: staff's word at its most, and a household's as if the two had never met. */
const bitsOf = (pair: Pair): number => {
  if (pair.state !== 'OPEN') return pair.state === 'CONFIRMED' ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
  return isHousehold(pair) ? UNSEEN_BITS : pair.weight / 1_000;
};

const groupsOfChain = (chain: readonly string[], inside: readonly Pair[], weightMin: number): Group[] => {
  const strong = inside.filter((pair) => isStrong(pair, weightMin));
  if (chain.length > GROUP_MAX)
    return [{ customerIds: chain, pairsCount: strong.length, refusal: refusal('DUPLICATE_MERGE_CHAIN_TOO_LONG', { max: GROUP_MAX }) }];
  const links = inside.map((pair) => ({ oneId: pair.oneId, twoId: pair.twoId, bits: bitsOf(pair) }));
  const groups = averageLinkage(links, weightMin / 1_000).map((customerIds) => {
    const members = new Set(customerIds);
    const within = inside.filter(({ oneId, twoId }) => members.has(oneId) && members.has(twoId));
    const isAgainst = within.some(({ state }) => state === 'DISMISSED');
    const why = isAgainst ? 'DUPLICATE_MERGE_DISMISSED' : within.some(isHousehold) ? 'DUPLICATE_MERGE_HOUSEHOLD' : null;
    return { customerIds, pairsCount: within.filter((pair) => isStrong(pair, weightMin)).length, refusal: why ? refusal(why) : null };
  });
  const grouped = new Map(groups.flatMap((group) => group.customerIds.map((id) => [id, group] as const)));
  const left = strong.filter(({ oneId, twoId }) => !grouped.has(oneId) || grouped.get(oneId) !== grouped.get(twoId));
  return [
    ...groups,
    ...left.map((pair) => ({
      customerIds: [pair.oneId, pair.twoId],
      pairsCount: 1,
      refusal: refusal(isHousehold(pair) ? 'DUPLICATE_MERGE_HOUSEHOLD' : 'DUPLICATE_MERGE_CHAIN'),
    })),
  ];
};

/**
 * Groups of customers who are one person each, by average linkage at or above the weight, and with a reason what is left to staff:
 * pairs that only hang together in a chain, those that may be of one household, and groups of which staff dismissed a pair. `pairs` are
 * all candidates among the customers, those below the weight too: what speaks against a group is heard.
 */
export const groupsOf = (pairs: readonly Pair[], weightMin: number): Group[] => {
  const chains = chainsOf(pairs.filter((pair) => isStrong(pair, weightMin)));
  const place = new Map(chains.flatMap((chain, at) => chain.map((id) => [id, at] as const)));
  const inside: Pair[][] = chains.map(() => []);
  for (const pair of pairs) {
    const at = place.get(pair.oneId);
    if (at !== undefined && at === place.get(pair.twoId)) inside[at]?.push(pair);
  }
  return chains.flatMap((chain, at) => groupsOfChain([...chain].sort(), inside[at] ?? [], weightMin));
};
