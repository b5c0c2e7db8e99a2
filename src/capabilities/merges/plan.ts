import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { sameAddresses } from '../addresses/merge.ts';
import {
  CHOICE_FIELDS,
  checkOverrides,
  droppedValues,
  leftToClosed,
  type MergedFields,
  mergedFields,
  NOTE_CHARACTERS_MAX,
  type OverrideFields,
  PROFILE,
  type Profile,
  TAGS_MAX,
  versionOf,
} from './fields.ts';
import { type Blocker, blockersOf } from './mergeable.ts';
import type { Drop, Parties, Share } from './participant.ts';
import { PARTICIPANTS } from './participants.ts';
import { survivorOf } from './survivor.ts';

/** Which two, and how. */
export interface MergeInput {
  readonly customerOneId: string;
  readonly customerTwoId: string;
  /** Who lives on, before all rules. */
  readonly customerIdToKeep?: string | null;
  readonly overrideFields?: OverrideFields | null;
}

/** What a merge of two would do. */
export interface MergePlan {
  readonly parties: Parties;
  readonly kept: Profile;
  readonly closed: Profile;
  readonly fields: MergedFields;
  /** What of e-mail address and phone number the closed row keeps. */
  readonly left: ReturnType<typeof leftToClosed>;
  readonly shares: Readonly<Record<string, Share>>;
  /** What will not be there afterwards, word for word. */
  readonly drops: readonly Drop[];
  /** A merge that is given this does exactly what is planned here, or refuses. */
  readonly version: string;
}

export interface Planned {
  readonly blockers: readonly Blocker[];
  /** Null when there are not two to merge. */
  readonly plan: MergePlan | null;
}

const WHOLE = { ...PROFILE, deletedAt: true, blockedAt: true, erasureDueAt: true, updatedAt: true } as const;

/** Ids as they are now: one of a profile that was merged away means the survivor. */
export const livingIds = async (tx: Pick<Tx, 'sql'>, ids: readonly string[]): Promise<Map<string, string>> => {
  const rows = await tx.sql<{ id: string; living: string }>(
    'select id::text as id, coalesce(merged_into_id, id)::text as living from customer where id = any($1::text[]::uuid[])',
    [ids],
  );
  return new Map(rows.map(({ id, living }) => [id, living]));
};

const missing = (field: string, ids: readonly string[], detail: string): Blocker => ({
  code: 'INVALID_CUSTOMER_ID',
  errorField: 'DELETED_AT',
  customerIds: ids,
  field: [field],
  params: { detail },
});

const overrideBlocker = ({ code, field }: DomainError): Blocker => ({
  code: code as 'OVERRIDE_ATTRIBUTE_INVALID',
  errorField: 'OVERRIDE_FIELDS',
  customerIds: [],
  field: field ?? ['overrideFields'],
  params: {},
});

/** What of the merged fields is beyond what a profile may have, and has to be chosen. */
const tooLong = ({ note, tags }: MergedFields): Blocker[] => {
  const blocker = (name: 'note' | 'tags', detail: string, max: number): Blocker => ({
    code: 'MISSING_OVERRIDE_ATTRIBUTE',
    errorField: 'OVERRIDE_FIELDS',
    customerIds: [],
    field: ['overrideFields', name],
    params: { detail, max },
  });
  return [
    ...(note && [...note].length > NOTE_CHARACTERS_MAX ? [blocker('note', 'MERGE_NOTE_TOO_LONG', NOTE_CHARACTERS_MAX)] : []),
    ...(tags.length > TAGS_MAX ? [blocker('tags', 'MERGE_TAGS_TOO_MANY', TAGS_MAX)] : []),
  ];
};

/** The overrides with ids as they are now. */
const followed = (overrides: OverrideFields, living: ReadonlyMap<string, string>): OverrideFields => ({
  ...overrides,
  ...Object.fromEntries(CHOICE_FIELDS.flatMap((name) => (overrides[name] ? [[name, living.get(overrides[name]) ?? overrides[name]]] : []))),
});

const signInDrops = (closed: Profile, fields: MergedFields, left: MergePlan['left']): Drop[] => {
  if (!left.email || (left.emailVerifiedAt && fields.emailVerifiedAt)) return [];
  return [{ code: 'MERGE_DROPS_SIGN_IN', params: { email: left.email, of: closed.id } }];
};

