import { canonicalEmail } from '../../core/email.ts';
import { DomainError } from '../../core/errors.ts';
import type { Language } from '../../core/language.ts';
import type { Keyring } from '../../core/secret.ts';
import type { Tx } from '../../db/transact.ts';
import { requestMail } from '../mail/request.ts';
import { clearUnproven } from '../passwords/clear-unproven.ts';
import { requireFreshSignIn } from '../sessions/fresh.ts';
import { secondsAfter } from '../sessions/open.ts';
import { CODE_TTL_SECONDS, type CodeTools, issueCode, once, RESEND_AFTER_SECONDS, redeemCode } from '../sign-in/one-time.ts';
import type { OverrideFields } from './fields.ts';
import { type Merged, mergeCustomers } from './merge.ts';

/** Who merges her own accounts, from where. */
export interface Merger {
  readonly customerId: string;
  readonly sessionId: string;
  readonly address: string | undefined;
}

/** How long the proof of the other address is good for: time to read the preview. */
const PROOF_SECONDS = 15 * 60;
const SEAL = 'proof of a second account';

/** Refuses INVALID. */
export const otherEmailOf = (text: string): string => {
  const email = canonicalEmail(text);
  if (!email) throw new DomainError('INVALID', ['email'], { detail: 'INVALID_EMAIL' });
  return email;
};

const about = (to: string, { customerId, address }: Merger) => ({ purpose: 'account merge', to, holder: customerId, address }) as const;

/**
 * Sends a code to the address of a second account. The same happens when there is none: who cannot read what was sent there learns nothing.
 * Refuses TOO_MANY_REQUESTS, REAUTHENTICATION_REQUIRED.
 */
export const requestOwnMerge = (
  tools: CodeTools,
  email: string,
  merger: Merger,
  { language, shopName }: { language: Language; shopName: string },
): ((tx: Tx) => Promise<{ expiresAt: Date; resendAfter: Date }>) => {
  const issue = once(() => issueCode(tools, about(email, merger), ['email']));
  return async (tx) => {
    await requireFreshSignIn(tx, merger.sessionId);
    const code = await issue();
    const expiresAt = secondsAfter(tx.now, CODE_TTL_SECONDS);
    requestMail(tx, tools.keyring, merger.customerId, {
      template: 'account_merge',
      to: email,
      language,
      shopName,
      expiresAt: expiresAt.toISOString(),
      values: { code, minutes: String(CODE_TTL_SECONDS / 60) },
    });
    return { expiresAt, resendAfter: secondsAfter(tx.now, RESEND_AFTER_SECONDS) };
  };
};

/** What the code proved, for the merge that follows. */
export interface Proof {
  readonly otherCustomerId: string;
  readonly proof: string;
}

/**
 * Proves the second address by its code. The other profile's address counts as proven from here on, as it does after a sign-in by code.
 * Refuses INVALID_CODE, TOO_MANY_ATTEMPTS, REAUTHENTICATION_REQUIRED, and CUSTOMER_DOES_NOT_EXIST when no other profile has the address.
 */
export const proveOther = (tools: CodeTools, email: string, code: string, merger: Merger): ((tx: Tx) => Promise<Proof>) => {
  const redeem = once(() => redeemCode(tools, about(email, merger), { code }, ['code']));
  return async (tx) => {
    await requireFreshSignIn(tx, merger.sessionId);
    await redeem();
    const [other] = await tx.sql<{ id: string; isProven: boolean }>(OTHER, [email, merger.customerId]);
    if (!other) throw new DomainError('CUSTOMER_DOES_NOT_EXIST', ['email']);
    if (!other.isProven) {
      await tx.db.customer.update({ where: { id: other.id }, data: { emailVerifiedAt: tx.now, updatedAt: tx.now }, select: { id: true } });
      await clearUnproven(tx, other.id);
      tx.emit({ type: 'customer.updated', customerId: other.id, fields: ['emailVerified'] });
    }
    const until = secondsAfter(tx.now, PROOF_SECONDS).toISOString();
    const sealed = tools.keyring.seal(SEAL, JSON.stringify({ customerId: merger.customerId, otherId: other.id, email, until }));
    return { otherCustomerId: other.id, proof: sealed.toString('base64url') };
  };
};

const OTHER = `
select id::text as id, email_verified_at is not null as "isProven" from customer
where email = $1::text and deleted_at is null and id <> $2::text::uuid for no key update`;

interface Proven {
  readonly customerId: string;
  readonly otherId: string;
  readonly email: string;
  readonly until: string;
}

/** Refuses PROOF_INVALID for a proof of somebody else's, one that is too old, or none. */
const openProof = (keyring: Keyring, proof: string, { customerId }: Merger, now: Date): Proven => {
  try {
    const proven = JSON.parse(keyring.open(SEAL, Buffer.from(proof, 'base64url'))) as Proven;
    if (proven.customerId === customerId && new Date(proven.until) > now) return proven;
  } catch {
    // Not sealed by us: refused below.
  }
  throw new DomainError('PROOF_INVALID', ['proof']);
};

/**
 * Merges the proven second account into the one that is signed in, which lives on. Refuses PROOF_INVALID, REAUTHENTICATION_REQUIRED and what
 * `mergeCustomers` refuses.
 */
export const mergeOwn = async (
  tx: Tx,
  keyring: Keyring,
  merger: Merger,
  { proof, overrideFields, version, undoDays }: { proof: string; overrideFields: OverrideFields; version?: string | null; undoDays: number },
): Promise<Merged> => {
  await requireFreshSignIn(tx, merger.sessionId);
  const { otherId, email } = openProof(keyring, proof, merger, tx.now);
  // The proof was of this address: it is good for as long as the other profile has it.
  const other = await tx.db.customer.findFirst({ where: { id: otherId, email, deletedAt: null }, select: { id: true } });
  if (!other) throw new DomainError('PROOF_INVALID', ['proof']);
  const input = { customerOneId: otherId, customerTwoId: merger.customerId, customerIdToKeep: merger.customerId, overrideFields };
  return mergeCustomers(tx, input, { version: version ?? null, undoDays });
};
