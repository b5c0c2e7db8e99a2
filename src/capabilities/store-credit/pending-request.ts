import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';

/**
 * A credit request that nobody has decided, held until this transaction ends.
 * Refuses REQUEST_NOT_FOUND, REQUEST_DECIDED, REQUEST_EXPIRED.
 */
export const pendingRequest = async (tx: Tx, id: string) => {
  await tx.db.$queryRaw`select 1 from store_credit_credit_request where id = ${id}::uuid for update`;
  const request = await tx.db.storeCreditCreditRequest.findUnique({ where: { id } });
  if (!request) throw new DomainError('REQUEST_NOT_FOUND', ['id']);
  if (request.state !== 'PENDING') throw new DomainError('REQUEST_DECIDED', ['id']);
  if (request.expiresAt <= tx.now) throw new DomainError('REQUEST_EXPIRED', ['id']);
  return request;
};
