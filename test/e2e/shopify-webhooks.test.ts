import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServer, type Gateway } from '../../src/http/server.ts';
import { backends, openTestApp, type TestApp } from '../support/backends.ts';
import { givenCustomer, someEmail } from '../support/given.ts';
import { mergeInto } from '../support/merging.ts';

const [OLD, NEW] = ['shpss_the_one_before', 'shpss_todays'];

/** An order in the shape of the REST Admin API's documentation. */
const orderOf = (email: string, over: object = {}) => {
  const id = Math.floor(Math.random() * 1e13);
  return {
    id,
    admin_graphql_api_id: `gid://shopify/Order/${id}`,
    name: '#1001',
    order_number: 1001,
    confirmation_number: 'XTEST1',
    email,
    phone: null,
    currency: 'EUR',
    total_price: '92.90',
    subtotal_price: '85.00',
    total_tax: '15.63',
    total_tip_received: '0.00',
    total_shipping_price_set: { shop_money: { amount: '7.90', currency_code: 'EUR' } },
    financial_status: 'partially_refunded',
    fulfillment_status: 'partial',
    cancel_reason: null,
    cancelled_at: null,
    created_at: '2026-03-29T03:30:00+02:00',
    processed_at: '2026-03-29T03:30:00+02:00',
    updated_at: '2026-04-03T10:00:00+02:00',
    note: 'Ring twice',
    note_attributes: [{ name: 'gift', value: 'yes' }],
    customer_locale: 'da-DK',
    order_status_url: 'https://shop.example/1/orders/abc/authenticate?key=k',
    customer: { id: Math.floor(Math.random() * 1e13), email, first_name: 'Ida', last_name: 'Holm', phone: null },
    shipping_address: {
      first_name: 'Ida',
      last_name: 'Holm',
      address1: 'Vestergade 1',
      address2: null,
      city: 'Aarhus',
      zip: '8000',
      province_code: null,
      country_code: 'DK',
      phone: 'ring bare',
    },
    shipping_lines: [{ title: 'GLS', code: 'gls', price: '7.90' }],
    discount_applications: [
      {
        type: 'discount_code',
        code: 'SPRING',
        value: '10.0',
        value_type: 'percentage',
        allocation_method: 'across',
        target_selection: 'all',
        target_type: 'line_item',
      },
    ],
    line_items: [
      {
        id: 11,
        title: 'Cup',
        variant_title: 'Blue',
        quantity: 2,
        price: '25.00',
        sku: 'CUP-B',
        vendor: 'Nordlys',
        product_id: 77,
        variant_id: 78,
        requires_shipping: true,
        gift_card: false,
        properties: [{ name: 'engraving', value: 'I' }],
        discount_allocations: [{ amount: '5.00', discount_application_index: 0 }],
      },
      { id: 12, title: 'Towel', quantity: 1, price: '40.00', properties: [], discount_allocations: [] },
    ],
    fulfillments: [
      {
        id: 21,
        status: 'success',
        created_at: '2026-03-30T10:00:00+02:00',
        updated_at: '2026-03-30T10:00:00+02:00',
        tracking_company: 'GLS',
        tracking_numbers: ['0037'],
        tracking_urls: ['https://gls.example/0037'],
        line_items: [{ id: 11, quantity: 2 }],
      },
    ],
    refunds: [
      {
        id: 31,
        created_at: '2026-04-03T10:00:00+02:00',
        transactions: [
          { amount: '9.99', kind: 'refund', status: 'success' },
          { amount: '0.01', kind: 'refund', status: 'success' },
          { amount: '5.00', kind: 'refund', status: 'failure' },
        ],
      },
    ],
    ...over,
  };
};

