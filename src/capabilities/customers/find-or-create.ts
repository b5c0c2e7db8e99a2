import { v7 as uuid } from 'uuid';
import type { Tx } from '../../db/transact.ts';

/**
 * The customer whose e-mail address has just been proven, made at the first sign-in. `email` is canonical.
 * One customer per address also when two sign in at once: the second waits for the first and finds it.
 */
export const findOrCreateByEmail = async (tx: Tx, email: string, locale: string | null): Promise<{ customerId: string }> => {
  const id = uuid();
  const { count } = await tx.db.customer.createMany({
    data: [{ id, email, locale, emailVerifiedAt: tx.now, state: 'ENABLED', createdAt: tx.now, updatedAt: tx.now }],
    skipDuplicates: true,
  });
  if (count === 1) {
    tx.emit({ type: 'customer.created', customerId: id, source: 'sign_in' });
    return { customerId: id };
  }
  const known = await tx.db.customer.findUniqueOrThrow({ where: { email }, select: { id: true, state: true, emailVerifiedAt: true } });
  if (known.state !== 'ENABLED' || !known.emailVerifiedAt) {
    await tx.db.customer.update({
      where: { id: known.id },
      data: { state: 'ENABLED', emailVerifiedAt: known.emailVerifiedAt ?? tx.now, updatedAt: tx.now },
      select: { id: true },
    });
    tx.emit({ type: 'customer.updated', customerId: known.id, fields: ['state', 'emailVerified'] });
  }
  return { customerId: known.id };
};
