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
