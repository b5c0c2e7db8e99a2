import { z } from 'zod';
import { canonicalEmail } from '../../core/email.ts';
import { DomainError } from '../../core/errors.ts';
import type { Keyring } from '../../core/secret.ts';
import type { Transact } from '../../db/transact.ts';
import { SHOPIFY } from '../orders/shopify.ts';
import { requestErasure } from './erasure.ts';

const redact = z.object({ customer: z.object({ id: z.union([z.number(), z.string()]).transform(String).nullish(), email: z.string().nullish() }) });

interface Gateway {
  readonly transact: Transact;
  readonly keyring: Keyring;
  readonly erasureGraceSeconds: number;
  readonly shopName: string;
  readonly publicUrl: string;
}

/**
 * Shopify's `customers/redact`: has the customer whom it names erased, by Shopify's id or else by her address. False when she is not known
 * here. Refuses INVALID.
 */
export const redactForShopify = (gateway: Gateway, actor: string, payload: unknown): Promise<boolean> => {
  const parsed = redact.safeParse(payload);
  if (!parsed.success) throw new DomainError('INVALID', ['customer']);
  const { id, email } = parsed.data.customer;
  const address = canonicalEmail(email ?? '');
  return gateway.transact(actor, async (tx) => {
    const known = id ? await tx.db.customerExternalId.findUnique({ where: { source_value: { source: SHOPIFY, value: id } } }) : null;
    const named = address ? await tx.db.customer.findUnique({ where: { email: address }, select: { id: true, mergedIntoId: true } }) : null;
    const customerId = known?.customerId ?? named?.mergedIntoId ?? named?.id;
    if (!customerId) return false;
    const { keyring, erasureGraceSeconds: graceSeconds, shopName, publicUrl } = gateway;
    await requestErasure(tx, keyring, customerId, { graceSeconds, shopName, accountUrl: `${publicUrl}/account/privacy` });
    return true;
  });
};
