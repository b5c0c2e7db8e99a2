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

/** Waits until nobody writes the index; others may read it at the same time, and keep candidates of other customers. */
export const takeReadingTurn = async ({ sql }: SqlTx): Promise<void> => {
  await sql('select pg_advisory_xact_lock_shared($1::bigint)::text', [INDEX_LOCK]);
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
  delete from duplicate_key k using unnest($1::text[]::bigint[], $2::text[]::uuid[]) as v(key, id) where k.key = v.key and k.customer_id = v.id
), come as (
  insert into duplicate_key (key, customer_id)
  select v.key, v.id from unnest($3::text[]::bigint[], $4::text[]::uuid[]) as v(key, id) order by v.key, v.id on conflict do nothing
), forgotten as (
  delete from duplicate_profile where customer_id = any($5::text[]::uuid[])
)
insert into duplicate_profile (customer_id, profile, keys)
select v.id, v.profile::jsonb, v.keys::bigint[] from unnest($6::text[]::uuid[], $7::text[], $8::text[]) as v(id, profile, keys)
on conflict (customer_id) do update set profile = excluded.profile, keys = excluded.keys`;

const COUNT = `
insert into duplicate_term (kind, value, customers)
select v.kind, v.value, v.customers from unnest($1::text[], $2::text[], $3::text[]::integer[]) as v(kind, value, customers) order by 1, 2
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

/** Rows of `duplicate_key`, column by column. */
class KeyRows {
  readonly keys: string[] = [];
  readonly ids: string[] = [];

  add(id: string, keys: readonly string[]): void {
    for (const key of keys) {
      this.keys.push(key);
      this.ids.push(id);
    }
  }
}

/**
 * Makes the index say this of these customers, null for those who are gone. Only what differs is written. The caller has taken its turn.
 */
export const indexProfiles = async ({ sql }: SqlTx, profiles: ReadonlyMap<string, Profile | null>): Promise<void> => {
  const kept = new Map((await sql<Kept>(KEPT, [[...profiles.keys()]])).map((row) => [row.id, row]));
  const [gone, come, counts] = [new KeyRows(), new KeyRows(), new Counts()];
  const written: Kept[] = [];
  const forgotten: string[] = [];
  for (const [id, profile] of profiles) {
    const before = kept.get(id);
    if (isDeepStrictEqual(before?.profile ?? null, profile)) continue;
    const keys = profile ? keysOf(profile).map(hashOf) : [];
    gone.add(id, before?.keys.filter((key) => !keys.includes(key)) ?? []);
    come.add(id, before ? keys.filter((key) => !before.keys.includes(key)) : keys);
    if (before) counts.add(before.profile, -1);
    if (profile) counts.add(profile, 1);
    if (profile) written.push({ id, profile, keys });
    else forgotten.push(id);
  }
  if (written.length + forgotten.length === 0) return;
  await sql(CHANGE, [
    gone.keys,
    gone.ids,
    come.keys,
    come.ids,
    forgotten,
    written.map(({ id }) => id),
    written.map(({ profile }) => JSON.stringify(profile)),
    written.map(({ keys }) => `{${keys.join(',')}}`),
  ]);
  const changed = counts.changed();
  await sql(COUNT, [changed.map(({ kind }) => kind), changed.map(({ value }) => value), changed.map(({ customers }) => String(customers))]);
  const fewer = changed.filter(({ customers }) => customers < 0);
  if (fewer.length > 0) await sql(FORGET, [JSON.stringify(fewer)]);
};
