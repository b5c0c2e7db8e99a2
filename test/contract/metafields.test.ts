import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCustomer, givenSession } from '../support/given.ts';

const DEFINE = `mutation ($definition: MetafieldDefinitionInput!) { metafieldDefinitionCreate(definition: $definition) {
  createdDefinition { id namespace key name type { name } validations { name value } access { customerAccount } } userErrors { code field message } } }`;
const SET = `mutation ($metafields: [MetafieldsSetInput!]!) { metafieldsSet(metafields: $metafields) {
  metafields { namespace key type value jsonValue compareDigest } userErrors { code field elementIndex message } } }`;
const DELETE = `mutation ($metafields: [MetafieldIdentifierInput!]!) { metafieldsDelete(metafields: $metafields) {
  deletedMetafields { ownerId namespace key } userErrors { code field elementIndex } } }`;
const READ = `query ($id: ID, $ns: String!) { customer(id: $id) {
  size: metafield(namespace: $ns, key: "size") { value } secret: metafield(namespace: $ns, key: "secret") { value jsonValue }
  metafields(namespace: $ns) { key value }
  some: metafields(identifiers: [{ namespace: $ns, key: "size" }, { namespace: $ns, key: "nothing" }, { namespace: $ns, key: "secret" }]) { key } } }`;

