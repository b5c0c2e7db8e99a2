import type { Keyring } from '../../core/secret.ts';
import type { SqlTx } from '../../db/transact.ts';
import { creditCodeDigest, mintCreditCode } from './code-text.ts';
import { openCode } from './open-code.ts';

/** Staff regenerate any code; a customer those that are hers alone. */
export type Regenerator = { readonly customerId: string } | 'staff';

const REPLACE = `
update store_credit_code set digest = decode($2::text, 'hex'), hint = $3::text, regenerated_at = $4::text::timestamptz where id = $1::text::uuid`;

/**
 * Gives a lost code another text, shown once; the one before is worth nothing from then on.
 * Refuses CODE_NOT_FOUND, CODE_CLAIMED, CODE_DISABLED, CODE_EXPIRED.
 */
export const regenerateCode = async (tx: SqlTx, keyring: Keyring, id: string, who: Regenerator): Promise<{ codeIds: string[]; codes: string[] }> => {
  const { customerId } = await openCode(tx, { id }, { mine: (owner) => who === 'staff' || owner === who.customerId, field: ['id'] });
  const code = mintCreditCode();
  await tx.sql(REPLACE, [id, creditCodeDigest(keyring, code), code.slice(-4), tx.now.toISOString()]);
  tx.emit({ type: 'store_credit_code.regenerated', codeId: id, customerId });
  return { codeIds: [id], codes: [code] };
};
