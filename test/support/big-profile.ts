import type { App } from '../../src/app.ts';
import { givenCredit } from './given.ts';

const ROWS_MAX = 1_000;

/** Gives a customer so many orders, each with an address of its own. */
export const givenOrders = async ({ backend }: Pick<App, 'backend'>, customerId: string, count: number): Promise<void> => {
  const { prisma } = backend.database;
  const at = new Date();
  const parts = { lineItems: [], discounts: [], fulfillments: [], refunds: [], attributes: [] };
  for (let done = 0; done < count; done += ROWS_MAX) {
    const addresses = Array.from({ length: Math.min(ROWS_MAX, count - done) }, () => ({
      id: crypto.randomUUID(),
      orderOwnerId: customerId,
      address1: 'Vestergade 1',
    }));
    await prisma.address.createMany({ data: addresses });
    await prisma.order.createMany({
      data: addresses.map(({ id }, place) => ({
        id: crypto.randomUUID(),
        source: 'big',
        externalId: `${customerId} ${done + place}`,
        customerId,
        name: `#${done + place}`,
        number: done + place,
        currency: 'EUR',
        totalMinor: 100n,
        fulfillmentStatus: 'UNFULFILLED' as const,
        shippingAddressId: id,
        processedAt: at,
        createdAt: at,
        updatedAt: at,
        ...parts,
      })),
    });
  }
};

const BATCH = 100;

/** Lets a customer's account see so many movements of three cents; answers with the account. */
export const givenMovements = async (app: App, customerId: string, count: number): Promise<{ accountId: string }> => {
  const { accountId } = await givenCredit(app, customerId, 1n);
  const movement = (kind: 'CREDIT' | 'DEBIT') => ({ kind, accountId, currency: 'EUR', amountMinor: 3, event: 'ADJUSTMENT', actor: 'system' });
  for (let batch = 0; batch < count / BATCH; batch += 1) {
    const movements = Array.from({ length: BATCH }, (_, place) => ({
      id: crypto.randomUUID(),
      ...movement(place % 2 || batch < 2 ? 'CREDIT' : 'DEBIT'),
    }));
    await app.backend.database.sql('select store_credit_post($1::text::jsonb)', [JSON.stringify(movements)]);
  }
  return { accountId };
};
