import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../support/backends.ts';
import { type Answer, startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCustomer, givenSession, someEmail } from '../support/given.ts';

const SET = `mutation ($input: OrderSetInput!) { orderSet(input: $input) {
  order { id name number customer { id state emailAddress { emailAddress } firstName } totalPrice { amount currencyCode } updatedAt lineItems(first: 9) { nodes { id title } } }
  userErrors { code field } } }`;
const LIST = `query ($query: String, $sortKey: OrderSortKeys, $first: Int, $after: String, $reverse: Boolean) {
  customer { orders(first: $first, after: $after, query: $query, sortKey: $sortKey, reverse: $reverse) { nodes { name } pageInfo { hasNextPage endCursor } } } }`;

const starter = (name: string): string => readFileSync(new URL(`../data/hydrogen-starter/${name}.graphql`, import.meta.url), 'utf8');

/** An order with everything in it. */
const bigOrder = (email: string, over: object = {}) => ({
  externalId: randomUUID(),
  customer: { email, firstName: 'Ida', lastName: 'Holm', externalId: randomUUID() },
  name: '#1042',
  confirmationNumber: 'XPAV284CT',
  currencyCode: 'EUR',
  subtotal: '90.00',
  totalPrice: '97.90',
  totalTax: '15.63',
  totalShipping: '7.90',
  totalRefunded: '10.00',
  financialStatus: 'PARTIALLY_REFUNDED',
  fulfillmentStatus: 'FULFILLED',
  statusPageUrl: 'https://shop.example/orders/1042',
  processedAt: '2026-03-29T01:30:00.000Z',
  updatedAt: '2026-04-02T10:00:00.000Z',
  shippingAddress: {
    firstName: 'Ida',
    lastName: 'Holm',
    address1: 'Vestergade 1',
    zip: '8000',
    city: 'Aarhus',
    territoryCode: 'DK',
    phoneNumber: 'ring bare',
  },
  shippingLine: { title: 'GLS', price: '7.90' },
  discountApplications: [
    { kind: 'CODE', title: 'SPRING', percentage: 10 },
    { kind: 'MANUAL', title: 'Sorry', amount: '5.00' },
  ],
  lineItems: [
    {
      externalId: 'a',
      title: 'Cup',
      variantTitle: 'Blue',
      quantity: 2,
      price: '25.00',
      sku: 'CUP-B',
      image: { url: 'https://shop.example/cup.png', altText: 'A cup', width: 600, height: 400 },
      discountAllocations: [
        { allocatedAmount: '5.00', discountApplication: 0 },
        { allocatedAmount: '5.00', discountApplication: 1 },
      ],
    },
    { externalId: 'b', title: 'Tea', quantity: 1, price: '50.00' },
  ],
  fulfillments: [
    {
      externalId: 'f',
      status: 'SUCCESS',
      createdAt: '2026-03-30T08:00:00.000Z',
      trackingInformation: [{ company: 'GLS', number: '123', url: 'https://gls.example/123' }],
      lineItems: [{ externalId: 'a', quantity: 2 }],
    },
  ],
  refunds: [{ externalId: 'r', createdAt: '2026-04-01T08:00:00.000Z', totalRefunded: '10.00' }],
  customAttributes: [{ key: 'gift', value: 'yes' }],
  ...over,
});

const smallOrder = (over: object = {}) => ({
  externalId: randomUUID(),
  name: '#1',
  currencyCode: 'EUR',
  totalPrice: '10.00',
  processedAt: '2026-01-01T00:00:00.000Z',
  ...over,
});

