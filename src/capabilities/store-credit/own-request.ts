import type { SqlTx } from '../../db/transact.ts';

const STAFF = 'staff:';

/** The token that decides, whoever made that one, and so on. */
const LINE_OF = `
with recursive line as (
  select id, created_by from staff_token where id = $1::text::uuid
  union
  select t.id, t.created_by from line l join staff_token t on '${STAFF}' || t.id = l.created_by
)
select 1 from line where created_by = $2::text limit 1`;

/** Whether the one who decides is the one who asked, or shows a token that comes from hers, through however many others. */
export const isOwnRequest = async (tx: Pick<SqlTx, 'sql' | 'actor'>, requestedBy: string): Promise<boolean> => {
  if (tx.actor === requestedBy) return true;
  if (!tx.actor.startsWith(STAFF)) return false;
  return (await tx.sql(LINE_OF, [tx.actor.slice(STAFF.length), requestedBy])).length > 0;
};
