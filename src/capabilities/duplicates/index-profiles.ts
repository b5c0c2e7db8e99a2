import { isDeepStrictEqual } from 'node:util';
import type { SqlTx } from '../../db/transact.ts';
import { hashOf } from './key-hash.ts';
import { keysOf } from './keys.ts';
import type { Profile } from './profile.ts';
import { termsOf } from './terms.ts';

/** Any number: what matters is that every writer of the index asks for the same one. */
const INDEX_LOCK = 7_321_984_023;

/** Waits until nobody else writes the index or its candidates. Counts of terms are rows that every writer meets at, so they take turns. */
export const takeTurn = async ({ sql }: SqlTx): Promise<void> => {
  await sql('select pg_advisory_xact_lock($1::bigint)::text', [INDEX_LOCK]);
};

interface Kept {
  readonly id: string;
  readonly profile: Profile;
  readonly keys: string[];
}

/** Counts all customers in the index, among the terms. */
export const EVERYBODY = { kind: 'all', value: '' } as const;

const KEPT = `select customer_id::text as id, profile, keys::text[] from duplicate_profile where customer_id = any($1::text[]::uuid[])`;

const CHANGE = `
with gone as (
  delete from duplicate_key k using jsonb_to_recordset($1::text::jsonb) as v(key bigint, id uuid) where k.key = v.key and k.customer_id = v.id
), come as (
  insert into duplicate_key (key, customer_id)
  select v.key, v.id from jsonb_to_recordset($2::text::jsonb) as v(key bigint, id uuid) on conflict do nothing
), forgotten as (
  delete from duplicate_profile where customer_id = any($3::text[]::uuid[])
)
insert into duplicate_profile (customer_id, profile, keys)
select v.id, v.profile, array(select jsonb_array_elements_text(v.keys)::bigint) from jsonb_to_recordset($4::text::jsonb) as v(id uuid, profile jsonb, keys jsonb)
on conflict (customer_id) do update set profile = excluded.profile, keys = excluded.keys`;

const COUNT = `
insert into duplicate_term (kind, value, customers)
select v.kind, v.value, v.customers from jsonb_to_recordset($1::text::jsonb) as v(kind text, value text, customers integer)
on conflict (kind, value) do update set customers = duplicate_term.customers + excluded.customers`;

const FORGET = `
delete from duplicate_term t using jsonb_to_recordset($1::text::jsonb) as v(kind text, value text)
where t.kind = v.kind and t.value = v.value and t.customers <= 0`;

interface Count {
  readonly kind: string;
  readonly value: string;
  customers: number;
}

class Counts {
  readonly #byTerm = new Map<string, Count>();

  add(profile: Profile, customers: 1 | -1): void {
    for (const { kind, value } of [EVERYBODY, ...termsOf(profile)]) {
      const count = this.#byTerm.get(`${kind} ${value}`);
      if (count) count.customers += customers;
      else this.#byTerm.set(`${kind} ${value}`, { kind, value, customers });
    }
  }

  changed(): Count[] {
    return [...this.#byTerm.values()].filter(({ customers }) => customers !== 0);
  }
}

const rowsOf = (id: string, keys: readonly string[]) => keys.map((key) => ({ key, id }));

/**
 * Makes the index say this of these customers, null for those who are gone. Only what differs is written. The caller has taken its turn.
 */
export const indexProfiles = async ({ sql }: SqlTx, profiles: ReadonlyMap<string, Profile | null>): Promise<void> => {
  const kept = new Map((await sql<Kept>(KEPT, [[...profiles.keys()]])).map((row) => [row.id, row]));
  const [gone, come, counts]: [{ key: string; id: string }[], { key: string; id: string }[], Counts] = [[], [], new Counts()];
  const written: Kept[] = [];
  const forgotten: string[] = [];
  for (const [id, profile] of profiles) {
    const before = kept.get(id);
    if (isDeepStrictEqual(before?.profile ?? null, profile)) continue;
    const keys = profile ? keysOf(profile).map(hashOf) : [];
    gone.push(...rowsOf(id, before?.keys.filter((key) => !keys.includes(key)) ?? []));
    come.push(...rowsOf(id, before ? keys.filter((key) => !before.keys.includes(key)) : keys));
    if (before) counts.add(before.profile, -1);
    if (profile) counts.add(profile, 1);
    if (profile) written.push({ id, profile, keys });
    else forgotten.push(id);
  }
  if (written.length + forgotten.length === 0) return;
  await sql(CHANGE, [JSON.stringify(gone), JSON.stringify(come), forgotten, JSON.stringify(written)]);
  const changed = counts.changed();
  await sql(COUNT, [JSON.stringify(changed)]);
  const fewer = changed.filter(({ customers }) => customers < 0);
  if (fewer.length > 0) await sql(FORGET, [JSON.stringify(fewer)]);
};
