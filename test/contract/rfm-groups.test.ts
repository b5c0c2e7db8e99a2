import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { advanceRfmGroups } from '../../src/capabilities/customers/rfm-groups.ts';
import type { OrderInput } from '../../src/capabilities/orders/input.ts';
import { setOrder } from '../../src/capabilities/orders/set.ts';
import { erase, requestErasure } from '../../src/capabilities/privacy/erasure.ts';
import { backends } from '../support/backends.ts';
import { startOwnGateway, type TestGateway } from '../support/gateway.ts';
import { givenCustomer, givenSession } from '../support/given.ts';
import { mergeInto, undo } from '../support/merging.ts';

/** As docs/customers.md has them: recency, then the mean of frequency and monetary value from 1 to 5 in halves. */
const GRID: Readonly<Record<number, (fm: number) => string>> = {
  5: (fm) => (fm >= 4 ? 'CHAMPIONS' : fm >= 2 ? 'ACTIVE' : 'NEW'),
  4: (fm) => (fm >= 4 ? 'LOYAL' : fm >= 2 ? 'ACTIVE' : 'PROMISING'),
  3: (fm) => (fm >= 4 ? 'LOYAL' : fm >= 3 ? 'NEEDS_ATTENTION' : 'ALMOST_LOST'),
  2: (fm) => (fm === 5 ? 'PREVIOUSLY_LOYAL' : fm >= 3 ? 'AT_RISK' : 'DORMANT'),
  1: (fm) => (fm === 5 ? 'PREVIOUSLY_LOYAL' : fm >= 3 ? 'AT_RISK' : 'DORMANT'),
};

interface Numbers {
  readonly id: string;
  readonly orders: number;
  readonly purchasedAt: number;
  readonly spent: Readonly<Record<string, number>>;
}

/** How many fifths lie below: of moments the share that is not later counts, of numbers the share that is smaller. */
const recencyScore = (all: readonly number[], value: number): number => Math.ceil((5 * all.filter((other) => other <= value).length) / all.length);
const score = (all: readonly number[], value: number): number => Math.floor((5 * all.filter((other) => other < value).length) / all.length) + 1;

const expectedGroups = (numbers: readonly Numbers[]): Record<string, string> => {
  const buyers = numbers.filter(({ orders }) => orders > 0);
  const spentIn = (currency: string): number[] => buyers.flatMap(({ spent }) => spent[currency] ?? []);
  return Object.fromEntries(
    numbers.map(({ id, orders, purchasedAt, spent }) => {
      if (orders === 0) return [id, 'PROSPECTS'];
      const recency = recencyScore(
        buyers.map((buyer) => buyer.purchasedAt),
        purchasedAt,
      );
      const frequency = score(
        buyers.map((buyer) => buyer.orders),
        orders,
      );
      const monetary = Math.max(...Object.entries(spent).map(([currency, amount]) => score(spentIn(currency), amount)));
      return [id, GRID[recency]?.((frequency + monetary) / 2) as string];
    }),
  );
};

