import type { SqlTx } from '../../db/transact.ts';
import { type Moved, type Participant, type Parties, repointing } from '../merges/participant.ts';

const WHOLE = `
update wishlist t set customer_id = $1::text::uuid where t.customer_id = $2::text::uuid
  and not exists (select 1 from wishlist k where k.customer_id = $1::text::uuid and k.name_key = t.name_key) returning t.id::text as id`;

const INTO_SAME_NAME = `
update wishlist_item i set wishlist_id = k.id from wishlist c, wishlist k
where c.customer_id = $2::text::uuid and k.customer_id = $1::text::uuid and k.name_key = c.name_key and i.wishlist_id = c.id
  and not exists (select 1 from wishlist_item s where s.wishlist_id = k.id and (s.product_id, s.variant_id) = (i.product_id, i.variant_id))
returning i.id::text as id, c.id::text as "from"`;

const LOOK = `
select coalesce(count(i.id) filter (where l.customer_id = $2::text::uuid), 0)::int as moves,
  coalesce(md5(string_agg(concat(l.id, l.customer_id, l.name_key, i.id), ',' order by l.id, i.id)), '') as state
from wishlist l left join wishlist_item i on i.wishlist_id = l.id where l.customer_id in ($1::text::uuid, $2::text::uuid)`;

const LISTS_BACK = `update wishlist set customer_id = $2::text::uuid where customer_id = $1::text::uuid and id = any($3::text[]::uuid[])`;

/** What the survivor deleted since stays deleted. */
const ITEMS_BACK = `
update wishlist_item i set wishlist_id = m.back from (select unnest($2::text[])::uuid as id, unnest($3::text[])::uuid as back) m, wishlist k, wishlist c
where i.id = m.id and k.id = i.wishlist_id and k.customer_id = $1::text::uuid and c.id = m.back and c.customer_id = $4::text::uuid
  and not exists (select 1 from wishlist_item s where s.wishlist_id = m.back and (s.product_id, s.variant_id) = (i.product_id, i.variant_id))`;

const look = async (tx: Pick<SqlTx, 'sql'>, { keptId, closedId }: Parties) => {
  const [found] = await tx.sql<{ moves: number; state: string }>(LOOK, [keptId, closedId]);
  return { moves: found?.moves ?? 0, state: found?.state ?? '' };
};

/**
 * Every list goes over; of two by one name the products come together in the survivor's. A product that both lists have stays behind in the
 * closed one, where an undo finds it.
 */
export const wishlistsInMerge: Participant = {
  name: 'wishlists',
  models: ['Wishlist'],
  preview: async (tx, parties) => ({ ...(await look(tx, parties)), drops: [] }),
  move: async (tx, { keptId, closedId }): Promise<Moved> => {
    const items = await tx.sql<{ id: string; from: string }>(INTO_SAME_NAME, [keptId, closedId]);
    const lists = await tx.sql<{ id: string }>(WHOLE, [keptId, closedId]);
    return [...lists.map(({ id }) => `list ${id}`), ...items.map(({ id, from }) => `item ${id} ${from}`)];
  },
  restore: async (tx, { keptId, closedId }, moved, staying) => {
    const back = moved.filter((key) => !staying.has(key)).map((key) => key.split(' '));
    const items = back.filter(([kind]) => kind === 'item');
    await tx.sql(ITEMS_BACK, [keptId, items.map(([, id]) => id), items.map(([, , from]) => from), closedId]);
    await tx.sql(LISTS_BACK, [keptId, closedId, back.filter(([kind]) => kind === 'list').map(([, id]) => id)]);
  },
};

/** What both looked at, once. */
export const viewedInMerge = repointing({
  name: 'viewed-products',
  models: ['ViewedProduct'],
  table: 'viewed_product',
  where: 'not exists (select 1 from viewed_product k where k.customer_id = $1::text::uuid and k.product_id = t.product_id)',
});
