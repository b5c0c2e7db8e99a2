import type { Sql } from '../../db/client.ts';

/** What an account can spend, and what is held of it, in minor units. */
export interface Standing {
  readonly availableMinor: bigint;
  readonly heldMinor: bigint;
}

/** Standings by account at a moment other than the present, which a relation says. One statement for many accounts. */
export const loadStandings = async (sql: Sql, accountIds: readonly string[], moment: Date): Promise<Map<string, Standing>> => {
  const rows = await sql<{ id: string; available: string; held: string }>(
    `select a.id::text, s.available::text, s.held::text
     from store_credit_account a, store_credit_standing(a.id, $2::text::timestamptz) s where a.id = any($1::text[]::uuid[])`,
    [accountIds, moment.toISOString()],
  );
  return new Map(rows.map(({ id, available, held }) => [id, { availableMinor: BigInt(available), heldMinor: BigInt(held) }]));
};

/** The owner's customer id by account, to guard what hangs on an account. */
export const loadOwners = async (sql: Sql, accountIds: readonly string[]): Promise<Map<string, string>> => {
  const rows = await sql<{ id: string; customer_id: string }>(
    'select id::text, customer_id::text from store_credit_account where id = any($1::text[]::uuid[])',
    [accountIds],
  );
  return new Map(rows.map(({ id, customer_id }) => [id, customer_id]));
};

/** Balances in minor units at moments, by `<account id> <ISO moment>`. */
export const loadBalancesAt = async (sql: Sql, keys: readonly string[]): Promise<Map<string, bigint>> => {
  const rows = await sql<{ key: string; balance: string }>(
    `select k as key, store_credit_balance_at(split_part(k, ' ', 1)::uuid, split_part(k, ' ', 2)::timestamptz)::text as balance
     from unnest($1::text[]) k`,
    [keys],
  );
  return new Map(rows.map(({ key, balance }) => [key, BigInt(balance)]));
};

/** By account, the soonest moment at which credit runs out, and how much. The database's own clock when the moment is null. */
export const loadNextExpiries = async (
  sql: Sql,
  accountIds: readonly string[],
  moment: Date | null,
): Promise<Map<string, { expiresAt: Date; amountMinor: bigint }>> => {
  const rows = await sql<{ id: string; expires_at: Date; amount: string }>(
    `select distinct on (account_id) account_id::text as id, expires_at, sum(remaining_minor)::text as amount
     from store_credit_lot where account_id = any($1::text[]::uuid[]) and is_open
       and expires_at > coalesce($2::text::timestamptz, statement_timestamp())
     group by account_id, expires_at order by account_id, expires_at`,
    [accountIds, moment?.toISOString() ?? null],
  );
  return new Map(rows.map(({ id, expires_at, amount }) => [id, { expiresAt: new Date(expires_at), amountMinor: BigInt(amount) }]));
};

/** By account, the minor units that run out some day unless they are spent. The database's own clock when the moment is null. */
export const loadExpirable = async (sql: Sql, accountIds: readonly string[], moment: Date | null): Promise<Map<string, bigint>> => {
  const rows = await sql<{ id: string; amount: string }>(
    `select account_id::text as id, sum(remaining_minor)::text as amount from store_credit_lot
     where account_id = any($1::text[]::uuid[]) and is_open and expires_at > coalesce($2::text::timestamptz, statement_timestamp())
     group by account_id`,
    [accountIds, moment?.toISOString() ?? null],
  );
  return new Map(rows.map(({ id, amount }) => [id, BigInt(amount)]));
};

/**
 * What was left of the balance at a moment: without what was held then, and without credit that had run out by then, with the expiry that it
 * had then. All of it is made again from the rows that never change.
 */
const AVAILABLE_AT = `
with k as (
  select key, split_part(key, ' ', 1)::uuid as account, split_part(key, ' ', 2)::timestamptz as at from unnest($1::text[]) key
)
select k.key, greatest(0, store_credit_balance_at(k.account, k.at)
  - coalesce((
    select sum(h.amount_minor
      + coalesce((select sum(t.amount_minor) from store_credit_transaction t where t.hold_id = h.id and t.created_at <= k.at), 0)
      - coalesce((select sum(c.amount_minor) from store_credit_change c
          where c.hold_id = h.id and c.kind in ('HOLD_RELEASED', 'HOLD_EXPIRED') and c.created_at <= k.at), 0))
    from store_credit_hold h where h.account_id = k.account and h.created_at <= k.at and h.expires_at > k.at), 0)
  - coalesce((
    select sum(l.amount_minor - coalesce(s.taken, 0))
    from store_credit_lot l
    join store_credit_transaction g on g.id = l.id
    left join (
      select f.lot_id, sum(case t.kind when 'DEBIT_REVERT' then -f.amount_minor else f.amount_minor end) as taken
      from store_credit_transaction t join store_credit_allocation f on f.transaction_id = t.id
      where t.account_id = k.account and t.created_at <= k.at group by f.lot_id) s on s.lot_id = l.id
    left join lateral (
      select true as is_there, expires_at from store_credit_change where lot_id = l.id and created_at <= k.at order by version desc limit 1) c on true
    where l.account_id = k.account and g.created_at <= k.at
      and case when c.is_there then c.expires_at else g.expires_at end <= k.at), 0))::text as available
from k`;

/** What could be spent at moments, in minor units, by `<account id> <ISO moment>`. */
export const loadAvailableAt = async (sql: Sql, keys: readonly string[]): Promise<Map<string, bigint>> => {
  const rows = await sql<{ key: string; available: string }>(AVAILABLE_AT, [keys]);
  return new Map(rows.map(({ key, available }) => [key, BigInt(available)]));
};
