import { randomBytes, randomUUID } from 'node:crypto';
import { v7 as uuid } from 'uuid';
import type { App } from '../../src/app.ts';
import { recordConsent } from '../../src/capabilities/marketing/record.ts';
import { setMetafields } from '../../src/capabilities/metafields/set.ts';
import { setOrder } from '../../src/capabilities/orders/set.ts';
import { openSession } from '../../src/capabilities/sessions/open.ts';
import { hold } from '../../src/capabilities/store-credit/hold.ts';
import { givenCredit, someEmail } from './given.ts';

export const upTo = (limit: number): number => Math.floor(Math.random() * limit);
export const maybe = (chance = 0.5): boolean => Math.random() < chance;
export const oneOf = <Item>(items: readonly Item[]): Item => items[upTo(items.length)] as Item;

const WORDS = ['Ida', 'Bo', 'Åse', 'Zoë', 'Łucja', 'Jürgen', '李', 'O’Neil'];
const CURRENCIES = ['EUR', 'JPY', 'KWD'] as const;
/** Few enough for two books to have the same. */
const STREETS = ['Vestergade 1', 'vestergade  1', 'Østergade 2', 'Nørregade 3'];

const word = (): string | null => (maybe(0.7) ? oneOf(WORDS) : null);
const phone = (): string => `+49151${String(upTo(100_000_000)).padStart(8, '0')}`;

/** What belongs to the shop and both customers may refer to. */
export interface Shop {
  readonly providerId: string;
  readonly clientIds: readonly string[];
  readonly groupIds: readonly string[];
}

export const givenShop = async (app: App): Promise<Shop> => {
  const { prisma } = app.backend.database;
  const [providerId, at] = [uuid(), new Date()];
  await prisma.identityProvider.create({
    data: { id: providerId, name: 'Id', issuer: 'https://id.example', clientId: 'x', scopes: [], isEnabled: false, createdAt: at, updatedAt: at },
  });
  const clients = await Promise.all(
    [1, 2].map((place) =>
      prisma.oidcClient.create({ data: { name: `c${place}`, type: 'PUBLIC', redirectUris: [], createdAt: at, updatedAt: at }, select: { id: true } }),
    ),
  );
  const groups = [1, 2].map(() => ({ id: uuid(), name: randomUUID(), createdAt: at, updatedAt: at }));
  await prisma.customerGroup.createMany({ data: groups.map((group) => ({ ...group, nameKey: group.name })) });
  return { providerId, clientIds: clients.map(({ id }) => id), groupIds: groups.map(({ id }) => id) };
};

