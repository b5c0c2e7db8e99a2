import { DomainError } from '../../core/errors.ts';
import { formatAmount } from '../../core/money.ts';
import type { Tx } from '../../db/transact.ts';
import { endSessions } from '../sessions/end.ts';
import { lockCustomer } from './update.ts';

/**
 * Deletes a customer: identities, addresses, password and sessions go; an empty row stays where money ever moved, so that the ledger
 * keeps its owner. Refuses CUSTOMER_DOES_NOT_EXIST, and CUSTOMER_HAS_STORE_CREDIT while any account holds something.
 */
export const deleteCustomer = async (tx: Tx, customerId: string): Promise<{ deletedCustomerId: string }> => {
  // The strongest row lock: a credit that is on its way holds the row by key share, so that it is seen here or finds the customer gone.
  await tx.db.$queryRaw`select 1 from customer where id = ${customerId}::uuid for update`;
  await lockCustomer(tx, customerId, ['input', 'id']);
  const accounts = await tx.db.storeCreditAccount.findMany({ where: { customerId }, select: { balanceMinor: true, currency: true } });
  const holding = accounts.filter(({ balanceMinor }) => balanceMinor > 0n);
  if (holding.length > 0) {
    const balances = holding.map(({ balanceMinor, currency }) => `${formatAmount(balanceMinor, currency)} ${currency}`).join(', ');
    throw new DomainError('CUSTOMER_HAS_STORE_CREDIT', ['input', 'id'], { balances });
  }
  await endSessions(tx, { customerId }, 'customer_deleted');
  tx.emit({ type: 'customer.deleted', customerId });
  if (accounts.length === 0) await tx.db.customer.delete({ where: { id: customerId }, select: { id: true } });
  else await empty(tx, customerId);
  return { deletedCustomerId: customerId };
};

const empty = async (tx: Tx, customerId: string): Promise<void> => {
  const where = { customerId };
  await tx.db.customer.update({
    where: { id: customerId },
    data: {
      firstName: null,
      lastName: null,
      email: null,
      emailVerifiedAt: null,
      phone: null,
      phoneVerifiedAt: null,
      locale: null,
      birthDate: null,
      note: null,
      tags: [],
      defaultAddressId: null,
      state: 'DISABLED',
      updatedAt: tx.now,
      deletedAt: tx.now,
    },
    select: { id: true },
  });
  await tx.db.address.deleteMany({ where });
  await tx.db.customerExternalId.deleteMany({ where });
  await tx.db.customerPassword.deleteMany({ where });
  await tx.db.session.deleteMany({ where });
};
