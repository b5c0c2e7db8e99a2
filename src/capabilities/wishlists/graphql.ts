import { builder } from '../../graphql/builder.ts';
import { loaderOf } from '../../graphql/context.ts';
import { languageOfOperation } from '../../graphql/directives.ts';
import { payloadType, userErrorType } from '../../graphql/errors.ts';
import { idOf } from '../../graphql/gid.ts';
import { BY_ID, keysetConnection, keysetQuery, nodesOf } from '../../graphql/keyset.ts';
import { settle } from '../../graphql/settle.ts';
import { customerMeant, ownerMeant } from '../../graphql/whose.ts';
import { asLiving } from '../customers/living.ts';
import { WISHLIST_CODES } from './errors.ts';
import { addWishlistItem, ITEMS_MAX, removeWishlistItem } from './items.ts';
import { createWishlist, deleteWishlist, LISTS_MAX, renameWishlist } from './lists.ts';
import { loadItemCounts } from './loaders.ts';
import { FIRST_NAMES } from './names.ts';
import { addViewed, clearViewed, VIEWED_MAX } from './viewed.ts';

const WRITE = 'customers:write' as const;

const Item = builder.prismaNode('WishlistItem', {
  description: 'A product that a customer has saved, as the storefront told of it.',
  id: { field: 'id' },
  nullable: true,
  select: { id: true, wishlist: { select: { customerId: true } } },
  authScopes: ({ wishlist }) => ({ owner: wishlist.customerId, staff: 'customers:read' }),
  fields: (t) => ({
    productId: t.exposeString('productId', { nullable: false, description: 'The shop’s own id.' }),
    variantId: t.string({ nullable: true, select: { variantId: true }, resolve: ({ variantId }) => variantId || null }),
    title: t.exposeString('title', { nullable: false }),
    imageUrl: t.expose('imageUrl', { type: 'URL', nullable: true }),
    url: t.expose('url', { type: 'URL', nullable: true }),
    addedAt: t.expose('createdAt', { type: 'DateTime', nullable: false }),
    wishlist: t.relation('wishlist', { nullable: true }),
  }),
});

