import { type Participant, repointing } from '../merges/participant.ts';

const OWN_ADDRESSES = `
update address a set order_owner_id = o.customer_id from "order" o
where o.id = any($1::text[]::uuid[]) and a.id in (o.shipping_address_id, o.billing_address_id) and a.order_owner_id is distinct from o.customer_id`;

const orders = repointing({ name: 'orders', models: ['Order'], table: '"order"' });

/** Orders go over with their addresses, so that lists, counts and sums of the survivor's are one look at one index. */
export const ordersInMerge: Participant = {
  ...orders,
  models: ['Order', 'Address'],
  move: async (tx, parties) => {
    const moved = await orders.move(tx, parties);
    await tx.sql(OWN_ADDRESSES, [moved]);
    return moved;
  },
  restore: async (tx, parties, moved, staying) => {
    await orders.restore(tx, parties, moved, staying);
    await tx.sql(OWN_ADDRESSES, [moved]);
  },
};
