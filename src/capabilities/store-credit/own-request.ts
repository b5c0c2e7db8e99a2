import type { SqlTx } from '../../db/transact.ts';

const STAFF = 'staff:';

/** Whether the one who decides is the one who asked, or shows a token that she made for herself. */
export const isOwnRequest = async (tx: Pick<SqlTx, 'sql' | 'actor'>, requestedBy: string): Promise<boolean> => {
  if (tx.actor === requestedBy) return true;
  if (!tx.actor.startsWith(STAFF)) return false;
  const [token] = await tx.sql<{ by: string | null }>('select created_by as by from staff_token where id = $1::text::uuid', [
    tx.actor.slice(STAFF.length),
  ]);
  return token?.by === requestedBy;
};