const Wishlist = builder.prismaNode('Wishlist', {
  description: 'Products that a customer has saved, under a name.',
  id: { field: 'id' },
  nullable: true,
  select: { id: true, customerId: true },
  authScopes: ({ customerId }) => ({ owner: customerId, staff: 'customers:read' }),
  fields: (t) => ({
    name: t.exposeString('name', { nullable: false, description: 'Once among the customer’s lists, whatever its case.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', nullable: false }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', nullable: false }),
    customer: t.relation('customer', { nullable: true }),
    itemsCount: t.int({
      nullable: false,
      resolve: async ({ id }, _args, context) =>
        (await loaderOf(context, 'wishlists/items-count', (ids) => loadItemCounts(context.app.backend.database.sql, ids)).load(id)) ?? 0,
    }),
    items: t.connection(
      {
        type: Item,
        nullable: false,
        description: 'In the order of saving; `reverse: true` for the newest first.',
        args: { reverse: t.arg.boolean({ defaultValue: false }) },
        select: (args, _context, nested, wanted?: ReadonlySet<string>) => ({
          items: nested(keysetQuery(BY_ID, args, {}, { id: true }, wanted), nodesOf('WishlistItem')),
        }),
        resolve: ({ items }, args) => keysetConnection(BY_ID, args, items) as never,
      },
      { name: 'WishlistItemConnection' },
      { name: 'WishlistItemEdge' },
    ),
  }),
});

builder.prismaObject('ViewedProduct', {
  name: 'RecentlyViewedProduct',
  description: 'A product that a customer looked at.',
  select: { customerId: true },
  authScopes: ({ customerId }) => ({ owner: customerId, staff: 'customers:read' }),
  fields: (t) => ({
    productId: t.exposeString('productId', { nullable: false, description: 'The shop’s own id.' }),
    title: t.exposeString('title', { nullable: false }),
    imageUrl: t.expose('imageUrl', { type: 'URL', nullable: true }),
    url: t.expose('url', { type: 'URL', nullable: true }),
    viewedAt: t.expose('viewedAt', { type: 'DateTime', nullable: false, description: 'The last time.' }),
  }),
});

builder.prismaObjectFields('Customer', (t) => ({
  wishlists: t.connection(
    {
      type: Wishlist,
      nullable: false,
      description: `Lists of saved products, oldest first; at most ${LISTS_MAX} are made.`,
      args: { reverse: t.arg.boolean({ defaultValue: false }) },
      select: (args, _context, nested, wanted?: ReadonlySet<string>) => ({
        wishlists: nested(keysetQuery(BY_ID, args, {}, { id: true, customerId: true }, wanted), nodesOf('Wishlist')),
      }),
      resolve: ({ wishlists }, args) => keysetConnection(BY_ID, args, wishlists),
    },
    { name: 'WishlistConnection' },
    { name: 'WishlistEdge' },
  ),
  recentlyViewedProducts: t.relation('viewedProducts', {
    nullable: false,
    description: `What the customer looked at, newest first; the last ${VIEWED_MAX} products are remembered.`,
    query: { orderBy: [{ viewedAt: 'desc' }, { id: 'desc' }], take: VIEWED_MAX },
  }),
}));

const UserError = userErrorType('WishlistUserError', WISHLIST_CODES);

const written = (name: string) =>
  payloadType<{ wishlistId: string }>(name, UserError, (t) => ({
    wishlist: t.prismaField({
      type: 'Wishlist',
      resolve: (query, { wishlistId }, _args, { app }) =>
        wishlistId ? app.backend.database.read.wishlist.findUnique({ ...query, where: { id: wishlistId } }) : null,
    }),
  }));

const CreatePayload = written('WishlistCreatePayload');
const UpdatePayload = written('WishlistUpdatePayload');
const DeletePayload = payloadType<{ deletedWishlistId: string }>('WishlistDeletePayload', UserError, (t) => ({
  deletedWishlistId: t.globalID({ nullable: true, resolve: ({ deletedWishlistId: id }) => (id ? { type: 'Wishlist', id } : null) }),
}));
const ItemAddPayload = payloadType<{ itemId: string }>('WishlistItemAddPayload', UserError, (t) => ({
  wishlistItem: t.prismaField({
    type: 'WishlistItem',
    resolve: (query, { itemId }, _args, { app }) =>
      itemId ? app.backend.database.read.wishlistItem.findUnique({ ...query, where: { id: itemId } }) : null,
  }),
}));
const ItemRemovePayload = payloadType<{ deletedWishlistItemId: string }>('WishlistItemRemovePayload', UserError, (t) => ({
  deletedWishlistItemId: t.globalID({ nullable: true, resolve: ({ deletedWishlistItemId: id }) => (id ? { type: 'WishlistItem', id } : null) }),
}));
const ViewedAddPayload = payloadType<{ viewedId: string }>('RecentlyViewedProductAddPayload', UserError, (t) => ({
  recentlyViewedProduct: t.prismaField({
    type: 'ViewedProduct',
    resolve: (query, { viewedId }, _args, { app }) =>
      viewedId ? app.backend.database.read.viewedProduct.findUnique({ ...query, where: { id: viewedId } }) : null,
  }),
}));
const ViewedClearPayload = payloadType<{ customerId: string }>('RecentlyViewedProductsClearPayload', UserError, (t) => ({
  customer: t.prismaField({
    type: 'Customer',
    resolve: (query, { customerId }, _args, { app }) =>
      customerId ? app.backend.database.read.customer.findUnique({ ...query, where: { id: customerId } }) : null,
  }),
}));

const ProductInput = builder.inputType('SavedProductInput', {
  description: 'A product as the storefront knows it.',
  fields: (t) => ({
    productId: t.string({ required: true, description: 'The shop’s own id.' }),
    variantId: t.string(),
    title: t.string({ required: true }),
    imageUrl: t.string(),
    url: t.string(),
  }),
});

builder.mutationFields((t) => {
  const authScopes = { signedIn: true, staff: WRITE };
  const ofWhom = t.arg.id({ description: 'For staff: which customer.' });
  const id = t.arg.id({ required: true });
  return {
    wishlistCreate: t.field({
      type: CreatePayload,
      description: 'Makes a list of saved products.',
      authScopes,
      args: { customerId: ofWhom, name: t.arg.string({ required: true }) },
      resolve: (_root, args, context, info) => {
        const customerId = customerMeant(context.viewer, args.customerId, WRITE);
        return settle(context, info, args, async (tx) => createWishlist(tx, await asLiving(tx, customerId), args.name));
      },
    }),
    wishlistUpdate: t.field({
      type: UpdatePayload,
      description: 'Gives a list another name.',
      authScopes,
      args: { id, name: t.arg.string({ required: true }) },
      resolve: (_root, args, context, info) => {
        const owner = ownerMeant(context.viewer, WRITE);
        return settle(context, info, args, (tx) => renameWishlist(tx, idOf(args.id, 'Wishlist'), owner, args.name));
      },
    }),
    wishlistDelete: t.field({
      type: DeletePayload,
      description: 'Deletes a list with what is in it.',
      authScopes,
      args: { id },
      resolve: (_root, args, context, info) => {
        const owner = ownerMeant(context.viewer, WRITE);
        return settle(context, info, args, (tx) => deleteWishlist(tx, idOf(args.id, 'Wishlist'), owner));
      },
    }),
    wishlistItemAdd: t.field({
      type: ItemAddPayload,
      description: `Saves a product, at most ${ITEMS_MAX} in a list; what is in the list already is told anew. Without \`wishlistId\` it goes into the customer’s oldest list, which is made when there is none.`,
      authScopes,
      args: { customerId: ofWhom, wishlistId: t.arg.id(), product: t.arg({ type: ProductInput, required: true }) },
      resolve: (_root, args, context, info) => {
        const { viewer } = context;
        if (args.wishlistId) {
          const list = { wishlistId: idOf(args.wishlistId, 'Wishlist'), owner: ownerMeant(viewer, WRITE) };
          return settle(context, info, args, (tx) => addWishlistItem(tx, list, args.product));
        }
        const customerId = customerMeant(viewer, args.customerId, WRITE);
        const name = FIRST_NAMES[languageOfOperation(info, context)];
        return settle(context, info, args, async (tx) => addWishlistItem(tx, { customerId: await asLiving(tx, customerId), name }, args.product));
      },
    }),
    wishlistItemRemove: t.field({
      type: ItemRemovePayload,
      authScopes,
      args: { id },
      resolve: (_root, args, context, info) => {
        const owner = ownerMeant(context.viewer, WRITE);
        return settle(context, info, args, (tx) => removeWishlistItem(tx, idOf(args.id, 'WishlistItem'), owner));
      },
    }),
    recentlyViewedProductAdd: t.field({
      type: ViewedAddPayload,
      description: 'Remembers that the customer looked at a product; again, it becomes the newest.',
      authScopes,
      args: { customerId: ofWhom, product: t.arg({ type: ProductInput, required: true }) },
      resolve: (_root, args, context, info) => {
        const customerId = customerMeant(context.viewer, args.customerId, WRITE);
        return settle(context, info, args, async (tx) => addViewed(tx, await asLiving(tx, customerId), args.product));
      },
    }),
    recentlyViewedProductsClear: t.field({
      type: ViewedClearPayload,
      description: 'Forgets what the customer looked at.',
      authScopes,
      args: { customerId: ofWhom },
      resolve: (_root, args, context, info) => {
        const customerId = customerMeant(context.viewer, args.customerId, WRITE);
        return settle(context, info, args, async (tx) => clearViewed(tx, await asLiving(tx, customerId)));
      },
    }),
  };
});
