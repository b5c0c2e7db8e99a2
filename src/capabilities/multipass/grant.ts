import type { Keyring } from '../../core/secret.ts';
import type { Tx } from '../../db/transact.ts';
import { type Device, openSession, type SessionTokens } from '../sessions/open.ts';
import { redeemMultipass } from './redeem.ts';

/**
 * Exchanges a Multipass token for a session of an OpenID client: the token is the grant's assertion.
 * Refuses INVALID_MULTIPASS_REQUEST and CUSTOMER_DISABLED.
 */
export const grantByMultipass = async (
  tx: Tx,
  keyring: Keyring,
  { assertion, device, clientId }: { assertion: string; device: Device; clientId: string | null },
): Promise<{ customerId: string; session: SessionTokens }> => {
  const { customerId } = await redeemMultipass(tx, keyring, { token: assertion, address: device.address });
  return { customerId, session: await openSession(tx, customerId, device, 'multipass', clientId) };
};
