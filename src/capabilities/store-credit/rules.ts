import type { Sql } from '../../db/client.ts';

/** What the shop allows in one currency. Amounts are minor units; null is no limit. */
export interface Rules {
  readonly currency: string;
  readonly isEnabled: boolean;
  /** Whether orders may be refunded to credit. */
  readonly isRefundMethod: boolean;
  readonly balanceMaxMinor: bigint | null;
  readonly issueMaxMinor: bigint | null;
  readonly redemptionMinMinor: bigint | null;
  /** Of an order's total, in hundredths of a percent. */
  readonly orderShareMax: number | null;
  /** Of credit that is given without a moment of its own. */
  readonly expiresAfterDays: number | null;
  /** A larger credit needs a second member of staff. */
  readonly approvalAboveMinor: bigint | null;
}

/** The rules of a currency that none were made for. */
export const noRules = (currency: string): Rules => ({
  currency,
  isEnabled: true,
  isRefundMethod: true,
  balanceMaxMinor: null,
  issueMaxMinor: null,
  redemptionMinMinor: null,
  orderShareMax: null,
  expiresAfterDays: null,
  approvalAboveMinor: null,
});

interface Row {
  readonly currency: string;
  readonly is_enabled: boolean;
  readonly is_refund_method: boolean;
  readonly balance_max: string | null;
  readonly issue_max: string | null;
  readonly redemption_min: string | null;
  readonly order_share_max: number | null;
  readonly expires_after_days: number | null;
  readonly approval_above: string | null;
}

const minor = (text: string | null): bigint | null => (text === null ? null : BigInt(text));

const READ = `
select currency, is_enabled, is_refund_method, balance_max_minor::text as balance_max, issue_max_minor::text as issue_max,
  redemption_min_minor::text as redemption_min, order_share_max, expires_after_days, approval_above_minor::text as approval_above
from store_credit_rule where $1::text is null or currency = $1::text order by currency`;

/** The rules of one currency, or of every currency that has some, by code. */
export const readRules = async (sql: Sql, currency: string | null = null): Promise<Rules[]> =>
  (await sql<Row>(READ, [currency])).map((row) => ({
    currency: row.currency,
    isEnabled: row.is_enabled,
    isRefundMethod: row.is_refund_method,
    balanceMaxMinor: minor(row.balance_max),
    issueMaxMinor: minor(row.issue_max),
    redemptionMinMinor: minor(row.redemption_min),
    orderShareMax: row.order_share_max,
    expiresAfterDays: row.expires_after_days,
    approvalAboveMinor: minor(row.approval_above),
  }));

/** The rules of a currency, those of none if none were made. */
export const rulesOf = async (sql: Sql, currency: string): Promise<Rules> => (await readRules(sql, currency))[0] ?? noRules(currency);
