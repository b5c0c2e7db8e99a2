import { DomainError } from '../../core/errors.ts';
import type { SqlTx } from '../../db/transact.ts';
import type { Proven } from './prove.ts';

/** Held until the transaction ends: a change of the password waits, and then ends what is opened here. */
const HOLD = 'select 1 from customer_password where customer_id = $1::text::uuid and hash = $2::text for share';
/** Of two who sign in at once with an outdated hash the second finds it renewed; the moment tells that the password is the same. */
const REHASH = `
update customer_password set hash = $3::text
where customer_id = $1::text::uuid and (hash = $2::text or updated_at = $4::text::timestamptz) returning 1`;

/**
 * Lets a customer in whose password was right a moment ago: makes sure that it still is hers and keeps it at today's cost. The caller
 * opens the session, with the method `password`. Refuses UNIDENTIFIED_CUSTOMER when the password was changed meanwhile.
 */
export const signInProven = async (
  tx: SqlTx,
  { customerId, hash, chosenAt, rehashed }: Proven,
  field: readonly string[] = ['input'],
): Promise<{ customerId: string }> => {
  const held = await tx.sql(rehashed ? REHASH : HOLD, rehashed ? [customerId, hash, rehashed, chosenAt] : [customerId, hash]);
  if (held.length === 0) throw new DomainError('UNIDENTIFIED_CUSTOMER', field);
  await tx.sql(`update customer set state = 'ENABLED', updated_at = $2::text::timestamptz where id = $1::text::uuid and state <> 'ENABLED'`, [
    customerId,
    tx.now.toISOString(),
  ]);
  return { customerId };
};
