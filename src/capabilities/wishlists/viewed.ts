import { v7 as uuid } from 'uuid';
import type { Tx } from '../../db/transact.ts';
import { lockCustomer } from '../customers/update.ts';
import { checkProduct, type ProductInput } from './product.ts';

/** How many products are remembered of a customer; the oldest are forgotten. */
export const VIEWED_MAX = 50;

const FORGET = `
delete from viewed_product where customer_id = $1::text::uuid and id not in (
  select id from viewed_product where customer_id = $1::text::uuid order by viewed_at desc, id desc limit ${VIEWED_MAX})`;

/**
 * Remembers that a customer looked at a product: again, it becomes the newest. No event leaves it: what she looks at is nobody else's to be
 * told. Refuses CUSTOMER_DOES_NOT_EXIST and what `checkProduct` refuses.
 */
export const addViewed = async (tx: Tx, customerId: string, input: ProductInput): Promise<{ viewedId: string }> => {
  const { productId, variantId: _whatever, ...shown } = checkProduct(input, ['product']);
  await lockCustomer(tx, customerId, ['customerId']);
  const { id } = await tx.db.viewedProduct.upsert({
    where: { customerId_productId: { customerId, productId } },
    create: { id: uuid(), customerId, productId, ...shown, viewedAt: tx.now },
    update: { ...shown, viewedAt: tx.now },
    select: { id: true },
  });
  await tx.sql(FORGET, [customerId]);
  return { viewedId: id };
};

/** Forgets what a customer looked at. Refuses CUSTOMER_DOES_NOT_EXIST. */
export const clearViewed = async (tx: Tx, customerId: string): Promise<{ customerId: string }> => {
  await lockCustomer(tx, customerId, ['customerId']);
  await tx.db.viewedProduct.deleteMany({ where: { customerId } });
  return { customerId };
};
