import type { SqlTx } from '../../db/transact.ts';
import { openCode } from './open-code.ts';

/** Ends a code that was not claimed. Refuses CODE_NOT_FOUND, CODE_CLAIMED, CODE_DISABLED, CODE_EXPIRED. */
export const disableCode = async (tx: SqlTx, id: string): Promise<{ codeIds: string[] }> => {
  const { customerId } = await openCode(tx, { id }, { mine: () => true, field: ['id'] });
  await tx.sql('update store_credit_code set disabled_at = $2::text::timestamptz where id = $1::text::uuid', [id, tx.now.toISOString()]);
  tx.emit({ type: 'store_credit_code.disabled', codeId: id, customerId });
  return { codeIds: [id] };
};
