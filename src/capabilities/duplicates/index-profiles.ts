import type { Sql } from '../../db/client.ts';
import type { SqlTx } from '../../db/transact.ts';
import { hashOf } from './key-hash.ts';
import { keysOf } from './keys.ts';
import type { Profile } from './profile.ts';
import { profileFrom, textOf } from './profile-text.ts';
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

/** A customer in the index. */
interface Kept {
  readonly id: string;
  /** As `textOf` has it. */
  readonly profile: string;
  readonly keys: readonly string[];
}

/** Counts all customers in the index, among the terms. */
export const EVERYBODY = { kind: 'all', value: '' } as const;

const KEPT = `
select p.customer_id::text as id, p.profile, p.keys::text[] from unnest($1::text::uuid[]) as m(id) cross join lateral (
  select * from duplicate_profile d where d.customer_id = m.id offset 0
) p`;

const CHANGE = `
with gone as (
  delete from duplicate_key k using unnest($1::text::bigint[], $2::text::uuid[]) as v(key, id) where k.key = v.key and k.customer_id = v.id
), come as (
  insert into duplicate_key (key, customer_id)
  select v.key, v.id from unnest($3::text::bigint[], $4::text::uuid[]) as v(key, id) order by v.key, v.id on conflict do nothing
), forgotten as (
  delete from duplicate_profile where customer_id = any($5::text::uuid[])
)
insert into duplicate_profile (customer_id, profile, keys)
select v.id, v.profile, v.keys::bigint[] from unnest($6::text::uuid[], $7::text[], $8::text[]) as v(id, profile, keys)
on conflict (customer_id) do update set profile = excluded.profile, keys = excluded.keys`;

/** The keys of a profile are those that are there, so these are not: looking for each first would take as long again. */
const ADD_KEYS = `
insert into duplicate_key (key, customer_id)
select v.key, v.id from unnest($1::text::bigint[], $2::text::uuid[]) as v(key, id) order by v.key, v.id`;

const COUNT = `
insert into duplicate_term (kind, value, customers)
select v.kind, v.value, v.customers from unnest($1::text[], $2::text[], $3::text::integer[]) as v(kind, value, customers) order by 1, 2
on conflict (kind, value) do update set customers = duplicate_term.customers + excluded.customers`;

const FORGET = `
delete from duplicate_term t using jsonb_to_recordset($1::text::jsonb) as v(kind text, value text)
where t.kind = v.kind and t.value = v.value and t.customers <= 0`;

const arrayOf = (values: readonly (string | number)[]): string => `{${values.join(',')}}`;

interface Count {
  readonly kind: string;
  readonly value: string;
  customers: number;
}

/** By how many the customers of each term have changed. */
class Counts {
  readonly #byTerm = new Map<string, Count>();

  add(profile: Profile, customers: 1 | -1): void {
    for (const { kind, value } of [EVERYBODY, ...termsOf(profile)]) {
      const count = this.#byTerm.get(`${kind} ${value}`);
      if (count) count.customers += customers;
      else this.#byTerm.set(`${kind} ${value}`, { kind, value, customers });
    }
  }

  async write({ sql }: SqlTx): Promise<void> {
    const changed = [...this.#byTerm.values()].filter(({ customers }) => customers !== 0);
    if (changed.length === 0) return;
    await sql(COUNT, [changed.map(({ kind }) => kind), changed.map(({ value }) => value), arrayOf(changed.map(({ customers }) => customers))]);
    const fewer = changed.filter(({ customers }) => customers < 0);
    if (fewer.length > 0) await sql(FORGET, [JSON.stringify(fewer)]);
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

/** Hashes of keys are spread evenly below this. */
const HASHES = 2 ** 53;
const PARTS = 64;

/**
 * New keys and counts of many customers, written at once in the order of the index: each chunk's own would touch as many pages as it has
 * keys, and write most of them to the log in whole.
 */
export class Gathered {
  readonly counts = new Counts();
  readonly #parts = Array.from({ length: PARTS }, () => ({ keys: [] as number[], ids: [] as string[] }));

  add(id: string, keys: readonly string[]): void {
    for (const text of keys) {
      const key = Number(text);
      const part = this.#parts[Math.floor((key / HASHES) * PARTS)];
      part?.keys.push(key);
      part?.ids.push(id);
    }
  }

  async write(tx: SqlTx): Promise<void> {
    for (const { keys, ids } of this.#parts) if (keys.length > 0) await tx.sql(ADD_KEYS, [arrayOf(keys), arrayOf(ids)]);
    await this.counts.write(tx);
  }
}

/** What the index says of these customers. */
export const readKept = async (sql: Sql, customerIds: readonly string[]): Promise<Map<string, Kept>> =>
  new Map((await sql<Kept>(KEPT, [arrayOf(customerIds)])).map((row) => [row.id, row]));

/**
 * Makes the index say this of these customers, null for those who are gone, of whom it said `kept`. Only what differs is written, new keys
 * and counts by `gathered` when there is one. The caller has taken its turn.
 */
export const writeProfiles = async (
  tx: SqlTx,
  profiles: ReadonlyMap<string, Profile | null>,
  kept: ReadonlyMap<string, Kept>,
  gathered?: Gathered,
): Promise<void> => {
  const [gone, come, counts] = [new KeyRows(), new KeyRows(), gathered?.counts ?? new Counts()];
  const written: Kept[] = [];
  const forgotten: string[] = [];
  for (const [id, profile] of profiles) {
    const before = kept.get(id);
    const text = profile ? textOf(profile) : undefined;
    if (before?.profile === text) continue;
    const keys = profile ? [...new Set(keysOf(profile).map(hashOf))] : [];
    gone.add(id, before?.keys.filter((key) => !keys.includes(key)) ?? []);
    (gathered ?? come).add(id, before ? keys.filter((key) => !before.keys.includes(key)) : keys);
    if (before) counts.add(profileFrom(before.profile), -1);
    if (profile) counts.add(profile, 1);
    if (text === undefined) forgotten.push(id);
    else written.push({ id, profile: text, keys });
  }
  if (written.length + forgotten.length === 0) return;
  await tx.sql(CHANGE, [
    arrayOf(gone.keys),
    arrayOf(gone.ids),
    arrayOf(come.keys),
    arrayOf(come.ids),
    arrayOf(forgotten),
    arrayOf(written.map(({ id }) => id)),
    written.map(({ profile }) => profile),
    written.map(({ keys }) => arrayOf(keys)),
  ]);
  if (!gathered) await counts.write(tx);
};

/** The same for whoever has not read what the index says of them. */
export const indexProfiles = async (tx: SqlTx, profiles: ReadonlyMap<string, Profile | null>): Promise<void> =>
  writeProfiles(tx, profiles, await readKept(tx.sql, [...profiles.keys()]));
