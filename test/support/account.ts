import { randomUUID } from 'node:crypto';
import { v7 as uuid } from 'uuid';
import type { App } from '../../src/app.ts';
import { createAddress } from '../../src/capabilities/addresses/create.ts';
import type { ProfileInput } from '../../src/capabilities/customers/profile.ts';
import { createProvider } from '../../src/capabilities/identity-providers/providers.ts';
import type { OrderInput } from '../../src/capabilities/orders/input.ts';
import { setOrder } from '../../src/capabilities/orders/set.ts';
import { openBrowserSession } from '../../src/capabilities/sessions/open.ts';
import { debit } from '../../src/capabilities/store-credit/debit.ts';
import type { TestGateway } from './gateway.ts';
import { givenCredit, givenCustomer } from './given.ts';
import { createVisitor, type Visitor } from './visitor.ts';

const PHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1';

/** A browser's session of a customer, signed in `minutesAgo`. */
export const givenBrowser = async ({ app }: TestGateway, customerId: string, minutesAgo = 0, userAgent = PHONE) => {
  const { sessionId, browserToken } = await app.transact('system', async (tx) => {
    const opened = await openBrowserSession(tx, customerId, { address: '203.0.113.7', userAgent }, 'email_code');
    const authenticatedAt = new Date(tx.now.getTime() - minutesAgo * 60_000);
    await tx.db.session.update({ where: { id: opened.sessionId }, data: { authenticatedAt } });
    return opened;
  });
  return { sessionId, browserToken };
};

/** A browser without scripts in which a new customer is signed in. */
export const givenVisitor = async (
  test: TestGateway,
  { profile = {}, minutesAgo = 0 }: { profile?: ProfileInput; minutesAgo?: number } = {},
): Promise<{ customerId: string; email: string; sessionId: string; visitor: Visitor }> => {
  const { customerId, email } = await givenCustomer(test.app, profile);
  const { sessionId, browserToken } = await givenBrowser(test, customerId, minutesAgo);
  const visitor = createVisitor(test, [['clientele_session@/', { value: browserToken, path: '/' }]]);
  return { customerId, email, sessionId, visitor };
};

/** An order of a customer's with a bit of everything. */
export const givenOrder = async (app: App, customerId: string, over: Partial<OrderInput> = {}): Promise<string> => {
  const { orderId } = await app.transact('system', (tx) => setOrder(tx, { ...bigOrder(customerId), ...over }));
  return orderId;
};

const bigOrder = (id: string): OrderInput => ({
  externalId: randomUUID(),
  customer: { id },
  name: '#1042',
  currencyCode: 'EUR',
  subtotal: '85.00',
  totalPrice: '92.90',
  totalTax: '15.63',
  totalShipping: '7.90',
  totalRefunded: '10.00',
  financialStatus: 'PARTIALLY_REFUNDED',
  fulfillmentStatus: 'FULFILLED',
  statusPageUrl: 'https://shop.example/orders/1042',
  processedAt: new Date('2026-03-29T01:30:00.000Z'),
  shippingAddress: { firstName: 'Ida', lastName: 'Holm', address1: 'Vestergade 1', zip: '8000', city: 'Aarhus', territoryCode: 'DK' },
  billingAddress: {
    firstName: 'Ida',
    lastName: 'Holm',
    company: 'Holm ApS',
    address1: 'Havnealle 4',
    zip: '8000',
    city: 'Aarhus',
    territoryCode: 'DK',
  },
  shippingLine: { title: 'GLS', price: '7.90' },
  discountApplications: [{ kind: 'CODE', title: 'SPRING', percentage: 10 }],
  lineItems: [
    {
      externalId: 'a',
      title: 'Stoneware cup with a handle',
      variantTitle: 'Blue',
      quantity: 2,
      price: '25.00',
      image: { url: 'https://cdn.example/cup.png', altText: 'A blue cup', width: 600, height: 400 },
      discountAllocations: [{ allocatedAmount: '5.00', discountApplication: 0 }],
    },
    { externalId: 'b', title: 'Linen tea towel', quantity: 1, price: '40.00' },
  ],
  fulfillments: [
    {
      externalId: 'p',
      status: 'SUCCESS',
      createdAt: new Date('2026-03-30T08:00:00.000Z'),
      estimatedDeliveryAt: new Date('2026-04-01T08:00:00.000Z'),
      trackingInformation: [{ company: 'GLS', number: '00370712345678', url: 'https://gls.example/track?match=00370712345678' }],
      lineItems: [{ externalId: 'a', quantity: 2 }],
    },
  ],
  refunds: [{ externalId: 'r', createdAt: new Date('2026-04-03T08:00:00.000Z'), totalRefunded: '10.00' }],
});

