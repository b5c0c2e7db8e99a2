import { DomainError } from '../../core/errors.ts';
import type { Keyring } from '../../core/secret.ts';
import type { Tx } from '../../db/transact.ts';
import { secondsAfter } from '../sessions/open.ts';

/** How long a link to a customer's data works. */
const LINK_SECONDS = 24 * 60 * 60;

const PURPOSE = 'data export';

/** An address at which its holder downloads a customer's data, as it is at that moment, for a day. Nothing is kept of it. Refuses DOES_NOT_EXIST. */
export const dataExportUrl = async (
  tx: Tx,
  { keyring, publicUrl }: { keyring: Keyring; publicUrl: string },
  customerId: string,
): Promise<{ url: string; expiresAt: Date }> => {
  const customer = await tx.db.customer.findUnique({ where: { id: customerId }, select: { deletedAt: true } });
  if (!customer || customer.deletedAt) throw new DomainError('DOES_NOT_EXIST', ['customerId']);
  const expiresAt = secondsAfter(tx.now, LINK_SECONDS);
  const token = keyring.seal(PURPOSE, JSON.stringify({ customerId, until: expiresAt.getTime() })).toString('base64url');
  return { url: `${publicUrl}/account/data-export/${token}`, expiresAt };
};

/** Whose data a token opens; null when it is none, or too old. */
export const customerOfExportToken = (keyring: Keyring, token: string, now: Date): string | null => {
  try {
    const { customerId, until } = JSON.parse(keyring.open(PURPOSE, Buffer.from(token, 'base64url'))) as { customerId: string; until: number };
    return until > now.getTime() ? customerId : null;
  } catch {
    return null;
  }
};