describe.each(backends)('groups by recency, frequency and monetary value on $name', (kind) => {
  let test: TestGateway;
  let orders = 0;
  beforeAll(async () => {
    test = await startOwnGateway(kind);
  });
  afterAll(() => test.stop());

  const order = (customerId: string, more: Partial<OrderInput> = {}) => {
    orders += 1;
    return test.app.transact('system', (tx) =>
      setOrder(tx, {
        externalId: String(orders),
        customer: { id: customerId },
        name: `#${orders}`,
        currencyCode: 'EUR',
        totalPrice: '10.00',
        financialStatus: 'PAID',
        processedAt: new Date('2026-03-01T00:00:00Z'),
        ...more,
      }),
    );
  };
  /** Moves on by a day, so that what has changed is measured whatever the shop's size, and goes on until all were looked at. */
  let days = 0;
  const advance = async (chunk?: number) => {
    days += 1;
    const at = new Date(Date.now() + days * 86_400_000);
    const { prisma } = test.app.backend.database;
    await expect
      .poll(
        async () => {
          while ((await advanceRfmGroups({ backend: test.app.backend, clock: () => at }, chunk)) > 0);
          // Transactions of other databases of the server hold it up too.
          const { cursor, horizon } = await prisma.customerRfmLimits.findFirstOrThrow();
          return { cursor, horizon };
        },
        { timeout: 20_000 },
      )
      .toEqual({ cursor: null, horizon: null });
  };
  /** What the orders come to, told by the orders themselves. */
  const numbers = async (): Promise<Numbers[]> => {
    const rows = await test.app.backend.database.sql<{ id: string; orders: number; at: number; spent: Record<string, number> | null }>(
      `select s.customer_id::text as id, (select count(*)::int from "order" o where o.customer_id = s.customer_id and cancelled_at is null) as orders,
         (select extract(epoch from max(processed_at))::float8 from "order" o where o.customer_id = s.customer_id and cancelled_at is null) as at,
         (select json_object_agg(currency, sum) from (select currency, sum(total_minor) from "order" o
           where o.customer_id = s.customer_id and cancelled_at is null group by 1) c) as spent
       from customer_statistics s join customer c on c.id = s.customer_id where c.erased_at is null`,
      [],
    );
    return rows.map(({ id, orders: count, at, spent }) => ({ id, orders: count, purchasedAt: at, spent: spent ?? {} }));
  };
  const groups = async (): Promise<Record<string, string | null>> => {
    const rows = await test.app.backend.database.prisma.customerStatistics.findMany({ where: { customer: { erasedAt: null } } });
    return Object.fromEntries(rows.map(({ customerId, rfmGroup }) => [customerId, rfmGroup]));
  };
  const groupOf = async (gid: string, token = test.staffToken) => {
    const { data, errors } = await test.graphql('query ($id: ID!) { customer(id: $id) { statistics { rfmGroup } } }', { id: gid }, token);
    expect(errors).toBeUndefined();
    return data.customer.statistics.rfmGroup;
  };
  const find = async (query: string): Promise<string[]> => {
    const { data, errors } = await test.graphql(
      'query ($query: String) { customers(first: 100, query: $query) { totalCount nodes { id } } }',
      { query },
      test.staffToken,
    );
    expect(errors).toBeUndefined();
    expect(data.customers.totalCount).toBe(data.customers.nodes.length);
    return data.customers.nodes.map(({ id }: { id: string }) => id.split('/').at(-1)).sort();
  };

  it('has a group for every score, as the table says', async () => {
    const rows = await test.app.backend.database.sql<{ r: number; fm: number; name: string }>(
      'select r, fm, customer_rfm_group(r, fm)::text as name from generate_series(1, 5) r, generate_series(2, 10) fm',
      [],
    );
    expect(rows).toHaveLength(45);
    for (const { r, fm, name } of rows) expect({ r, fm, name }).toEqual({ r, fm, name: GRID[r]?.(fm / 2) });
  });

  it('calls the first customer of a shop new, and whoever bought nothing a prospect', async () => {
    const { gid, customerId } = await givenCustomer(test.app);
    expect(await groupOf(gid)).toBe('PROSPECTS');
    await order(customerId);
    expect(await groupOf(gid)).toBeNull();
    await advance();
    expect(await groupOf(gid)).toBe('NEW');
    await order(customerId, { externalId: String(orders), cancelledAt: new Date() });
  });

  it('cuts the shop into fifths, of what was bought in each currency by itself', async () => {
    let seed = 7;
    const below = (max: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % max;
    };
    for (let customer = 0; customer < 23; customer += 1) {
      const { customerId } = await givenCustomer(test.app);
      for (let count = 1 + below(5) * below(2); count > 0; count -= 1)
        await order(customerId, {
          currencyCode: below(3) === 0 ? 'JPY' : 'EUR',
          totalPrice: String(100 + below(4000)),
          processedAt: new Date(Date.UTC(2026, 0, 1 + below(200))),
          ...(below(5) === 0 ? { cancelledAt: new Date() } : {}),
        });
    }
    await advance(4);
    const all = await numbers();
    const expected = expectedGroups(all);
    expect(await groups()).toEqual(expected);
    expect(new Set(Object.values(expected)).size).toBeGreaterThan(5);
    for (const name of new Set(Object.values(expected))) {
      const of = Object.keys(expected).filter((id) => expected[id] === name);
      if (name !== 'PROSPECTS') expect({ name, found: await find(`rfm_group:${name.toLowerCase()}`) }).toEqual({ name, found: of.sort() });
    }
  });

  it('finds prospects, those without any order among them', async () => {
    const tag = 'prospect';
    const never = await givenCustomer(test.app, { tags: [tag] });
    const cancelled = await givenCustomer(test.app, { tags: [tag] });
    const buyer = await givenCustomer(test.app, { tags: [tag] });
    await order(cancelled.customerId, { cancelledAt: new Date() });
    await order(buyer.customerId);
    await advance();
    expect(await find(`tag:${tag} rfm_group:PROSPECTS`)).toEqual([never.customerId, cancelled.customerId].sort());
    expect(await find(`tag:${tag} -rfm_group:PROSPECTS`)).toEqual([buyer.customerId]);
  });

  it('follows a customer’s own orders at once', async () => {
    const { customerId, gid } = await givenCustomer(test.app);
    await order(customerId, { totalPrice: '9000', processedAt: new Date('2026-11-01T00:00:00Z') });
    expect(await groupOf(gid)).toBe('ACTIVE');
    for (let count = 0; count < 9; count += 1) await order(customerId, { totalPrice: '9000', processedAt: new Date('2026-11-01T00:00:00Z') });
    expect(await groupOf(gid)).toBe('CHAMPIONS');
  });

  it('is not shown to customers', async () => {
    const { tokens } = await givenSession(test.app);
    const { data, errors } = await test.graphql('{ customer { statistics { numberOfOrders rfmGroup } } }', {}, tokens.accessToken);
    expect(data.customer.statistics).toEqual({ numberOfOrders: 0, rfmGroup: null });
    expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  });

  it('is that of both customers’ orders after a merge, and of each one’s own after it is undone', async () => {
    const two = [await givenCustomer(test.app), await givenCustomer(test.app)] as const;
    for (const { customerId } of two) await order(customerId, { totalPrice: '50000' });
    await advance();
    const before = await groups();
    const { mergeId } = await mergeInto(test.app, two[0].customerId, two[1].customerId);
    await advance();
    expect(await groups()).toEqual(expectedGroups(await numbers()));
    expect((await groups())[two[1].customerId]).toBe('PROSPECTS');
    await undo(test.app, mergeId);
    await advance();
    expect(await groups()).toEqual(before);
  });

  it('is forgotten with its customer, whatever is told of her orders later', async () => {
    const { customerId } = await givenCustomer(test.app);
    await order(customerId);
    await advance();
    const placed = String(orders);
    await test.app.transact('system', (tx) =>
      requestErasure(tx, test.app.keyring, customerId, { graceSeconds: 0, shopName: 'Shop', accountUrl: 'https://shop.example' }),
    );
    await test.app.transact('system', (tx) => erase(tx, customerId));
    const kept = () => test.app.backend.database.prisma.customerStatistics.findUniqueOrThrow({ where: { customerId } });
    expect(await kept()).toMatchObject({ rfmGroup: null, ordersCount: 1 });
    await order(customerId, { externalId: placed, totalPrice: '11.00' }).catch(() => {});
    await test.app.backend.database.sql(`update "order" set total_minor = 1200 where customer_id = $1::text::uuid`, [customerId]);
    await advance();
    expect(await kept()).toMatchObject({ rfmGroup: null });
  });

  it('is right for all when several processes go through them while orders come', async () => {
    const buyers = await Promise.all(Array.from({ length: 6 }, () => givenCustomer(test.app)));
    const at = () => new Date(Date.now() + 400 * 86_400_000);
    const turn = async () => {
      for (let turns = 0; turns < 25; turns += 1) await advanceRfmGroups({ backend: test.app.backend, clock: at }, 3);
    };
    const buy = async (customerId: string, index: number) => {
      for (let count = 0; count < 5; count += 1)
        await order(customerId, { totalPrice: String(1 + index * count), processedAt: new Date(Date.UTC(2026, index, count + 1)) });
    };
    await Promise.all([turn(), turn(), turn(), ...buyers.map(({ customerId }, index) => buy(customerId, index))]);
    days += 400;
    // What was being measured, then what came meanwhile.
    await advance(3);
    await advance(3);
    expect(await groups()).toEqual(expectedGroups(await numbers()));
  });

  it('reads two numbers while nothing has changed, and writes nothing', async () => {
    await advance();
    const state = () => test.app.backend.database.sql('select xmin::text, * from customer_rfm_limits', []);
    const before = await state();
    await advance();
    const [first, after] = [before[0] as object, (await state())[0] as object];
    expect(after).toEqual(first);
  });
});
