import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCustomer } from '../support/given.ts';

describe.each(backends)('conditions on an enum, on $name', (kind) => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await startTestGateway(kind);
  });
  afterAll(() => test?.stop());

  it.each([
    { in: ['ENABLED', 'DISABLED'] },
    { in: ['DISABLED'] },
    { in: [] },
    { notIn: ['ENABLED'] },
    { notIn: [] },
    { equals: 'ENABLED' },
    { not: 'ENABLED' },
  ] as const)('%j find what Prisma finds', async (state) => {
    const { database } = test.app.backend;
    const ids: string[] = [];
    for (const own of ['ENABLED', 'DISABLED', 'INVITED'] as const) {
      const { customerId } = await givenCustomer(test.app);
      await database.prisma.customer.update({ where: { id: customerId }, data: { state: own } });
      ids.push(customerId);
    }
    const query = { where: { id: { in: ids }, state: state as never }, select: { id: true, state: true }, orderBy: { id: 'asc' } } as const;
    expect(JSON.stringify(await database.read.customer.findMany(query))).toBe(JSON.stringify(await database.prisma.customer.findMany(query)));
  });
});
