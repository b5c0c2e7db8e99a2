import type { Sql } from '../../db/client.ts';

/** What can still be given back of an order, in minor units. */
export interface Refundable {
  readonly orderId: string;
  readonly currency: string;
  readonly customerId: string | null;
  readonly isPaid: boolean;
  readonly amountMinor: bigint;
}

/*
 * Paid is an order's total when the backend has told that it was paid. What the backend gave back is its own sum less those refunds that it
 * tells under the id of one that was made here, which would count twice otherwise.
 */
const REFUNDABLE = `
select o.id::text as id, o.currency, o.customer_id::text as customer,
  o.financial_status in ('PAID', 'PARTIALLY_REFUNDED', 'REFUNDED') is true as "isPaid",
  greatest(0, o.total_minor - coalesce(here.amount, 0) - greatest(0, o.refunded_minor - coalesce(told.amount, 0)))::text as amount
from "order" o
left join lateral (select sum(amount_minor)::bigint as amount from store_credit_refund where order_id = o.id) here on true
left join lateral (
  select sum(least((t.refund->>'totalMinor')::bigint, r.amount_minor))::bigint as amount
  from store_credit_refund r join jsonb_array_elements(o.refunds) t(refund) on t.refund->>'externalId' = r.external_id
  where r.order_id = o.id) told on true
where o.id = any((select $1::text[])::uuid[])`;

/** What can be refunded of these orders, by id. */
export const loadRefundable = async (sql: Sql, orderIds: readonly string[]): Promise<Map<string, Refundable>> => {
  const rows = await sql<{ id: string; currency: string; customer: string | null; isPaid: boolean; amount: string }>(REFUNDABLE, [orderIds]);
  return new Map(
    rows.map(({ id, currency, customer, isPaid, amount }) => [
      id,
      { orderId: id, currency, customerId: customer, isPaid, amountMinor: isPaid ? BigInt(amount) : 0n },
    ]),
  );
};
