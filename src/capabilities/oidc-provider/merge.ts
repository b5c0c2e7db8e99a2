import { repointing } from '../merges/participant.ts';

/** What she let a client know goes over, unless she decided about that client on both profiles: then the survivor's decision stays. */
export const consentsInMerge = repointing({
  name: 'oidcConsents',
  models: ['OidcConsent'],
  table: 'oidc_consent',
  key: 't.client_id::text',
  where: 'not exists (select from oidc_consent k where k.customer_id = $1::text::uuid and k.client_id = t.client_id)',
});
