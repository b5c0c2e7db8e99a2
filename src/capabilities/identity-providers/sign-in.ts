import { v7 as uuid } from 'uuid';
import { canonicalEmail } from '../../core/email.ts';
import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { findOrCreateByEmail } from '../customers/find-or-create.ts';
import type { Open } from '../sign-in/code.ts';

/** What an issuer says of who has signed in there. */
export interface ProviderClaims {
  readonly subject: string;
  readonly email: string | null;
  readonly emailVerified: boolean;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly locale: string | null;
}

const NAME_CHARACTERS_MAX = 100;

/**
 * Signs in whom an issuer vouches for. A subject that is known is its customer. A new one is tied to the customer of its e-mail address
 * only when both sides have proven that address: the issuer says so, and a code or the like has come back here before; else someone who
 * wrote another's address into either account would get the other. Without such a customer one is made.
 *
 * Refuses EMAIL_NOT_VERIFIED by the issuer, PROOF_NEEDED here: then a code to that address comes first. Refuses CUSTOMER_DISABLED.
 */
export const signInByProvider = async <Session>(
  tx: Tx,
  providerId: string,
  { subject, email: text, emailVerified, ...profile }: ProviderClaims,
  open: Open<Session>,
): Promise<{ customerId: string; session: Session }> => {
  const known = await tx.db.identityProviderSubject.findUnique({
    where: { providerId_subject: { providerId, subject } },
    select: { id: true, customerId: true },
  });
  const email = text ? canonicalEmail(text) : null;
  if (known) {
    await tx.db.identityProviderSubject.update({ where: { id: known.id }, data: { email, updatedAt: tx.now }, select: { id: true } });
    return { customerId: known.customerId, session: await open(tx, known.customerId, 'identity_provider') };
  }
  if (!email || !emailVerified) throw new DomainError('EMAIL_NOT_VERIFIED');
  const customerId = await customerOf(tx, email, profile);
  await tx.db.identityProviderSubject.create({
    data: { id: uuid(), providerId, subject, customerId, email, createdAt: tx.now, updatedAt: tx.now },
    select: { id: true },
  });
  tx.emit({ type: 'identity_provider_subject.linked', customerId, providerId });
  return { customerId, session: await open(tx, customerId, 'identity_provider') };
};

const customerOf = async (tx: Tx, email: string, profile: Pick<ProviderClaims, 'firstName' | 'lastName' | 'locale'>): Promise<string> => {
  const there = await tx.db.customer.findUnique({ where: { email }, select: { id: true, emailVerifiedAt: true, mergedIntoId: true } });
  // Of a profile that was merged away, the address is the survivor's when both were proven, and else a newcomer's.
  if (there?.mergedIntoId) return (await findOrCreateByEmail(tx, email, profile.locale)).customerId;
  if (there && !there.emailVerifiedAt) throw new DomainError('PROOF_NEEDED', null, { email });
  if (there) return there.id;
  const { customerId } = await findOrCreateByEmail(tx, email, profile.locale);
  const name = (value: string | null): string | null => value?.trim().slice(0, NAME_CHARACTERS_MAX) || null;
  const data = { firstName: name(profile.firstName), lastName: name(profile.lastName) };
  await tx.db.customer.update({ where: { id: customerId }, data, select: { id: true } });
  return customerId;
};
