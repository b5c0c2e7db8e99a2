import { repointing } from '../merges/participant.ts';

/** Accounts at outside issuers go over, as passkeys do. */
export const providerSubjectsInMerge = repointing({
  name: 'providerSubjects',
  models: ['IdentityProviderSubject'],
  table: 'identity_provider_subject',
  isWayIn: true,
});
