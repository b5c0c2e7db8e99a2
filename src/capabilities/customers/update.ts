import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { forgetConsent } from '../marketing/address-changed.ts';
import { refuseTaken } from './create.ts';
import { checkProfile, type ProfileInput } from './profile.ts';

/**
 * Changes what the input names and nothing else. A changed e-mail address or phone number is no longer verified.
 * Refuses CUSTOMER_DOES_NOT_EXIST, CUSTOMER_INPUT_ARGUMENT_EMPTY, TAKEN and what `checkProfile` refuses, under `path`.
 */
export const updateCustomer = async (
  tx: Tx,
  customerId: string,
  input: ProfileInput,
  path: readonly string[] = ['input'],
): Promise<{ customerId: string }> => {
  const profile = checkProfile(input, path, tx.now);
  if (Object.keys(profile).length === 0) throw new DomainError('CUSTOMER_INPUT_ARGUMENT_EMPTY', [...path]);
  const before = await lockCustomer(tx, customerId);
  await refuseTaken(tx, profile, customerId, path);
  const changed = Object.entries(profile).filter(([field, value]) => !isSame(before[field as keyof typeof before], value));
  if (changed.length > 0) {
    const data = Object.fromEntries(changed);
    await tx.db.customer.update({
      where: { id: customerId },
      data: {
        ...data,
        ...('email' in data ? { emailVerifiedAt: null } : {}),
        ...('phone' in data ? { phoneVerifiedAt: null } : {}),
        updatedAt: tx.now,
      },
      select: { id: true },
    });
    await forgetConsent(tx, customerId, before, data);
    tx.emit({ type: 'customer.updated', customerId, fields: changed.map(([field]) => field) });
  }
  return { customerId };
};

/** Locks a living customer's row until the transaction ends. Refuses CUSTOMER_DOES_NOT_EXIST at `field`. */
export const lockCustomer = async (tx: Tx, customerId: string, field: readonly string[] | null = ['id']) => {
  await tx.db.$queryRaw`select 1 from customer where id = ${customerId}::uuid for no key update`;
  const customer = await tx.db.customer.findFirst({ where: { id: customerId, deletedAt: null } });
  if (!customer) throw new DomainError('CUSTOMER_DOES_NOT_EXIST', field);
  return customer;
};

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