describe.each(backends)('orders on $name', (kind) => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await startTestGateway(kind);
  });
  afterAll(() => test.stop());

  const set = async (input: object) => {
    const { data, errors } = await test.graphql(SET, { input }, test.staffToken);
    expect(errors).toBeUndefined();
    return data.orderSet;
  };

  describe('the operations of Shopify’s Hydrogen starter, unchanged', () => {
    it('show a customer her profile, her orders and one of them, and change what is hers', async () => {
      const { email, tokens } = await givenSession(test.app);
      const token = tokens.accessToken;
      const run = async (name: string, variables: object = {}) => {
        const { data, errors } = await test.graphql(starter(name), { language: 'DA', ...variables }, token);
        expect(errors).toBeUndefined();
        return data;
      };
      const { order } = await set(bigOrder(email));
      const address = { address1: 'Torvet 2', city: 'Odense', zip: '5000', territoryCode: 'DK', firstName: 'Ida', lastName: 'Holm' };
      const { customerAddressCreate } = await run('customer-address-create', { address, defaultAddress: true });
      expect(customerAddressCreate.userErrors).toEqual([]);
      const addressId = customerAddressCreate.customerAddress.id;
      expect((await run('customer-address-update', { addressId, address: { city: 'Odense C' } })).customerAddressUpdate.userErrors).toEqual([]);
      const { customer } = await run('customer-details');
      expect(customer.addresses.nodes).toHaveLength(1);
      expect(customer.defaultAddress).toMatchObject({ id: addressId, city: 'Odense C' });
      const updated = await run('customer-update', { customer: { firstName: 'Ida', lastName: 'Lund' } });
      expect(updated.customerUpdate.customer).toMatchObject({ lastName: 'Lund', emailAddress: { emailAddress: email } });
      const listed = await run('customer-orders', { first: 20, query: 'name:#1042' });
      expect(listed.customer.orders.nodes).toEqual([
        {
          id: order.id,
          number: 1042,
          confirmationNumber: 'XPAV284CT',
          processedAt: '2026-03-29T01:30:00.000Z',
          totalPrice: { amount: '97.90', currencyCode: 'EUR' },
          financialStatus: 'PARTIALLY_REFUNDED',
          fulfillmentStatus: 'FULFILLED',
          fulfillments: { nodes: [{ status: 'SUCCESS' }] },
        },
      ]);
      const shown = (await run('order', { orderId: order.id })).order;
      expect(shown).toMatchObject({
        name: '#1042',
        statusPageUrl: 'https://shop.example/orders/1042',
        totalTax: { amount: '15.63' },
        subtotal: { amount: '90.00' },
        shippingAddress: { name: 'Ida Holm', formattedArea: expect.stringContaining('Aarhus') },
        discountApplications: {
          nodes: [
            { value: { __typename: 'PricingPercentageValue', percentage: 10 } },
            { value: { __typename: 'MoneyV2', amount: '5.00', currencyCode: 'EUR' } },
          ],
        },
      });
      expect(shown.lineItems.nodes[0]).toMatchObject({
        title: 'Cup',
        variantTitle: 'Blue',
        quantity: 2,
        price: { amount: '25.00' },
        totalDiscount: { amount: '10.00' },
        image: { url: 'https://shop.example/cup.png', altText: 'A cup', width: 600, height: 400 },
        discountAllocations: [
          { allocatedAmount: { amount: '5.00' }, discountApplication: { value: { percentage: 10 } } },
          { discountApplication: { value: { amount: '5.00' } } },
        ],
      });
      await run('customer-address-delete', { addressId });
      expect((await run('customer-details')).customer.addresses.nodes).toEqual([]);
    });

    it('show somebody without orders an empty list', async () => {
      const { tokens } = await givenSession(test.app);
      const { data } = await test.graphql(starter('customer-orders'), { first: 20 }, tokens.accessToken);
      expect(data.customer.orders).toEqual({
        nodes: [],
        pageInfo: { hasPreviousPage: false, hasNextPage: false, endCursor: null, startCursor: null },
      });
    });
  });

  it('make the customer when nobody has that address, and she finds them when she signs in', async () => {
    const email = someEmail();
    const { order } = await set(bigOrder(email.toUpperCase()));
    expect(order.customer).toMatchObject({ state: 'DISABLED', emailAddress: { emailAddress: email }, firstName: 'Ida' });
    const { order: second } = await set(smallOrder({ email }));
    expect(second.customer.id).toBe(order.customer.id);
  });

  it('make one customer though several first orders come at once', async () => {
    const email = someEmail();
    const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => set(smallOrder({ email, name: `#${index}` }))));
    expect(new Set(answers.map(({ order }) => order.customer.id)).size).toBe(1);
  });

  it('find the customer by the backend’s own id though her address has changed', async () => {
    const externalId = randomUUID();
    const { order } = await set(smallOrder({ customer: { externalId, email: someEmail() } }));
    const { order: later } = await set(smallOrder({ customer: { externalId, email: someEmail() } }));
    expect(later.customer.id).toBe(order.customer.id);
  });

  it('may be nobody’s, and then are for staff alone', async () => {
    const { order } = await set(smallOrder({ email: 'no address' }));
    expect(order.customer).toBeNull();
    const { tokens } = await givenSession(test.app);
    const { data, errors } = await test.graphql('query ($id: ID!) { order(id: $id) { id } }', { id: order.id }, tokens.accessToken);
    expect(data.order).toBeNull();
    expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  });

  it('are the same when they are told again: nothing is doubled and the ids of lines stay', async () => {
    const input = bigOrder(someEmail());
    const first = await set(input);
    const again = await Promise.all(Array.from({ length: 4 }, () => set(input)));
    for (const answer of again) expect(answer).toEqual(first);
    const { data } = await test.graphql(
      'query ($query: String) { orders(first: 5, query: $query) { nodes { id externalId } } }',
      { query: `id:${first.order.id}` },
      test.staffToken,
    );
    expect(data.orders.nodes).toEqual([{ id: first.order.id, externalId: input.externalId }]);
  });

  it('are not overwritten by what was told earlier', async () => {
    const input = smallOrder({ updatedAt: '2026-05-02T00:00:00.000Z', totalPrice: '20.00' });
    await set(input);
    const { order } = await set({ ...input, updatedAt: '2026-05-01T00:00:00.000Z', totalPrice: '10.00' });
    expect(order.totalPrice.amount).toBe('20.00');
    const { order: later } = await set({ ...input, updatedAt: '2026-05-03T00:00:00.000Z', totalPrice: '30.00' });
    expect(later.totalPrice.amount).toBe('30.00');
  });

  it.each([
    [{ externalId: ' ' }, 'BLANK', ['input', 'externalId']],
    [{ totalPrice: '1.001' }, 'TOO_MANY_DECIMALS', ['input', 'totalPrice']],
    [{ totalPrice: '-1.00' }, 'INVALID', ['input', 'totalPrice']],
    [{ statusPageUrl: 'javascript:alert(1)' }, 'INVALID', ['input', 'statusPageUrl']],
    [{ customer: { id: 'gid://clientele/Customer/01900000-0000-7000-8000-000000000000' } }, 'CUSTOMER_DOES_NOT_EXIST', ['input', 'customer', 'id']],
    [{ discountApplications: [{ kind: 'CODE', title: 'X' }] }, 'INVALID', ['input', 'discountApplications', '0']],
    [
      {
        lineItems: [
          { externalId: 'a', title: 'A', quantity: 1, price: '1', discountAllocations: [{ allocatedAmount: '1', discountApplication: 0 }] },
        ],
      },
      'NOT_FOUND',
      ['input', 'lineItems', '0', 'discountAllocations', '0', 'discountApplication'],
    ],
    [
      { fulfillments: [{ externalId: 'f', createdAt: '2026-01-01T00:00:00Z', lineItems: [{ externalId: 'none', quantity: 1 }] }] },
      'NOT_FOUND',
      ['input', 'fulfillments', '0', 'lineItems', '0', 'externalId'],
    ],
    [
      {
        lineItems: [
          { externalId: 'a', title: 'A', quantity: 1, price: '1' },
          { externalId: 'a', title: 'B', quantity: 1, price: '1' },
        ],
      },
      'INVALID',
      ['input', 'lineItems', '1', 'externalId'],
    ],
  ])('are refused with %j', async (over, code, field) => {
    const email = someEmail();
    expect(await set(smallOrder({ email, ...over }))).toEqual({ order: null, userErrors: [{ code, field }] });
    const { data } = await test.graphql(
      'query ($email: String!) { customerByIdentifier(identifier: { emailAddress: $email }) { id } }',
      { email },
      test.staffToken,
    );
    expect(data.customerByIdentifier).toBeNull();
  });

  it('keep the exact amounts of currencies without and with three decimals', async () => {
    expect((await set(smallOrder({ currencyCode: 'JPY', totalPrice: '1200' }))).order.totalPrice).toEqual({ amount: '1200', currencyCode: 'JPY' });
    expect((await set(smallOrder({ currencyCode: 'KWD', totalPrice: '1.205' }))).order.totalPrice).toEqual({ amount: '1.205', currencyCode: 'KWD' });
  });

  it('are listed in each order, page by page, without gap or repeat', async () => {
    const { email, tokens } = await givenSession(test.app);
    const names = ['#3', '#1', '#5', '#2', '#4'];
    for (const [index, name] of names.entries())
      await set(smallOrder({ email, name, totalPrice: `${index % 2}.50`, processedAt: `2026-02-0${(index % 3) + 1}T00:00:00.000Z` }));
    for (const sortKey of ['ID', 'CREATED_AT', 'PROCESSED_AT', 'UPDATED_AT', 'ORDER_NUMBER', 'TOTAL_PRICE'])
      for (const reverse of [false, true]) {
        const whole = (await test.graphql(LIST, { first: 10, sortKey, reverse }, tokens.accessToken)).data.customer.orders.nodes;
        const paged: object[] = [];
        let after: string | null = null;
        for (let page = 0; page < 5; page += 1) {
          const answer: Answer<Record<string, never>> = await test.graphql(LIST, { first: 2, sortKey, reverse, after }, tokens.accessToken);
          const { nodes, pageInfo } = answer.data.customer.orders;
          paged.push(...nodes);
          if (!pageInfo.hasNextPage) break;
          after = pageInfo.endCursor;
        }
        expect(paged).toEqual(whole);
        expect(whole).toHaveLength(5);
        if (sortKey === 'ORDER_NUMBER')
          expect(whole.map(({ name }: { name: string }) => name)).toEqual(reverse ? ['#5', '#4', '#3', '#2', '#1'] : ['#1', '#2', '#3', '#4', '#5']);
      }
  });

  it('are found by Shopify’s filters', async () => {
    const { email, tokens } = await givenSession(test.app);
    await set(bigOrder(email));
    await set(smallOrder({ email, name: '#7', financialStatus: 'PAID' }));
    const names = async (query: string) =>
      (await test.graphql(LIST, { first: 10, query, sortKey: 'ORDER_NUMBER' }, tokens.accessToken)).data.customer.orders.nodes.map(
        ({ name }: { name: string }) => name,
      );
    expect(await names('financial_status:paid')).toEqual(['#7']);
    expect(await names('order_number:>=7')).toEqual(['#7', '#1042']);
    expect(await names('processed_at:2026-03-29')).toEqual(['#1042']);
    expect(await names('confirmation_number:XPAV* OR name:"#7"')).toEqual(['#7', '#1042']);
    expect(await names('-financial_status:paid fulfillment_status:fulfilled')).toEqual(['#1042']);
    const wrong = await test.graphql(LIST, { first: 10, query: 'shoe_size:42' }, tokens.accessToken);
    expect(wrong.errors?.[0]).toMatchObject({ message: expect.stringContaining('shoe_size:42'), extensions: { code: 'BAD_USER_INPUT' } });
  });

  it('are seen by nobody but their customer and staff who may', async () => {
    const { order } = await set(bigOrder(someEmail()));
    const stranger = await givenSession(test.app);
    for (const token of [null, stranger.tokens.accessToken]) {
      const { data, errors } = await test.graphql(starter('order'), { orderId: order.id }, token);
      expect(data?.order ?? null).toBeNull();
      expect(['FORBIDDEN', 'UNAUTHENTICATED']).toContain(errors?.[0]?.extensions.code);
    }
    expect((await test.graphql(SET, { input: smallOrder() }, stranger.tokens.accessToken)).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  });

  it('keep their customer from being deleted', async () => {
    const { email, gid } = await givenCustomer(test.app);
    await set(smallOrder({ email }));
    const { data } = await test.graphql(
      'mutation ($id: ID!) { customerDelete(input: { id: $id }) { userErrors { code field } } }',
      { id: gid },
      test.staffToken,
    );
    expect(data.customerDelete.userErrors).toEqual([{ code: 'CUSTOMER_HAS_ORDERS', field: ['input', 'id'] }]);
  });

  it('come one at a time or many at once: the last told stays', async () => {
    const input = smallOrder();
    await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        set({ ...input, totalPrice: `${index}.00`, updatedAt: `2026-06-0${Math.min(9, index + 1)}T00:00:0${index}.000Z` }),
      ),
    );
    const { order } = await set({ ...input, updatedAt: '2026-01-01T00:00:00.000Z' });
    expect(order.totalPrice.amount).toBe('9.00');
  });

  it('come a hundred at a time; one that is refused harms no other, and a key gives the same answer', async () => {
    const IMPORT = `mutation ($orders: [OrderSetInput!]!, $key: String!) { ordersImport(orders: $orders) @idempotent(key: $key) {
      orders { id name } userErrors { code field message } } }`;
    const orders = Array.from({ length: 100 }, (_, index) => smallOrder({ name: `#${index}`, ...(index === 3 ? { totalPrice: '1.001' } : {}) }));
    const key = randomUUID();
    const { data, errors } = await test.graphql(IMPORT, { orders, key }, test.staffToken);
    expect(errors).toBeUndefined();
    expect(data.ordersImport.userErrors).toEqual([
      { code: 'TOO_MANY_DECIMALS', field: ['orders', '3', 'totalPrice'], message: expect.stringMatching(/decimals/) },
    ]);
    expect(data.ordersImport.orders.map((order: { name: string } | null) => order?.name ?? null)).toEqual(
      orders.map(({ name }, index) => (index === 3 ? null : name)),
    );
    expect((await test.graphql(IMPORT, { orders, key }, test.staffToken)).data).toEqual(data);
    const many = await test.graphql(IMPORT, { orders: [...orders, smallOrder()], key: randomUUID() }, test.staffToken);
    expect(many.data.ordersImport).toMatchObject({ orders: null, userErrors: [{ code: 'TOO_MANY', field: ['orders'] }] });
  });
});
