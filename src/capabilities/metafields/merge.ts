import { type Participant, repointing } from '../merges/participant.ts';

const metafields = repointing({
  name: 'metafields',
  models: ['CustomerMetafield'],
  table: 'customer_metafield',
  where: 'not exists (select 1 from customer_metafield k where k.customer_id = $1::text::uuid and (k.namespace, k.key) = (t.namespace, t.key))',
});

const LOST = `
select c.namespace || '.' || c.key as field, c.value from customer_metafield c
join customer_metafield k on k.customer_id = $1::text::uuid and (k.namespace, k.key) = (c.namespace, c.key)
where c.customer_id = $2::text::uuid and (c.type, c.value) is distinct from (k.type, k.value) order by 1`;

/** Values go over where the survivor has none; another value of the closed profile is dropped, and said. */
export const metafieldsInMerge: Participant = {
  ...metafields,
  preview: async (tx, parties) => {
    const lost = await tx.sql<{ field: string; value: string }>(LOST, [parties.keptId, parties.closedId]);
    const share = await metafields.preview(tx, parties);
    return {
      ...share,
      state: JSON.stringify([share.state, lost]),
      // Whether she may see a value is its definition's to say: a preview of her own leaves them all out.
      drops: lost.map(({ field, value }) => ({ code: 'MERGE_DROPS_VALUE', params: { field, value }, isForStaff: true })),
    };
  },
};
