import type { PrivacyParticipant } from '../privacy/participant.ts';

const PRODUCT = { productId: true, title: true, imageUrl: true, url: true } as const;

/** What she saved and looked at. */
export const wishlistPrivacy: PrivacyParticipant = {
  name: 'wishlists',
  models: ['Wishlist', 'WishlistItem', 'ViewedProduct'],
  read: async (tx, customerId) => {
    const wishlists = await tx.db.wishlist.findMany({
      where: { customerId },
      select: { name: true, createdAt: true, items: { select: { ...PRODUCT, variantId: true, createdAt: true }, orderBy: { id: 'asc' } } },
      orderBy: { id: 'asc' },
    });
    const viewed = await tx.db.viewedProduct.findMany({
      where: { customerId },
      select: { ...PRODUCT, viewedAt: true },
      orderBy: { viewedAt: 'desc' },
    });
    return wishlists.length + viewed.length > 0 ? { wishlists, viewed } : null;
  },
  erase: async (tx, customerId) => {
    await tx.db.wishlist.deleteMany({ where: { customerId } });
    await tx.db.viewedProduct.deleteMany({ where: { customerId } });
  },
};
