import { canonicalEmail } from '../../core/email.ts';
import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { createCustomer } from '../customers/create.ts';
import { customerOfEmail, customerOfPhone, holdLiving } from '../customers/living.ts';
import { canonicalPhone } from '../customers/phone.ts';
import { plainText } from '../customers/profile.ts';
import type { OrderInput } from './input.ts';
import { optional } from './text.ts';

/**
 * Whose order it is: the customer of the id, of the backend's own id, of the e-mail address or of the phone number, in that order. One who
 * is not known is made, disabled until she signs in by that address. An order without any of these is nobody's.
 *
 * Refuses CUSTOMER_DOES_NOT_EXIST for an id. An address or number that is none names nobody: an old order must not fail for it.
 */
export const customerOfOrder = async (tx: Tx, source: string, { customer, email, phone }: OrderInput): Promise<string | null> => {
  const path = ['input', 'customer'];
  if (customer?.id) {
    const found = await holdLiving(tx, customer.id);
    if (!found) throw new DomainError('CUSTOMER_DOES_NOT_EXIST', [...path, 'id']);
    return found;
  }
  const externalId = optional(customer?.externalId, [...path, 'externalId']);
  const address = canonicalEmail(customer?.email ?? email ?? '');
  const number = canonicalPhone(customer?.phone ?? phone ?? '');
  const known = async () => {
    const id = await whoHas(tx, { source, externalId, address, number });
    return id && holdLiving(tx, id);
  };
  let customerId = await known();
  if (!customerId && (address || number)) {
    customerId = await madeFor(tx, { address, number, customer }).catch(async (error: unknown) => {
      // Another first order of hers was a moment quicker.
      if (error instanceof DomainError && error.code === 'TAKEN') return known();
      throw error;
    });
  }
  if (customerId && externalId) await remember(tx, source, externalId, customerId);
  return customerId;
};

interface Traits {
  readonly source: string;
  readonly externalId: string | null;
  readonly address: string | null;
  readonly number: string | null;
}

const whoHas = async (tx: Tx, { source, externalId, address, number }: Traits): Promise<string | null> =>
  (externalId && (await tx.db.customerExternalId.findUnique({ where: { source_value: { source, value: externalId } } }))?.customerId) ||
  (address && (await customerOfEmail(tx, address))) ||
  (number && !address && (await customerOfPhone(tx, number))) ||
  null;

const madeFor = async (
  tx: Tx,
  { address, number, customer }: { address: string | null; number: string | null; customer: OrderInput['customer'] },
): Promise<string> => {
  // A household's phone is another customer's already: then the order's is left out.
  const isTaken = number !== null && (await customerOfPhone(tx, number)) !== null;
  const { customerId } = await createCustomer(
    tx,
    { firstName: nameIn(customer?.firstName), lastName: nameIn(customer?.lastName), email: address, phone: isTaken ? null : number },
    ['input', 'customer'],
    { source: 'order' },
  );
  return customerId;
};

/** A name as far as it is one; an order must not fail for a strange one. */
const nameIn = (text: string | null | undefined): string | null => {
  try {
    return plainText(text ?? null, []);
  } catch {
    return null;
  }
};

const remember = async (tx: Tx, source: string, value: string, customerId: string): Promise<void> => {
  await tx.db.customerExternalId.upsert({
    where: { source_value: { source, value } },
    create: { source, value, customerId },
    update: {},
  });
};
