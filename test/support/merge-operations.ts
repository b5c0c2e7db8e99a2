/** What staff ask of merges, as the tests send it. */
export const PREVIEW = `query ($one: ID!, $two: ID!, $override: CustomerMergeOverrideFields, $keep: ID) {
  customerMergePreview(customerOneId: $one, customerTwoId: $two, overrideFields: $override, customerIdToKeep: $keep) {
    resultingCustomerId closedCustomerId version signInEmails ordersMoved addressesMoved sessionsMoved passkeysMoved
    customerMergeErrors { errorFields message code customerIds }
    defaultFields { firstName lastName displayName email { emailAddress verified } phoneNumber { phoneNumber } note tags
      defaultAddress { id address1 } addresses(first: 10) { nodes { id address1 } } orderCount orders(first: 5) { nodes { id name } }
      discountNodeCount draftOrderCount giftCardCount metafieldCount }
    alternateFields { firstName lastName email { emailAddress } phoneNumber { phoneNumber } defaultAddress { id } }
    blockingFields { note tags }
    storeCredit { moves { amount currencyCode } held { amount } balanceAfter { amount } storeCreditAccount { id holds(first: 5) { nodes { id } } } }
    sameAddresses { keptAddressId droppedAddressId formatted }
    dropped { code message field value } } }`;
export const MERGE = `mutation ($one: ID!, $two: ID!, $override: CustomerMergeOverrideFields, $keep: ID, $note: String, $version: String, $dryRun: Boolean) {
  customerMerge(customerOneId: $one, customerTwoId: $two, overrideFields: $override, customerIdToKeep: $keep, note: $note, version: $version, dryRun: $dryRun) {
    resultingCustomerId job { id done } customerMerge { id state note } userErrors { code field message } } }`;
export const CUSTOMER = `query ($id: ID!) { customer(id: $id) { id emailAddress { emailAddress } mergedFrom { id mergedAt storeCreditAccounts { id balance { amount } } }
  mergeable { isMergeable errorFields reason errors { code customerIds } } merges { id state } } }`;
