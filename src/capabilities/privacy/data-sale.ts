import { canonicalEmail } from '../../core/email.ts';
import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { customerOfEmail } from '../customers/living.ts';
import { lockCustomer } from '../customers/update.ts';

/** Who opts out: a customer, or for staff the one of an e-mail address. */
export type Who = { readonly customerId: string } | { readonly email: string };

const found = async (tx: Tx, who: Who): Promise<string> => {
  if ('customerId' in who) return who.customerId;
  const email = canonicalEmail(who.email);
  const customerId = email && (await customerOfEmail(tx, email));
  if (!customerId) throw new DomainError('FAILED', ['email'], { detail: 'CUSTOMER_DOES_NOT_EXIST' });
  return customerId;
};

/** Writes down that a customer's data is not to be sold or shared; said again it changes nothing. Refuses FAILED for nobody's address. */
export const optOutOfDataSale = async (tx: Tx, who: Who): Promise<{ customerId: string }> => {
  const customerId = await found(tx, who);
  const { dataSaleOptOutAt } = await lockCustomer(tx, customerId, null);
  if (dataSaleOptOutAt) return { customerId };
  await tx.db.customer.update({ where: { id: customerId }, data: { dataSaleOptOutAt: tx.now, updatedAt: tx.now }, select: { id: true } });
  tx.emit({ type: 'customer.updated', customerId, fields: ['dataSaleOptOut'] });
  return { customerId };
};
