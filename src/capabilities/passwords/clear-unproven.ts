import type { SqlTx } from '../../db/transact.ts';
import { endOtherSessions } from '../sessions/end-others.ts';

/**
 * Takes the account from whoever had it before its e-mail address was proven for the first time: the password, passkeys, ties to outside issuers
 * and what was opened with them go, so that nobody can lie in wait in an account made for somebody else's address. Sessions that a proof of that address opened stay.
 */
export const clearUnproven = async (tx: SqlTx, customerId: string): Promise<void> => {
  const removed = await tx.sql('delete from customer_password where customer_id = $1::text::uuid returning 1', [customerId]);
  if (removed.length > 0) tx.emit({ type: 'customer_password.removed', customerId, how: 'email_proven' });
  await tx.sql('delete from passkey where customer_id = $1::text::uuid', [customerId]);
  await tx.sql('delete from identity_provider_subject where customer_id = $1::text::uuid', [customerId]);
  await endOtherSessions(tx, customerId, null, 'email_proven', ['password', 'activation', 'passkey', 'identity_provider']);
};
