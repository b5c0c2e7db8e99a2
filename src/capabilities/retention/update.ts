import { DomainError } from '../../core/errors.ts';
import type { DataRetentionKind } from '../../db/generated/enums.ts';
import type { SqlTx } from '../../db/transact.ts';
import { RETENTION } from './kinds.ts';

/** A run under way begins anew, by what is said now. */
const PUT = `
update data_retention set keep_days = $2::text::integer, due_at = $3::text::timestamptz, cursor = null, running_count = 0
where kind = $1::text::data_retention_kind`;

/** Says how long the shop keeps a kind of data, in days; null is for ever. Refuses KEEP_DAYS_OUT_OF_RANGE. */
export const updateRetention = async (
  tx: SqlTx,
  { kind, keepDays }: { readonly kind: DataRetentionKind; readonly keepDays: number | null },
): Promise<{ kind: DataRetentionKind }> => {
  const { min, max, mayBeForEver } = RETENTION[kind];
  if (keepDays === null ? !mayBeForEver : keepDays < min || keepDays > max)
    throw new DomainError('KEEP_DAYS_OUT_OF_RANGE', ['keepDays'], { min, max });
  await tx.sql(PUT, [kind, keepDays === null ? null : String(keepDays), tx.now.toISOString()]);
  tx.emit({ type: 'data_retention.updated', kind, keepDays });
  return { kind };
};