describe.each(backends)('Shopify’s webhooks on $name', (kind) => {
  let test: TestApp;
  let gateway: Gateway;
  let url: string;
  beforeAll(async () => {
    test = await openTestApp(kind);
    gateway = createServer(test.app, {
      isProduction: true,
      allowedOrigins: [],
      trustedProxyHops: 0,
      showInbox: false,
      shopifyWebhookSecrets: [NEW, OLD],
    });
    url = `http://127.0.0.1:${await gateway.listen(0, '127.0.0.1')}/webhooks/shopify`;
  });
  afterAll(() => gateway.close());

  const tell = async (topic: string, payload: unknown, secret = NEW, body = JSON.stringify(payload)) => {
    const headers = {
      'content-type': 'application/json',
      'x-shopify-topic': topic,
      'x-shopify-webhook-id': randomUUID(),
      'x-shopify-hmac-sha256': createHmac('sha256', secret).update(body).digest('base64'),
    };
    const answer = await fetch(url, { method: 'POST', headers, body });
    return { status: answer.status, body: (await answer.json()) as { result?: string; code?: string; field?: string[] } };
  };
  const kept = (id: number) =>
    test.app.backend.database.prisma.order.findUnique({
      where: { source_externalId: { source: 'shopify', externalId: String(id) } },
      include: { shippingAddress: true, customer: true },
    });

  it('keep an order with all its parts, and make its customer', async () => {
    const email = someEmail();
    const order = orderOf(email);
    expect(await tell('orders/create', order)).toEqual({ status: 200, body: { result: 'kept' } });
    expect(await kept(order.id)).toMatchObject({
      name: '#1001',
      number: 1001,
      email,
      currency: 'EUR',
      totalMinor: 9290n,
      subtotalMinor: 8500n,
      shippingMinor: 790n,
      refundedMinor: 1000n,
      financialStatus: 'PARTIALLY_REFUNDED',
      fulfillmentStatus: 'PARTIALLY_FULFILLED',
      processedAt: new Date('2026-03-29T01:30:00Z'),
      updatedAt: new Date('2026-04-03T08:00:00Z'),
      statusPageUrl: order.order_status_url,
      attributes: [{ key: 'gift', value: 'yes' }],
      lineItems: [
        {
          externalId: '11',
          productId: 'gid://shopify/Product/77',
          variantId: 'gid://shopify/ProductVariant/78',
          attributes: [{ key: 'engraving', value: 'I' }],
        },
        { externalId: '12', priceMinor: '4000' },
      ],
      discounts: [{ kind: 'CODE', title: 'SPRING', percentage: 10 }],
      fulfillments: [{ status: 'SUCCESS', tracking: [{ company: 'GLS', number: '0037', url: 'https://gls.example/0037' }] }],
      refunds: [{ externalId: '31', totalMinor: '1000' }],
      shippingLine: { title: 'GLS', handle: 'gls', priceMinor: '790' },
      shippingAddress: { firstName: 'Ida', city: 'Aarhus', territoryCode: 'DK', phoneNumber: null },
      customer: { email, firstName: 'Ida', state: 'DISABLED' },
    });
  });

  it('take the newest telling, whatever comes last, and the same again', async () => {
    const order = orderOf(someEmail());
    await tell('orders/updated', { ...order, financial_status: 'refunded', updated_at: '2026-05-01T00:00:00Z' });
    for (let again = 0; again < 2; again += 1) await tell('orders/paid', order);
    expect(await kept(order.id)).toMatchObject({ financialStatus: 'REFUNDED' });
  });

  it('must be signed by one of the secrets, over the very bytes', async () => {
    const order = orderOf(someEmail());
    expect((await tell('orders/create', order, 'a guess')).status).toBe(401);
    expect(await kept(order.id)).toBeNull();
    expect((await tell('orders/create', order, OLD)).status).toBe(200);
    const unsigned = await fetch(url, { method: 'POST', headers: { 'x-shopify-topic': 'orders/create' }, body: JSON.stringify(order) });
    expect(unsigned.status).toBe(401);
    const big = await fetch(url, { method: 'POST', body: new Uint8Array(4 * 1024 * 1024 + 1) });
    expect(big.status).toBe(413);
  });

  it('are answered with 200 and the reason when they cannot be kept, so that the subscription lives', async () => {
    const { id, ...nameless } = orderOf(someEmail(), { name: undefined });
    expect(await tell('orders/create', { id, ...nameless })).toEqual({
      status: 200,
      body: { result: 'refused', code: 'INVALID', field: ['input', 'name'] },
    });
    expect((await tell('orders/create', null, NEW, 'not json')).body).toMatchObject({ result: 'refused', code: 'INVALID' });
    expect((await tell('orders/create', orderOf(someEmail(), { total_price: '1.001' }))).body).toMatchObject({ code: 'TOO_MANY_DECIMALS' });
    for (const topic of ['orders/delete', 'shop/redact', 'customers/data_request', 'products/update'])
      expect(await tell(topic, orderOf(someEmail()))).toEqual({ status: 200, body: { result: 'ignored' } });
  });

  it('have a customer erased, by Shopify’s id or by her address', async () => {
    const email = someEmail();
    const order = orderOf(email);
    await tell('orders/create', order);
    const other = await givenCustomer(test.app);
    const redacted = async (customer: object) => (await tell('customers/redact', { shop_id: 1, customer, orders_to_redact: [] })).body.result;
    expect(await redacted({ id: order.customer.id, email: 'other@example.com', phone: null })).toBe('erasure requested');
    expect(await redacted({ id: 1, email: other.email.toUpperCase() })).toBe('erasure requested');
    expect(await redacted({ id: 2, email: someEmail() })).toBe('unknown');
    const [merged, survivor] = [await givenCustomer(test.app), await givenCustomer(test.app)];
    await mergeInto(test.app, survivor.customerId, merged.customerId);
    expect(await redacted({ id: 3, email: merged.email })).toBe('erasure requested');
    for (const address of [email, other.email, survivor.email])
      expect((await test.app.backend.database.prisma.customer.findUniqueOrThrow({ where: { email: address } })).erasureDueAt).toBeInstanceOf(Date);
  });

  it('tell nothing new of an erased customer', async () => {
    const order = orderOf(someEmail());
    await tell('orders/create', order);
    const { customerId } = (await kept(order.id)) ?? {};
    await test.app.backend.database.prisma.customer.update({
      where: { id: customerId as string },
      data: { erasedAt: new Date(), deletedAt: new Date(), email: null },
    });
    await test.app.backend.database.prisma.customerExternalId.deleteMany({ where: { customerId: customerId as string } });
    const later = { ...order, note: 'Ida again', updated_at: '2026-06-01T00:00:00Z' };
    expect((await tell('orders/updated', later)).body.result).toBe('kept');
    expect(await kept(order.id)).toMatchObject({ customerId, note: 'Ring twice' });
    expect(await test.app.backend.database.prisma.customer.count({ where: { email: order.email } })).toBe(0);
  });
});

it('are not taken where there is no secret', async () => {
  const { app } = await openTestApp(backends[0] as (typeof backends)[number]);
  const gateway = createServer(app, { isProduction: true, allowedOrigins: [], trustedProxyHops: 0, showInbox: false });
  const url = `http://127.0.0.1:${await gateway.listen(0, '127.0.0.1')}/webhooks/shopify`;
  expect((await fetch(url, { method: 'POST', body: '{}' })).status).toBe(404);
  await gateway.close();
});
