import type { Sql } from '../../db/client.ts';

/** Available minor units by account at a moment: a sum over open lots, which no relation says. One statement for many accounts. */
export const loadAvailable = async (sql: Sql, accountIds: readonly string[], moment: Date | null): Promise<Map<string, bigint>> => {
  const rows = await sql<{ id: string; available: string }>(
    `select a.id::text, store_credit_available(a.id, a.held_minor, coalesce($2::text::timestamptz, clock_timestamp()))::text as available
     from store_credit_account a where a.id = any($1::text[]::uuid[])`,
    [accountIds, moment?.toISOString() ?? null],
  );
  return new Map(rows.map(({ id, available }) => [id, BigInt(available)]));
};

/** The owner's customer id by account, to guard what hangs on an account. */
export const loadOwners = async (sql: Sql, accountIds: readonly string[]): Promise<Map<string, string>> => {
  const rows = await sql<{ id: string; customer_id: string }>(
    'select id::text, customer_id::text from store_credit_account where id = any($1::text[]::uuid[])',
    [accountIds],
  );
  return new Map(rows.map(({ id, customer_id }) => [id, customer_id]));
};
