/**
 * A condition: whether a customer did something since a moment, or has something to lose. Both are expressions of SQL: her id, and a
 * `timestamptz`.
 */
export const activeSince = (customer: string, moment: string): string => `(
  exists (select from customer_statistics s where s.customer_id = ${customer} and s.last_order_at >= ${moment})
  or exists (select from session s where s.customer_id = ${customer} and greatest(s.authenticated_at, s.last_used_at) >= ${moment})
  or exists (select from viewed_product v where v.customer_id = ${customer} and v.viewed_at >= ${moment})
  or exists (select from marketing_consent_event m where m.customer_id = ${customer} and m.occurred_at >= ${moment})
  or exists (select from subscription_contract s where s.customer_id = ${customer} and s.status in ('ACTIVE', 'PAUSED', 'FAILED'))
  or exists (select from store_credit_account a where a.customer_id = ${customer} and a.balance_minor > 0))`;
