import { addressesInMerge } from '../addresses/merge.ts';
import { externalIdsInMerge } from '../customers/merge.ts';
import { groupsInMerge } from '../groups/merge.ts';
import { providerSubjectsInMerge } from '../identity-providers/merge.ts';
import { consentInMerge } from '../marketing/merge.ts';
import { metafieldsInMerge } from '../metafields/merge.ts';
import { consentsInMerge } from '../oidc-provider/merge.ts';
import { ordersInMerge } from '../orders/merge.ts';
import { passkeysInMerge } from '../passkeys/merge.ts';
import { passwordsInMerge } from '../passwords/merge.ts';
import { paymentMethodsInMerge } from '../payment-methods/merge.ts';
import { sessionsInMerge } from '../sessions/merge.ts';
import { creditCodesInMerge, creditRequestsInMerge, storeCreditInMerge } from '../store-credit/merge.ts';
import { subscriptionsInMerge } from '../subscriptions/merge.ts';
import { viewedInMerge, wishlistsInMerge } from '../wishlists/merge.ts';
import type { Participant } from './participant.ts';

/** Every capability that keeps rows of a customer, in the order in which they move; an undo goes through them backwards. */
export const PARTICIPANTS: readonly Participant[] = [
  storeCreditInMerge,
  creditCodesInMerge,
  creditRequestsInMerge,
  ordersInMerge,
  addressesInMerge,
  consentInMerge,
  groupsInMerge,
  metafieldsInMerge,
  wishlistsInMerge,
  viewedInMerge,
  paymentMethodsInMerge,
  subscriptionsInMerge,
  externalIdsInMerge,
  passwordsInMerge,
  passkeysInMerge,
  providerSubjectsInMerge,
  consentsInMerge,
  sessionsInMerge,
];

/** Models that say whose they are and take no part, and why. */
export const NOT_TAKING_PART: Readonly<Record<string, string>> = {
  Customer: 'is what is merged: src/capabilities/merges/fields.ts',
  CustomerMerge: 'is the record of it',
  CustomerMergeJob: 'says how it stands, and keeps both from another',
  OutboxEvent: 'says what happened to the profile that it names, for ever',
  CustomerStatistics: 'is counted anew by a trigger as orders go over',
  CustomerSpending: 'is counted anew by a trigger as orders go over',
  DuplicateProfile: 'follows from the profiles by itself',
  DuplicateKey: 'follows from the profiles by itself',
  DuplicateChange: 'says whom the matcher has yet to look at',
  DuplicateCandidate: 'follows from the profiles by itself',
  StoreCreditBulkIssueRow: 'says whom credit was meant for; what is still to be given is given to the survivor by the ledger',
  ImportedCustomer: 'says which rows a run of an import wrote, as long as it runs',
  CustomersImportRow: 'says whom a row of a file meant when it was planned or applied',
  CustomersImportDraft: 'says what a plan would make of whom it names',
  CustomersImportKey: 'says what a plan would make of whom it names',
  CustomersImportChange: 'says what an import did to the profile that it names: what was merged since is not undone',
};
