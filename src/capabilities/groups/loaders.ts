import type { Sql } from '../../db/client.ts';

/** How many members each group has. One statement for many groups. */
export const loadMemberCounts = async (sql: Sql, groupIds: readonly string[]): Promise<Map<string, number>> => {
  const rows = await sql<{ id: string; count: number }>(
    'select group_id::text as id, count(*)::int as count from customer_group_member where group_id = any($1::text[]::uuid[]) group by group_id',
    [groupIds],
  );
  return new Map(rows.map(({ id, count }) => [id, count]));
};