export const givenPasskey = async ({ app }: TestGateway, customerId: string, name: string): Promise<string> => {
  const id = uuid();
  const row = { id, customerId, credentialId: randomUUID(), publicKey: new Uint8Array([1]), counter: 0n, transports: [], backedUp: true, name };
  await app.transact('system', (tx) => tx.db.passkey.create({ data: { ...row, createdAt: tx.now } }));
  return id;
};

/** A service that a customer is connected with. */
export const givenConnection = async ({ app }: TestGateway, customerId: string, name: string): Promise<string> => {
  const id = uuid();
  await app.transact('system', async (tx) => {
    // A shop has few of them: customers share the one of the name.
    const known = await tx.db.identityProvider.findFirst({ where: { name }, select: { id: true } });
    const issuer = `https://${randomUUID()}.example`;
    const tools = { keyring: app.keyring, allowsHttp: false };
    const providerId = known?.id ?? (await createProvider(tx, tools, { name, issuer, clientId: 'shop' })).providerId;
    await tx.db.identityProviderSubject.create({
      data: { id, providerId, subject: randomUUID(), customerId, email: 'ida@id.example', createdAt: tx.now, updatedAt: tx.now },
    });
  });
  return id;
};

/** Everything that an account can hold. */
export const givenFullAccount = async (test: TestGateway, customerId: string): Promise<{ orderId: string; passkeyId: string; subjectId: string }> => {
  const { app } = test;
  const { accountId } = await givenCredit(app, customerId, 5_000n, { expiresAt: new Date(Date.now() + 30 * 86_400_000) });
  await givenCredit(app, customerId, 12_050n);
  await debit(app.ledger, { account: { accountId }, amount: { amountMinor: 1_999n, currency: 'EUR' }, actor: 'system', idempotency: null });
  await givenCredit(app, customerId, 250_000n, { currency: 'DKK' });
  for (const [name, over] of [
    ['#1040', { fulfillmentStatus: 'UNFULFILLED', processedAt: new Date('2026-02-01T10:00:00Z') }],
    ['#1041', { cancelledAt: new Date('2026-02-12T10:00:00Z'), cancelReason: 'INVENTORY', processedAt: new Date('2026-02-11T10:00:00Z') }],
  ] as const)
    await givenOrder(app, customerId, { name, ...over });
  const orderId = await givenOrder(app, customerId);
  await app.transact('system', async (tx) => {
    const home = { firstName: 'Ida', lastName: 'Holm', address1: 'Lindevangsgade 12, 2. tv', zip: '2200', city: 'København N', territoryCode: 'DK' };
    await createAddress(tx, customerId, { ...home, phoneNumber: '+4532123456' }, true);
    await createAddress(tx, customerId, { ...home, company: 'Holm & Krogh ApS', address1: 'Havnealle 4', zip: '8000', city: 'Aarhus C' }, false);
  });
  const passkeyId = await givenPasskey(test, customerId, 'My phone');
  const subjectId = await givenConnection(test, customerId, 'Google');
  await givenBrowser(test, customerId, 60, 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0');
  return { orderId, passkeyId, subjectId };
};
