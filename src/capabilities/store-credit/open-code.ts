import { DomainError } from '../../core/errors.ts';
import type { Sql } from '../../db/client.ts';

export interface OpenCode {
  readonly id: string;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly customerId: string | null;
  readonly memo: string | null;
  readonly creditExpiresAfterDays: number | null;
}

interface Row extends Omit<OpenCode, 'amountMinor'> {
  readonly amount: string;
  readonly isClaimed: boolean;
  readonly isDisabled: boolean;
  readonly isExpired: boolean;
}

const HOLD = `
select id::text as id, currency, amount_minor::text as amount, customer_id::text as "customerId", memo,
  credit_expires_after_days as "creditExpiresAfterDays", claimed_at is not null as "isClaimed", disabled_at is not null as "isDisabled",
  coalesce(expires_at <= $3::text::timestamptz, false) as "isExpired"
from store_credit_code
where digest = any(select decode(hex, 'hex') from unnest($1::text[]) hex) or id = $2::text::uuid
for update`;

/** How a code is found: by what was typed, under every key, or by its id. */
export type CodeRef = { readonly digests: readonly string[] } | { readonly id: string };

/**
 * A code that can be claimed, held until the transaction ends. Of a code that is another's, `mine` makes nothing known.
 * Refuses CODE_NOT_FOUND, CODE_CLAIMED, CODE_DISABLED, CODE_EXPIRED.
 */
export const openCode = async (
  { sql, now }: { sql: Sql; now: Date },
  code: CodeRef,
  { mine, field }: { mine: (customerId: string | null) => boolean; field: readonly string[] },
): Promise<OpenCode> => {
  const [row] = await sql<Row>(HOLD, ['digests' in code ? code.digests : [], 'id' in code ? code.id : null, now.toISOString()]);
  if (!row || !mine(row.customerId)) throw new DomainError('CODE_NOT_FOUND', field);
  if (row.isClaimed) throw new DomainError('CODE_CLAIMED', field);
  if (row.isDisabled) throw new DomainError('CODE_DISABLED', field);
  if (row.isExpired) throw new DomainError('CODE_EXPIRED', field);
  const { id, currency, amount, customerId, memo, creditExpiresAfterDays } = row;
  return { id, currency, amountMinor: BigInt(amount), customerId, memo, creditExpiresAfterDays };
};
