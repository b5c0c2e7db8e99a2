import { canonicalEmail } from '../../core/email.ts';
import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { type AddressInput, replaceAddresses } from '../addresses/replace.ts';
import { createCustomer } from './create.ts';
import { customerOfEmail, customerOfPhone, livingCustomer } from './living.ts';
import { canonicalPhone } from './phone.ts';
import type { ProfileInput } from './profile.ts';
import { updateCustomer } from './update.ts';

/** Whom `customerSet` means: by one of these, or by the e-mail address or phone number of its input. */
export interface CustomerIdentifier {
  readonly id?: string | null;
  readonly email?: string | null;
  readonly phone?: string | null;
}

/**
 * Makes the customer as the input says: updates the one whom `identifier` names, else the one with the input's e-mail address or
 * phone number, else creates. Lists in the input replace what is there. An id must exist.
 * Refuses NOT_FOUND, INPUT_MISMATCH, TAKEN and what `checkProfile` refuses.
 */
export const setCustomer = async (
  tx: Tx,
  identifier: CustomerIdentifier | null,
  { addresses, ...input }: ProfileInput & { readonly addresses?: readonly AddressInput[] | null },
): Promise<{ customerId: string }> => {
  const named = withIdentifier(identifier, input);
  const existing = await findIdentified(tx, identifier ?? { email: input.email, phone: input.phone });
  if (identifier?.id && !existing) throw new DomainError('NOT_FOUND', ['identifier', 'id']);
  if (existing && Object.values(named).every((value) => value === undefined)) return withAddresses(tx, existing, addresses);
  const { customerId } = existing ? await updateCustomer(tx, existing, named) : await createCustomer(tx, named);
  return withAddresses(tx, customerId, addresses);
};

const withAddresses = async (tx: Tx, customerId: string, addresses: readonly AddressInput[] | null | undefined): Promise<{ customerId: string }> => {
  if (addresses) await replaceAddresses(tx, customerId, addresses, ['input', 'addresses']);
  return { customerId };
};

/** An identifier by e-mail or phone is part of what the customer becomes; it may not contradict the input. */
const withIdentifier = (identifier: CustomerIdentifier | null, input: ProfileInput): ProfileInput => {
  if (identifier?.email) {
    if (input.email && canonicalEmail(input.email) !== canonicalEmail(identifier.email)) throw new DomainError('INPUT_MISMATCH', ['input', 'email']);
    return { ...input, email: identifier.email };
  }
  if (identifier?.phone) {
    if (input.phone && canonicalPhone(input.phone) !== canonicalPhone(identifier.phone)) throw new DomainError('INPUT_MISMATCH', ['input', 'phone']);
    return { ...input, phone: identifier.phone };
  }
  return input;
};

/**
 * The living customer with this id, e-mail address or phone number, whichever is given first. Those of a profile that was merged away lead to
 * the survivor.
 */
export const findIdentified = async (tx: Pick<Tx, 'sql'>, { id, email, phone }: CustomerIdentifier): Promise<string | null> => {
  const canonical = { email: email ? canonicalEmail(email) : null, phone: phone ? canonicalPhone(phone) : null };
  return (
    (id ? await livingCustomer(tx, id) : null) ??
    (canonical.email ? await customerOfEmail(tx, canonical.email) : null) ??
    (canonical.phone ? await customerOfPhone(tx, canonical.phone) : null)
  );
};
