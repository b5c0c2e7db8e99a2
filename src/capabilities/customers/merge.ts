import { repointing } from '../merges/participant.ts';

/** What other systems call her: the survivor goes by the names of both. */
export const externalIdsInMerge = repointing({
  name: 'externalIds',
  models: ['CustomerExternalId'],
  table: 'customer_external_id',
  key: 'json_build_array(t.source, t.value)::text',
});
