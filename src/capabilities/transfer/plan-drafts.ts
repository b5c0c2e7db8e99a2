import type { Tx } from '../../db/transact.ts';
import { type Draft, type Drafts, EXTERNAL_ID_SOURCE, loadDrafts, newDraft, noDrafts, present } from './drafts.ts';
import type { ImportRow, Scalars } from './row.ts';

/*
 * A plan remembers what its rows would have made of each customer, so that a later row finds her as it would when all is applied. What is
 * remembered stands in place of what the database says of her.
 */

type Remembered = Omit<
  Draft,
  | 'aliases'
  | 'addressKeys'
  | 'namelessKeys'
  | 'changed'
  | 'metafields'
  | 'currencies'
  | 'newAddresses'
  | 'newConsents'
  | 'newCredits'
  | 'newMetafields'
  | 'original'
  | 'scalars'
> & {
  readonly aliases: readonly string[];
  readonly addressKeys: readonly string[];
  readonly namelessKeys: readonly string[];
  readonly metafields: readonly (readonly [string, { type: string; value: string }])[];
  readonly currencies: readonly string[];
  readonly scalars: Omit<Scalars, 'birthDate'> & { readonly birthDate: string | null };
};

const remembered = (draft: Draft): object => {
  const { original: _original, changed: _changed, newAddresses: _addresses, newConsents: _consents, newMetafields: _values, ...rest } = draft;
  const { newCredits: _credits, ...kept } = rest;
  return {
    ...kept,
    password: draft.password && { hash: draft.password.hash, plain: null },
    aliases: [...draft.aliases],
    addressKeys: [...draft.addressKeys],
    namelessKeys: [...draft.namelessKeys],
    metafields: [...draft.metafields],
    currencies: [...draft.currencies],
  };
};

const revived = (draft: Remembered): Draft => ({
  ...newDraft(draft.id),
  ...draft,
  aliases: new Set(draft.aliases),
  addressKeys: new Set(draft.addressKeys),
  namelessKeys: new Set(draft.namelessKeys),
  metafields: new Map(draft.metafields),
  currencies: new Set(draft.currencies),
  scalars: { ...draft.scalars, birthDate: draft.scalars.birthDate === null ? null : new Date(draft.scalars.birthDate) },
});

const keysOf = ({ externalId, fingerprint, scalars }: ImportRow): string[] =>
  [
    [externalId, 'x'],
    [fingerprint, 'f'],
    [scalars.email, 'e'],
    [scalars.phone, 'p'],
  ].flatMap(([value, kind]) => (value ? `${kind}:${value}` : []));

const REMEMBERED = `
select draft from customers_import_draft where run_id = $1::text::uuid and customer_id = any(array(
  select customer_id from customers_import_key where run_id = $1::text::uuid and key = any($2::text[])
  union all select unnest($3::text[]::uuid[])))`;

/** Whom the rows would mean when all rows before them are applied. Locks nobody. */
export const loadPlannedDrafts = async (tx: Tx, runId: string, rows: readonly ImportRow[]): Promise<Drafts> => {
  const stored = await loadDrafts(tx, runId, rows, { isPlan: true });
  const keys = present(rows.flatMap(keysOf));
  const found = await tx.sql<{ draft: Remembered }>(REMEMBERED, [runId, keys, [...stored.all.keys()]]);
  if (found.length === 0) return stored;
  const drafts = noDrafts();
  for (const [id, draft] of stored.all) drafts.all.set(id, draft);
  for (const { draft } of found) drafts.all.set(draft.id, revived(draft));
  for (const draft of drafts.all.values()) {
    for (const alias of draft.aliases) (alias.includes('@') ? drafts.byEmail : drafts.byPhone).set(alias, draft);
    if (draft.scalars.email) drafts.byEmail.set(draft.scalars.email, draft);
    if (draft.scalars.phone) drafts.byPhone.set(draft.scalars.phone, draft);
    for (const { source, value } of draft.newExternalIds)
      (source === EXTERNAL_ID_SOURCE ? drafts.byExternalId : drafts.byFingerprint).set(value, draft);
  }
  for (const name of ['byExternalId', 'byFingerprint'] as const)
    for (const [value, { id }] of stored[name]) drafts[name].set(value, drafts.all.get(id) as Draft);
  return drafts;
};

const FORGET_KEYS = `
delete from customers_import_key where run_id = $1::text::uuid and customer_id = any($2::text[]::uuid[]) and (key like 'e:%' or key like 'p:%')`;

const REMEMBER = `
insert into customers_import_draft (run_id, customer_id, draft)
select $1::text::uuid, (v.value->>'id')::uuid, v.value from jsonb_array_elements($2::text::jsonb) v
on conflict (run_id, customer_id) do update set draft = excluded.draft`;

const REMEMBER_KEYS = `
insert into customers_import_key (run_id, key, customer_id)
select $1::text::uuid, v.key, v.id from jsonb_to_recordset($2::text::jsonb) as v(key text, id uuid)
on conflict (run_id, key) do update set customer_id = excluded.customer_id`;

/** Remembers the customers whom rows of the plan have meant. */
export const rememberDrafts = async (tx: Tx, runId: string, { all }: Drafts): Promise<void> => {
  const meant = [...all.values()].filter(({ line }) => line !== null);
  if (meant.length === 0) return;
  const keys = meant.flatMap(({ id, scalars: { email, phone }, newExternalIds }) => [
    ...(email ? [{ key: `e:${email}`, id }] : []),
    ...(phone ? [{ key: `p:${phone}`, id }] : []),
    ...newExternalIds.map(({ source, value }) => ({ key: `${source === EXTERNAL_ID_SOURCE ? 'x' : 'f'}:${value}`, id })),
  ]);
  await tx.sql(FORGET_KEYS, [runId, meant.map(({ id }) => id)]);
  await tx.sql(REMEMBER, [runId, JSON.stringify(meant.map(remembered))]);
  await tx.sql(REMEMBER_KEYS, [runId, JSON.stringify(keys)]);
};
