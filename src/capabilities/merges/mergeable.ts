import type { Profile } from './fields.ts';

/** Shopify's names for what keeps profiles from being merged, as far as there is such a thing here, and one of ours. */
type MergeErrorField = 'BLOCKED' | 'DELETED_AT' | 'OVERRIDE_FIELDS' | 'PENDING_DATA_REQUEST' | 'STORE_CREDIT';

/** Why two profiles, or one, are not merged. */
export interface Blocker {
  /** The code that `customerMerge` refuses with. */
  readonly code: 'INVALID_CUSTOMER' | 'INVALID_CUSTOMER_ID' | 'MISSING_OVERRIDE_ATTRIBUTE' | 'OVERRIDE_ATTRIBUTE_INVALID';
  readonly errorField: MergeErrorField;
  readonly customerIds: readonly string[];
  readonly field: readonly string[];
  readonly params: Readonly<Record<string, string | number>>;
}

/** What of a profile itself keeps it from being merged, with anyone: only what must. */
export const blockersOf = (
  { id, deletedAt, blockedAt, erasureDueAt }: Pick<Profile, 'id' | 'deletedAt' | 'blockedAt' | 'erasureDueAt'>,
  field: string,
): Blocker[] => {
  const blocker = (errorField: MergeErrorField, detail: string): Blocker => ({
    code: 'INVALID_CUSTOMER',
    errorField,
    customerIds: [id],
    field: [field],
    params: { detail },
  });
  if (deletedAt) return [blocker('DELETED_AT', 'MERGE_CUSTOMER_DELETED')];
  if (erasureDueAt) return [blocker('PENDING_DATA_REQUEST', 'MERGE_CUSTOMER_BEING_ERASED')];
  return blockedAt ? [blocker('BLOCKED', 'MERGE_CUSTOMER_BLOCKED')] : [];
};
