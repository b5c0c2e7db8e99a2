import type { MarketingChannel, MarketingState } from '../../db/generated/enums.ts';
import type { Tx } from '../../db/transact.ts';
import type { Applied } from './apply-rows.ts';
import type { Draft } from './drafts.ts';
import type { Scalars } from './row.ts';

type Change<Value> = { readonly before: Value; readonly after: Value };
type KeptValue = { readonly type: string; readonly value: string };

/** What an import did to a customer: everything that undoing it looks at, as JSON. */
export interface Changes {
  readonly fields: Readonly<Record<string, Change<string | null>>>;
  readonly verified: { readonly email: string | null; readonly phone: string | null };
  readonly tags: readonly string[];
  readonly addresses: readonly string[];
  readonly password: { readonly before: string | null; readonly after: string } | null;
  readonly externalIds: readonly { readonly source: string; readonly value: string }[];
  readonly metafields: Readonly<Record<string, { readonly before: KeptValue | null; readonly after: KeptValue }>>;
  readonly consents: Readonly<Partial<Record<MarketingChannel, Change<MarketingState>>>>;
  readonly credits: readonly string[];
}

const textOf = (value: string | Date | null): string | null => (value instanceof Date ? value.toISOString().slice(0, 10) : value);

/** What a chunk did to one customer; of a new one only her credit is of interest, the rest goes with her. */
const changesOf = ({ original, ...draft }: Draft, credits: readonly string[]): Changes => {
  const names = original ? (Object.keys(draft.scalars) as (keyof Scalars)[]) : [];
  const fields = names.flatMap((name) => {
    const [before, after] = [textOf(original?.scalars[name] ?? null), textOf(draft.scalars[name])];
    return before === after ? [] : [[name, { before, after }] as const];
  });
  const known = new Set(original?.tags.map((tag) => tag.toLowerCase()));
  const consents = (['EMAIL', 'SMS', 'WHATSAPP'] as const).flatMap((channel) => {
    const before = original?.consents[channel];
    const after = draft.consents[channel];
    return before === undefined || before === after ? [] : [[channel, { before, after }] as const];
  });
  const metafields = original
    ? [...draft.newMetafields].map(
        ([name, { type, value }]) => [name, { before: original.metafields.get(name) ?? null, after: { type, value } }] as const,
      )
    : [];
  return {
    fields: Object.fromEntries(fields),
    verified: { email: original?.emailVerifiedAt ?? null, phone: original?.phoneVerifiedAt ?? null },
    tags: original ? draft.tags.filter((tag) => !known.has(tag.toLowerCase())) : [],
    addresses: original ? draft.newAddresses.map(({ id }) => id) : [],
    password: original && draft.isPasswordNew && draft.password ? { before: original.passwordHash, after: draft.password.hash } : null,
    externalIds: original ? draft.newExternalIds : [],
    metafields: Object.fromEntries(metafields),
    consents: Object.fromEntries(consents),
    credits,
  };
};

const isNothing = ({ fields, tags, addresses, password, externalIds, metafields, consents, credits }: Changes): boolean =>
  password === null && [fields, tags, addresses, externalIds, metafields, consents, credits].every((part) => Object.keys(part).length === 0);

const joined = <Value extends { readonly before: unknown; readonly after: unknown }>(
  first: Readonly<Record<string, Value>>,
  then: Readonly<Record<string, Value>>,
): Record<string, Value> => ({
  ...first,
  ...Object.fromEntries(Object.entries(then).map(([name, change]) => [name, { ...change, before: (first[name] ?? change).before }])),
});

/** What two chunks did, one after the other. */
const together = (first: Changes, then: Changes): Changes => ({
  fields: joined(first.fields, then.fields),
  verified: {
    email: first.fields.email ? first.verified.email : then.verified.email,
    phone: first.fields.phone ? first.verified.phone : then.verified.phone,
  },
  tags: [...first.tags, ...then.tags],
  addresses: [...first.addresses, ...then.addresses],
  password: then.password ? { ...then.password, before: (first.password ?? then.password).before } : first.password,
  externalIds: [...first.externalIds, ...then.externalIds],
  metafields: joined(first.metafields, then.metafields),
  consents: joined(first.consents as never, then.consents as never),
  credits: [...first.credits, ...then.credits],
});

const WRITTEN = `
select customer_id::text as id, changes, is_new as "isNew" from customers_import_change
where run_id = $1::text::uuid and customer_id = any($2::text[]::uuid[])`;

const RECORD = `
insert into customers_import_change (run_id, customer_id, is_new, changes, written_at)
select $1::text::uuid, v.id, v."isNew", v.changes, $3::text::timestamptz
from jsonb_to_recordset($2::text::jsonb) as v(id uuid, "isNew" boolean, changes jsonb)
on conflict (run_id, customer_id) do update set changes = excluded.changes, written_at = excluded.written_at`;

/** Notes what a chunk of a run did, beside what its chunks before it did to the same customers. */
export const recordChanges = async (tx: Tx, runId: string, { drafts, credits }: Applied): Promise<void> => {
  const changed = drafts
    .filter(({ line }) => line !== null)
    .map((draft) => ({ draft, changes: changesOf(draft, credits.get(draft.id) ?? []) }))
    .filter(({ draft, changes }) => draft.isNew || !isNothing(changes));
  if (changed.length === 0) return;
  const before = changed.flatMap(({ draft }) => (draft.isMarked ? draft.id : []));
  const written = before.length > 0 ? await tx.sql<{ id: string; changes: Changes | null; isNew: boolean }>(WRITTEN, [runId, before]) : [];
  const known = new Map(written.map((row) => [row.id, row]));
  const rows = changed.map(({ draft: { id, isNew }, changes }) => {
    const first = known.get(id);
    return { id, isNew: first?.isNew ?? isNew, changes: first?.changes ? together(first.changes, changes) : changes };
  });
  await tx.sql(RECORD, [runId, JSON.stringify(rows), tx.now.toISOString()]);
  const fresh = changed.length - written.length;
  if (fresh > 0)
    await tx.sql('update customers_import set customers_changed = customers_changed + $2::integer where id = $1::text::uuid', [runId, fresh]);
};
