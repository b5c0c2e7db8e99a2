import { DomainError } from '../../core/errors.ts';
import { formatAmount } from '../../core/money.ts';
import type { Tx } from '../../db/transact.ts';
import { forget } from '../privacy/forget.ts';
import { endSessions } from '../sessions/end.ts';
import { lockCustomer } from './update.ts';

/**
 * Deletes a customer: identities, addresses, password and sessions go; an empty row stays where money ever moved, so that the ledger
 * keeps its owner. Profiles that were merged into hers go with her, and what undoing those merges would have needed.
 * Refuses CUSTOMER_DOES_NOT_EXIST, CUSTOMER_HAS_STORE_CREDIT while any account holds something, and, as Shopify does, CUSTOMER_HAS_ORDERS.
 */
export const deleteCustomer = async (tx: Tx, customerId: string): Promise<{ deletedCustomerId: string }> => {
  // The strongest row lock: a credit that is on its way holds the row by key share, so that it is seen here or finds the customer gone.
  await tx.db.$queryRaw`select 1 from customer where id = ${customerId}::uuid or merged_into_id = ${customerId}::uuid order by id for update`;
  await lockCustomer(tx, customerId, ['input', 'id']);
  const former = await tx.db.customer.findMany({ where: { mergedIntoId: customerId }, select: { id: true } });
  const ids = [customerId, ...former.map(({ id }) => id)];
  const accounts = await tx.db.storeCreditAccount.findMany({
    where: { customerId: { in: ids } },
    select: { customerId: true, balanceMinor: true, currency: true },
  });
  const holding = accounts.filter(({ balanceMinor }) => balanceMinor > 0n);
  if (holding.length > 0) {
    const balances = holding.map(({ balanceMinor, currency }) => `${formatAmount(balanceMinor, currency)} ${currency}`).join(', ');
    throw new DomainError('CUSTOMER_HAS_STORE_CREDIT', ['input', 'id'], { balances });
  }
  if (await tx.db.order.findFirst({ where: { customerId: { in: ids } }, select: { id: true } }))
    throw new DomainError('CUSTOMER_HAS_ORDERS', ['input', 'id']);
  await endSessions(tx, { customerId }, 'customer_deleted');
  tx.emit({ type: 'customer.deleted', customerId });
  await tx.db.customerMerge.deleteMany({ where: { OR: [{ keptId: { in: ids } }, { closedId: { in: ids } }] } });
  for (const id of ids) await remove(tx, id, !accounts.some((account) => account.customerId === id));
  return { deletedCustomerId: customerId };
};

const remove = async (tx: Tx, id: string, isWhole: boolean): Promise<void> => {
  const { email } = await tx.db.customer.findUniqueOrThrow({ where: { id }, select: { email: true } });
  if (email) await tx.db.accountToken.deleteMany({ where: { email } });
  if (isWhole) await tx.db.customer.delete({ where: { id }, select: { id: true } });
  else await forget(tx, id);
};
