import type { AuthenticationResponseJSON } from '@simplewebauthn/server';
import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import type { Open } from '../sign-in/code.ts';
import { CEREMONY_SECONDS, type ChallengeTools, issueChallenge, redeemChallenge } from './challenge.ts';
import { expectedOriginOf, type RelyingParty } from './relying-party.ts';

/** What `navigator.credentials.get()` needs, as JSON; the browser shows the passkeys that it has for the shop. */
export const passkeyRequestOptions = async (tools: ChallengeTools, rp: RelyingParty) => {
  const { generateAuthenticationOptions } = await import('@simplewebauthn/server');
  const challenge = await issueChallenge(tools, { kind: 'sign-in' });
  return generateAuthenticationOptions({
    rpID: rp.domain,
    challenge: Buffer.from(challenge, 'base64url'),
    timeout: CEREMONY_SECONDS * 1000,
    userVerification: 'required',
  });
};

/**
 * Signs in whoever holds a passkey. Refuses INVALID_PASSKEY whatever is wrong: an unknown key, another site's, a challenge that was used,
 * a counter that went back, as a copied key's does. Refuses CUSTOMER_DISABLED.
 */
export const signInByPasskey = async <Session>(
  tx: Tx,
  tools: ChallengeTools,
  rp: RelyingParty,
  response: unknown,
  open: Open<Session>,
): Promise<{ customerId: string; session: Session }> => {
  const credentialId = (response as Partial<AuthenticationResponseJSON> | null)?.id;
  const passkey =
    typeof credentialId === 'string' && credentialId.length <= 1024 ? await tx.db.passkey.findUnique({ where: { credentialId } }) : null;
  if (!passkey) throw new DomainError('INVALID_PASSKEY', ['response']);
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response: response as AuthenticationResponseJSON,
    expectedChallenge: (challenge) => redeemChallenge(tools, { kind: 'sign-in' }, challenge),
    expectedOrigin: expectedOriginOf(rp, response),
    expectedRPID: rp.domain,
    credential: {
      id: passkey.credentialId,
      publicKey: new Uint8Array(passkey.publicKey),
      counter: Number(passkey.counter),
      transports: passkey.transports,
    },
  }).catch(() => ({ verified: false as const, authenticationInfo: undefined }));
  if (!verified || !authenticationInfo) throw new DomainError('INVALID_PASSKEY', ['response']);
  const { newCounter, credentialBackedUp } = authenticationInfo;
  await tx.db.passkey.update({
    where: { id: passkey.id },
    data: { counter: newCounter, backedUp: credentialBackedUp, lastUsedAt: tx.now },
    select: { id: true },
  });
  return { customerId: passkey.customerId, session: await open(tx, passkey.customerId, 'passkey') };
};
