import type { Database } from '../../db/client.ts';

/** Groups of customers by recency, frequency and monetary value, as Shopify names them; docs/customers.md has the lines between them. */
export const RFM_GROUPS = {
  ACTIVE: 'Bought lately, and stands in the middle by orders and spending.',
  ALMOST_LOST: 'Has not bought for a while, and never did much.',
  AT_RISK: 'Used to buy a good deal, and has not for long.',
  CHAMPIONS: 'Among the last to buy, and among those who buy most.',
  DORMANT: 'Bought little, long ago.',
  LOYAL: 'Among those who buy most, and has bought not long ago.',
  NEEDS_ATTENTION: 'In the middle by orders and spending, and has not bought for a while.',
  NEW: 'Among the last to buy, with few orders so far.',
  PREVIOUSLY_LOYAL: 'Was among those who buy most, and has not bought for long.',
  PROMISING: 'Bought lately, with few orders so far.',
  PROSPECTS: 'Has no order yet.',
} as const;

export type RfmGroup = keyof typeof RFM_GROUPS;

/** Customers that one turn looks at: what a writer of orders may have to wait for. */
const CHUNK_CUSTOMERS = 1_000;

interface Gateway {
  readonly backend: { readonly database: Pick<Database, 'sql'> };
  readonly clock: () => Date;
}

/**
 * Takes one turn of keeping customers' groups right: measures the shop's limits when enough of its customers' orders have changed, or looks at
 * the next customers after they were. A customer whose own orders change has her group at once, by a trigger. Answers 1 while there is more to
 * do. Any number of processes may run it: one turn is taken at a time.
 */
export const advanceRfmGroups = async ({ backend, clock }: Gateway, chunk = CHUNK_CUSTOMERS): Promise<number> => {
  const [turn] = await backend.database.sql<{ hasMore: boolean }>('select customer_rfm_turn($1::text::timestamptz, $2::int) as "hasMore"', [
    clock().toISOString(),
    chunk,
  ]);
  return Number(turn?.hasMore ?? false);
};