/** A customer with something of everything, at random. */
export const givenRandomCustomer = async (app: App, shop: Shop): Promise<string> => {
  const { prisma } = app.backend.database;
  const at = new Date();
  const email = maybe(0.85) ? someEmail() : null;
  const { id: customerId } = await prisma.customer.create({
    data: {
      firstName: word(),
      lastName: word(),
      email,
      emailVerifiedAt: email && maybe(0.7) ? new Date(Date.now() - upTo(10_000)) : null,
      phone: maybe() ? phone() : null,
      locale: maybe() ? oneOf(['de', 'da-DK']) : null,
      birthDate: maybe() ? new Date('1961-07-23') : null,
      note: maybe() ? `noted ${randomUUID()}` : null,
      tags: ['vip', 'b2b', 'news'].filter(() => maybe()),
      vatId: maybe(0.3) ? 'DK13585628' : null,
      taxExempt: maybe(0.3),
      dataSaleOptOutAt: maybe(0.3) ? new Date(Date.now() - upTo(10_000)) : null,
      taxExemptions: ['EU_REVERSE_CHARGE_EXEMPTION_RULE', 'US_CA_RESELLER_EXEMPTION'].filter(() => maybe(0.3)),
      state: oneOf(['DISABLED', 'ENABLED', 'INVITED', 'DECLINED'] as const),
    },
    select: { id: true },
  });
  const own = { customerId, createdAt: at };
  const addresses = Array.from({ length: upTo(4) }, () => ({ id: uuid(), address1: oneOf(STREETS), city: 'Aarhus', ...own, updatedAt: at }));
  await prisma.address.createMany({ data: addresses });
  if (addresses.length > 0 && maybe())
    await prisma.customer.update({ where: { id: customerId }, data: { defaultAddressId: oneOf(addresses).id }, select: { id: true } });
  await prisma.customerExternalId.createMany({
    data: Array.from({ length: upTo(3) }, () => ({ source: oneOf(['shop', 'erp']), value: randomUUID(), customerId })),
  });
  if (maybe()) await prisma.customerPassword.create({ data: { customerId, hash: randomUUID(), updatedAt: at } });
  if (email && maybe())
    await prisma.accountToken.create({
      data: {
        purpose: 'ACTIVATION',
        email,
        customerId,
        hash: new Uint8Array(randomBytes(32)),
        isMailed: true,
        createdAt: at,
        expiresAt: new Date(Date.now() + 3_600_000),
      },
    });
  await prisma.passkey.createMany({
    data: Array.from({ length: upTo(3) }, () => ({
      id: uuid(),
      credentialId: randomUUID(),
      publicKey: new Uint8Array(1),
      counter: 0,
      transports: [],
      backedUp: false,
      name: 'key',
      ...own,
    })),
  });
  await prisma.identityProviderSubject.createMany({
    data: Array.from({ length: upTo(2) }, () => ({ id: uuid(), providerId: shop.providerId, subject: randomUUID(), ...own, updatedAt: at })),
  });
  await prisma.oidcConsent.createMany({
    data: shop.clientIds.filter(() => maybe()).map((clientId) => ({ customerId, clientId, scopes: ['openid'], grantedAt: at })),
  });
  await prisma.customerGroupMember.createMany({
    data: shop.groupIds.filter(() => maybe()).map((groupId) => ({ id: uuid(), groupId, addedBy: 'system', ...own })),
  });
  for (const name of ['Favourites', 'Birthday'].filter(() => maybe(0.6))) {
    const listId = uuid();
    await prisma.wishlist.create({ data: { id: listId, name, nameKey: name.toLowerCase(), ...own, updatedAt: at }, select: { id: true } });
    await prisma.wishlistItem.createMany({
      data: ['cup', 'bowl', 'jug']
        .filter(() => maybe())
        .map((productId) => ({ id: uuid(), wishlistId: listId, productId, variantId: '', title: productId, createdAt: at })),
    });
  }
  await prisma.viewedProduct.createMany({
    data: ['cup', 'bowl'].filter(() => maybe()).map((productId) => ({ id: uuid(), customerId, productId, title: productId, viewedAt: at })),
  });
  const methodId = uuid();
  const told = { source: 'shop', customerId, createdAt: at, updatedAt: at };
  if (maybe())
    await prisma.paymentMethod.create({ data: { id: methodId, externalId: methodId, provider: 'pay', kind: 'CARD', status: 'ACTIVE', ...told } });
  if (maybe())
    await prisma.subscriptionContract.create({
      data: { id: uuid(), externalId: uuid(), status: 'ACTIVE', title: 'Tea', currency: 'EUR', interval: 'MONTH', intervalCount: 1, ...told },
    });
  await app.transact('system', async (tx) => {
    const values = ['shoe', 'shirt'].filter(() => maybe()).map((key) => ({ key, value: oneOf(['38', '39']) }));
    await setMetafields(
      tx,
      values.map((value) => ({ customerId, namespace: 'sizes', type: 'single_line_text_field', ...value })),
      'staff',
    );
    for (const channel of ['EMAIL', 'SMS'] as const) {
      if (maybe()) continue;
      const state = oneOf(['SUBSCRIBED', 'UNSUBSCRIBED', 'NOT_SUBSCRIBED'] as const);
      const optInLevel = state === 'SUBSCRIBED' ? 'SINGLE_OPT_IN' : null;
      await recordConsent(tx, customerId, { channel, state, optInLevel, occurredAt: tx.now, source: 'STAFF', address: 'somewhere' });
    }
  });
  for (let count = upTo(3); count > 0; count -= 1) await givenOrder(app, customerId);
  for (let count = upTo(4); count > 0; count -= 1) await givenRandomCredit(app, customerId);
  if (maybe()) await givenHold(app, customerId);
  if (maybe()) await app.transact('system', (tx) => openSession(tx, customerId, { address: '127.0.0.1', userAgent: 'test' }, 'email_code'));
  return customerId;
};

export const givenOrder = (app: App, customerId: string) =>
  app.transact('system', (tx) =>
    setOrder(tx, {
      externalId: randomUUID(),
      customer: { id: customerId },
      name: `#${upTo(9999)}`,
      currencyCode: 'EUR',
      totalPrice: '10.00',
      processedAt: new Date(),
      ...(maybe() ? { shippingAddress: { address1: oneOf(STREETS) } } : {}),
    }),
  );

/** Answers with what was given, for the sums. */
export const givenRandomCredit = async (app: App, customerId: string): Promise<{ currency: string; amountMinor: bigint }> => {
  const [currency, amountMinor] = [oneOf(CURRENCIES), BigInt(1 + upTo(5_000))];
  await givenCredit(app, customerId, amountMinor, { currency, expiresAt: maybe() ? new Date(Date.now() + 86_400_000 * (1 + upTo(9))) : null });
  return { currency, amountMinor };
};

/** A hold of a part of what is there, if there is something. */
export const givenHold = async (app: App, customerId: string): Promise<void> => {
  const account = await app.backend.database.prisma.storeCreditAccount.findFirst({ where: { customerId, balanceMinor: { gt: 10n }, heldMinor: 0n } });
  if (!account) return;
  const amount = { amountMinor: account.balanceMinor / 2n, currency: account.currency };
  await hold(app.ledger, new Date(), { account: { accountId: account.id }, amount, actor: 'system', idempotency: null });
};
