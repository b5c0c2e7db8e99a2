import type { Sql } from '../../db/client.ts';

/** How many products each list holds; a list without any is not among them. */
export const loadItemCounts = async (sql: Sql, wishlistIds: readonly string[]): Promise<Map<string, number>> => {
  const rows = await sql<{ id: string; count: number }>(
    'select wishlist_id::text as id, count(*)::int as count from wishlist_item where wishlist_id = any($1::text[]::uuid[]) group by wishlist_id',
    [wishlistIds],
  );
  return new Map(rows.map(({ id, count }) => [id, count]));
};
