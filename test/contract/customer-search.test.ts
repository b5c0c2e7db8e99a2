import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { customerSearch } from '../../src/capabilities/customers/search.ts';
import { keyOf } from '../../src/capabilities/customers/search-words.ts';
import { setOrder } from '../../src/capabilities/orders/set.ts';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCredit, givenCustomer, givenSession } from '../support/given.ts';
import { watchStatements } from '../support/watch-statements.ts';

const SEARCH = 'query ($query: String) { customers(first: 50, query: $query) { totalCount nodes { id } } }';

/** Enough customers for the planner to want an index. */
const MANY = `insert into customer (id, first_name, last_name, email, tags, updated_at)
  select gen_random_uuid(), md5(i % 200 || 'f'), md5(i % 300 || 'l'), md5(i % 500 || 'e') || i || '@many.example', array[md5(i::text)], now()
  from generate_series(1, 15000) i`;

const letters = (): string => Array.from({ length: 12 }, () => String.fromCharCode(97 + Math.floor(Math.random() * 26))).join('');

describe.each(backends)('customer search on $name', (kind) => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await startTestGateway(kind);
  });
  afterAll(() => test.stop());

  const search = async (query: string): Promise<string[]> => {
    const { data, errors } = await test.graphql(SEARCH, { query }, test.staffToken);
    expect(errors).toBeUndefined();
    expect(data.customers.totalCount).toBe(data.customers.nodes.length);
    return data.customers.nodes.map(({ id }: { id: string }) => id);
  };
  const staff = async (query: string, variables: object) => {
    const { data, errors } = await test.graphql(query, variables, test.staffToken);
    expect(errors).toBeUndefined();
    return data;
  };
  /** Two customers whom one tag keeps from everybody else’s. */
  const givenTwo = async () => {
    const tag = randomUUID();
    return { tag, one: await givenSession(test.app, { tags: [tag] }), two: await givenCustomer(test.app, { tags: [tag] }) };
  };
  const finds = async (tag: string, filter: string, expected: readonly { gid: string }[]) => {
    expect({ filter, found: (await search(`tag:${tag} ${filter}`)).sort() }).toEqual({ filter, found: expected.map(({ gid }) => gid).sort() });
    const rest = await search(`tag:${tag} NOT ${filter}`);
    expect({ filter, rest: rest.length }).toEqual({ filter, rest: 2 - expected.length });
  };
  const order = (customerId: string, totalPrice: string, currencyCode = 'EUR') =>
    test.app.transact('system', (tx) =>
      setOrder(tx, {
        externalId: randomUUID(),
        customer: { id: customerId },
        name: '#1',
        currencyCode,
        totalPrice,
        financialStatus: 'PAID',
        processedAt: new Date('2026-03-05T12:00:00Z'),
      }),
    );

  it('asks for orders: how many, how much, when', async () => {
    const { tag, one, two } = await givenTwo();
    await order(one.customerId, '60.00');
    await order(one.customerId, '50.50');
    await order(one.customerId, '900', 'JPY');
    await finds(tag, 'orders_count:3', [one]);
    await finds(tag, 'orders_count:0', [two]);
    await finds(tag, 'orders_count:<1', [two]);
    await finds(tag, 'orders_count:>=0', [one, two]);
    await finds(tag, 'orders_count:>2', [one]);
    await finds(tag, 'amount_spent:>110', [one]);
    await finds(tag, 'amount_spent:>110EUR', [one]);
    await finds(tag, 'amount_spent:>110.50eur', []);
    await finds(tag, 'amount_spent:>=110.50EUR', [one]);
    await finds(tag, 'total_spent:110.5EUR', [one]);
    await finds(tag, 'total_spent:>899.999JPY', [one]);
    await finds(tag, 'total_spent:>900JPY', []);
    await finds(tag, 'total_spent:<1000USD', []);
    await finds(tag, 'order_date:2026-03-05', [one]);
    await finds(tag, 'order_date:>2026-03-06', []);
    await finds(tag, 'last_order_date:<2026-03-06', [one]);
  });

  it('asks for consent, and who was never asked is not subscribed', async () => {
    const { tag, one, two } = await givenTwo();
    const consent = `mutation ($id: ID!, $state: CustomerEmailMarketingState!) {
      customerEmailMarketingConsentUpdate(input: { customerId: $id, emailMarketingConsent: { marketingState: $state } }) { userErrors { code } } }`;
    await finds(tag, 'email_marketing:not_subscribed', [one, two]);
    await staff(consent, { id: one.gid, state: 'SUBSCRIBED' });
    await finds(tag, 'email_marketing:subscribed', [one]);
    await finds(tag, 'email_marketing:NOT_SUBSCRIBED', [two]);
    await finds(tag, 'accepts_marketing:true', [one]);
    await finds(tag, 'accepts_marketing:false', [two]);
    await finds(tag, 'sms_marketing:not_subscribed', [one, two]);
    await finds(tag, 'whatsapp_marketing:subscribed', []);
  });

  it('asks for groups by name and by id', async () => {
    const { tag, one } = await givenTwo();
    const name = `Dealers ${randomUUID()}`;
    const make = 'mutation ($name: String!) { customerGroupCreate(input: { name: $name }) { customerGroup { id } } }';
    const { id } = (await staff(make, { name })).customerGroupCreate.customerGroup;
    await staff('mutation ($id: ID!, $ids: [ID!]!) { customerGroupAddMembers(id: $id, customerIds: $ids) { changedCount } }', { id, ids: [one.gid] });
    await finds(tag, `group:"${name.toUpperCase()}"`, [one]);
    await finds(tag, `group:"${id}"`, [one]);
    await finds(tag, 'group:nobody', []);
  });

  it('asks for store credit: how much, and what runs out', async () => {
    const { tag, one, two } = await givenTwo();
    await givenCredit(test.app, one.customerId, 5_000n, { expiresAt: new Date(Date.now() + 5 * 86_400_000) });
    await givenCredit(test.app, two.customerId, 700n, { currency: 'JPY' });
    await finds(tag, 'store_credit_balance:>=50', [one, two]);
    await finds(tag, 'store_credit_balance:>=50EUR', [one]);
    await finds(tag, 'store_credit_balance:>700', []);
    await finds(tag, 'store_credit_balance:700', [two]);
    const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString();
    await finds(tag, `store_credit_expires_at:<"${inDays(6)}"`, [one]);
    await finds(tag, `store_credit_expires_at:<"${inDays(4)}"`, []);
  });

  it('asks for the last sign-in', async () => {
    const { tag, one } = await givenTwo();
    const { prisma } = test.app.backend.database;
    await finds(tag, 'last_sign_in:>2026-01-01', [one]);
    await prisma.session.updateMany({ where: { customerId: one.customerId }, data: { authenticatedAt: new Date('2025-05-05T10:00:00Z') } });
    await finds(tag, 'last_sign_in:>2026-01-01', []);
    await finds(tag, 'last_sign_in:<2026-01-01', [one]);
    await finds(tag, 'last_sign_in:<2025-05-05', []);
    await finds(tag, 'last_sign_in:2025-05-05', [one]);
  });

  it('finds names with typing errors, parts of names, and whole names in quotes', async () => {
    // A name of its own, so that no other test's customers are like it.
    const last = `Quist${letters()}`;
    const { gid, email } = await givenCustomer(test.app, { firstName: 'Katharina', lastName: last });
    const wrong = [...last];
    wrong[8] = wrong[8] === 'x' ? 'y' : 'x';
    const left = [...last];
    left.splice(10, 1);
    for (const word of [last, last.toUpperCase(), last.slice(0, 9), last.slice(3, 12), wrong.join(''), left.join(''), `${last.slice(0, 9)}*`]) {
      expect({ word, found: await search(word) }).toEqual({ word, found: [gid] });
    }
    expect(await search(`"Katharina ${last}"`)).toEqual([gid]);
    expect(await search(`Katarina ${last}`)).toEqual([gid]);
    expect(await search(`"Katarina ${last}"`)).toEqual([]);
    expect(await search(email.slice(0, 20))).toEqual([gid]);
    expect(await search(`last_name:${wrong.join('')}`)).toEqual([]);
    expect(await search(`${last} -first_name:Katharina`)).toEqual([]);
  });

  it.each([
    'orders_count:many',
    'rfm_group:best',
    'amount_spent:>1e3',
    'amount_spent:5ZZZ',
    'accepts_marketing:maybe',
    'email_marketing:yes',
    'last_sign_in:soon',
    'store_credit_balance:-1',
    'balance:1',
  ])('says which word of %s it does not understand', async (word) => {
    const { errors } = await test.graphql(SEARCH, { query: `tag:x ${word}` }, test.staffToken);
    expect(errors?.[0]).toMatchObject({ message: expect.stringContaining(word), extensions: { code: 'BAD_USER_INPUT' } });
  });

  it('is answered by indexes', { timeout: 60_000 }, async () => {
    const named = ['jensen', '"Anna Jensen"', 'anna jensen', 'jens*', 'last_name:jensen', 'jensen -first_name:anna', 'o’jensen@shop.example'];
    const asked = [
      ...named.map((query) => [query, 'customer_words'] as const),
      ...['email:jensen@shop', 'phone:32123', 'jensen321@shop.example', '32123'].map((query) => [query, 'customer_email_phone_idx'] as const),
      ['tag:vip', 'customer_tags_idx'] as const,
    ];
    const wanted = asked.map(([query, index]) => {
      const { found, looks, words, tolerant } = customerSearch(query);
      const likenesses = words.flatMap(({ likeness }) => likeness ?? []);
      const lists = new Map([...looks, ...likenesses].map((look) => [keyOf(look), ['jensen']]));
      return [found(lists), ...(likenesses.length > 0 ? [tolerant(lists, new Set())] : [])].map((where) => ({ query, index, where }));
    });
    const { read, transaction } = test.app.backend.database;
    const plans: { query: string; isByIndex: boolean; readsAll: boolean }[] = [];
    for (const { query, index, where } of wanted.flat()) {
      const [statement] = await watchStatements(() => read.customer.findMany({ where, select: { id: true }, take: 2_001 }));
      plans.push({ query, index, ...(statement as { text: string; values: unknown[] }) } as never);
    }
    const rollback = new Error('enough seen');
    const explained: typeof plans = [];
    const explaining = transaction(async (sql) => {
      await sql(MANY, []);
      // As a vacuum does: what waits for its place in the index counts as a cost of it.
      await sql("select gin_clean_pending_list('customer_email_phone_idx')", []);
      await sql('analyze customer', []);
      for (const { query, index, text, values } of plans as unknown as { query: string; index: string; text: string; values: unknown[] }[]) {
        const plan = JSON.stringify(await sql(`explain ${text}`, values));
        explained.push({ query, isByIndex: plan.includes(index), readsAll: plan.includes('Seq Scan on customer') });
      }
      throw rollback;
    });
    await expect(explaining).rejects.toBe(rollback);
    expect(explained.length).toBeGreaterThan(asked.length);
    expect(explained).toEqual(explained.map(({ query }) => ({ query, isByIndex: true, readsAll: false })));
  });

  // PGlite knows no such limit.
  it.runIf(kind.name === 'service')('never looks for anything without a limit in time', async () => {
    for (const query of ['jensen', `Quist${letters()} Holm${letters()}`, 'tag:vip', 'email:jensen']) {
      const texts = (await watchStatements(() => search(query))).map(({ text }) => text);
      const looks = texts.flatMap((text, place) => (/ (?:i?like|<%|&&) | @> array\[/.test(text) ? place : []));
      expect(looks.length).toBeGreaterThan(0);
      // Each in a transaction that begins with the limit.
      expect(texts.filter((text) => text.includes('statement_timeout')).length).toBeGreaterThanOrEqual(looks.length);
    }
  });

  it('answers or refuses whatever is written, and never fails', async () => {
    const fields = [
      'orders_count',
      'amount_spent',
      'group',
      'email_marketing',
      'last_sign_in',
      'store_credit_balance',
      'store_credit_expires_at',
      'tag',
      'email',
    ];
    const value = fc.oneof(
      fc.string({ maxLength: 12 }),
      fc.constantFrom('0', '5', '9999999999999.999', '5EUR', '2026-01-01', 'true', "'", '%', '_', '\\'),
    );
    const term = fc
      .tuple(fc.constantFrom('', '-', 'NOT '), fc.option(fc.constantFrom(...fields)), fc.constantFrom('', '>', '<=', '"'), value)
      .map(([not, field, comparator, text]) => `${not}${field ? `${field}:` : ''}${comparator}${text}`);
    await fc.assert(
      fc.asyncProperty(fc.array(term, { maxLength: 4 }), fc.constantFrom(' ', ' OR '), async (terms, joint) => {
        const { errors } = await test.graphql(SEARCH, { query: terms.join(joint) }, test.staffToken);
        for (const { extensions } of errors ?? []) expect(extensions.code).toBe('BAD_USER_INPUT');
      }),
      { numRuns: 150 },
    );
  });
});
