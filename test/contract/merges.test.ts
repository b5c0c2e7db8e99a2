import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordConsent } from '../../src/capabilities/marketing/record.ts';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCredit, givenCustomer, somePhone } from '../support/given.ts';
import { CUSTOMER, MERGE, PREVIEW } from '../support/merge-operations.ts';
import { givenProven } from '../support/merging.ts';

describe.each(backends)('merges on $name', (kind) => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await startTestGateway(kind);
  });
  afterAll(() => test.stop());

  const ask = async (query: string, variables: object, token: string | null = test.staffToken) => {
    const answer = await test.graphql(query, variables, token);
    expect(answer.errors).toBeUndefined();
    return answer.data;
  };
  const mergeBy = async (variables: object) => (await ask(MERGE, variables)).customerMerge;
  const previewBy = async (variables: object) => (await ask(PREVIEW, variables)).customerMergePreview;
  const order = async (customerId: string, over: object = {}) => {
    const { data } = await test.graphql(
      'mutation ($input: OrderSetInput!) { orderSet(input: $input) { order { id customer { id } } userErrors { code } } }',
      {
        input: {
          externalId: randomUUID(),
          name: '#1',
          currencyCode: 'EUR',
          totalPrice: '10.00',
          processedAt: '2026-01-01T00:00:00Z',
          customer: { id: `gid://clientele/Customer/${customerId}` },
          ...over,
        },
      },
      test.staffToken,
    );
    return data.orderSet.order;
  };

  describe('Shopify’s operations as documented', () => {
    it('a preview’s addresses are those that the survivor has then, consents and all', async () => {
      const [one, two] = [await givenProven(test.app, { phone: somePhone() }), await givenProven(test.app)];
      const consent = (customerId: string, address: string, state: 'SUBSCRIBED' | 'UNSUBSCRIBED') =>
        test.app.transact('system', (tx) =>
          recordConsent(tx, customerId, { channel: 'EMAIL', state, optInLevel: 'SINGLE_OPT_IN', occurredAt: new Date(), source: 'STAFF', address }),
        );
      await consent(one.customerId, one.email, 'UNSUBSCRIBED');
      await consent(two.customerId, two.email, 'SUBSCRIBED');
      const email = 'emailAddress verified validFormat marketingState marketingOptInLevel marketingUpdatedAt marketingUnsubscribeUrl';
      const phone = 'phoneNumber verified marketingState whatsAppMarketingConsent { state }';
      const fields = `email { ${email} } phoneNumber { ${phone} }`;
      const query = `query ($one: ID!, $two: ID!) {
        customerMergePreview(customerOneId: $one, customerTwoId: $two) { resultingCustomerId defaultFields { ${fields} } alternateFields { ${fields} } } }`;
      const pair = { one: one.gid, two: two.gid };
      const { data, errors } = await test.graphql(query, pair, test.staffToken);
      expect(errors).toBeUndefined();
      const { defaultFields, alternateFields, resultingCustomerId } = data.customerMergePreview;
      expect(resultingCustomerId).toBe(two.gid);
      expect(alternateFields).toMatchObject({ email: { emailAddress: one.email, verified: true }, phoneNumber: null });
      expect(defaultFields).toMatchObject({ email: { emailAddress: two.email, marketingState: 'UNSUBSCRIBED' }, phoneNumber: { verified: false } });
      await mergeBy(pair);
      const after = `query ($id: ID!) { customer(id: $id) { email: emailAddress { ${email} } phoneNumber { ${phone} } } }`;
      expect((await test.graphql(after, { id: two.gid }, test.staffToken)).data.customer).toEqual(defaultFields);
    });

    it('preview, merge, and the status of the job', async () => {
      const one = await givenCustomer(test.app, { firstName: 'Ida', lastName: 'Holm', note: 'likes tea', tags: ['vip', 'b2b'] });
      const two = await givenProven(test.app, { firstName: 'Ida', lastName: 'Holm-Berg', note: 'calls often', tags: ['VIP', 'news'] });
      await order(one.customerId);
      const pair = { one: one.gid, two: two.gid };
      const preview = await previewBy(pair);
      expect(preview).toMatchObject({
        resultingCustomerId: two.gid,
        closedCustomerId: one.gid,
        customerMergeErrors: null,
        ordersMoved: 1,
        defaultFields: {
          firstName: 'Ida',
          lastName: 'Holm-Berg',
          email: { emailAddress: two.email, verified: true },
          note: 'calls often\nlikes tea',
          tags: ['VIP', 'news', 'b2b'],
          orderCount: '1',
          giftCardCount: '0',
        },
        alternateFields: { firstName: null, lastName: 'Holm', email: { emailAddress: one.email } },
        blockingFields: null,
        signInEmails: [two.email],
      });
      expect(preview.dropped.map(({ code }: { code: string }) => code)).toEqual(['MERGE_DROPS_VALUE', 'MERGE_DROPS_SIGN_IN']);
      const merged = await mergeBy({ ...pair, version: preview.version, note: 'same person' });
      expect(merged).toMatchObject({
        resultingCustomerId: two.gid,
        job: { done: true },
        customerMerge: { state: 'COMPLETED', note: 'same person' },
        userErrors: [],
      });
      const status = `query ($id: ID!) { customerMergeJobStatus(jobId: $id) { jobId resultingCustomerId status customerMergeErrors { errorFields message } } }`;
      expect(await ask(status, { id: merged.job.id })).toEqual({
        customerMergeJobStatus: { jobId: merged.job.id, resultingCustomerId: two.gid, status: 'COMPLETED', customerMergeErrors: [] },
      });
      const { customer } = await ask('query ($id: ID!) { customer(id: $id) { id firstName lastName note tags orders(first: 5) { nodes { id } } } }', {
        id: one.gid,
      });
      expect(customer).toMatchObject({ id: two.gid, lastName: 'Holm-Berg', note: 'calls often\nlikes tea', tags: ['VIP', 'news', 'b2b'] });
      expect(customer.orders.nodes).toHaveLength(1);
    });

    it('choose by overrideFields, and the survivor by the kept e-mail address', async () => {
      const one = await givenProven(test.app, { firstName: 'One', lastName: 'First', phone: null });
      const two = await givenProven(test.app, { firstName: 'Two', lastName: 'Second' });
      const override = { customerIdOfEmailToKeep: one.gid, customerIdOfFirstNameToKeep: two.gid, note: 'said', tags: ['only'] };
      const merged = await mergeBy({ one: one.gid, two: two.gid, override });
      expect(merged).toMatchObject({ resultingCustomerId: one.gid, userErrors: [] });
      const { customer } = await ask('query ($id: ID!) { customer(id: $id) { id firstName lastName note tags email } }', { id: two.gid });
      expect(customer).toEqual({ id: one.gid, firstName: 'Two', lastName: 'First', note: 'said', tags: ['only'], email: one.email });
    });
  });

  describe('who survives', () => {
    const NONE = { email: null, emailVerifiedAt: null, state: 'DISABLED' } as const;
    it.each([
      ['the only one with an address', {}, NONE, 'one'],
      ['an enabled account before another', {}, { state: 'DISABLED' }, 'one'],
      ['an invited one before none', { state: 'INVITED' }, { state: 'DISABLED' }, 'one'],
      ['an enabled one before an invited one', { state: 'INVITED' }, {}, 'two'],
      ['else the second', {}, {}, 'two'],
      ['the second of two without address, whatever their states', { ...NONE, state: 'ENABLED' }, NONE, 'two'],
    ] as const)('%s', async (_rule, first, second, survivor) => {
      const pair = { one: await givenProven(test.app, first), two: await givenProven(test.app, second) };
      const { resultingCustomerId } = await previewBy({ one: pair.one.gid, two: pair.two.gid });
      expect(resultingCustomerId).toBe(pair[survivor].gid);
      // Shopify's rules decide, not the place of the argument, but for the last of them.
      const keep = pair[survivor === 'one' ? 'two' : 'one'].gid;
      expect((await previewBy({ one: pair.one.gid, two: pair.two.gid, keep })).resultingCustomerId).toBe(keep);
    });
  });

  describe('refuses', () => {
    const NOBODY = 'gid://shopify/Customer/00000000-0000-7000-8000-000000000000';

    it('ids that do not name two customers', async () => {
      const { gid } = await givenCustomer(test.app);
      expect((await mergeBy({ one: gid, two: NOBODY })).userErrors).toMatchObject([{ code: 'INVALID_CUSTOMER_ID', field: ['customerTwoId'] }]);
      expect((await mergeBy({ one: NOBODY, two: gid })).userErrors).toMatchObject([{ code: 'INVALID_CUSTOMER_ID', field: ['customerOneId'] }]);
      expect((await mergeBy({ one: gid, two: gid })).userErrors).toMatchObject([{ code: 'INVALID_CUSTOMER_ID', field: ['customerTwoId'] }]);
      const other = await givenCustomer(test.app);
      expect((await mergeBy({ one: gid, two: other.gid, keep: NOBODY })).userErrors).toMatchObject([
        { code: 'INVALID_CUSTOMER_ID', field: ['customerIdToKeep'] },
      ]);
      expect((await previewBy({ one: gid, two: NOBODY })).customerMergeErrors).toMatchObject([
        { errorFields: ['DELETED_AT'], code: 'INVALID_CUSTOMER_ID' },
      ]);
    });

    it('a customer whom staff have blocked, in the preview and in mergeable by code and by id', async () => {
      const [one, two] = [await givenCustomer(test.app), await givenCustomer(test.app)];
      await ask('mutation ($id: ID!) { customerDisable(customerId: $id) { userErrors { code } } }', { id: one.gid });
      expect((await mergeBy({ one: one.gid, two: two.gid })).userErrors).toMatchObject([{ code: 'INVALID_CUSTOMER', field: ['customerOneId'] }]);
      expect((await previewBy({ one: one.gid, two: two.gid })).customerMergeErrors).toMatchObject([
        { errorFields: ['BLOCKED'], code: 'INVALID_CUSTOMER', customerIds: [one.gid], message: expect.stringContaining('blocked') },
      ]);
      const { customer } = await ask(CUSTOMER, { id: one.gid });
      expect(customer.mergeable).toMatchObject({ isMergeable: false, errorFields: ['BLOCKED'], errors: [{ customerIds: [one.gid] }] });
      expect((await ask(CUSTOMER, { id: two.gid })).customer.mergeable).toMatchObject({ isMergeable: true, errorFields: [], reason: null });
    });

    it('a deleted one', async () => {
      const [one, two] = [await givenCustomer(test.app), await givenCustomer(test.app)];
      await test.app.backend.database.prisma.customer.update({ where: { id: one.customerId }, data: { deletedAt: new Date() } });
      expect((await mergeBy({ one: one.gid, two: two.gid })).userErrors).toMatchObject([{ code: 'INVALID_CUSTOMER' }]);
      expect((await previewBy({ one: one.gid, two: two.gid })).customerMergeErrors).toMatchObject([{ errorFields: ['DELETED_AT'] }]);
    });

    it('choices of somebody else, of nothing, and of what no profile may have', async () => {
      const [one, two, other] = [await givenCustomer(test.app), await givenCustomer(test.app), await givenCustomer(test.app)];
      const refused = async (override: object) => (await mergeBy({ one: one.gid, two: two.gid, override })).userErrors;
      expect(await refused({ customerIdOfEmailToKeep: other.gid })).toMatchObject([
        { code: 'OVERRIDE_ATTRIBUTE_INVALID', field: ['overrideFields', 'customerIdOfEmailToKeep'] },
      ]);
      expect(await refused({ customerIdOfPhoneNumberToKeep: one.gid })).toMatchObject([
        { code: 'MISSING_OVERRIDE_ATTRIBUTE', field: ['overrideFields', 'customerIdOfPhoneNumberToKeep'] },
      ]);
      expect(await refused({ note: 'x'.repeat(5001) })).toMatchObject([{ code: 'OVERRIDE_ATTRIBUTE_INVALID', field: ['overrideFields', 'note'] }]);
      expect(await refused({ tags: Array.from({ length: 251 }, (_, n) => `t${n}`) })).toMatchObject([{ field: ['overrideFields', 'tags'] }]);
      expect((await previewBy({ one: one.gid, two: two.gid, override: { note: 'x'.repeat(5001) } })).customerMergeErrors).toMatchObject([
        { errorFields: ['OVERRIDE_FIELDS'] },
      ]);
    });

    it('notes and tags that together are too much, until somebody says what they become', async () => {
      const tags = (letter: string) => Array.from({ length: 150 }, (_, n) => `${letter}${n}`);
      const one = await givenCustomer(test.app, { note: 'a'.repeat(3000), tags: tags('a') });
      const two = await givenCustomer(test.app, { note: 'b'.repeat(3000), tags: tags('b') });
      const pair = { one: one.gid, two: two.gid };
      const { blockingFields } = await previewBy(pair);
      expect(blockingFields.note).toHaveLength(6001);
      expect(blockingFields.tags).toHaveLength(300);
      expect((await mergeBy(pair)).userErrors).toMatchObject([{ code: 'MISSING_OVERRIDE_ATTRIBUTE', field: ['overrideFields', 'note'] }]);
      expect((await mergeBy({ ...pair, override: { note: 'both' } })).userErrors).toMatchObject([
        { code: 'MISSING_OVERRIDE_ATTRIBUTE', field: ['overrideFields', 'tags'] },
      ]);
      expect((await mergeBy({ ...pair, override: { note: 'both', tags: ['a'] } })).userErrors).toEqual([]);
    });

    it('a preview that is no longer true, and does what it said otherwise', async () => {
      const [one, two] = [await givenCustomer(test.app), await givenCustomer(test.app)];
      const pair = { one: one.gid, two: two.gid };
      const changes = [
        () => givenCredit(test.app, one.customerId, 100n),
        () => order(two.customerId),
        () => ask('mutation ($id: ID!) { customerUpdate(input: { id: $id, firstName: "Else" }) { userErrors { code } } }', { id: one.gid }),
        () =>
          ask('mutation ($id: ID!) { customerAddressCreate(customerId: $id, address: { address1: "Elsewhere" }) { userErrors { code } } }', {
            id: one.gid,
          }),
      ];
      for (const change of changes) {
        const { version } = await previewBy(pair);
        await change();
        expect((await mergeBy({ ...pair, version })).userErrors).toMatchObject([{ code: 'PREVIEW_OUTDATED', field: ['version'] }]);
      }
      const { version } = await previewBy(pair);
      expect((await mergeBy({ ...pair, version })).userErrors).toEqual([]);
    });

    it('credit that would be more than an account may hold', async () => {
      const [one, two] = [await givenCustomer(test.app), await givenCustomer(test.app)];
      await givenCredit(test.app, one.customerId, 1_000_000_000_000_000n);
      await givenCredit(test.app, two.customerId, 1n);
      const merged = await mergeBy({ one: one.gid, two: two.gid });
      expect(merged).toMatchObject({ resultingCustomerId: null, job: null, userErrors: [{ code: 'CREDIT_LIMIT_EXCEEDED' }] });
      expect((await ask(CUSTOMER, { id: one.gid })).customer.id).toBe(one.gid);
    });
  });
  it('takes a dry run back, and answers as the merge would', async () => {
    const [one, two] = [await givenCustomer(test.app, { firstName: 'A' }), await givenCustomer(test.app)];
    await givenCredit(test.app, one.customerId, 500n);
    const { version } = await previewBy({ one: one.gid, two: two.gid });
    expect(await mergeBy({ one: one.gid, two: two.gid, dryRun: true })).toEqual({
      resultingCustomerId: two.gid,
      job: null,
      customerMerge: null,
      userErrors: [],
    });
    expect((await previewBy({ one: one.gid, two: two.gid })).version).toBe(version);
    expect((await ask(CUSTOMER, { id: one.gid })).customer.id).toBe(one.gid);
  });

  it('gives the same answer to the same key', async () => {
    const [one, two] = [await givenCustomer(test.app), await givenCustomer(test.app)];
    const send = () =>
      test.graphql(MERGE, { one: one.gid, two: two.gid }, test.staffToken, { 'idempotency-key': `merge ${one.customerId}` }).then(({ data }) => data);
    const first = await send();
    expect(first.customerMerge.userErrors).toEqual([]);
    expect(await send()).toEqual(first);
  });
});
