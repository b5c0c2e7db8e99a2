import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deleteCustomer } from '../../src/capabilities/customers/delete.ts';
import { updateCustomer } from '../../src/capabilities/customers/update.ts';
import type { OrderInput } from '../../src/capabilities/orders/input.ts';
import { setOrder } from '../../src/capabilities/orders/set.ts';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCredit, givenCustomer, givenSession, someEmail } from '../support/given.ts';

describe.each(backends)('a customer’s profile on $name', (kind) => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await startTestGateway(kind);
  });
  afterAll(() => test.stop());

  const staff = async (query: string, variables: object) => {
    const { data, errors } = await test.graphql(query, variables, test.staffToken);
    expect(errors).toBeUndefined();
    return data;
  };
  const order = (customerId: string, externalId: string, more: Partial<OrderInput> = {}) =>
    test.app.transact('system', (tx) =>
      setOrder(tx, {
        externalId: `${customerId} ${externalId}`,
        customer: { id: customerId },
        name: `#${externalId}`,
        currencyCode: 'EUR',
        totalPrice: '10.00',
        financialStatus: 'PAID',
        processedAt: new Date('2026-03-01T00:00:00Z'),
        ...more,
      }),
    );

  it.each([
    ['DE 136 695 976', 'DE136695976'],
    ['che-107.787.577 mwst', 'CHE107787577MWST'],
    ['EL094259216', 'EL094259216'],
    ['RO18547290', 'RO18547290'],
    ['US123456789', 'US123456789'],
  ])('keeps the VAT id %s as %s', async (given, kept) => {
    const { customerId } = await givenCustomer(test.app, { vatId: given });
    expect(await test.app.backend.database.prisma.customer.findUniqueOrThrow({ where: { id: customerId } })).toMatchObject({ vatId: kept });
  });

  it.each(['DE136695977', '136695976', 'QQ136695976', 'DE1', 'GB980780685', 'IT00743110158'])('refuses the VAT id %s', async (vatId) => {
    const { customerId } = await givenCustomer(test.app);
    await expect(test.app.transact('system', (tx) => updateCustomer(tx, customerId, { vatId }))).rejects.toMatchObject({
      code: 'INVALID',
      field: ['input', 'vatId'],
      params: { detail: 'INVALID_VAT_ID' },
    });
  });

  it('lets a customer write her own VAT id and leaves taxes to staff', async () => {
    const { tokens, gid } = await givenSession(test.app);
    const update = 'mutation ($input: CustomerUpdateInput!) { customerUpdate(input: $input) { customer { vatId } userErrors { code } } }';
    const own = await test.graphql(update, { input: { vatId: 'DK13585628' } }, tokens.accessToken);
    expect(own.data.customerUpdate).toEqual({ customer: { vatId: 'DK13585628' }, userErrors: [] });
    const refused = await test.graphql(update, { input: { taxExempt: true } }, tokens.accessToken);
    expect(refused.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    await staff(update, { input: { id: gid, taxExempt: true } });
    const read = await test.graphql('{ customer { taxExempt } }', {}, tokens.accessToken);
    expect(read.data.customer.taxExempt).toBe(true);
  });

  it('adds and takes tags and tax exemptions, again without effect', async () => {
    const { gid } = await givenCustomer(test.app, { tags: ['VIP'] });
    const tags = (name: string) =>
      `mutation ($id: ID!, $tags: [String!]!) { ${name}(id: $id, tags: $tags) { node { tags } userErrors { code field } } }`;
    for (const _again of [1, 2]) {
      const added = await staff(tags('tagsAdd'), { id: gid, tags: ['vip', 'summer, b2b'] });
      expect(added.tagsAdd).toEqual({ node: { tags: ['VIP', 'summer', 'b2b'] }, userErrors: [] });
    }
    for (const _again of [1, 2]) {
      const taken = await staff(tags('tagsRemove'), { id: gid, tags: ['Vip', 'nothing'] });
      expect(taken.tagsRemove).toEqual({ node: { tags: ['summer', 'b2b'] }, userErrors: [] });
    }
    const empty = await staff(tags('tagsAdd'), { id: gid, tags: [' '] });
    expect(empty.tagsAdd).toEqual({ node: null, userErrors: [{ code: 'BLANK', field: ['tags'] }] });
    const exempt = (name: string, values: string) =>
      staff(`mutation ($id: ID!) { ${name}(customerId: $id, taxExemptions: [${values}]) { customer { taxExemptions } userErrors { code } } }`, {
        id: gid,
      });
    await exempt('customerAddTaxExemptions', 'CA_STATUS_CARD_EXEMPTION, US_NY_RESELLER_EXEMPTION');
    await exempt('customerAddTaxExemptions', 'CA_STATUS_CARD_EXEMPTION');
    const one = await exempt('customerRemoveTaxExemptions', 'CA_STATUS_CARD_EXEMPTION');
    expect(one.customerRemoveTaxExemptions.customer.taxExemptions).toEqual(['US_NY_RESELLER_EXEMPTION']);
    const other = await exempt('customerReplaceTaxExemptions', 'EU_REVERSE_CHARGE_EXEMPTION_RULE');
    expect(other.customerReplaceTaxExemptions.customer.taxExemptions).toEqual(['EU_REVERSE_CHARGE_EXEMPTION_RULE']);
  });

  const NUMBERS = `query ($id: ID!) { customer(id: $id) { numberOfOrders canDelete amountSpent { amount currencyCode } lastOrder { name }
    statistics { numberOfOrders amountsSpent { amount currencyCode } averageOrderAmount { amount } firstOrderAt lastOrderAt } } }`;

  it('counts orders, and what was spent in each currency', async () => {
    const { customerId, gid } = await givenCustomer(test.app);
    expect((await staff(NUMBERS, { id: gid })).customer).toEqual({
      numberOfOrders: '0',
      canDelete: true,
      amountSpent: null,
      lastOrder: null,
      statistics: { numberOfOrders: 0, amountsSpent: [], averageOrderAmount: null, firstOrderAt: null, lastOrderAt: null },
    });
    await order(customerId, '1', { totalPrice: '10.00' });
    await order(customerId, '2', { totalPrice: '5.01', totalRefunded: '1.00', processedAt: new Date('2026-05-01T00:00:00Z') });
    await order(customerId, '3', { totalPrice: '900', currencyCode: 'JPY', processedAt: new Date('2026-01-01T00:00:00Z') });
    await order(customerId, '4', { totalPrice: '70.00', financialStatus: 'PENDING' });
    await order(customerId, '5', { totalPrice: '80.00', cancelledAt: new Date(), processedAt: new Date('2026-06-01T00:00:00Z') });
    expect((await staff(NUMBERS, { id: gid })).customer).toEqual({
      numberOfOrders: '4',
      canDelete: false,
      amountSpent: { amount: '14.01', currencyCode: 'EUR' },
      lastOrder: { name: '#5' },
      statistics: {
        numberOfOrders: 4,
        amountsSpent: [
          { amount: '14.01', currencyCode: 'EUR' },
          { amount: '900', currencyCode: 'JPY' },
        ],
        averageOrderAmount: { amount: '4.67' },
        firstOrderAt: '2026-01-01T00:00:00.000Z',
        lastOrderAt: '2026-06-01T00:00:00.000Z',
      },
    });
  });

  it('has numbers that are those of the orders, whatever became of them', async () => {
    const two = [await givenCustomer(test.app), await givenCustomer(test.app)];
    const told = fc.record({
      which: fc.integer({ min: 0, max: 3 }),
      whose: fc.integer({ min: 0, max: 1 }),
      total: fc.integer({ min: 0, max: 10_000 }),
      currencyCode: fc.constantFrom('EUR', 'DKK'),
      financialStatus: fc.constantFrom('PAID' as const, 'PENDING' as const, 'REFUNDED' as const, null),
      isCancelled: fc.boolean(),
      day: fc.integer({ min: 1, max: 28 }),
    });
    const source = someEmail();
    const { prisma, sql } = test.app.backend.database;
    await fc.assert(
      fc.asyncProperty(told, async ({ which, whose, total, isCancelled, day, ...more }) => {
        await order(two[whose]?.customerId as string, '', {
          externalId: `${source} ${which}`,
          totalPrice: (total / 100).toFixed(2),
          processedAt: new Date(Date.UTC(2026, 0, day)),
          cancelledAt: isCancelled ? new Date() : null,
          ...more,
        });
        for (const { customerId } of two) {
          const [counted] = await sql<{ count: number; last: string | null }>(
            `select count(*) filter (where cancelled_at is null)::int as count, (array_agg(id::text order by processed_at desc, id desc))[1] as last
             from "order" where customer_id = $1::text::uuid`,
            [customerId],
          );
          const spent = await sql<{ currency: string; n: number; spent: string }>(
            `select currency, count(*)::int as n, coalesce(sum(total_minor - refunded_minor) filter (where financial_status is null or financial_status in
               ('PAID', 'PARTIALLY_PAID', 'PARTIALLY_REFUNDED', 'REFUNDED')), 0)::text as spent
             from "order" where customer_id = $1::text::uuid and cancelled_at is null group by currency order by currency`,
            [customerId],
          );
          const statistics = await prisma.customerStatistics.findUnique({ where: { customerId } });
          expect({ count: statistics?.ordersCount ?? 0, last: statistics?.lastOrderId ?? null }).toEqual(counted);
          const rows = await prisma.customerSpending.findMany({ where: { customerId, ordersCount: { gt: 0 } }, orderBy: { currency: 'asc' } });
          expect(rows.map(({ currency, ordersCount, spentMinor }) => ({ currency, n: ordersCount, spent: String(spentMinor) }))).toEqual(spent);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('counts right when orders come at the same moment', async () => {
    const { customerId, gid } = await givenCustomer(test.app);
    await Promise.all(
      Array.from({ length: 12 }, (_, index) => order(customerId, String(index), { processedAt: new Date(Date.UTC(2026, 0, index + 1)) })),
    );
    const { customer } = await staff(NUMBERS, { id: gid });
    expect(customer).toMatchObject({ numberOfOrders: '12', amountSpent: { amount: '120.00' }, lastOrder: { name: '#11' } });
  });

  it('leaves nothing of herself but the books when she is deleted', async () => {
    const { customerId, gid } = await givenCustomer(test.app, { vatId: 'DK13585628', taxExemptions: ['CA_STATUS_CARD_EXEMPTION'] });
    const { gid: accountGid } = await givenCredit(test.app, customerId, 500n);
    await staff(
      `mutation ($id: ID!, $account: ID!, $name: String!, $metafields: [MetafieldsSetInput!]!) {
        storeCreditAccountDebit(id: $account, debitInput: { debitAmount: { amount: "5", currencyCode: EUR } }) { userErrors { code } }
        customerEmailMarketingConsentUpdate(input: { customerId: $id, emailMarketingConsent: { marketingState: SUBSCRIBED } }) { userErrors { code } }
        customerGroupCreate(input: { name: $name }) { customerGroup { id } }
        metafieldsSet(metafields: $metafields) { userErrors { code } }
      }`,
      {
        id: gid,
        account: accountGid,
        name: someEmail(),
        metafields: [{ ownerId: gid, namespace: 'profile', key: 'secret', value: 'x', type: 'single_line_text_field' }],
      },
    );
    const { prisma } = test.app.backend.database;
    await test.app.transact('system', (tx) => deleteCustomer(tx, customerId));
    expect(
      await prisma.customer.findUniqueOrThrow({ where: { id: customerId }, include: { marketing: true, metafields: true, consentEvents: true } }),
    ).toMatchObject({
      vatId: null,
      taxExemptions: [],
      marketing: null,
      metafields: [],
      consentEvents: [{ state: 'SUBSCRIBED', address: null }],
    });
  });

  it('cannot be deleted while it holds credit, and says so beforehand', async () => {
    const { customerId, gid } = await givenCustomer(test.app);
    await givenCredit(test.app, customerId, 500n);
    expect((await staff('query ($id: ID!) { customer(id: $id) { canDelete } }', { id: gid })).customer.canDelete).toBe(false);
  });
});