const planOf = async (tx: Tx, [kept, closed]: readonly [Profile, Profile], overrides: OverrideFields, mergeId: string): Promise<MergePlan> => {
  const merged = mergedFields(kept, closed, overrides);
  const parties: Parties = {
    mergeId,
    keptId: kept.id,
    closedId: closed.id,
    keepsSignIn: closed.emailVerifiedAt !== null && merged.emailVerifiedAt !== null,
  };
  const same = await sameAddresses(tx, parties);
  // A default that the survivor's book has already is hers there.
  const twin = same.find(({ droppedAddressId }) => droppedAddressId === merged.defaultAddressId);
  const fields = twin ? { ...merged, defaultAddressId: twin.keptAddressId } : merged;
  const left = leftToClosed(kept, closed, fields);
  const shares: Record<string, Share> = {};
  for (const participant of PARTICIPANTS) shares[participant.name] = await participant.preview(tx, parties);
  return {
    parties,
    kept,
    closed,
    fields,
    left,
    shares,
    drops: [...droppedValues(kept, closed, fields), ...signInDrops(closed, fields, left), ...Object.values(shares).flatMap(({ drops }) => drops)],
    version: versionOf([kept, closed, fields, Object.entries(shares).map(([name, { state }]) => [name, state])]),
  };
};

const BEING_MERGED = `
select kept_id::text as "keptId", closed_id::text as "closedId" from customer_merge_job
where state = 'IN_PROGRESS' and id <> $2::text::uuid and (kept_id = any($1::text[]::uuid[]) or closed_id = any($1::text[]::uuid[]))`;

/** Customers whom a merge under way is about, other than this one. */
const beingMerged = async ({ sql }: Tx, ids: readonly string[], mergeId: string): Promise<ReadonlySet<string>> => {
  const jobs = await sql<{ keptId: string; closedId: string }>(BEING_MERGED, [ids, mergeId]);
  return new Set(jobs.flatMap(({ keptId, closedId }) => [keptId, closedId]));
};

/**
 * Plans a merge without writing anything. What keeps it from being done is in `blockers`; the plan is there all the same, when there are
 * two, so that a preview can show what it is about. `mergeId` is that of the merge to be.
 */
export const planMerge = async (tx: Tx, input: MergeInput, mergeId: string): Promise<Planned> => {
  const overrides = input.overrideFields ?? {};
  const asked = [input.customerOneId, input.customerTwoId, input.customerIdToKeep, ...CHOICE_FIELDS.map((name) => overrides[name])];
  const living = await livingIds(
    tx,
    asked.filter((id): id is string => Boolean(id)),
  );
  const ids = [living.get(input.customerOneId), living.get(input.customerTwoId)] as const;
  const profiles = await tx.db.customer.findMany({ where: { id: { in: ids.filter((id) => id !== undefined) } }, select: WHOLE });
  const [one, two] = ids.map((id) => profiles.find((profile) => profile.id === id));
  if (!one || !two || one.id === two.id) {
    const blockers = [
      ...(one ? [] : [missing('customerOneId', [input.customerOneId], 'CUSTOMER_DOES_NOT_EXIST')]),
      ...(two ? [] : [missing('customerTwoId', [input.customerTwoId], 'CUSTOMER_DOES_NOT_EXIST')]),
      ...(one && two ? [missing('customerTwoId', [one.id], 'MERGE_SAME_CUSTOMER')] : []),
    ];
    return { blockers, plan: null };
  }
  const busy = await beingMerged(tx, [one.id, two.id], mergeId);
  const blockers = [...blockersOf(one, 'customerOneId', busy), ...blockersOf(two, 'customerTwoId', busy)];
  const keepId = input.customerIdToKeep ? (living.get(input.customerIdToKeep) ?? input.customerIdToKeep) : null;
  if (keepId && keepId !== one.id && keepId !== two.id) {
    return { blockers: [...blockers, missing('customerIdToKeep', [keepId], 'MERGE_KEEPS_NEITHER')], plan: null };
  }
  try {
    const chosen = checkOverrides([one, two], followed(overrides, living), tx.now);
    const kept = survivorOf(one, two, keepId, chosen);
    const plan = await planOf(tx, [kept, kept === one ? two : one], chosen, mergeId);
    return { blockers: [...blockers, ...tooLong(plan.fields)], plan };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const kept = survivorOf(one, two, keepId, {});
    return { blockers: [...blockers, overrideBlocker(error)], plan: await planOf(tx, [kept, kept === one ? two : one], {}, mergeId) };
  }
};
