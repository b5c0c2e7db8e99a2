import type { SqlTx } from '../../db/transact.ts';
import { takeAccountToken } from './account-token.ts';

const DECLINE = `
update customer set state = 'DECLINED', updated_at = $2::text::timestamptz
where id = $1::text::uuid and state in ('DISABLED', 'INVITED') returning 1`;

/**
 * Turns an invitation down: its link is used up, and who has never signed in becomes DECLINED. She may still sign in by a code or be
 * invited anew. Refuses TOKEN_INVALID.
 */
export const declineInvitation = async (tx: SqlTx, token: string, field: readonly string[]): Promise<object> => {
  const { customerId } = await takeAccountToken(tx, { token, purposes: ['ACTIVATION'] }, field);
  const declined = await tx.sql(DECLINE, [customerId, tx.now.toISOString()]);
  if (customerId && declined.length > 0) tx.emit({ type: 'customer.updated', customerId, fields: ['state'] });
  return {};
};
