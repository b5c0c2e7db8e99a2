import type { Profile } from './fields.ts';

/** Shopify's names for what keeps profiles from being merged, as far as there is such a thing here, and one of ours. */
type MergeErrorField = 'BLOCKED' | 'DELETED_AT' | 'MERGE_IN_PROGRESS' | 'OVERRIDE_FIELDS' | 'PENDING_DATA_REQUEST' | 'STORE_CREDIT';

/** Why two profiles, or one, are not merged. */
export interface Blocker {
  /** The code that `customerMerge` refuses with. */
  readonly code: string;
  /** Null when it is of nothing that has a name there. */
  readonly errorField: MergeErrorField | null;
  readonly customerIds: readonly string[];
  readonly field: readonly string[];
  readonly params: Readonly<Record<string, string | number>>;
}

/** Which of Shopify's names a refusal goes under, by what it says in detail, else by its code. */
const ERROR_FIELDS: Readonly<Record<string, MergeErrorField>> = {
  CREDIT_LIMIT_EXCEEDED: 'STORE_CREDIT',
  CUSTOMER_DOES_NOT_EXIST: 'DELETED_AT',
  MERGE_CUSTOMER_BEING_ERASED: 'PENDING_DATA_REQUEST',
  MERGE_CUSTOMER_BLOCKED: 'BLOCKED',
  MERGE_CUSTOMER_DELETED: 'DELETED_AT',
  MERGE_IN_PROGRESS: 'MERGE_IN_PROGRESS',
  MISSING_OVERRIDE_ATTRIBUTE: 'OVERRIDE_FIELDS',
  OVERRIDE_ATTRIBUTE_INVALID: 'OVERRIDE_FIELDS',
};

export const errorFieldOf = (code: string, detail?: unknown): MergeErrorField | null => ERROR_FIELDS[String(detail)] ?? ERROR_FIELDS[code] ?? null;

/** What of a profile itself keeps it from being merged, with anyone: only what must. `busy` are those whom a merge under way is about. */
export const blockersOf = (
  { id, deletedAt, blockedAt, erasureDueAt }: Pick<Profile, 'id' | 'deletedAt' | 'blockedAt' | 'erasureDueAt'>,
  field: string,
  busy: ReadonlySet<string> = new Set(),
): Blocker[] => {
  const blocker = (errorField: MergeErrorField, detail: string): Blocker => ({
    code: 'INVALID_CUSTOMER',
    errorField,
    customerIds: [id],
    field: [field],
    params: { detail },
  });
  if (deletedAt) return [blocker('DELETED_AT', 'MERGE_CUSTOMER_DELETED')];
  if (busy.has(id)) return [blocker('MERGE_IN_PROGRESS', 'MERGE_IN_PROGRESS')];
  if (erasureDueAt) return [blocker('PENDING_DATA_REQUEST', 'MERGE_CUSTOMER_BEING_ERASED')];
  return blockedAt ? [blocker('BLOCKED', 'MERGE_CUSTOMER_BLOCKED')] : [];
};
