import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGroup } from '../../src/capabilities/groups/create.ts';
import { addMembers } from '../../src/capabilities/groups/members.ts';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCustomer, givenSession } from '../support/given.ts';

const CREATE = `mutation ($input: CustomerGroupInput!) { customerGroupCreate(input: $input) {
  customerGroup { id name description discountReference membersCount } userErrors { code field message } } }`;
const UPDATE = `mutation ($id: ID!, $input: CustomerGroupUpdateInput!) { customerGroupUpdate(id: $id, input: $input) {
  customerGroup { name description } userErrors { code field } } }`;
const MEMBERS = (name: string) => `mutation ($id: ID!, $ids: [ID!]!) { ${name}(id: $id, customerIds: $ids) {
  changedCount customerGroup { membersCount } userErrors { code field } } }`;
const READ = `query ($id: ID!, $first: Int, $after: String) { customerGroup(id: $id) { membersCount
  members(first: $first, after: $after) { nodes { customer { id } addedBy } pageInfo { hasNextPage endCursor } } } }`;

describe.each(backends)('groups on $name', (kind) => {
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
  const someName = () => `Group ${randomUUID()}`;
  const givenGroup = async (name = someName()): Promise<{ id: string; name: string }> =>
    (await staff(CREATE, { input: { name, discountReference: 'B2B-10' } })).customerGroupCreate.customerGroup;

  it('have a name that no other has, whatever its case', async () => {
    const { name } = await givenGroup();
    const again = await staff(CREATE, { input: { name: ` ${name.toUpperCase()} ` } });
    expect(again.customerGroupCreate).toEqual({
      customerGroup: null,
      userErrors: [{ code: 'TAKEN', field: ['input', 'name'], message: 'Another group has this name.' }],
    });
    const raced = someName();
    const made = await Promise.allSettled(Array.from({ length: 8 }, () => test.app.transact('system', (tx) => createGroup(tx, { name: raced }))));
    expect(made.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const attempt of made) if (attempt.status === 'rejected') expect(attempt.reason).toMatchObject({ code: 'TAKEN' });
  });

  it('are changed by what is named, and refused a name that is none', async () => {
    const { id } = await givenGroup();
    const name = someName();
    expect((await staff(UPDATE, { id, input: { description: 'Dealers' } })).customerGroupUpdate.customerGroup.description).toBe('Dealers');
    expect((await staff(UPDATE, { id, input: { name } })).customerGroupUpdate.customerGroup).toEqual({ name, description: 'Dealers' });
    for (const wrong of [null, '  ']) {
      expect((await staff(UPDATE, { id, input: { name: wrong } })).customerGroupUpdate.userErrors).toEqual([
        { code: 'BLANK', field: ['input', 'name'] },
      ]);
    }
    const nowhere = `gid://clientele/CustomerGroup/${randomUUID()}`;
    expect((await staff(UPDATE, { id: nowhere, input: { name } })).customerGroupUpdate.userErrors).toEqual([{ code: 'NOT_FOUND', field: ['id'] }]);
  });

  it('take members in and let them go, again without effect, all or none', async () => {
    const { id } = await givenGroup();
    const [one, two] = [await givenCustomer(test.app), await givenCustomer(test.app)];
    const add = (ids: string[]) => staff(MEMBERS('customerGroupAddMembers'), { id, ids }).then((data) => data.customerGroupAddMembers);
    const remove = (ids: string[]) => staff(MEMBERS('customerGroupRemoveMembers'), { id, ids }).then((data) => data.customerGroupRemoveMembers);
    expect(await add([one.gid])).toEqual({ changedCount: 1, customerGroup: { membersCount: 1 }, userErrors: [] });
    expect(await add([one.gid, two.gid, two.gid])).toEqual({ changedCount: 1, customerGroup: { membersCount: 2 }, userErrors: [] });
    const nobody = `gid://clientele/Customer/${randomUUID()}`;
    const third = await givenCustomer(test.app);
    expect((await add([third.gid, nobody])).userErrors).toEqual([{ code: 'CUSTOMER_DOES_NOT_EXIST', field: ['customerIds', '1'] }]);
    expect((await add([])).userErrors).toEqual([{ code: 'BLANK', field: ['customerIds'] }]);
    expect((await add(Array.from({ length: 251 }, () => one.gid))).userErrors).toEqual([{ code: 'TOO_MANY', field: ['customerIds'] }]);
    expect(await remove([one.gid, third.gid])).toEqual({ changedCount: 1, customerGroup: { membersCount: 1 }, userErrors: [] });
    expect(await remove([one.gid])).toEqual({ changedCount: 0, customerGroup: { membersCount: 1 }, userErrors: [] });
    const events = await test.app.backend.database.prisma.outboxEvent.findMany({
      where: { customerId: one.customerId, type: { startsWith: 'customer_group_member' } },
      orderBy: { id: 'asc' },
    });
    expect(events.map(({ type }) => type)).toEqual(['customer_group_member.added', 'customer_group_member.removed']);
  });

  it('list their members in pages, each once, while the same are added from two sides', async () => {
    const { id } = await givenGroup();
    const groupId = id.split('/').at(-1) as string;
    const customers = await Promise.all(Array.from({ length: 7 }, () => givenCustomer(test.app)));
    const ids = customers.map(({ customerId }) => customerId);
    await Promise.all([ids, [...ids].reverse()].map((some) => test.app.transact('system', (tx) => addMembers(tx, groupId, some))));
    const seen: string[] = [];
    for (let after: string | null = null; ; ) {
      const { customerGroup: group } = await staff(READ, { id, first: 3, after });
      expect(group.membersCount).toBe(7);
      for (const { customer, addedBy } of group.members.nodes) {
        expect(addedBy).toBe('system');
        seen.push(customer.id);
      }
      if (!group.members.pageInfo.hasNextPage) break;
      after = group.members.pageInfo.endCursor;
    }
    expect(seen.sort()).toEqual(customers.map(({ gid }) => gid).sort());
  });

  it('are told to a member by name and discount, and nothing more', async () => {
    const group = await givenGroup();
    const { tokens, customerId } = await givenSession(test.app);
    await test.app.transact('system', (tx) => addMembers(tx, group.id.split('/').at(-1) as string, [customerId]));
    const own = await test.graphql('{ customer { groups(first: 5) { nodes { name discountReference } } } }', {}, tokens.accessToken);
    expect(own.data.customer.groups.nodes).toEqual([{ name: group.name, discountReference: 'B2B-10' }]);
    const more = await test.graphql(
      '{ customer { groups(first: 5) { nodes { group { members(first: 5) { nodes { customer { id } } } } } } } }',
      {},
      tokens.accessToken,
    );
    expect(more.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    await staff('mutation ($id: ID!) { customerGroupDelete(id: $id) { deletedCustomerGroupId userErrors { code } } }', { id: group.id });
    const after = await test.graphql('{ customer { groups(first: 5) { nodes { name } } } }', {}, tokens.accessToken);
    expect(after.data.customer.groups.nodes).toEqual([]);
  });
});
