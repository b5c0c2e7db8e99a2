import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Auth, type AuthConfig } from '@auth/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setOrder } from '../../src/capabilities/orders/set.ts';
import { backends } from '../support/backends.ts';
import { startPublicGateway, type TestGateway } from '../support/gateway.ts';
import { someEmail } from '../support/given.ts';
import { type CustomerAccount, hydrogenAt, keptSession } from '../support/hydrogen.ts';
import { givenClient } from '../support/oidc.ts';
import { createVisitor, signInOn, type Visitor } from '../support/visitor.ts';

const SHOP = 'https://shop.example';
const ME = 'query { customer { firstName emailAddress { emailAddress } } }';

const hydrogen2024 = hydrogenAt('HYDROGEN_2024');
const hydrogen2026 = hydrogenAt('HYDROGEN_2026');
if (!hydrogen2024 || !hydrogen2026) console.log('Hydrogen is not run: HYDROGEN_2024 and HYDROGEN_2026 name the folders of unpacked packages.');

const starter = (name: string): string => readFileSync(new URL(`../data/hydrogen-starter/${name}.graphql`, import.meta.url), 'utf8');

describe.each(backends)('published OpenID clients on $name', (kind) => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await startPublicGateway(kind);
  });
  afterAll(() => test?.stop());

  it.each([
    ['with a secret', 'CONFIDENTIAL'],
    ['without one', 'PUBLIC'],
  ] as const)('Auth.js %s', async (_what, type) => {
    const { clientId, secret } = await givenClient(test, type, { redirectUris: [`${SHOP}/auth/callback/clientele`] });
    const config: AuthConfig = {
      basePath: '/auth',
      trustHost: true,
      secret: 'a secret of the test’s own',
      providers: [
        {
          id: 'clientele',
          name: 'Clientele',
          type: 'oidc',
          issuer: test.url,
          clientId,
          ...(secret ? { clientSecret: secret } : { client: { token_endpoint_auth_method: 'none' } }),
          checks: ['pkce', 'state', 'nonce'],
        },
      ],
    };
    const cookies = new Map<string, string>();
    const send = async (path: string, init: RequestInit = {}): Promise<Response> => {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
      const response = await Auth(new Request(new URL(path, SHOP), { ...init, headers: { ...(init.headers as object), cookie } }), config);
      for (const line of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        cookies.set(name, value);
      }
      return response;
    };
    const { csrfToken } = (await (await send('/auth/csrf')).json()) as { csrfToken: string };
    const started = await send('/auth/signin/clientele', {
      method: 'POST',
      body: new URLSearchParams({ csrfToken, callbackUrl: `${SHOP}/account` }),
    });
    const email = someEmail();
    const visitor = createVisitor(test);
    const back = await signInOn(test, visitor, await visitor.open(started.headers.get('location') ?? ''), email);
    const finished = await send(back.url);
    expect(finished.headers.get('location')).toBe(`${SHOP}/account`);
    expect(await (await send('/auth/session')).json()).toMatchObject({ user: { email } });
  });

  /** The operations of Hydrogen's starter template, with the token that it has got. */
  const runStarter = async (account: CustomerAccount): Promise<void> => {
    const variables = { language: 'EN' };
    const changed = await account.mutate(starter('customer-update'), { variables: { ...variables, customer: { firstName: 'Ida' } } });
    expect(changed.data.customerUpdate).toMatchObject({ customer: { firstName: 'Ida' }, userErrors: [] });
    const address = { address1: 'Torvet 2', city: 'Odense', territoryCode: 'DK' };
    const created = await account.mutate(starter('customer-address-create'), { variables: { ...variables, address, defaultAddress: true } });
    const addressId = created.data.customerAddressCreate.customerAddress.id;
    await account.mutate(starter('customer-address-update'), { variables: { ...variables, addressId, address: { city: 'Odense C' } } });
    const details = await account.query(starter('customer-details'), { variables });
    expect(details.data.customer).toMatchObject({ firstName: 'Ida', defaultAddress: { id: addressId, city: 'Odense C' } });
    const removed = await account.mutate(starter('customer-address-delete'), { variables: { ...variables, addressId } });
    expect(removed.data.customerAddressDelete.deletedAddressId).toBe(addressId);
    const { email } = await test.app.backend.database.prisma.customer.findUniqueOrThrow({
      where: { id: details.data.customer.id.split('/').at(-1) },
      select: { email: true },
    });
    const bought = { externalId: randomUUID(), name: '#1', currencyCode: 'EUR', totalPrice: '9.50', processedAt: new Date(), email };
    const { orderId } = await test.app.transact('system', (tx) => setOrder(tx, bought));
    const orders = await account.query(starter('customer-orders'), { variables: { ...variables, first: 20 } });
    expect(orders.data.customer.orders.nodes).toMatchObject([{ id: `gid://clientele/Order/${orderId}`, totalPrice: { amount: '9.50' } }]);
    const order = await account.query(starter('order'), { variables: { ...variables, orderId: orders.data.customer.orders.nodes[0].id } });
    expect(order.data.order).toMatchObject({ name: '#1', lineItems: { nodes: [] } });
    expect([changed, created, details, removed, orders, order].flatMap(({ errors }) => errors ?? [])).toEqual([]);
  };

  /** A storefront's routes for one visitor, and the way in and out. */
  const walkThrough = async (
    account: (path: string) => CustomerAccount,
    { visitor, reach, session }: { visitor: Visitor; reach: (url: string) => string; session: Map<string, unknown> },
  ): Promise<void> => {
    const open = async (answer: Response) => visitor.open(reach(answer.headers.get('location') ?? ''));
    expect(await account('/account').isLoggedIn()).toBe(false);
    const email = someEmail();
    const back = await signInOn(test, visitor, await open(await account('/account/login').login()), email);
    expect(back.url.startsWith(`${SHOP}/account/authorize?`)).toBe(true);
    await account(back.url.slice(SHOP.length)).authorize();
    expect(await account('/account').isLoggedIn()).toBe(true);
    expect((await account('/account').query(ME)).data).toEqual({ customer: { firstName: null, emailAddress: { emailAddress: email } } });

    await runStarter(account('/account'));

    const before = session.get('customerAccount') as { accessToken: string; refreshToken: string };
    session.set('customerAccount', { ...before, expiresAt: '1' });
    expect((await account('/account').query(ME)).data).toMatchObject({ customer: { emailAddress: { emailAddress: email } } });
    const after = session.get('customerAccount') as { accessToken: string; refreshToken: string };
    expect(after.refreshToken).not.toBe(before.refreshToken);
    expect(after.accessToken).not.toBe(before.accessToken);

    const bye = await open(await account('/account/logout').logout());
    expect(bye.url.replace(/\/$/, '')).toBe(SHOP);
    expect((await test.graphql(ME, {}, after.accessToken)).status).toBe(401);
  };

  const given = () => givenClient(test, 'PUBLIC', { redirectUris: [`${SHOP}/account/authorize`], postLogoutRedirectUris: [SHOP] });
  const requestOf = (path: string): Request => new Request(new URL(path, SHOP), { headers: { 'user-agent': 'test' } });

  it.skipIf(!hydrogen2024)('Hydrogen 2024.10 by its customerAccountUrl', async () => {
    const { clientId: customerAccountId } = await given();
    const session = keptSession();
    const options = { session, customerAccountId, customerAccountUrl: test.url, waitUntil: () => {} };
    const account = (path: string): CustomerAccount => (hydrogen2024 as NonNullable<typeof hydrogen2024>)({ ...options, request: requestOf(path) });
    await walkThrough(account, { visitor: createVisitor(test), reach: (url) => url, session: session.values });
  });

  it.skipIf(!hydrogen2026)('Hydrogen 2026.4, whose host is written into it', async () => {
    const { clientId: customerAccountId } = await given();
    const session = keptSession();
    const options = { session, customerAccountId, shopId: '4711', waitUntil: () => {} };
    const account = (path: string): CustomerAccount => (hydrogen2026 as NonNullable<typeof hydrogen2026>)({ ...options, request: requestOf(path) });
    const reach = (url: string): string => url.replace('https://shopify.com', test.url);
    const { fetch } = globalThis;
    globalThis.fetch = (input, init) => fetch(typeof input === 'string' ? reach(input) : input, init);
    try {
      await walkThrough(account, { visitor: createVisitor(test), reach, session: session.values });
    } finally {
      globalThis.fetch = fetch;
    }
  });
});
