import type { Money } from '../../core/money.ts';
import type { Sql } from '../../db/client.ts';
import { rulesOf } from './rules.ts';

/** Why an order cannot be paid with more credit, or with any. */
export const QUOTE_REASONS = ['BELOW_MINIMUM', 'HELD', 'INSUFFICIENT_FUNDS', 'NO_CREDIT', 'NOT_ENABLED', 'ORDER_SHARE'] as const;

export interface Quote {
  readonly currency: string;
  /** Minor units: what may be used now, and what of the order is then left to pay. */
  readonly usableMinor: bigint;
  readonly restMinor: bigint;
  readonly balanceMinor: bigint;
  readonly availableMinor: bigint;
  /** What keeps it from being more, with the amount that each allows. */
  readonly limits: readonly { readonly reason: (typeof QUOTE_REASONS)[number]; readonly amountMinor: bigint }[];
}

interface QuoteInput {
  readonly customerId: string;
  readonly orderTotal: Money;
  /** What the order is called in holds and debits: what was used for it before counts. */
  readonly reference?: string | null;
  /** Null: the database's own clock. */
  readonly moment: Date | null;
}

const STANDING = `
select a.balance_minor::text as balance, s.available::text as available, s.held::text as held,
  case when $4::text is null then '0' else store_credit_order_share_used(a.id, $4::text)::text end as used
from store_credit_account a, store_credit_standing(a.id, coalesce($3::text::timestamptz, statement_timestamp())) s
where a.customer_id = $1::text::uuid and a.currency = $2::text`;

const least = (...amounts: readonly bigint[]): bigint => amounts.reduce((a, b) => (a < b ? a : b));

/**
 * How much credit may pay an order now, by the account and by the currency's rules, and why not more. The ledger decides when it is spent:
 * a hold is what keeps it.
 */
export const quote = async (
  sql: Sql,
  { customerId, orderTotal: { amountMinor: total, currency }, reference, moment }: QuoteInput,
): Promise<Quote> => {
  const [row] = await sql<{ balance: string; available: string; held: string; used: string }>(STANDING, [
    customerId,
    currency,
    moment?.toISOString() ?? null,
    reference ?? null,
  ]);
  const { isEnabled, orderShareMax, redemptionMinMinor } = await rulesOf(sql, currency);
  const [balanceMinor, availableMinor, held, used] = [row?.balance, row?.available, row?.held, row?.used].map((text) => BigInt(text ?? 0)) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  const share = orderShareMax === null ? total : (total * BigInt(orderShareMax)) / 10_000n - used;
  const shareLeft = share > 0n ? share : 0n;
  const possible = isEnabled ? least(total, availableMinor, shareLeft) : 0n;
  const isTooSmall = possible > 0n && redemptionMinMinor !== null && possible < redemptionMinMinor;
  const usableMinor = isTooSmall ? 0n : possible;
  const found: readonly (Quote['limits'][number] | false)[] = [
    !isEnabled && { reason: 'NOT_ENABLED', amountMinor: 0n },
    balanceMinor === 0n && { reason: 'NO_CREDIT', amountMinor: 0n },
    balanceMinor > 0n && availableMinor < total && { reason: 'INSUFFICIENT_FUNDS', amountMinor: availableMinor },
    held > 0n && availableMinor < total && { reason: 'HELD', amountMinor: availableMinor },
    shareLeft < total && { reason: 'ORDER_SHARE', amountMinor: shareLeft },
    isTooSmall && { reason: 'BELOW_MINIMUM', amountMinor: 0n },
  ];
  const limits = found.filter((limit) => limit !== false);
  return { currency, usableMinor, restMinor: total - usableMinor, balanceMinor, availableMinor, limits };
};
