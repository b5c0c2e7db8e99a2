import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCustomer, givenSession } from '../support/given.ts';
import { givenProven, mergeInto, undo } from '../support/merging.ts';

const SET_METHOD = `mutation ($input: CustomerPaymentMethodInput!) { customerPaymentMethodSet(input: $input) {
  customerPaymentMethod { id provider kind status label brand lastDigits expiryMonth expiryYear manageUrl updatedAt } userErrors { code field message } } }`;
const SET_SUBSCRIPTION = `mutation ($input: SubscriptionContractSetInput!) { subscriptionContractSet(input: $input) {
  subscriptionContract { id status title price { amount currencyCode } billingPolicy { interval intervalCount { count precision } } nextBillingDate
    paymentMethod { id } manageUrl } userErrors { code field } } }`;
const READ = `query ($id: ID, $query: String) { customer(id: $id) {
  paymentMethods(first: 5) { nodes { id label } } subscriptionContracts(first: 5, query: $query, reverse: true) { nodes { id title status } } } }`;

describe.each(backends)('references to payments on $name', (kind) => {
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
  const method = async (input: object) =>
    (await staff(SET_METHOD, { input: { provider: 'stripe', kind: 'CARD', ...input } })).customerPaymentMethodSet;
  const subscription = async (input: object) =>
    (await staff(SET_SUBSCRIPTION, { input: { status: 'ACTIVE', title: 'Tea', currencyCode: 'EUR', interval: 'MONTH', ...input } }))
      .subscriptionContractSet;

  it('are kept as they are told, by the backend’s own id, as a whole', async () => {
    const { gid, tokens } = await givenSession(test.app);
    const externalId = `pm_${randomUUID()}`;
    const card = { brand: 'Visa', lastDigits: '4242', expiryMonth: 9, expiryYear: 2028, manageUrl: 'https://shop.example/pay' };
    const first = await method({ externalId, customerId: gid, label: 'Visa ending in 4242', ...card, updatedAt: '2026-05-01T00:00:00Z' });
    expect(first).toMatchObject({
      customerPaymentMethod: { provider: 'stripe', kind: 'CARD', status: 'ACTIVE', label: 'Visa ending in 4242', ...card },
      userErrors: [],
    });
    const later = await method({ externalId, customerId: gid, status: 'EXPIRED', label: 'Old card', updatedAt: '2026-06-01T00:00:00Z' });
    expect(later.customerPaymentMethod).toMatchObject({ id: first.customerPaymentMethod.id, status: 'EXPIRED', brand: null, lastDigits: null });
    const late = await method({ externalId, customerId: gid, label: 'Older', updatedAt: '2026-05-15T00:00:00Z' });
    expect(late.customerPaymentMethod).toMatchObject({ label: 'Old card', updatedAt: '2026-06-01T00:00:00.000Z' });
    const told = await subscription({
      externalId,
      customerId: gid,
      title: 'Tea for two',
      price: '9.90',
      interval: 'WEEK',
      intervalCount: 2,
      nextBillingDate: '2026-07-01T00:00:00Z',
      paymentMethodExternalId: externalId,
      manageUrl: 'https://shop.example/tea',
    });
    expect(told.subscriptionContract).toEqual({
      id: expect.stringContaining('/SubscriptionContract/'),
      status: 'ACTIVE',
      title: 'Tea for two',
      price: { amount: '9.90', currencyCode: 'EUR' },
      billingPolicy: { interval: 'WEEK', intervalCount: { count: 2, precision: 'EXACT' } },
      nextBillingDate: '2026-07-01T00:00:00.000Z',
      paymentMethod: { id: first.customerPaymentMethod.id },
      manageUrl: 'https://shop.example/tea',
    });
    const paused = await subscription({ externalId: `${externalId}-2`, customerId: gid, title: 'Coffee', status: 'PAUSED' });
    const own = (query?: string) => test.graphql(READ, { query }, tokens.accessToken).then(({ data }) => data.customer);
    expect((await own()).subscriptionContracts.nodes.map(({ title }: { title: string }) => title)).toEqual(['Coffee', 'Tea for two']);
    expect((await own('status:paused')).subscriptionContracts.nodes).toEqual([
      { id: paused.subscriptionContract.id, title: 'Coffee', status: 'PAUSED' },
    ]);
    const one = 'query ($id: ID!) { customer { subscriptionContract(id: $id) { title } } }';
    const found = await test.graphql(one, { id: told.subscriptionContract.id }, tokens.accessToken);
    expect(found.data.customer.subscriptionContract).toEqual({ title: 'Tea for two' });
    const other = await givenSession(test.app);
    const hidden = await test.graphql(one, { id: told.subscriptionContract.id }, other.tokens.accessToken);
    expect(hidden.data.customer.subscriptionContract).toBeNull();
    const wrong = await test.graphql(READ, { query: 'status:happy' }, tokens.accessToken);
    expect(wrong.errors?.[0]?.message).toContain('status:happy');
  });

  it('never hold what could be a card’s number', async () => {
    const { gid } = await givenCustomer(test.app);
    for (const [field, value, code] of [
      ['label', 'my card 4242 4242 4242 4242', 'CARD_NUMBER_NOT_ALLOWED'],
      ['brand', '378282246310005', 'CARD_NUMBER_NOT_ALLOWED'],
      ['externalId', '4242424242424242', 'CARD_NUMBER_NOT_ALLOWED'],
      ['provider', '4242-4242-4242-4242', 'CARD_NUMBER_NOT_ALLOWED'],
      ['lastDigits', '4242424242424242', 'CARD_NUMBER_NOT_ALLOWED'],
      ['lastDigits', '42424', 'INVALID'],
      ['lastDigits', 'abcd', 'INVALID'],
      ['expiryMonth', 13, 'INVALID'],
      ['manageUrl', 'javascript:1', 'INVALID'],
    ] as const) {
      const answer = await method({ externalId: randomUUID(), customerId: gid, [field]: value });
      expect(answer).toMatchObject({ customerPaymentMethod: null, userErrors: [{ code, field: ['input', field] }] });
    }
    const { userErrors } = await subscription({ externalId: randomUUID(), customerId: gid, title: '4242424242424242' });
    expect(userErrors).toEqual([{ code: 'CARD_NUMBER_NOT_ALLOWED', field: ['input', 'title'] }]);
    const nothing = await test.app.backend.database.prisma.paymentMethod.count({ where: { customerId: gid.split('/').at(-1) as string } });
    expect(nothing).toBe(0);
  });

  it('name their customer by id or by the backend’s own, and make nobody', async () => {
    const { gid, customerId } = await givenCustomer(test.app);
    const hers = randomUUID();
    await test.app.backend.database.prisma.customerExternalId.create({ data: { source: 'erp', value: hers, customerId } });
    const found = await method({ source: 'erp', externalId: randomUUID(), customerExternalId: hers });
    expect(found.userErrors).toEqual([]);
    const none = [{ code: 'CUSTOMER_DOES_NOT_EXIST', field: ['input', 'customerExternalId'], message: expect.any(String) }];
    expect((await method({ externalId: randomUUID(), customerExternalId: hers })).userErrors).toEqual(none);
    expect((await method({ externalId: randomUUID() })).userErrors).toMatchObject([{ code: 'BLANK', field: ['input', 'customerId'] }]);
    const somebody = await method({ externalId: `x${randomUUID()}`, customerId: (await givenCustomer(test.app)).gid });
    expect(somebody.userErrors).toEqual([]);
    const theirs = await subscription({ externalId: randomUUID(), customerId: gid, paymentMethodExternalId: 'not hers' });
    expect(theirs.userErrors).toEqual([{ code: 'NOT_FOUND', field: ['input', 'paymentMethodExternalId'] }]);
  });

  it('are told once by two at the same time, and forgotten', async () => {
    const { gid } = await givenCustomer(test.app);
    const externalId = randomUUID();
    const answers = await Promise.all(Array.from({ length: 4 }, () => method({ externalId, customerId: gid })));
    expect(new Set(answers.map(({ customerPaymentMethod }) => customerPaymentMethod.id)).size).toBe(1);
    const held = await subscription({ externalId, customerId: gid, paymentMethodExternalId: externalId });
    const { id } = answers[0].customerPaymentMethod;
    const remove = 'mutation ($id: ID!) { customerPaymentMethodDelete(id: $id) { deletedCustomerPaymentMethodId userErrors { code } } }';
    expect((await staff(remove, { id })).customerPaymentMethodDelete).toEqual({ deletedCustomerPaymentMethodId: id, userErrors: [] });
    expect((await staff(remove, { id })).customerPaymentMethodDelete.userErrors).toEqual([{ code: 'NOT_FOUND' }]);
    const end = 'mutation ($id: ID!) { subscriptionContractDelete(id: $id) { deletedSubscriptionContractId userErrors { code } } }';
    const subscriptionId = held.subscriptionContract.id;
    expect((await staff(end, { id: subscriptionId })).subscriptionContractDelete.deletedSubscriptionContractId).toBe(subscriptionId);
  });

  it('go over in a merge, are told on under the survivor, and come back when it is undone', async () => {
    const [kept, closed] = [await givenProven(test.app), await givenProven(test.app)];
    const externalId = `card ${randomUUID()}`;
    await method({ externalId, customerId: closed.gid, label: 'Hers' });
    await subscription({ externalId, customerId: closed.gid, paymentMethodExternalId: externalId });
    const labels = async (id: string) => {
      const { customer } = await staff(READ, { id });
      return [customer.paymentMethods.nodes.map(({ label }: { label: string }) => label), customer.subscriptionContracts.nodes.length];
    };
    const { mergeId } = await mergeInto(test.app, kept.customerId, closed.customerId);
    expect(await labels(kept.gid)).toEqual([['Hers'], 1]);
    // The backend knows the old id and goes on.
    await method({ externalId, customerId: closed.gid, label: 'Hers still' });
    expect(await labels(kept.gid)).toEqual([['Hers still'], 1]);
    await undo(test.app, mergeId);
    expect([await labels(kept.gid), await labels(closed.gid)]).toEqual([
      [[], 0],
      [['Hers still'], 1],
    ]);
  });
});
