import type { RegistrationResponseJSON } from '@simplewebauthn/server';
import { v7 as uuid } from 'uuid';
import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { holdLiving } from '../customers/living.ts';
import { requireFreshSignIn } from '../sessions/fresh.ts';
import { CEREMONY_SECONDS, type ChallengeTools, issueChallenge, redeemChallenge } from './challenge.ts';
import { expectedOriginOf, type RelyingParty } from './relying-party.ts';

const PASSKEYS_MAX = 20;
const NAME_CHARACTERS_MAX = 60;

export interface Registrant {
  readonly customerId: string;
  readonly sessionId: string;
}

/** What `navigator.credentials.create()` needs, as JSON. Refuses REAUTHENTICATION_REQUIRED, TOO_MANY. */
export const passkeyCreationOptions = async (tx: Tx, tools: ChallengeTools, rp: RelyingParty, { customerId, sessionId }: Registrant) => {
  await requireFreshSignIn(tx, sessionId);
  const customer = await tx.db.customer.findUniqueOrThrow({
    where: { id: customerId },
    select: { email: true, phone: true, firstName: true, lastName: true, passkeys: { select: { credentialId: true, transports: true } } },
  });
  if (customer.passkeys.length >= PASSKEYS_MAX) throw new DomainError('TOO_MANY', null, { max: PASSKEYS_MAX });
  const { generateRegistrationOptions } = await import('@simplewebauthn/server');
  const challenge = await issueChallenge(tools, { kind: 'registration', customerId });
  return generateRegistrationOptions({
    rpName: rp.shopName,
    rpID: rp.domain,
    userID: Buffer.from(customerId.replaceAll('-', ''), 'hex'),
    userName: customer.email ?? customer.phone ?? rp.shopName,
    userDisplayName: [customer.firstName, customer.lastName].filter(Boolean).join(' '),
    challenge: Buffer.from(challenge, 'base64url'),
    timeout: CEREMONY_SECONDS * 1000,
    excludeCredentials: customer.passkeys.map(({ credentialId, transports }) => ({ id: credentialId, transports })),
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  });
};

/** A name for a passkey. Refuses BLANK, TOO_LONG. */
export const nameOf = (text: string): string => {
  const name = text.trim();
  if (!name) throw new DomainError('BLANK', ['name']);
  if ([...name].length > NAME_CHARACTERS_MAX) throw new DomainError('TOO_LONG', ['name'], { max: NAME_CHARACTERS_MAX });
  return name;
};

/**
 * Keeps a passkey that the signed-in customer's browser has made. Refuses INVALID_PASSKEY whatever is wrong with it,
 * REAUTHENTICATION_REQUIRED, BLANK, TOO_LONG.
 */
export const registerPasskey = async (
  tx: Tx,
  tools: ChallengeTools,
  rp: RelyingParty,
  { customerId, sessionId }: Registrant,
  { response, name: text }: { response: unknown; name: string },
): Promise<{ passkeyId: string; customerId: string }> => {
  const name = nameOf(text);
  await requireFreshSignIn(tx, sessionId);
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server');
  const { registrationInfo } = await verifyRegistrationResponse({
    response: response as RegistrationResponseJSON,
    expectedChallenge: (challenge) => redeemChallenge(tools, { kind: 'registration', customerId }, challenge),
    expectedOrigin: expectedOriginOf(rp, response),
    expectedRPID: rp.domain,
  }).catch(() => ({ registrationInfo: undefined }));
  if (!registrationInfo) throw new DomainError('INVALID_PASSKEY', ['response']);
  const { credential, credentialBackedUp } = registrationInfo;
  if (await tx.db.passkey.findUnique({ where: { credentialId: credential.id }, select: { id: true } }))
    throw new DomainError('INVALID_PASSKEY', ['response']);
  const passkeyId = uuid();
  await tx.db.passkey.create({
    data: {
      id: passkeyId,
      // Her profile may be merged into another meanwhile: then it is one of the survivor's.
      customerId: (await holdLiving(tx, customerId)) ?? customerId,
      credentialId: credential.id,
      publicKey: new Uint8Array(credential.publicKey),
      counter: credential.counter,
      transports: credential.transports ?? [],
      backedUp: credentialBackedUp,
      name,
      createdAt: tx.now,
    },
    select: { id: true },
  });
  tx.emit({ type: 'passkey.created', customerId, passkeyId });
  return { passkeyId, customerId };
};
