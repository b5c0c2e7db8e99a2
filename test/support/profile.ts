import { randomUUID } from 'node:crypto';
import type { App } from '../../src/app.ts';
import { createDefinition, type DefinitionInput, deleteDefinition } from '../../src/capabilities/metafields/define.ts';
import { setPaymentMethod } from '../../src/capabilities/payment-methods/set.ts';
import { setSubscription } from '../../src/capabilities/subscriptions/set.ts';
import { addWishlistItem } from '../../src/capabilities/wishlists/items.ts';
import { addViewed } from '../../src/capabilities/wishlists/viewed.ts';

const image = 'https://cdn.example/cup.png';

/** What a customer has saved, looked at, subscribed to and pays with. */
export const givenProfile = (app: App, customerId: string): Promise<void> =>
  app.transact('system', async (tx) => {
    const into = { customerId, name: 'Favourites' };
    await addWishlistItem(tx, into, { productId: '1', title: 'Stoneware cup with a handle', imageUrl: image, url: 'https://shop.example/cup' });
    await addWishlistItem(tx, into, { productId: '2', title: 'Linen tea towel, striped, for the kitchen and the garden' });
    await addViewed(tx, customerId, { productId: '3', title: 'Teapot', imageUrl: image, url: 'https://shop.example/teapot' });
    const card = { brand: 'Visa', lastDigits: '4242', expiryMonth: 9, expiryYear: 2031, manageUrl: 'https://shop.example/pay' };
    await setPaymentMethod(tx, { externalId: `pm_${randomUUID()}`, customerId, provider: 'stripe', kind: 'CARD', ...card });
    await setPaymentMethod(tx, { externalId: `pm_${randomUUID()}`, customerId, provider: 'bank', kind: 'BANK_ACCOUNT', status: 'EXPIRED' });
    await setSubscription(tx, {
      externalId: `sub_${randomUUID()}`,
      customerId,
      status: 'ACTIVE',
      title: 'Tea for two',
      currencyCode: 'EUR',
      price: '9.90',
      interval: 'WEEK',
      intervalCount: 2,
      nextBillingDate: new Date('2031-03-01T00:00:00Z'),
      manageUrl: 'https://shop.example/tea',
    });
  });

/** Definitions that the pages show, all under one namespace; the shop's, so that whoever makes them takes them away. */
export const givenFields = async (app: App, fields: readonly Omit<DefinitionInput, 'namespace'>[]) => {
  const namespace = `f${randomUUID().slice(0, 8)}`;
  const ids: string[] = [];
  for (const field of fields) ids.push((await app.transact('system', (tx) => createDefinition(tx, { namespace, ...field }))).definitionId);
  return {
    namespace,
    remove: async (): Promise<void> => {
      for (const id of ids) await app.transact('system', (tx) => deleteDefinition(tx, id, true));
    },
  };
};
