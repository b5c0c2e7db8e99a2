import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addWishlistItem, ITEMS_MAX } from '../../src/capabilities/wishlists/items.ts';
import { addViewed, VIEWED_MAX } from '../../src/capabilities/wishlists/viewed.ts';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCustomer, givenSession } from '../support/given.ts';
import { givenProven, mergeInto, undo } from '../support/merging.ts';

const CREATE = `mutation ($customerId: ID, $name: String!) { wishlistCreate(customerId: $customerId, name: $name) {
  wishlist { id name itemsCount } userErrors { code field } } }`;
const ADD = `mutation ($customerId: ID, $wishlistId: ID, $product: SavedProductInput!, $key: String) @inContext(language: DE) {
  wishlistItemAdd(customerId: $customerId, wishlistId: $wishlistId, product: $product) @idempotent(key: $key) {
    wishlistItem { id productId variantId title imageUrl url wishlist { id name itemsCount } } userErrors { code field } } }`;
const READ = `query ($id: ID) { customer(id: $id) {
  wishlists(first: 20) { nodes { id name itemsCount items(first: 50) { nodes { id title } } } } recentlyViewedProducts { productId title } } }`;

const cup = { productId: 'gid://shop/Product/1', title: 'Cup' };

describe.each(backends)('wishlists on $name', (kind) => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await startTestGateway(kind);
  });
  afterAll(() => test.stop());

  const ask = async (token: string, query: string, variables: object = {}) => {
    const { data, errors } = await test.graphql(query, variables, token);
    expect(errors).toBeUndefined();
    return data;
  };
  const add = async (token: string, variables: object) => {
    const { data, errors } = await test.graphql(ADD.replace(', $key: String', '').replace(' @idempotent(key: $key)', ''), variables, token);
    expect(errors).toBeUndefined();
    return data.wishlistItemAdd;
  };

  it('begin with the first product that is saved, in the customer’s language, and keep each product once', async () => {
    const { tokens, gid } = await givenSession(test.app);
    const token = tokens.accessToken;
    const first = await add(token, {
      product: { ...cup, variantId: 'red', imageUrl: 'https://shop.example/cup.png', url: 'https://shop.example/cup' },
    });
    expect(first).toEqual({
      wishlistItem: {
        id: expect.stringContaining('/WishlistItem/'),
        ...cup,
        variantId: 'red',
        imageUrl: 'https://shop.example/cup.png',
        url: 'https://shop.example/cup',
        wishlist: { id: expect.stringContaining('/Wishlist/'), name: 'Merkliste', itemsCount: 1 },
      },
      userErrors: [],
    });
    const again = await add(token, { product: { ...cup, variantId: 'red', title: 'Big cup' } });
    expect(again.wishlistItem).toMatchObject({ id: first.wishlistItem.id, title: 'Big cup', imageUrl: null, wishlist: { itemsCount: 1 } });
    await add(test.staffToken, { customerId: gid, product: cup });
    const { customer } = await ask(token, READ);
    expect(customer.wishlists.nodes).toMatchObject([
      { name: 'Merkliste', itemsCount: 2, items: { nodes: [{ title: 'Big cup' }, { title: 'Cup' }] } },
    ]);
  });

  it('are named once, renamed and deleted by whose they are, and by nobody else', async () => {
    const [own, other] = [await givenSession(test.app), await givenSession(test.app)];
    const token = own.tokens.accessToken;
    const { wishlist } = (await ask(token, CREATE, { name: 'Birthday' })).wishlistCreate;
    expect((await ask(token, CREATE, { name: ' BIRTHDAY' })).wishlistCreate.userErrors).toEqual([{ code: 'TAKEN', field: ['name'] }]);
    expect((await ask(other.tokens.accessToken, CREATE, { name: 'Birthday' })).wishlistCreate.userErrors).toEqual([]);
    expect((await ask(token, CREATE, { name: ' ' })).wishlistCreate.userErrors).toEqual([{ code: 'BLANK', field: ['name'] }]);
    const rename = 'mutation ($id: ID!, $name: String!) { wishlistUpdate(id: $id, name: $name) { wishlist { name } userErrors { code field } } }';
    const remove = 'mutation ($id: ID!) { wishlistDelete(id: $id) { deletedWishlistId userErrors { code field } } }';
    const notThere = [{ code: 'NOT_FOUND', field: ['id'] }];
    expect((await ask(other.tokens.accessToken, rename, { id: wishlist.id, name: 'Mine' })).wishlistUpdate.userErrors).toEqual(notThere);
    expect((await ask(other.tokens.accessToken, remove, { id: wishlist.id })).wishlistDelete.userErrors).toEqual(notThere);
    expect((await add(other.tokens.accessToken, { wishlistId: wishlist.id, product: cup })).userErrors).toEqual([
      { code: 'NOT_FOUND', field: ['wishlistId'] },
    ]);
    const { wishlistItem } = await add(token, { wishlistId: wishlist.id, product: cup });
    const takeOut = 'mutation ($id: ID!) { wishlistItemRemove(id: $id) { deletedWishlistItemId userErrors { code field } } }';
    expect((await ask(other.tokens.accessToken, takeOut, { id: wishlistItem.id })).wishlistItemRemove.userErrors).toEqual(notThere);
    expect((await ask(token, takeOut, { id: wishlistItem.id })).wishlistItemRemove.deletedWishlistItemId).toBe(wishlistItem.id);
    expect((await ask(token, takeOut, { id: wishlistItem.id })).wishlistItemRemove.userErrors).toEqual(notThere);
    expect((await ask(token, rename, { id: wishlist.id, name: 'Jul' })).wishlistUpdate).toEqual({ wishlist: { name: 'Jul' }, userErrors: [] });
    expect((await ask(test.staffToken, remove, { id: wishlist.id })).wishlistDelete.deletedWishlistId).toBe(wishlist.id);
    expect((await ask(token, READ)).customer.wishlists.nodes).toEqual([]);
    const told = await test.app.backend.database.prisma.outboxEvent.findMany({
      where: { customerId: own.customerId, type: { startsWith: 'wishlist' } },
      orderBy: { id: 'asc' },
      select: { type: true },
    });
    expect(told.map(({ type }) => type)).toEqual([
      'wishlist.created',
      'wishlist_item.added',
      'wishlist_item.removed',
      'wishlist.updated',
      'wishlist.deleted',
    ]);
  });

  it('refuse what is no product and more than they hold', async () => {
    const { tokens, customerId } = await givenSession(test.app);
    const token = tokens.accessToken;
    for (const [product, code, field] of [
      [{ ...cup, title: ' ' }, 'BLANK', 'title'],
      [{ ...cup, productId: '' }, 'BLANK', 'productId'],
      [{ ...cup, title: '<b>Cup</b>' }, 'CONTAINS_HTML_TAGS', 'title'],
      [{ ...cup, url: 'javascript:alert(1)' }, 'INVALID', 'url'],
      [{ ...cup, imageUrl: 'cup.png' }, 'INVALID', 'imageUrl'],
      [{ ...cup, title: 'x'.repeat(256) }, 'TOO_LONG', 'title'],
    ] as const) {
      expect((await add(token, { product })).userErrors).toEqual([{ code, field: ['product', field] }]);
    }
    expect((await add(token, { product: { ...cup, title: 'www.cup.example' } })).userErrors).toEqual([]);
    const { id: wishlistId } = await test.app.backend.database.prisma.wishlist.findFirstOrThrow({ where: { customerId } });
    await test.app.backend.database.prisma.wishlistItem.createMany({
      data: Array.from({ length: ITEMS_MAX - 1 }, (_, place) => ({
        id: randomUUID(),
        wishlistId,
        productId: `p${place}`,
        variantId: '',
        title: 'x',
        createdAt: new Date(),
      })),
    });
    expect((await add(token, { product: { ...cup, productId: 'one more' } })).userErrors).toEqual([{ code: 'TOO_MANY', field: ['wishlistId'] }]);
    const names = Array.from({ length: 20 }, (_, place) => `List ${place}`);
    const answers = [];
    for (const name of names) answers.push((await ask(token, CREATE, { name })).wishlistCreate.userErrors.length);
    expect(answers).toEqual([...Array.from({ length: 19 }, () => 0), 1]);
  });

  it('save a product once for a key, and once of two who save it at the same time', async () => {
    const { tokens, customerId } = await givenSession(test.app);
    const key = randomUUID();
    const keyed = ADD.replace(', $key: String', '').replace('$key', JSON.stringify(key));
    const answers = await Promise.all([1, 2].map(() => ask(tokens.accessToken, keyed, { product: cup })));
    expect(answers[0]).toEqual(answers[1]);
    await Promise.all(
      Array.from({ length: 6 }, (_, place) =>
        test.app.transact('system', (tx) => addWishlistItem(tx, { customerId, name: 'Favourites' }, { ...cup, productId: `p${place % 2}` })),
      ),
    );
    const lists = await test.app.backend.database.prisma.wishlist.findMany({ where: { customerId }, include: { items: true } });
    expect(lists.map(({ items }) => items.length)).toEqual([3]);
  });

  it('remember what was looked at, newest first, up to a number, and forget it when asked', async () => {
    const { tokens, customerId } = await givenSession(test.app);
    const { app } = test;
    for (let place = 0; place < VIEWED_MAX + 2; place += 1) {
      await app.transact('system', (tx) => addViewed(tx, customerId, { productId: `p${place}`, title: `Product ${place}` }));
    }
    const see =
      'mutation ($product: SavedProductInput!) { recentlyViewedProductAdd(product: $product) { recentlyViewedProduct { title } userErrors { code } } }';
    const seen = await ask(tokens.accessToken, see, { product: { productId: 'p10', title: 'Ten' } });
    expect(seen.recentlyViewedProductAdd).toEqual({ recentlyViewedProduct: { title: 'Ten' }, userErrors: [] });
    const { recentlyViewedProducts: list } = (await ask(tokens.accessToken, READ)).customer;
    expect(list).toHaveLength(VIEWED_MAX);
    expect(list[0]).toEqual({ productId: 'p10', title: 'Ten' });
    expect(list[1].productId).toBe(`p${VIEWED_MAX + 1}`);
    expect(await app.backend.database.prisma.viewedProduct.count({ where: { customerId } })).toBe(VIEWED_MAX);
    const forgotten = await ask(tokens.accessToken, 'mutation { recentlyViewedProductsClear { customer { recentlyViewedProducts { productId } } } }');
    expect(forgotten.recentlyViewedProductsClear.customer.recentlyViewedProducts).toEqual([]);
  });

  it('come together in a merge without losing anything, and apart when it is undone', async () => {
    const { app } = test;
    const [kept, closed] = [await givenProven(app), await givenProven(app)];
    const save = (customerId: string, name: string, title: string) =>
      app.transact('system', async (tx) => {
        const list =
          (await tx.db.wishlist.findUnique({ where: { customerId_nameKey: { customerId, nameKey: name.toLowerCase() } }, select: { id: true } })) ??
          (await tx.db.wishlist.create({
            data: { id: randomUUID(), customerId, name, nameKey: name.toLowerCase(), createdAt: tx.now, updatedAt: tx.now },
            select: { id: true },
          }));
        return addWishlistItem(tx, { wishlistId: list.id, owner: null }, { productId: title, title });
      });
    await save(kept.customerId, 'Favourites', 'Cup');
    await save(kept.customerId, 'Favourites', 'Bowl');
    await save(closed.customerId, 'FAVOURITES', 'Bowl');
    await save(closed.customerId, 'FAVOURITES', 'Jug');
    await save(closed.customerId, 'Birthday', 'Plate');
    const listsOf = async (id: string) =>
      (await ask(test.staffToken, READ, { id })).customer.wishlists.nodes
        .map(({ name, items }: { name: string; items: { nodes: { title: string }[] } }) => [name, items.nodes.map(({ title }) => title).sort()])
        .sort();
    const before = [await listsOf(kept.gid), await listsOf(closed.gid)];
    const { mergeId } = await mergeInto(app, kept.customerId, closed.customerId);
    expect(await listsOf(kept.gid)).toEqual([
      ['Birthday', ['Plate']],
      ['Favourites', ['Bowl', 'Cup', 'Jug']],
    ]);
    await save(kept.customerId, 'Favourites', 'New');
    await undo(app, mergeId);
    expect(await listsOf(closed.gid)).toEqual(before[1]);
    expect(await listsOf(kept.gid)).toEqual([['Favourites', ['Bowl', 'Cup', 'New']]]);
  });

  it('are not for strangers, and staff name whose they are', async () => {
    const { gid } = await givenCustomer(test.app);
    const stranger = await test.graphql(CREATE, { customerId: gid, name: 'Mallory' });
    expect(stranger.errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    const nobody = await test.graphql(CREATE, { name: 'Whose' }, test.staffToken);
    expect(nobody.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });
});
