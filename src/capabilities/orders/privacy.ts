import type { Prisma } from '../../db/client.ts';
import type { PrivacyParticipant } from '../privacy/participant.ts';
import type { Fulfillment, LineItem } from './parts.ts';

const json = (value: object): Prisma.InputJsonValue => value as Prisma.InputJsonValue;

/** Orders: what was bought, for how much and when is kept for the books; who, where to and what she wrote goes. */
export const orderPrivacy: PrivacyParticipant = {
  name: 'orders',
  models: ['Order', 'Address'],
  read: (tx, customerId) =>
    tx.db.order.findMany({ where: { customerId }, include: { shippingAddress: true, billingAddress: true }, orderBy: { processedAt: 'asc' } }),
  erase: async (tx, customerId) => {
    const orders = await tx.db.order.findMany({ where: { customerId }, select: { id: true, lineItems: true, fulfillments: true } });
    for (const { id, lineItems, fulfillments } of orders) {
      await tx.db.order.update({
        where: { id },
        data: {
          email: null,
          phone: null,
          note: null,
          poNumber: null,
          customerLocale: null,
          statusPageUrl: null,
          attributes: [],
          lineItems: json((lineItems as unknown as LineItem[]).map((line) => ({ ...line, attributes: [] }))),
          fulfillments: json((fulfillments as unknown as Fulfillment[]).map((fulfillment) => ({ ...fulfillment, tracking: [] }))),
        },
        select: { id: true },
      });
    }
    await tx.db.address.deleteMany({ where: { orderOwnerId: customerId } });
  },
};