describe.each(backends)('metafields on $name', (kind) => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await startTestGateway(kind);
  });
  afterAll(() => test.stop());

  const as = async (token: string, query: string, variables: object) => {
    const { data, errors } = await test.graphql(query, variables, token);
    expect(errors).toBeUndefined();
    return data;
  };
  const staff = (query: string, variables: object) => as(test.staffToken, query, variables);
  const someNamespace = () => `ns_${randomUUID().slice(0, 13)}`;
  const define = async (definition: object) =>
    (await staff(DEFINE, { definition: { ownerType: 'CUSTOMER', ...definition } })).metafieldDefinitionCreate;
  /** `size` for the customer to write, `tier` for her to read, `secret` for staff. */
  const givenDefinitions = async (): Promise<string> => {
    const namespace = someNamespace();
    const text = { namespace, type: 'single_line_text_field' };
    await define({
      ...text,
      key: 'size',
      name: 'Size',
      validations: [{ name: 'choices', value: '["S","M","L"]' }],
      access: { customerAccount: 'READ_WRITE' },
    });
    await define({ ...text, key: 'tier', name: 'Tier', access: { customerAccount: 'READ' } });
    await define({ namespace, type: 'number_integer', key: 'secret', name: 'Secret' });
    return namespace;
  };

  it('are defined once for a namespace and key, by rules that can be read', async () => {
    const namespace = someNamespace();
    const size = { namespace, key: 'size', name: 'Size', type: 'single_line_text_field', validations: [{ name: 'choices', value: '["S"]' }] };
    const made = await define({ ...size, access: { customerAccount: 'READ' } });
    expect(made.createdDefinition).toEqual({
      id: expect.stringContaining('MetafieldDefinition'),
      ...size,
      type: { name: 'single_line_text_field' },
      access: { customerAccount: 'READ' },
    });
    expect((await define(size)).userErrors).toMatchObject([{ code: 'TAKEN', field: ['definition', 'key'] }]);
    const wrong = async (over: object) => (await define({ ...size, key: 'other', ...over })).userErrors;
    expect(await wrong({ type: 'product_reference' })).toMatchObject([{ code: 'INCLUSION', field: ['definition', 'type'] }]);
    expect(await wrong({ validations: [{ name: 'min', value: 'x' }] })).toEqual([
      { code: 'INVALID_OPTION', field: ['definition', 'validations', '0'], message: 'This rule is a number.' },
    ]);
    expect(await wrong({ validations: [size.validations[0], size.validations[0]] })).toMatchObject([{ code: 'DUPLICATE_OPTION' }]);
    expect(await wrong({ namespace: 'a b c' })).toMatchObject([{ code: 'INVALID_CHARACTER', field: ['definition', 'namespace'] }]);
    expect(await wrong({ key: 'x' })).toMatchObject([{ code: 'TOO_SHORT', field: ['definition', 'key'] }]);
    expect(await wrong({ name: ' ' })).toMatchObject([{ code: 'BLANK', field: ['definition', 'name'] }]);
  });

  it('are written and read by staff and customer as the definitions say', async () => {
    const ns = await givenDefinitions();
    const { gid, tokens } = await givenSession(test.app);
    const value = (key: string, text: string) => ({ ownerId: gid, namespace: ns, key, value: text });
    const own = await as(tokens.accessToken, SET, { metafields: [value('size', 'M')] });
    expect(own.metafieldsSet).toMatchObject({
      metafields: [{ key: 'size', type: 'single_line_text_field', value: 'M', jsonValue: 'M' }],
      userErrors: [],
    });
    for (const key of ['tier', 'secret', 'nothing']) {
      const refused = await as(tokens.accessToken, SET, { metafields: [value('size', 'L'), value(key, '1')] });
      expect(refused.metafieldsSet).toEqual({
        metafields: null,
        userErrors: [{ code: 'APP_NOT_AUTHORIZED', field: ['metafields', '1'], elementIndex: 1, message: expect.any(String) }],
      });
    }
    await staff(SET, { metafields: [value('tier', 'Gold'), value('secret', '7')] });
    const read = await as(tokens.accessToken, READ, { ns });
    // The refused batch left nothing behind, and what is for staff is not there for her.
    expect(read.customer).toEqual({
      size: { value: 'M' },
      secret: null,
      metafields: [
        { key: 'size', value: 'M' },
        { key: 'tier', value: 'Gold' },
      ],
      some: [{ key: 'size' }, null, null],
    });
    const all = await staff(READ, { id: gid, ns });
    expect(all.customer).toMatchObject({ secret: { value: '7', jsonValue: 7 }, some: [{ key: 'size' }, null, { key: 'secret' }] });
    const other = await givenSession(test.app);
    const foreign = await test.graphql(SET, { metafields: [value('size', 'S')] }, other.tokens.accessToken);
    expect(foreign.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  });

  it.each([
    ['a value that is none of the choices', { value: 'XXL' }, 'INVALID_VALUE', 'value', 'Choose one of: S, M, L.'],
    ['an empty value', { value: '' }, 'BLANK', 'value', 'This cannot be empty.'],
    ['another type', { type: 'json' }, 'INVALID_TYPE', 'type', 'The type must be: single_line_text_field.'],
  ])('refuse %s, saying why', async (_what, over, code, field, message) => {
    const ns = await givenDefinitions();
    const { gid } = await givenCustomer(test.app);
    const { metafieldsSet } = await staff(SET, { metafields: [{ ownerId: gid, namespace: ns, key: 'size', value: 'M', ...over }] });
    expect(metafieldsSet).toEqual({ metafields: null, userErrors: [{ code, field: ['metafields', '0', field], elementIndex: 0, message }] });
  });

  it('need a type without a definition, and come under one that fits', async () => {
    const namespace = someNamespace();
    const { gid, tokens } = await givenSession(test.app);
    const loose = { ownerId: gid, namespace, key: 'loose', value: '5' };
    expect((await staff(SET, { metafields: [loose] })).metafieldsSet.userErrors).toMatchObject([
      { code: 'BLANK', field: ['metafields', '0', 'type'] },
    ]);
    await staff(SET, { metafields: [{ ...loose, type: 'number_integer' }] });
    const definition = { namespace, key: 'loose', name: 'Loose', access: { customerAccount: 'READ' } };
    expect((await define({ ...definition, type: 'date' })).userErrors).toMatchObject([{ code: 'UNSTRUCTURED_ALREADY_EXISTS' }]);
    const { createdDefinition } = await define({ ...definition, type: 'number_integer' });
    const own = () => as(tokens.accessToken, '{ customer { metafields { namespace key value } } }', {});
    expect((await own()).customer.metafields).toEqual([{ namespace, key: 'loose', value: '5' }]);
    const remove =
      'mutation ($id: ID!, $all: Boolean) { metafieldDefinitionDelete(id: $id, deleteAllAssociatedMetafields: $all) { deletedDefinitionId userErrors { code } } }';
    await staff(remove, { id: createdDefinition.id, all: false });
    expect((await own()).customer.metafields).toEqual([]);
    const { createdDefinition: again } = await define({ ...definition, type: 'number_integer' });
    expect((await own()).customer.metafields).toHaveLength(1);
    await staff(remove, { id: again.id, all: true });
    expect((await staff('query ($id: ID!) { customer(id: $id) { metafields { key } } }', { id: gid })).customer.metafields).toEqual([]);
  });

  it('are changed by definition: access and rules, not the type', async () => {
    const ns = await givenDefinitions();
    const { gid, tokens } = await givenSession(test.app);
    const update = `mutation ($definition: MetafieldDefinitionUpdateInput!) { metafieldDefinitionUpdate(definition: $definition) {
      updatedDefinition { name access { customerAccount } } userErrors { code } } }`;
    const { metafieldDefinitionUpdate } = await staff(update, {
      definition: {
        ownerType: 'CUSTOMER',
        namespace: ns,
        key: 'tier',
        validations: [{ name: 'max', value: '3' }],
        access: { customerAccount: 'READ_WRITE' },
      },
    });
    expect(metafieldDefinitionUpdate).toEqual({ updatedDefinition: { name: 'Tier', access: { customerAccount: 'READ_WRITE' } }, userErrors: [] });
    const set = (value: string) => as(tokens.accessToken, SET, { metafields: [{ ownerId: gid, namespace: ns, key: 'tier', value }] });
    expect((await set('Gold')).metafieldsSet.userErrors).toMatchObject([{ code: 'INVALID_VALUE', message: 'This is longer than 3 characters.' }]);
    expect((await set('Tin')).metafieldsSet.userErrors).toEqual([]);
  });

  it('are written over the value that was read, and over no other', async () => {
    const ns = await givenDefinitions();
    const { gid } = await givenCustomer(test.app);
    const set = async (value: string, more: object = {}) =>
      (await staff(SET, { metafields: [{ ownerId: gid, namespace: ns, key: 'size', value, ...more }] })).metafieldsSet;
    const first = await set('S', { compareDigest: null });
    expect(first.userErrors).toEqual([]);
    expect((await set('M', { compareDigest: null })).userErrors).toMatchObject([{ code: 'STALE_OBJECT', elementIndex: 0 }]);
    const digest = first.metafields[0].compareDigest;
    const raced = await Promise.all(['M', 'L'].map((value) => set(value, { compareDigest: digest })));
    expect(raced.filter(({ userErrors }) => userErrors.length === 0)).toHaveLength(1);
  });

  it('are deleted together, null for what was not there, and tell of it', async () => {
    const ns = await givenDefinitions();
    const { gid, customerId, tokens } = await givenSession(test.app);
    const named = (key: string) => ({ ownerId: gid, namespace: ns, key });
    await staff(SET, { metafields: [{ ...named('size'), value: 'S' }] });
    const refused = await as(tokens.accessToken, DELETE, { metafields: [named('size'), named('tier')] });
    expect(refused.metafieldsDelete.userErrors).toEqual([{ code: 'APP_NOT_AUTHORIZED', field: ['metafields', '1'], elementIndex: 1 }]);
    const gone = await as(tokens.accessToken, DELETE, { metafields: [named('size'), named('size')] });
    expect(gone.metafieldsDelete).toEqual({ deletedMetafields: [named('size'), null], userErrors: [] });
    const events = await test.app.backend.database.prisma.outboxEvent.count({ where: { customerId, type: 'customer_metafields.updated' } });
    expect(events).toBe(2);
    const many = await staff(DELETE, { metafields: Array.from({ length: 26 }, () => named('size')) });
    expect(many.metafieldsDelete.userErrors).toMatchObject([{ code: 'LESS_THAN_OR_EQUAL_TO' }]);
  });
});
