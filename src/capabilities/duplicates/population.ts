import type { Sql } from '../../db/client.ts';
import type { Population } from './compare.ts';
import { EVERYBODY } from './index-profiles.ts';
import type { Profile } from './profile.ts';
import { hostOf, localPart, type Term, termsOf } from './terms.ts';
import { ERRING_CUSTOMERS, type TermKind, USUAL_CUSTOMERS, USUAL_SHARE } from './weights.ts';

const COUNTS = `
select t.kind, t.value, t.customers from unnest($1::text[], $2::text[]) as v(kind, value) cross join lateral (
  select * from duplicate_term d where d.kind = v.kind and d.value = v.value offset 0
) t`;

/** Blocked values come without a count. */
const COUNTS_AND_BLOCKED = `${COUNTS} union all select lower(kind::text), value, null from duplicate_shared_value`;

/** How many customers have each term that was asked for. */
class TermCounts {
  readonly #byKind = new Map<string, Map<string, number>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get({ kind, value }: Term | typeof EVERYBODY): number | undefined {
    return this.#byKind.get(kind)?.get(value);
  }

  set({ kind, value }: Term | typeof EVERYBODY, customers: number): void {
    const values = this.#byKind.get(kind) ?? new Map<string, number>();
    this.#byKind.set(kind, values);
    this.#size += values.has(value) ? 0 : 1;
    values.set(value, customers);
  }
}

/** What these are compared by and is not known yet. A name may be met in the other's place. */
const askedOf = (profiles: Iterable<Profile>, known: TermCounts): (Term | typeof EVERYBODY)[] => {
  const asked: (Term | typeof EVERYBODY)[] = [];
  const seen = new TermCounts();
  const ask = (term: Term | typeof EVERYBODY): void => {
    if (known.get(term) !== undefined || seen.get(term) !== undefined) return;
    seen.set(term, 0);
    asked.push(term);
  };
  ask(EVERYBODY);
  for (const profile of profiles) {
    for (const term of termsOf(profile)) ask(term);
    if (profile.given) ask({ kind: 'family', value: profile.given });
    if (profile.family) ask({ kind: 'given', value: profile.family });
  }
  return asked;
};

/** Shares smoothed by what is usual, so that a small shop's few customers do not make every name rare or common. */
export const populationOf = (
  customers: number,
  counted: (kind: TermKind, value: string) => number,
  blocked: ReadonlySet<string>,
  holders: (key: string) => number,
): Population => ({
  customers,
  share: (kind, value) => (counted(kind, value) + USUAL_CUSTOMERS * USUAL_SHARE[kind]) / (customers + USUAL_CUSTOMERS),
  established: (kind, value) => Math.max(0, counted(kind, value) - ERRING_CUSTOMERS) / customers,
  holders,
  isAnyBlocked: blocked.size > 0,
  isBlocked: (kind, value) =>
    blocked.size > 0 &&
    (blocked.has(`${kind} ${value}`) || (kind === 'email' && (blocked.has(`email ${localPart(value)}@`) || blocked.has(`email @${hostOf(value)}`)))),
});

/** So many counts are remembered; then they are read anew. */
const REMEMBERED_MAX = 200_000;

/**
 * Counts as they were read before, for a walk over all customers that would read the same names a thousand times. What changes meanwhile
 * moves a share by one customer in all of them.
 */
export class RememberedCounts {
  #counts = new TermCounts();

  /** Those to go on with: new ones when the last are full, which whoever compares with them keeps. */
  current(): TermCounts {
    if (this.#counts.size > REMEMBERED_MAX) this.#counts = new TermCounts();
    return this.#counts;
  }
}

interface Counted {
  readonly kind: string;
  readonly value: string;
  readonly customers: number | null;
}

const readCounts = async (sql: Sql, statement: string, profiles: Iterable<Profile>, counts: TermCounts): Promise<Counted[]> => {
  const asked = askedOf(profiles, counts);
  if (asked.length === 0 && statement === COUNTS) return [];
  const found = await sql<Counted>(statement, [asked.map(({ kind }) => kind), asked.map(({ value }) => value)]);
  for (const term of asked) counts.set(term, 0);
  for (const { kind, value, customers } of found) if (customers !== null) counts.set({ kind, value } as Term, customers);
  return found;
};

/** What must be known of all customers to tell whether these may be others; what those others' values add is asked for by `learn`. */
export const readPopulation = async (
  sql: Sql,
  profiles: Iterable<Profile>,
  holders: (key: string) => number,
  remembered = new RememberedCounts(),
): Promise<{ population: Population; learn: (others: Iterable<Profile>) => Promise<void> }> => {
  const counts = remembered.current();
  const found = await readCounts(sql, COUNTS_AND_BLOCKED, profiles, counts);
  const blocked = found.filter(({ customers }) => customers === null).map(({ kind, value }) => `${kind} ${value}`);
  return {
    population: populationOf(counts.get(EVERYBODY) ?? 0, (kind, value) => counts.get({ kind, value }) ?? 0, new Set(blocked), holders),
    learn: async (others) => void (await readCounts(sql, COUNTS, others, counts)),
  };
};
