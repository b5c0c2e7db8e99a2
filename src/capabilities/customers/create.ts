import { v7 as uuid } from 'uuid';
import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { checkProfile, type Profile, type ProfileInput } from './profile.ts';

export type CustomerSource = 'staff' | 'sign_in' | 'import' | 'order' | 'sample';

/**
 * Makes a customer, who has not signed in yet. At least a name, an e-mail address or a phone number is needed.
 * Refuses TAKEN, MISSING_FIELD_REQUIRED and what `checkProfile` refuses, under `path`.
 */
export const createCustomer = async (
  tx: Tx,
  input: ProfileInput,
  path: readonly string[] = ['input'],
  { source = 'staff', id = uuid() }: { source?: CustomerSource; id?: string } = {},
): Promise<{ customerId: string }> => {
  const profile = checkProfile(input, path, tx.now);
  if (!profile.firstName && !profile.lastName && !profile.email && !profile.phone) throw new DomainError('MISSING_FIELD_REQUIRED', [...path]);
  await refuseTaken(tx, profile, null, path);
  await tx.db.customer.create({ data: { id, ...profile, createdAt: tx.now, updatedAt: tx.now }, select: { id: true } });
  tx.emit({ type: 'customer.created', customerId: id, source });
  return { customerId: id };
};

/**
 * Refuses TAKEN when another customer has the e-mail address or the phone number. Two that race past this look meet at the
 * unique index: the loser's transaction runs again and is refused here.
 */
export const refuseTaken = async (tx: Tx, { email, phone }: Profile, except: string | null, path: readonly string[]): Promise<void> => {
  for (const [field, value] of Object.entries({ email, phone })) {
    if (!value) continue;
    const holder = await tx.db.customer.findUnique({ where: field === 'email' ? { email: value } : { phone: value }, select: { id: true } });
    if (holder && holder.id !== except) throw new DomainError('TAKEN', [...path, field]);
  }
};
