import { DomainError } from '../../core/errors.ts';
import type { Sql } from '../../db/client.ts';
import type { Tx } from '../../db/transact.ts';
import { lockCustomer } from '../customers/update.ts';
import { endSessions } from '../sessions/end.ts';

interface Asked {
  readonly customerId: string;
  readonly clientId: string;
}

/** The scopes that a customer has granted a client. */
export const grantedScopes = async (sql: Sql, { customerId, clientId }: Asked): Promise<string[]> => {
  const [row] = await sql<{ scopes: string[] }>('select scopes from oidc_consent where customer_id = $1::text::uuid and client_id = $2::text::uuid', [
    customerId,
    clientId,
  ]);
  return row?.scopes ?? [];
};

/** Writes down that a customer lets a client know and do this, besides what she granted before. */
export const grantScopes = async (tx: Tx, { customerId, clientId }: Asked, scopes: readonly string[]): Promise<void> => {
  const where = { customerId_clientId: { customerId, clientId } };
  const before = await tx.db.oidcConsent.findUnique({ where, select: { scopes: true } });
  const together = [...new Set([...(before?.scopes ?? []), ...scopes])].sort();
  const data = { scopes: together, grantedAt: tx.now };
  await tx.db.oidcConsent.upsert({ where, create: { customerId, clientId, ...data }, update: data, select: { clientId: true } });
};

/**
 * Takes back what a customer let a client know and do: its sessions of hers end, it is told, and it asks anew the next time. Refuses
 * NOT_FOUND for a client that she allowed nothing, and CUSTOMER_DOES_NOT_EXIST.
 */
export const revokeConsent = async (tx: Tx, { customerId, clientId }: Asked): Promise<{ revokedClientId: string }> => {
  await lockCustomer(tx, customerId, ['customerId']);
  const { count } = await tx.db.oidcConsent.deleteMany({ where: { customerId, clientId } });
  if (count === 0) throw new DomainError('NOT_FOUND', ['clientId']);
  const open = await tx.db.session.findMany({ where: { customerId, clientId, revokedAt: null }, select: { id: true } });
  await endSessions(tx, { id: { in: open.map(({ id }) => id) } }, 'consent_revoked');
  tx.emit({ type: 'oidc_consent.revoked', customerId, oidcClientId: clientId });
  return { revokedClientId: clientId };
};
