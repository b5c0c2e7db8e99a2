import { DomainError } from '../../core/errors.ts';
import type { Tx } from '../../db/transact.ts';
import type { OrderInput } from './input.ts';
import { setOrder } from './set.ts';

/** Orders that one call takes; more would keep their customers' rows locked for long. */
export const ORDERS_AT_ONCE = 100;

interface Refusal {
  readonly code: string;
  readonly field: readonly string[] | null;
  readonly params: Readonly<Record<string, string | number>>;
}

export interface ImportedOrders {
  /** In the order of the input; null where it was refused. */
  readonly orderIds: readonly (string | null)[];
  /** The place of the order is in the field: `orders`, `3`, `totalPrice`. */
  readonly refusals: readonly Refusal[];
}

/** Sets many orders; a refusal undoes its own order alone. Refuses TOO_MANY. */
export const importOrders = async (tx: Tx, orders: readonly OrderInput[]): Promise<ImportedOrders> => {
  if (orders.length > ORDERS_AT_ONCE) throw new DomainError('TOO_MANY', ['orders'], { max: ORDERS_AT_ONCE });
  const orderIds: (string | null)[] = [];
  const refusals: Refusal[] = [];
  for (const [place, order] of orders.entries()) {
    try {
      orderIds.push((await tx.attempt(() => setOrder(tx, order))).orderId);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      orderIds.push(null);
      refusals.push({ code: error.code, field: ['orders', String(place), ...(error.field?.slice(1) ?? [])], params: error.params });
    }
  }
  return { orderIds, refusals };
};
