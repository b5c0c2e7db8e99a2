import { v7 as uuid } from 'uuid';
import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import { plainText } from '../customers/profile.ts';
import { lockCustomer } from '../customers/update.ts';

export const LISTS_MAX = 20;

const nameOf = (text: string, path: readonly string[]): { name: string; nameKey: string } => {
  const name = plainText(text, path);
  if (name === null) throw new DomainError('BLANK', [...path]);
  return { name, nameKey: name.normalize('NFC').toLowerCase() };
};

const refuseTaken = async (tx: Tx, customerId: string, nameKey: string, except: string | null): Promise<void> => {
  const holder = await tx.db.wishlist.findUnique({ where: { customerId_nameKey: { customerId, nameKey } }, select: { id: true } });
  if (holder && holder.id !== except) throw new DomainError('TAKEN', ['name'], { detail: 'WISHLIST_NAME_TAKEN' });
};

/** Makes a list. The caller holds the customer. Refuses TOO_MANY. */
const make = async (tx: Tx, customerId: string, { name, nameKey }: ReturnType<typeof nameOf>): Promise<string> => {
  if ((await tx.db.wishlist.count({ where: { customerId } })) >= LISTS_MAX) throw new DomainError('TOO_MANY', ['name'], { max: LISTS_MAX });
  const id = uuid();
  await tx.db.wishlist.create({ data: { id, customerId, name, nameKey, createdAt: tx.now, updatedAt: tx.now }, select: { id: true } });
  tx.emit({ type: 'wishlist.created', customerId, wishlistId: id });
  return id;
};

/**
 * Makes an empty list of a customer's. Refuses BLANK, TOO_LONG, CONTAINS_HTML_TAGS, CONTAINS_URL, TAKEN for a name that another list of hers
 * has, TOO_MANY beyond 20 lists, and CUSTOMER_DOES_NOT_EXIST.
 */
export const createWishlist = async (tx: Tx, customerId: string, name: string): Promise<{ wishlistId: string }> => {
  const named = nameOf(name, ['name']);
  await lockCustomer(tx, customerId, ['customerId']);
  await refuseTaken(tx, customerId, named.nameKey, null);
  return { wishlistId: await make(tx, customerId, named) };
};

/** The list that products go into when none is named: her oldest, or a new one. The caller holds the customer. */
export const firstWishlist = async (tx: Tx, customerId: string, name: string): Promise<string> => {
  const first = await tx.db.wishlist.findFirst({ where: { customerId }, orderBy: { id: 'asc' }, select: { id: true } });
  return first?.id ?? make(tx, customerId, nameOf(name, ['name']));
};

/** Holds a list of this owner's, or of anybody's for staff, with its customer. Refuses NOT_FOUND. */
export const holdWishlist = async (
  tx: Tx,
  wishlistId: string,
  owner: string | null,
  path: readonly string[] = ['id'],
): Promise<{ customerId: string }> => {
  const list = await tx.db.wishlist.findUnique({ where: { id: wishlistId }, select: { customerId: true } });
  if (!list || (owner !== null && list.customerId !== owner)) throw new DomainError('NOT_FOUND', [...path]);
  await tx.db.$queryRaw`select 1 from customer where id = ${list.customerId}::uuid for no key update`;
  // Merged away, or deleted, while this waited.
  const again = await tx.db.wishlist.findFirst({
    where: { id: wishlistId, customerId: list.customerId, customer: { deletedAt: null } },
    select: { customerId: true },
  });
  if (!again) throw new DomainError('NOT_FOUND', [...path]);
  return again;
};

/** Gives a list another name. Refuses NOT_FOUND and what `createWishlist` refuses of a name. */
export const renameWishlist = async (tx: Tx, wishlistId: string, owner: string | null, name: string): Promise<{ wishlistId: string }> => {
  const named = nameOf(name, ['name']);
  const { customerId } = await holdWishlist(tx, wishlistId, owner);
  await refuseTaken(tx, customerId, named.nameKey, wishlistId);
  await tx.db.wishlist.update({ where: { id: wishlistId }, data: { ...named, updatedAt: tx.now }, select: { id: true } });
  tx.emit({ type: 'wishlist.updated', customerId, wishlistId });
  return { wishlistId };
};

/** Deletes a list with what is in it. Refuses NOT_FOUND. */
export const deleteWishlist = async (tx: Tx, wishlistId: string, owner: string | null): Promise<{ deletedWishlistId: string }> => {
  const { customerId } = await holdWishlist(tx, wishlistId, owner);
  await tx.db.wishlist.delete({ where: { id: wishlistId }, select: { id: true } });
  tx.emit({ type: 'wishlist.deleted', customerId, wishlistId });
  return { deletedWishlistId: wishlistId };
};
