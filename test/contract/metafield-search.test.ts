import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setMetafields } from '../../src/capabilities/metafields/set.ts';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCustomer } from '../support/given.ts';

describe.each(backends)('customers by their metafields on $name', (kind) => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await startTestGateway(kind);
  });
  afterAll(() => test.stop());

  const found = async (query: string) => {
    const { data, errors } = await test.graphql(
      'query ($query: String) { customers(first: 10, query: $query) { nodes { id } } }',
      { query },
      test.staffToken,
    );
    return errors ? errors[0]?.message : data.customers.nodes.map(({ id }: { id: string }) => id);
  };

  it('are found by value, by its beginning, by having one and by having none', async () => {
    const namespace = `Sizes-${randomUUID().slice(0, 8)}`;
    const tag = randomUUID();
    const [large, small, none] = await Promise.all([1, 2, 3].map(() => givenCustomer(test.app, { tags: [tag] })));
    await test.app.transact('system', (tx) =>
      setMetafields(
        tx,
        [
          [large?.customerId, 'Size 38.5'],
          [small?.customerId, 'Size 36'],
        ].map(([customerId = '', value = '']) => ({ customerId, namespace, key: 'shoe', type: 'single_line_text_field', value })),
        'staff',
      ),
    );
    const field = `metafields.${namespace}.shoe`;
    expect(await found(`${field}:"Size 36"`)).toEqual([small?.gid]);
    expect(await found(`${field}:size`)).toEqual([]);
    expect((await found(`${field}:Size*`)).sort()).toEqual([large?.gid, small?.gid].sort());
    expect((await found(`tag:${tag} ${field}:*`)).sort()).toEqual([large?.gid, small?.gid].sort());
    expect(await found(`tag:${tag} -${field}:*`)).toEqual([none?.gid]);
    expect(await found(`${field.toLowerCase()}:*`)).toEqual([]);
  });

  it('are refused a filter that is none, by the word that is wrong', async () => {
    for (const word of ['metafields.sizes:38', 'metafields.sizes.shoe:>38', 'metafields.sizes.shoe:""', 'shoe_size:38']) {
      expect(await found(`tag:x ${word}`)).toContain(`“${word}”`);
    }
  });
});
