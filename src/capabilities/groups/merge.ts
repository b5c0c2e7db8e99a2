import { repointing } from '../merges/participant.ts';

/** She is in every group that either profile was in. */
export const groupsInMerge = repointing({
  name: 'groups',
  models: ['CustomerGroupMember'],
  table: 'customer_group_member',
  where: 'not exists (select 1 from customer_group_member k where k.customer_id = $1::text::uuid and k.group_id = t.group_id)',
});
