import type { Sql } from '../../db/client.ts';

/** What a customer holds in one currency, and what of it runs out next. Amounts are minor units. */
export interface CreditSummary {
  readonly accountId: string;
  readonly currency: string;
  readonly balanceMinor: string;
  readonly availableMinor: string;
  readonly next: { readonly expiresAt: Date; readonly amountMinor: string } | null;
}

const SUMMARIES = `
select a.id::text as "accountId", a.currency, a.balance_minor::text as balance,
  s.available::text as available, n.expires_at as "expiresAt", n.amount::text as amount
from store_credit_account a
cross join store_credit_standing(a.id, $2::text::timestamptz) s
left join lateral (
  select l.expires_at, sum(l.remaining_minor) as amount from store_credit_lot l
  where l.account_id = a.id and l.is_open and l.expires_at > $2::text::timestamptz
  group by l.expires_at order by l.expires_at limit 1) n on true
where a.customer_id = $1::text::uuid order by a.id`;

interface Row {
  readonly accountId: string;
  readonly currency: string;
  readonly balance: string;
  readonly available: string;
  readonly expiresAt: Date | string | null;
  readonly amount: string | null;
}

/** A customer's accounts at a moment, the oldest first. */
export const creditSummaries = async (sql: Sql, customerId: string, moment: Date): Promise<CreditSummary[]> => {
  const rows = await sql<Row>(SUMMARIES, [customerId, moment.toISOString()]);
  return rows.map(({ accountId, currency, balance, available, expiresAt, amount }) => ({
    accountId,
    currency,
    balanceMinor: balance,
    availableMinor: available,
    next: expiresAt && amount ? { expiresAt: new Date(expiresAt), amountMinor: amount } : null,
  }));
};
