import { randomBytes } from 'node:crypto';
import type { OneTimeCodes } from '../../backend/backend.ts';
import type { Keyring } from '../../core/secret.ts';

/** How long a browser may take over a ceremony; WebAuthn recommends five minutes. */
export const CEREMONY_SECONDS = 5 * 60;

/** What a challenge is for: one that was given for signing in registers nothing, and one customer's registers nothing for another. */
export type Ceremony = { readonly kind: 'registration'; readonly customerId: string } | { readonly kind: 'sign-in' };

export interface ChallengeTools {
  readonly codes: OneTimeCodes;
  readonly keyring: Keyring;
}

const identifierOf = (keyring: Keyring, ceremony: Ceremony, challenge: string): string =>
  keyring.stableDigest('passkey challenge', ceremony.kind, 'customerId' in ceremony ? ceremony.customerId : '', challenge).toString('base64url');

const ISSUED = 'challenge';

/** A new challenge of 256 random bits, good once. */
export const issueChallenge = async ({ codes, keyring }: ChallengeTools, ceremony: Ceremony): Promise<string> => {
  const challenge = randomBytes(32).toString('base64url');
  const identifier = identifierOf(keyring, ceremony, challenge);
  await codes.issue({ identifier, digests: [ISSUED], ttlSeconds: CEREMONY_SECONDS, cooldownSeconds: 0.001, limits: [] });
  return challenge;
};

/** Whether the challenge was given for this ceremony; asking uses it up. */
export const redeemChallenge = async ({ codes, keyring }: ChallengeTools, ceremony: Ceremony, challenge: string): Promise<boolean> => {
  const identifier = identifierOf(keyring, ceremony, challenge);
  const { status } = await codes.redeem({ identifier, digests: [ISSUED], guessesPerCode: 1, limits: [] });
  return status === 'REDEEMED';
};
