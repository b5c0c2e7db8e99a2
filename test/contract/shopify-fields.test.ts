import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setOrder } from '../../src/capabilities/orders/set.ts';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCredit, givenSession } from '../support/given.ts';

/* Fields that Shopify's clients read and that say again, or together, what others say. */

describe.each(backends)('fields of Shopify’s on $name', (kind) => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await startTestGateway(kind);
  });
  afterAll(() => test.stop());

  it('tell of an order what follows from its parts', async () => {
    const { customerId, tokens } = await givenSession(test.app);
    await test.app.transact('system', (tx) =>
      setOrder(tx, {
        externalId: randomUUID(),
        customer: { id: customerId },
        name: '#7',
        email: 'ida@shop.example',
        currencyCode: 'EUR',
        totalPrice: '40.00',
        processedAt: new Date('2026-05-01T10:00:00Z'),
        shippingLine: { title: 'GLS', price: '5.00' },
        discountApplications: [{ kind: 'MANUAL', title: 'Sorry', amount: '10.00' }],
        lineItems: [
          {
            externalId: 'a',
            title: 'Cup',
            quantity: 2,
            price: '20.00',
            image: { url: 'https://shop.example/cup.png' },
            discountAllocations: [{ allocatedAmount: '10.00', discountApplication: 0 }],
          },
          { externalId: 'b', title: 'Song', quantity: 1, price: '5.00', requiresShipping: false },
        ],
        fulfillments: [
          {
            externalId: '2',
            createdAt: new Date('2026-05-03T10:00:00Z'),
            estimatedDeliveryAt: new Date('2026-05-09T10:00:00Z'),
            lineItems: [{ externalId: 'b', quantity: 1 }],
          },
          {
            externalId: '1',
            createdAt: new Date('2026-05-02T10:00:00Z'),
            estimatedDeliveryAt: new Date('2026-05-04T10:00:00Z'),
            lineItems: [{ externalId: 'a', quantity: 2 }],
          },
        ],
        refunds: [{ externalId: 'r', createdAt: new Date('2026-05-05T10:00:00Z'), totalRefunded: '1.00' }],
      }),
    );
    const { data, errors } = await test.graphql(
      `{ customer { orders(first: 1) { nodes {
        hasEmail hasMultipleFulfillments latestFulfillmentDeliveryDate shippingTitle subtotalBeforeDiscounts { amount }
        lineItems(first: 2, reverse: true) { nodes { title presentmentTitle currentTotalPrice { amount } totalPriceBeforeDiscounts { amount }
          image { url(transform: { maxWidth: 10, crop: CENTER }) src originalSrc transformedSrc(maxWidth: 10) } } }
        discountApplications(first: 1, reverse: true) { nodes { targetType } }
        byTime: fulfillments(first: 2, sortKey: CREATED_AT) { nodes { createdAt requiresShipping
          fulfillmentLineItems(first: 1) { nodes { quantity lineItem { title } } pageInfo { hasNextPage } } } }
        told: fulfillments(first: 1, reverse: true) { nodes { createdAt } }
        refunds { updatedAt }
      } } } }`,
      {},
      tokens.accessToken,
    );
    expect(errors).toBeUndefined();
    const url = 'https://shop.example/cup.png';
    expect(data.customer.orders.nodes[0]).toEqual({
      hasEmail: true,
      hasMultipleFulfillments: true,
      latestFulfillmentDeliveryDate: '2026-05-09T10:00:00.000Z',
      shippingTitle: 'GLS',
      subtotalBeforeDiscounts: { amount: '45.00' },
      lineItems: {
        nodes: [
          {
            title: 'Song',
            presentmentTitle: 'Song',
            currentTotalPrice: { amount: '5.00' },
            totalPriceBeforeDiscounts: { amount: '5.00' },
            image: null,
          },
          {
            title: 'Cup',
            presentmentTitle: 'Cup',
            currentTotalPrice: { amount: '40.00' },
            totalPriceBeforeDiscounts: { amount: '40.00' },
            image: { url, src: url, originalSrc: url, transformedSrc: url },
          },
        ],
      },
      discountApplications: { nodes: [{ targetType: 'LINE_ITEM' }] },
      byTime: {
        nodes: [
          {
            createdAt: '2026-05-02T10:00:00.000Z',
            requiresShipping: true,
            fulfillmentLineItems: { nodes: [{ quantity: 2, lineItem: { title: 'Cup' } }], pageInfo: { hasNextPage: false } },
          },
          {
            createdAt: '2026-05-03T10:00:00.000Z',
            requiresShipping: false,
            fulfillmentLineItems: { nodes: [{ quantity: 1, lineItem: { title: 'Song' } }], pageInfo: { hasNextPage: false } },
          },
        ],
      },
      told: { nodes: [{ createdAt: '2026-05-02T10:00:00.000Z' }] },
      refunds: [{ updatedAt: '2026-05-05T10:00:00.000Z' }],
    });
  });

  it('tell how much of a balance runs out some day', async () => {
    const { customerId, tokens } = await givenSession(test.app);
    await givenCredit(test.app, customerId, 1_000n);
    await givenCredit(test.app, customerId, 250n, { expiresAt: new Date(Date.now() + 86_400_000) });
    await givenCredit(test.app, customerId, 150n, { expiresAt: new Date(Date.now() + 9 * 86_400_000) });
    const { data } = await test.graphql(
      '{ customer { storeCreditAccounts(first: 1) { nodes { balance { amount } expirableBalance { amount currencyCode } } } } }',
      {},
      tokens.accessToken,
    );
    expect(data.customer.storeCreditAccounts.nodes[0]).toEqual({
      balance: { amount: '14.00' },
      expirableBalance: { amount: '4.00', currencyCode: 'EUR' },
    });
  });

  it('reach metafields through the interface', async () => {
    const { tokens } = await givenSession(test.app);
    const { data, errors } = await test.graphql(
      '{ customer { ... on HasMetafields { metafield(namespace: "none", key: "none") { value } metafields(identifiers: [{ namespace: "none", key: "none" }]) { value } } } }',
      {},
      tokens.accessToken,
    );
    expect({ data, errors }).toEqual({ data: { customer: { metafield: null, metafields: [null] } }, errors: undefined });
  });
});
