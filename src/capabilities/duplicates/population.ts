import type { Sql } from '../../db/client.ts';
import type { Population, SharedKind } from './compare.ts';
import { EVERYBODY } from './index-profiles.ts';
import type { Profile } from './profile.ts';
import { hostOf, localPart, type Term, termsOf } from './terms.ts';
import { ERRING_CUSTOMERS, type TermKind, USUAL_CUSTOMERS, USUAL_SHARE } from './weights.ts';

const COUNTS = `
select t.kind, t.value, t.customers from jsonb_to_recordset($1::text::jsonb) as v(kind text, value text)
join duplicate_term t on t.kind = v.kind and t.value = v.value`;

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
  counted: ReadonlyMap<string, number>,
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

/** What must be known of all customers to compare these with those others. */
export const readPopulation = async (
  sql: Sql,
  profiles: Iterable<Profile>,
  others: Iterable<Profile>,
  holders: (key: string) => number,
): Promise<Population> => {
  const asked = [EVERYBODY, ...askedOf(profiles, others)];
  const counts = await sql<Term & { customers: number }>(COUNTS, [JSON.stringify(asked)]);
  const counted = new Map(counts.map(({ kind, value, customers }) => [`${kind} ${value}`, customers]));
  const blocked = await sql<{ kind: string; value: string }>(BLOCKED, []);
  return populationOf(
    counted.get(`${EVERYBODY.kind} ${EVERYBODY.value}`) ?? 0,
    counted,
    new Set(blocked.map(({ kind, value }) => `${kind.toLowerCase() as SharedKind} ${value}`)),
    holders,
  );
};
