import type { Sql } from '../../db/client.ts';
import type { Population, SharedKind } from './compare.ts';
import { EVERYBODY } from './index-profiles.ts';
import type { Profile } from './profile.ts';
import { hostOf, localPart, type Term, termsOf } from './terms.ts';
import { ERRING_CUSTOMERS, type TermKind, USUAL_CUSTOMERS, USUAL_SHARE } from './weights.ts';

const COUNTS = `
select t.kind, t.value, t.customers from unnest($1::text[], $2::text[]) as v(kind, value) cross join lateral (
  select * from duplicate_term d where d.kind = v.kind and d.value = v.value offset 0
) t`;

const BLOCKED = 'select kind::text, value from duplicate_shared_value';

/** A name may be met in the other's place, nearly the same, and an address at another host. */
const askedOf = (profiles: Iterable<Profile>, others: Iterable<Profile>): Term[] => {
  const terms = new Map<string, Term>();
  const ask = (kind: TermKind, value: string) => terms.set(`${kind} ${value}`, { kind, value });
  for (const profile of profiles) {
    for (const { kind, value } of termsOf(profile)) ask(kind, value);
    if (profile.given) ask('family', profile.given);
    if (profile.family) ask('given', profile.family);
  }
  for (const { given, family, email } of others) {
    for (const name of [given, family]) {
      if (!name) continue;
      ask('given', name);
      ask('family', name);
    }
    if (email) ask('domain', hostOf(email));
  }
  return [...terms.values()];
};

/** Shares smoothed by what is usual, so that a small shop's few customers do not make every name rare or common. */
export const populationOf = (
  customers: number,
  counted: Pick<ReadonlyMap<string, number>, 'get'>,
  blocked: ReadonlySet<string>,
  holders: (key: string) => number,
): Population => ({
  customers,
  share: (kind, value) => ((counted.get(`${kind} ${value}`) ?? 0) + USUAL_CUSTOMERS * USUAL_SHARE[kind]) / (customers + USUAL_CUSTOMERS),
  established: (kind, value) => Math.max(0, (counted.get(`${kind} ${value}`) ?? 0) - ERRING_CUSTOMERS) / customers,
  holders,
  isBlocked: (kind, value) =>
    blocked.has(`${kind} ${value}`) || (kind === 'email' && (blocked.has(`email ${localPart(value)}@`) || blocked.has(`email @${hostOf(value)}`))),
});

/** So many counts are remembered; then they are read anew. */
const REMEMBERED_MAX = 200_000;

/**
 * Counts as they were read before, for a walk over all customers that would read the same names a thousand times. What changes meanwhile
 * moves a share by one customer in all of them.
 */
export class RememberedCounts {
  #byTerm = new Map<string, number>();

  get(term: string): number | undefined {
    return this.#byTerm.get(term);
  }

  /** Empties what is full before another reading. */
  makeRoom(): void {
    if (this.#byTerm.size > REMEMBERED_MAX) this.#byTerm = new Map();
  }

  set(term: string, customers: number): void {
    this.#byTerm.set(term, customers);
  }
}

/** What must be known of all customers to compare these with those others. */
export const readPopulation = async (
  sql: Sql,
  profiles: Iterable<Profile>,
  others: Iterable<Profile>,
  holders: (key: string) => number,
  counted = new RememberedCounts(),
): Promise<Population> => {
  counted.makeRoom();
  const asked = [EVERYBODY, ...askedOf(profiles, others)].filter(({ kind, value }) => counted.get(`${kind} ${value}`) === undefined);
  const counts = await sql<Term & { customers: number }>(COUNTS, [asked.map(({ kind }) => kind), asked.map(({ value }) => value)]);
  for (const { kind, value } of asked) counted.set(`${kind} ${value}`, 0);
  for (const { kind, value, customers } of counts) counted.set(`${kind} ${value}`, customers);
  const blocked = await sql<{ kind: string; value: string }>(BLOCKED, []);
  return populationOf(
    counted.get(`${EVERYBODY.kind} ${EVERYBODY.value}`) ?? 0,
    counted,
    new Set(blocked.map(({ kind, value }) => `${kind.toLowerCase() as SharedKind} ${value}`)),
    holders,
  );
};
