import { DomainError } from '../../core/errors.ts';
import { parseAmount } from '../../core/money.ts';
import type { SqlTx } from '../../db/transact.ts';
import { type Rules, rulesOf } from './rules.ts';

/** What is absent stays as it is; null takes a limit away. Amounts are decimal texts of the currency. */
export interface RulesInput {
  readonly enabled?: boolean | null;
  readonly refundMethodEnabled?: boolean | null;
  readonly maximumBalance?: string | null;
  readonly maximumIssue?: string | null;
  readonly minimumRedemption?: string | null;
  /** From 0.01 to 100, with at most two decimals. */
  readonly maximumOrderPercentage?: string | null;
  readonly defaultExpiryDays?: number | null;
  readonly approvalAbove?: string | null;
}

const DAYS_MAX = 36_500;

const LOCK = `
insert into store_credit_rule (currency, updated_by, updated_at) values ($1::text, $2::text, $3::text::timestamptz)
on conflict (currency) do update set updated_by = excluded.updated_by, updated_at = excluded.updated_at`;

const WRITE = `
update store_credit_rule set is_enabled = $2::boolean, is_refund_method = $3::boolean, balance_max_minor = $4::text::bigint,
  issue_max_minor = $5::text::bigint, redemption_min_minor = $6::text::bigint, order_share_max = $7::int, expires_after_days = $8::int,
  approval_above_minor = $9::text::bigint
where currency = $1::text`;

/** A percentage as hundredths of a percent. Refuses INVALID. */
export const hundredths = (text: string, field: readonly string[], max = 10_000): number => {
  const match = /^(\d{1,7})(?:\.(\d{1,19}))?$/.exec(text);
  const [, whole = '', fraction = ''] = match ?? [];
  const value = Number(whole + fraction.slice(0, 2).padEnd(2, '0'));
  if (!match || /[1-9]/.test(fraction.slice(2)) || value < 1 || value > max) throw new DomainError('INVALID', field);
  return value;
};

/** A limit that was given, read by `read`; the one of before when it was not. */
const changed = <Given, Limit>(given: Given | null | undefined, before: Limit | null, read: (value: Given) => Limit): Limit | null =>
  given === undefined ? before : given === null ? null : read(given);

const days = (value: number, field: readonly string[]): number => {
  if (value < 1 || value > DAYS_MAX) throw new DomainError('INVALID', field);
  return value;
};

/**
 * Changes a currency's rules. They hold for what is asked of the ledger from then on; what was given stays given.
 * Refuses NEGATIVE_OR_ZERO_AMOUNT, TOO_MANY_DECIMALS, AMOUNT_TOO_LARGE, and INVALID for a percentage or a number of days.
 */
export const updateRules = async (tx: SqlTx, currency: string, input: RulesInput): Promise<{ currency: string }> => {
  await tx.sql(LOCK, [currency, tx.actor, tx.now.toISOString()]);
  const before = await rulesOf(tx.sql, currency);
  const at = (name: keyof RulesInput): string[] => ['input', name];
  const amount = (name: 'maximumBalance' | 'maximumIssue' | 'minimumRedemption' | 'approvalAbove', kept: bigint | null): bigint | null =>
    changed(input[name], kept, (text) => {
      const value = parseAmount(text, currency, at(name));
      if (value < 0n || (value === 0n && name !== 'approvalAbove')) throw new DomainError('NEGATIVE_OR_ZERO_AMOUNT', at(name));
      return value;
    });
  const after: Rules = {
    currency,
    isEnabled: input.enabled ?? before.isEnabled,
    isRefundMethod: input.refundMethodEnabled ?? before.isRefundMethod,
    balanceMaxMinor: amount('maximumBalance', before.balanceMaxMinor),
    issueMaxMinor: amount('maximumIssue', before.issueMaxMinor),
    redemptionMinMinor: amount('minimumRedemption', before.redemptionMinMinor),
    orderShareMax: changed(input.maximumOrderPercentage, before.orderShareMax, (text) => hundredths(text, at('maximumOrderPercentage'))),
    expiresAfterDays: changed(input.defaultExpiryDays, before.expiresAfterDays, (value) => days(value, at('defaultExpiryDays'))),
    approvalAboveMinor: amount('approvalAbove', before.approvalAboveMinor),
  };
  const text = (value: bigint | null): string | null => value?.toString() ?? null;
  await tx.sql(WRITE, [
    currency,
    after.isEnabled,
    after.isRefundMethod,
    text(after.balanceMaxMinor),
    text(after.issueMaxMinor),
    text(after.redemptionMinMinor),
    after.orderShareMax,
    after.expiresAfterDays,
    text(after.approvalAboveMinor),
  ]);
  const fields = (Object.keys(after) as (keyof Rules)[]).filter((name) => after[name] !== before[name]);
  tx.emit({ type: 'store_credit_rules.updated', currency, fields });
  return { currency };
};
