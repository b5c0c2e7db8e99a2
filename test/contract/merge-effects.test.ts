import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { followCredit } from '../../src/capabilities/merges/follow-credit.ts';
import { reconcile } from '../../src/capabilities/store-credit/reconcile.ts';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCredit, givenCustomer, givenSession } from '../support/given.ts';
import { importText } from '../support/imports.ts';
import { CUSTOMER, MERGE, PREVIEW } from '../support/merge-operations.ts';
import { givenProven, merge, mergeInto, undo } from '../support/merging.ts';

describe.each(backends)('what merges move on $name', (kind) => {
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
  it('merges several, all or none, and takes them back one by one', async () => {
    const MANY = `mutation ($ids: [ID!]!, $keep: ID) { customersMerge(customerIds: $ids, customerIdToKeep: $keep) {
      resultingCustomerId customerMerges { id } userErrors { code field } } }`;
    const many = async (variables: object) => (await ask(MANY, variables)).customersMerge;
    const people = await Promise.all([1, 2, 3, 4].map(() => givenCustomer(test.app)));
    const ids = people.map(({ gid }) => gid);
    for (const { customerId } of people) await givenCredit(test.app, customerId, 100n);
    const nobody = 'gid://shopify/Customer/00000000-0000-7000-8000-000000000000';
    expect(await many({ ids: [...ids, nobody] })).toMatchObject({ userErrors: [{ code: 'INVALID_CUSTOMER_ID', field: ['customerIds', '4'] }] });
    expect(await many({ ids: [ids[0], ids[0]] })).toMatchObject({ userErrors: [{ code: 'INVALID_CUSTOMER_ID' }] });
    expect(await many({ ids, keep: nobody })).toMatchObject({ userErrors: [{ code: 'INVALID_CUSTOMER_ID', field: ['customerIdToKeep'] }] });
    expect(await many({ ids: Array.from({ length: 21 }, () => nobody) })).toMatchObject({ userErrors: [{ code: 'TOO_MANY' }] });
    await ask('mutation ($id: ID!) { customerDisable(customerId: $id) { userErrors { code } } }', { id: ids[3] });
    expect(await many({ ids })).toMatchObject({ resultingCustomerId: null, userErrors: [{ code: 'INVALID_CUSTOMER' }] });
    expect((await ask(CUSTOMER, { id: ids[0] })).customer.id).toBe(ids[0]);
    await ask('mutation ($id: ID!) { customerEnable(customerId: $id) { userErrors { code } } }', { id: ids[3] });
    const merged = await many({ ids, keep: ids[2] });
    expect(merged).toMatchObject({ resultingCustomerId: ids[2], userErrors: [] });
    expect(merged.customerMerges).toHaveLength(3);
    for (const { id } of [...merged.customerMerges].reverse()) await undo(test.app, id.split('/').at(-1));
    for (const { customerId, gid } of people) {
      expect((await ask(CUSTOMER, { id: gid })).customer.id).toBe(gid);
      const [account] = await test.app.backend.database.prisma.storeCreditAccount.findMany({ where: { customerId } });
      expect(account?.balanceMinor).toBe(100n);
    }
  });

  it('writes to the survivor what is meant for an old id, but deletes and blocks nobody by one', async () => {
    const [one, two] = [await givenCustomer(test.app), await givenCustomer(test.app)];
    await mergeInto(test.app, two.customerId, one.customerId);
    const written = await ask(
      `mutation ($id: ID!) { customerUpdate(input: { id: $id, firstName: "New" }) { customer { id firstName } }
        customerAddressCreate(customerId: $id, address: { address1: "Vestergade 1" }) { userErrors { code } }
        customerDelete(input: { id: $id }) { userErrors { code } } customerDisable(customerId: $id) { userErrors { code } } }`,
      { id: one.gid },
    );
    expect(written).toEqual({
      customerUpdate: { customer: { id: two.gid, firstName: 'New' } },
      customerAddressCreate: { userErrors: [] },
      customerDelete: { userErrors: [{ code: 'CUSTOMER_DOES_NOT_EXIST' }] },
      customerDisable: { userErrors: [{ code: 'CUSTOMER_DOES_NOT_EXIST' }] },
    });
  });

  it('leaves nothing of a closed profile when the survivor is deleted', async () => {
    const [one, two] = [await givenCustomer(test.app, { note: 'told' }), await givenCustomer(test.app)];
    const { mergeId } = await mergeInto(test.app, two.customerId, one.customerId);
    await ask('mutation ($id: ID!) { customerDelete(input: { id: $id }) { userErrors { code } } }', { id: two.gid });
    const { prisma } = test.app.backend.database;
    expect(await prisma.customer.count({ where: { id: { in: [one.customerId, two.customerId] } } })).toBe(0);
    expect(await prisma.customerMerge.count({ where: { id: mergeId } })).toBe(0);
  });
  describe('credit', () => {
    it('goes over by paired transfers with lots and expiries, and the books stay right', async () => {
      const [one, two] = [await givenCustomer(test.app), await givenCustomer(test.app)];
      const soon = new Date(Date.now() + 86_400_000);
      await givenCredit(test.app, one.customerId, 1000n);
      const { accountId } = await givenCredit(test.app, one.customerId, 700n, { expiresAt: soon });
      await givenCredit(test.app, one.customerId, 5n, { currency: 'JPY' });
      await givenCredit(test.app, two.customerId, 300n);
      const preview = await previewBy({ one: one.gid, two: two.gid });
      expect(preview.storeCredit).toMatchObject([
        { moves: { amount: '17.00', currencyCode: 'EUR' }, held: { amount: '0.00' }, balanceAfter: { amount: '20.00' } },
        { moves: { amount: '5', currencyCode: 'JPY' }, balanceAfter: { amount: '5' } },
      ]);
      await mergeInto(test.app, two.customerId, one.customerId);
      const lots = await test.app.backend.database.prisma.storeCreditLot.findMany({
        where: { account: { customerId: two.customerId, currency: 'EUR' }, isOpen: true },
        select: { remainingMinor: true, expiresAt: true, credit: { select: { event: true, related: { select: { accountId: true, event: true } } } } },
        orderBy: [{ expiresAt: 'asc' }, { number: 'asc' }],
      });
      const paired = { event: 'MERGE', related: { accountId, event: 'MERGE' } };
      expect(lots).toEqual([
        { remainingMinor: 700n, expiresAt: soon, credit: paired },
        { remainingMinor: 300n, expiresAt: null, credit: expect.objectContaining({ related: null }) },
        { remainingMinor: 1000n, expiresAt: null, credit: paired },
      ]);
      expect((await ask(CUSTOMER, { id: two.gid })).customer.mergedFrom[0].storeCreditAccounts[0].balance.amount).toBe('0.00');
      await expectRightBooks(one.customerId, two.customerId);
    });

    const expectRightBooks = async (...customerIds: string[]): Promise<void> => {
      const { prisma: db, sql: statement } = test.app.backend.database;
      const accounts = await db.storeCreditAccount.findMany({ where: { customerId: { in: customerIds } }, select: { id: true } });
      for (const { id } of accounts) expect((await reconcile(statement, { accountId: id, limit: 1 })).faults).toEqual([]);
    };

    it('leaves holds where they can be captured by their ids, and follows when they let go', async () => {
      const [one, two] = [await givenCustomer(test.app), await givenCustomer(test.app)];
      await givenCredit(test.app, one.customerId, 1000n);
      const held = await ask(
        'mutation ($id: ID!) { storeCreditHoldCreate(id: $id, holdInput: { amount: { amount: "6.00", currencyCode: EUR } }) { storeCreditHold { id } } }',
        { id: one.gid },
      );
      const holdId = held.storeCreditHoldCreate.storeCreditHold.id;
      const preview = await previewBy({ one: one.gid, two: two.gid });
      expect(preview.storeCredit).toMatchObject([{ moves: { amount: '4.00' }, held: { amount: '6.00' }, balanceAfter: { amount: '4.00' } }]);
      expect(preview.dropped.map(({ code }: { code: string }) => code)).toContain('MERGE_LEAVES_HOLDS');
      await mergeInto(test.app, two.customerId, one.customerId);
      const captured = await ask(
        'mutation ($id: ID!) { storeCreditHoldCapture(id: $id, captureInput: { amount: { amount: "2.50", currencyCode: EUR }, final: true }) { userErrors { code } } }',
        { id: holdId },
      );
      expect(captured.storeCreditHoldCapture.userErrors).toEqual([]);
      await followCredit(test.app);
      expect(await balances(two.customerId)).toEqual(['EUR 750']);
      expect(await balances(one.customerId)).toEqual(['EUR 0']);
      await expectRightBooks(one.customerId, two.customerId);
    });

    const balances = async (customerId: string): Promise<string[]> =>
      (await test.app.backend.database.prisma.storeCreditAccount.findMany({ where: { customerId }, orderBy: { currency: 'asc' } })).map(
        ({ currency, balanceMinor }) => `${currency} ${balanceMinor}`,
      );

    it('that is meant for old ids, of the customer and of her account, is the survivor’s', async () => {
      const [one, two] = [await givenCustomer(test.app), await givenCustomer(test.app)];
      const { gid } = await givenCredit(test.app, one.customerId, 1000n);
      await mergeInto(test.app, two.customerId, one.customerId);
      const money = { amount: '1.00', currencyCode: 'EUR' };
      const move = `mutation ($id: ID!, $money: MoneyInput!) {
        credit: storeCreditAccountCredit(id: $id, creditInput: { creditAmount: $money }) { storeCreditAccountTransaction { account { id owner { ... on Customer { id } } } } userErrors { code } }
        debit: storeCreditAccountDebit(id: $id, debitInput: { debitAmount: $money }) { storeCreditAccountTransaction { account { id } } userErrors { code } } }`;
      for (const id of [one.gid, gid]) {
        const { credit, debit } = await ask(move, { id, money });
        expect({ credit, debit }).toMatchObject({ credit: { userErrors: [] }, debit: { userErrors: [] } });
        expect(credit.storeCreditAccountTransaction.account.owner.id).toBe(two.gid);
      }
      expect((await ask(move, { id: gid, money: { amount: '1', currencyCode: 'JPY' } })).credit.userErrors).toEqual([
        { code: 'MISMATCHING_CURRENCY' },
      ]);
      expect(await balances(two.customerId)).toEqual(['EUR 1000']);
    });

    it('given back for a debit of before the merge follows to the survivor', async () => {
      const [one, two] = [await givenCustomer(test.app), await givenCustomer(test.app)];
      const { gid } = await givenCredit(test.app, one.customerId, 1000n);
      const { storeCreditAccountDebit } = await ask(
        'mutation ($id: ID!) { storeCreditAccountDebit(id: $id, debitInput: { debitAmount: { amount: "9.00", currencyCode: EUR } }) { storeCreditAccountTransaction { id } } }',
        { id: gid },
      );
      const { mergeId } = await mergeInto(test.app, two.customerId, one.customerId);
      await ask('mutation ($id: ID!) { storeCreditDebitRevert(id: $id, revertInput: {}) { userErrors { code } } }', {
        id: storeCreditAccountDebit.storeCreditAccountTransaction.id,
      });
      await followCredit(test.app);
      expect(await balances(two.customerId)).toEqual(['EUR 1000']);
      await undo(test.app, mergeId);
      expect(await balances(one.customerId)).toEqual(['EUR 1000']);
    });
  });

  describe('old ids', () => {
    it('lead to the survivor, through every merge since', async () => {
      const [a, b, c] = [await givenCustomer(test.app), await givenCustomer(test.app), await givenCustomer(test.app)];
      await mergeInto(test.app, b.customerId, a.customerId);
      await mergeInto(test.app, c.customerId, b.customerId);
      const query = `query ($id: ID!, $email: String!) { customer(id: $id) { id mergedFrom { id } } node(id: $id) { id } nodes(ids: [$id]) { id }
        byId: customerByIdentifier(identifier: { id: $id }) { id } byEmail: customerByIdentifier(identifier: { emailAddress: $email }) { id } }`;
      for (const { gid, email } of [a, b, c]) {
        expect(await ask(query, { id: gid, email })).toEqual({
          customer: { id: c.gid, mergedFrom: [{ id: a.gid }, { id: b.gid }] },
          node: { id: c.gid },
          nodes: [{ id: c.gid }],
          byId: { id: c.gid },
          byEmail: { id: c.gid },
        });
      }
      // Merging by an old id merges the survivor.
      const d = await givenCustomer(test.app);
      expect(await mergeBy({ one: a.gid, two: d.gid, keep: d.gid })).toMatchObject({ resultingCustomerId: d.gid, userErrors: [] });
      expect((await ask(query, { id: b.gid, email: c.email })).node.id).toBe(d.gid);
    });

    it('of orders that are told later reach the survivor: by id, by the backend’s id, by e-mail address', async () => {
      const [one, two] = [await givenCustomer(test.app), await givenCustomer(test.app)];
      const externalId = randomUUID();
      await order(one.customerId, { customer: { id: one.gid } });
      await order(one.customerId, { customer: { email: one.email, externalId } });
      await mergeInto(test.app, two.customerId, one.customerId);
      for (const customer of [{ id: one.gid }, { externalId }, { email: one.email }]) {
        expect((await order(one.customerId, { customer })).customer.id).toBe(two.gid);
      }
    });

    it('of rows that are imported later know the survivor, and give her no other address', async () => {
      const [one, two] = [await givenCustomer(test.app), await givenCustomer(test.app, { firstName: null })];
      await mergeInto(test.app, two.customerId, one.customerId);
      const { results } = await importText(test.app, `name,email,password\nImported Name,${one.email},\n`);
      expect(results).toMatchObject([{ outcome: 'updated', customerId: two.gid }]);
      const { customer } = await ask('query ($id: ID!) { customer(id: $id) { id email firstName } }', { id: one.gid });
      expect(customer).toEqual({ id: two.gid, email: two.email, firstName: 'Imported' });
    });

    it('let a session go on as the survivor’s when both addresses were proven, and end it when not', async () => {
      const one = await givenSession(test.app);
      const two = await givenProven(test.app);
      const whoAmI = (token: string) => test.graphql('{ customer { id } }', {}, token);
      await test.app.backend.database.prisma.customer.update({ where: { id: one.customerId }, data: { emailVerifiedAt: new Date() } });
      const { mergeId } = await mergeInto(test.app, two.customerId, one.customerId);
      expect((await whoAmI(one.tokens.accessToken)).data.customer.id).toBe(two.gid);
      await undo(test.app, mergeId);
      expect((await whoAmI(one.tokens.accessToken)).data.customer.id).toBe(one.gid);
      await test.app.backend.database.prisma.customer.update({ where: { id: one.customerId }, data: { emailVerifiedAt: null } });
      await mergeInto(test.app, two.customerId, one.customerId);
      expect((await whoAmI(one.tokens.accessToken)).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    });

    it('show the survivor the books of before, and nobody else', async () => {
      const one = await givenProven(test.app);
      const two = await givenSession(test.app);
      const { gid } = await givenCredit(test.app, one.customerId, 1000n);
      await mergeInto(test.app, two.customerId, one.customerId);
      const query = 'query ($id: ID!) { storeCreditAccount(id: $id) { id transactions(first: 5) { nodes { event } } } }';
      const { storeCreditAccount } = await ask(query, { id: gid }, two.tokens.accessToken);
      expect(storeCreditAccount.transactions.nodes).toEqual([{ event: 'ADJUSTMENT' }, { event: 'MERGE' }]);
      const stranger = await givenSession(test.app);
      expect((await test.graphql(query, { id: gid }, stranger.tokens.accessToken)).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    });
  });

  it('moves addresses but those that both have, and the default among them', async () => {
    const [one, two] = [await givenCustomer(test.app), await givenCustomer(test.app)];
    const add = async (id: string, address1: string, isDefault = false) =>
      (
        await ask(
          'mutation ($id: ID!, $a: String!, $d: Boolean) { customerAddressCreate(customerId: $id, address: { address1: $a, city: "Aarhus" }, defaultAddress: $d) { customerAddress { id } } }',
          { id, a: address1, d: isDefault },
        )
      ).customerAddressCreate.customerAddress.id;
    const twin = await add(one.gid, 'Vestergade 1', true);
    const other = await add(one.gid, 'Østergade 2');
    const kept = await add(two.gid, 'vestergade  1');
    const override = { customerIdOfDefaultAddressToKeep: one.gid };
    const preview = await previewBy({ one: one.gid, two: two.gid, keep: two.gid, override });
    expect(preview).toMatchObject({
      addressesMoved: 1,
      sameAddresses: [{ keptAddressId: kept, droppedAddressId: twin, formatted: expect.stringContaining('Vestergade 1') }],
      defaultFields: { defaultAddress: { id: kept } },
    });
    expect(preview.defaultFields.addresses.nodes.map(({ id }: { id: string }) => id).sort()).toEqual([kept, other].sort());
    await merge(test.app, {
      customerOneId: one.customerId,
      customerTwoId: two.customerId,
      customerIdToKeep: two.customerId,
      overrideFields: { customerIdOfDefaultAddressToKeep: one.customerId },
    });
    const { customer } = await ask('query ($id: ID!) { customer(id: $id) { defaultAddress { id } addresses(first: 9) { nodes { id } } } }', {
      id: two.gid,
    });
    expect(customer.defaultAddress.id).toBe(kept);
    expect(customer.addresses.nodes.map(({ id }: { id: string }) => id).sort()).toEqual([kept, other].sort());
  });
});
