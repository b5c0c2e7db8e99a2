import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { lockCustomer } from '../customers/update.ts';

/**
 * Unties a customer from what an issuer calls her. Refuses NOT_FOUND, and LAST_WAY_IN when nothing else would let her in: a customer
 * with an e-mail address can always have a code sent there.
 */
export const unlinkSubject = async (tx: Tx, customerId: string, id: string): Promise<{ deletedId: string }> => {
  const { email } = await lockCustomer(tx, customerId, ['customerId']);
  const subjects = await tx.db.identityProviderSubject.findMany({ where: { customerId }, select: { id: true, providerId: true } });
  const subject = subjects.find((candidate) => candidate.id === id);
  if (!subject) throw new DomainError('NOT_FOUND', ['id']);
  const passkeys = await tx.db.passkey.count({ where: { customerId } });
  if (!email && passkeys === 0 && subjects.length === 1) throw new DomainError('LAST_WAY_IN', ['id']);
  await tx.db.identityProviderSubject.delete({ where: { id }, select: { id: true } });
  tx.emit({ type: 'identity_provider_subject.unlinked', customerId, providerId: subject.providerId });
  return { deletedId: id };
};
