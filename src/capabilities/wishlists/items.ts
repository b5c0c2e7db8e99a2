import { v7 as uuid } from 'uuid';
import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { lockCustomer } from '../customers/update.ts';
import { firstWishlist, holdWishlist } from './lists.ts';
import { checkProduct, type ProductInput } from './product.ts';

export const ITEMS_MAX = 250;

/** Where a product goes: into a list by its id, or into a customer's first, which gets this name when it has to be made. */
export type Into = { readonly wishlistId: string; readonly owner: string | null } | { readonly customerId: string; readonly name: string };

const listOf = async (tx: Tx, into: Into): Promise<{ customerId: string; wishlistId: string }> => {
  if ('wishlistId' in into) return { wishlistId: into.wishlistId, ...(await holdWishlist(tx, into.wishlistId, into.owner, ['wishlistId'])) };
  await lockCustomer(tx, into.customerId, ['customerId']);
  return { customerId: into.customerId, wishlistId: await firstWishlist(tx, into.customerId, into.name) };
};

/**
 * Saves a product. One that is in the list already stays in its place with its title and addresses as they are told now. Refuses NOT_FOUND
 * for the list, CUSTOMER_DOES_NOT_EXIST, TOO_MANY beyond 250 in a list, and what `checkProduct` refuses.
 */
export const addWishlistItem = async (tx: Tx, into: Into, input: ProductInput): Promise<{ itemId: string }> => {
  const { productId, variantId, ...shown } = checkProduct(input, ['product']);
  const { customerId, wishlistId } = await listOf(tx, into);
  const same = { wishlistId, productId, variantId };
  const before = await tx.db.wishlistItem.findUnique({ where: { wishlistId_productId_variantId: same }, select: { id: true } });
  if (before) {
    await tx.db.wishlistItem.update({ where: { id: before.id }, data: shown, select: { id: true } });
    return { itemId: before.id };
  }
  if ((await tx.db.wishlistItem.count({ where: { wishlistId } })) >= ITEMS_MAX) throw new DomainError('TOO_MANY', ['wishlistId'], { max: ITEMS_MAX });
  const id = uuid();
  await tx.db.wishlistItem.create({ data: { id, ...same, ...shown, createdAt: tx.now }, select: { id: true } });
  await tx.db.wishlist.update({ where: { id: wishlistId }, data: { updatedAt: tx.now }, select: { id: true } });
  tx.emit({ type: 'wishlist_item.added', customerId, wishlistId });
  return { itemId: id };
};

/** Takes a product out of its list. Refuses NOT_FOUND. */
export const removeWishlistItem = async (tx: Tx, itemId: string, owner: string | null): Promise<{ deletedWishlistItemId: string }> => {
  const item = await tx.db.wishlistItem.findUnique({ where: { id: itemId }, select: { wishlistId: true } });
  if (!item) throw new DomainError('NOT_FOUND', ['id']);
  const { customerId } = await holdWishlist(tx, item.wishlistId, owner);
  const { count } = await tx.db.wishlistItem.deleteMany({ where: { id: itemId, wishlistId: item.wishlistId } });
  if (count === 0) throw new DomainError('NOT_FOUND', ['id']);
  tx.emit({ type: 'wishlist_item.removed', customerId, wishlistId: item.wishlistId });
  return { deletedWishlistItemId: itemId };
};
