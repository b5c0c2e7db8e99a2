/**
 * Every fact that leaves a committed transaction. Webhooks, mail, the audit log and live readers all read these.
 * Payloads hold ids and facts; `sealed` is blanked once it was delivered.
 */
export type DomainEvent =
  | { type: 'customer.created'; customerId: string; source: 'staff' | 'sign_in' | 'import' | 'order' | 'sample' }
  | { type: 'customer.updated'; customerId: string; fields: readonly string[] }
  | { type: 'customer.deleted'; customerId: string }
  | { type: 'customer_erasure.requested'; customerId: string; dueAt: string; reason?: 'inactivity' }
  | { type: 'customer_erasure.cancelled' | 'customer_erasure.done'; customerId: string }
  | { type: 'customer.merged' | 'customer.merge_undone'; customerId: string; closedCustomerId: string; mergeId: string }
  | { type: 'customer_merge_job.started' | 'customer_merge_job.failed'; mergeId: string; customerId: string; closedCustomerId: string }
  | { type: 'customer_address.created'; customerId: string; addressId: string }
  | { type: 'customer_address.updated'; customerId: string; addressId: string }
  | { type: 'customer_address.deleted'; customerId: string; addressId: string }
  | { type: 'customer_marketing_consent.updated'; customerId: string; channel: string; state: string }
  | { type: 'marketing_settings.updated' }
  | { type: 'data_retention.updated'; kind: string; keepDays: number | null }
  | { type: 'customer_group.created' | 'customer_group.updated' | 'customer_group.deleted'; groupId: string }
  | { type: 'customer_group_member.added' | 'customer_group_member.removed'; groupId: string; customerId: string }
  | { type: 'metafield_definition.created' | 'metafield_definition.updated' | 'metafield_definition.deleted'; definitionId: string }
  | { type: 'customer_metafields.updated'; customerId: string; fields: readonly string[] }
  | {
      type: 'wishlist.created' | 'wishlist.updated' | 'wishlist.deleted' | 'wishlist_item.added' | 'wishlist_item.removed';
      customerId: string;
      wishlistId: string;
    }
  | { type: 'payment_method.created' | 'payment_method.updated' | 'payment_method.deleted'; customerId: string; paymentMethodId: string }
  | {
      type: 'subscription_contract.created' | 'subscription_contract.updated' | 'subscription_contract.deleted';
      customerId: string;
      subscriptionContractId: string;
    }
  | {
      type: 'duplicate_candidate.confirmed' | 'duplicate_candidate.dismissed' | 'duplicate_candidate.reopened';
      candidateId: string;
      customerOneId: string;
      customerTwoId: string;
    }
  | { type: 'duplicate_scan.started' | 'duplicate_scan.finished'; scanId: string }
  | {
      type: 'duplicate_merge_run.started' | 'duplicate_merge_run.finished' | 'duplicate_merge_run.cancelled' | 'duplicate_merge_run.undo_started';
      mergeRunId: string;
    }
  | {
      type:
        | 'customers_import.created'
        | 'customers_import.planned'
        | 'customers_import.started'
        | 'customers_import.finished'
        | 'customers_import.cancelled'
        | 'customers_import.undo_started'
        | 'customers_import.undone';
      importId: string;
    }
  | { type: 'export.created' | 'export.started'; kind: string; format: string; isFiltered: boolean }
  | { type: 'duplicate_shared_value.blocked' | 'duplicate_shared_value.unblocked'; sharedValueId: string }
  | { type: 'sign_in_code.requested'; sealed: string }
  | { type: 'mail.requested'; customerId: string | null; sealed: string }
  | { type: 'sms.requested'; customerId: string; sealed: string }
  | { type: 'identity_provider.created' | 'identity_provider.updated' | 'identity_provider.deleted'; providerId: string }
  | { type: 'identity_provider_subject.linked' | 'identity_provider_subject.unlinked'; customerId: string; providerId: string }
  | { type: 'order.created' | 'order.updated'; orderId: string; customerId: string | null; fields?: readonly string[] }
  | { type: 'passkey.created'; customerId: string; passkeyId: string }
  | { type: 'passkey.removed'; customerId: string; passkeyId: string }
  | { type: 'customer_password.changed'; customerId: string; how: PasswordChange }
  | { type: 'customer_password.removed'; customerId: string; how: 'customer' | 'email_proven' }
  | { type: 'customer_accounts_settings.updated'; fields: readonly string[]; version: string }
  | { type: 'multipass_secret.created'; multipassSecretId: string }
  | { type: 'multipass_secret.revoked'; multipassSecretId: string; at: string }
  | { type: 'session.opened'; customerId: string; sessionId: string; method: SignInMethod }
  | { type: 'session.ended'; customerId: string; sessionId: string; reason: string }
  | { type: 'back_channel_logout.requested'; customerId: string; sessionId: string; oidcClientId: string }
  | { type: 'oidc_client.created' | 'oidc_client.updated' | 'oidc_client.deleted'; oidcClientId: string }
  | { type: 'oidc_consent.revoked'; customerId: string; oidcClientId: string }
  | { type: 'oidc_key.rotated'; kid: string }
  | { type: 'shop_branding.updated' }
  | { type: 'staff_token.created'; staffTokenId: string; scopes: readonly string[] }
  | { type: 'staff_token.revoked'; staffTokenId: string }
  | { type: 'store_credit_transaction.created'; customerId: string; accountId: string; transactionId: string; version: string }
  | {
      type: 'store_credit_hold.created' | 'store_credit_hold.released' | 'store_credit_hold.expired';
      customerId: string;
      accountId: string;
      holdId: string;
      version: string;
    }
  | { type: 'store_credit_mail.requested'; customerId: string; kind: 'CREDITED' | 'DEBITED' | 'EXPIRED'; transactionId: string }
  | { type: 'store_credit_mail.requested'; customerId: string; kind: 'EXPIRING'; accountId: string; lotIds: readonly string[] }
  | { type: 'store_credit_mail_settings.updated' }
  | { type: 'store_credit_rules.updated'; currency: string; fields: readonly string[] }
  | {
      type: 'store_credit_credit_request.created' | 'store_credit_credit_request.approved' | 'store_credit_credit_request.declined';
      customerId: string;
      creditRequestId: string;
    }
  | {
      type:
        | 'store_credit_bulk_issue.created'
        | 'store_credit_bulk_issue.extended'
        | 'store_credit_bulk_issue.approved'
        | 'store_credit_bulk_issue.cancelled'
        | 'store_credit_bulk_issue.undo_started';
      bulkIssueId: string;
    }
  | { type: 'store_credit_bulk_issue.started'; bulkIssueId: string; needsApproval: boolean }
  | { type: 'store_credit_bulk_issue.finished'; bulkIssueId: string; state: 'CHECKED' | 'ISSUED' | 'UNDONE' }
  | { type: 'store_credit_refund.created'; customerId: string; orderId: string; refundId: string; transactionId: string }
  | { type: 'store_credit_codes.created'; customerId: string | null; batch: string | null; count: number }
  | { type: 'store_credit_code.regenerated' | 'store_credit_code.disabled'; codeId: string; customerId: string | null }
  | { type: 'store_credit_code.claimed'; codeId: string; customerId: string; transactionId: string }
  | { type: 'store_credit_expiry.changed'; customerId: string; accountId: string; transactionId: string; version: string };

/** How a customer proved who she is. */
export type SignInMethod = 'email_code' | 'email_link' | 'password' | 'multipass' | 'passkey' | 'identity_provider' | 'activation' | 'sample';

/** On whose word a password was chosen: a link, or the customer who was signed in. */
export type PasswordChange = 'activation' | 'recovery' | 'customer';

export type EventType = DomainEvent['type'];

/** Topics that live readers wait on: `noun:id`. */
export const topics = {
  customer: (id: string) => `customer:${id}`,
  customerMergeJob: (id: string) => `customer_merge_job:${id}`,
  duplicateMergeRun: (id: string) => `duplicate_merge_run:${id}`,
  customersImport: (id: string) => `customers_import:${id}`,
  order: (id: string) => `order:${id}`,
  oidcClient: (id: string) => `oidc_client:${id}`,
  session: (id: string) => `session:${id}`,
  staffToken: (id: string) => `staff_token:${id}`,
  storeCreditBulkIssue: (id: string) => `store_credit_bulk_issue:${id}`,
  /** Of the whole shop: that there are new ones. */
  storeCreditTransactions: 'store_credit_transactions',
  storeCreditAccount: (id: string) => `store_credit_account:${id}`,
} as const;

/** The topic on which an event is announced; the compiler asks for one when an event is added. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: a line for each event, and nothing else
export const topicOf = (event: DomainEvent): string => {
  switch (event.type) {
    case 'customer.created':
    case 'customer.updated':
    case 'customer.deleted':
    case 'customer_erasure.requested':
    case 'customer_erasure.cancelled':
    case 'customer_erasure.done':
    case 'customer.merged':
    case 'customer.merge_undone':
    case 'customer_password.changed':
    case 'customer_password.removed':
    case 'customer_address.created':
    case 'customer_address.updated':
    case 'customer_address.deleted':
    case 'identity_provider_subject.linked':
    case 'identity_provider_subject.unlinked':
    case 'passkey.created':
    case 'passkey.removed':
    case 'customer_marketing_consent.updated':
    case 'customer_metafields.updated':
    case 'customer_group_member.added':
    case 'customer_group_member.removed':
    case 'oidc_consent.revoked':
    case 'wishlist.created':
    case 'wishlist.updated':
    case 'wishlist.deleted':
    case 'wishlist_item.added':
    case 'wishlist_item.removed':
    case 'payment_method.created':
    case 'payment_method.updated':
    case 'payment_method.deleted':
    case 'subscription_contract.created':
    case 'subscription_contract.updated':
    case 'subscription_contract.deleted':
      return topics.customer(event.customerId);
    case 'duplicate_candidate.confirmed':
    case 'duplicate_candidate.dismissed':
    case 'duplicate_candidate.reopened':
      return `duplicate_candidate:${event.candidateId}`;
    case 'customer_merge_job.started':
    case 'customer_merge_job.failed':
      return topics.customerMergeJob(event.mergeId);
    case 'duplicate_merge_run.started':
    case 'duplicate_merge_run.finished':
    case 'duplicate_merge_run.cancelled':
    case 'duplicate_merge_run.undo_started':
      return topics.duplicateMergeRun(event.mergeRunId);
    case 'duplicate_scan.started':
    case 'duplicate_scan.finished':
      return `duplicate_scan:${event.scanId}`;
    case 'duplicate_shared_value.blocked':
    case 'duplicate_shared_value.unblocked':
      return 'duplicate_shared_value';
    case 'customers_import.created':
    case 'customers_import.planned':
    case 'customers_import.started':
    case 'customers_import.finished':
    case 'customers_import.cancelled':
    case 'customers_import.undo_started':
    case 'customers_import.undone':
      return topics.customersImport(event.importId);
    case 'export.created':
    case 'export.started':
      return 'export';
    case 'session.opened':
    case 'session.ended':
      return topics.session(event.sessionId);
    case 'back_channel_logout.requested':
      return 'back_channel_logout';
    case 'oidc_client.created':
    case 'oidc_client.updated':
    case 'oidc_client.deleted':
      return topics.oidcClient(event.oidcClientId);
    case 'oidc_key.rotated':
      return 'oidc_key';
    case 'shop_branding.updated':
      return 'shop_branding';
    case 'staff_token.created':
    case 'staff_token.revoked':
      return topics.staffToken(event.staffTokenId);
    case 'store_credit_transaction.created':
    case 'store_credit_hold.created':
    case 'store_credit_hold.released':
    case 'store_credit_hold.expired':
    case 'store_credit_expiry.changed':
      return topics.storeCreditAccount(event.accountId);
    case 'store_credit_mail.requested':
      return 'store_credit_mail';
    case 'store_credit_mail_settings.updated':
      return 'store_credit_mail_settings';
    case 'store_credit_rules.updated':
      return `store_credit_rules:${event.currency}`;
    case 'store_credit_credit_request.created':
    case 'store_credit_credit_request.approved':
    case 'store_credit_credit_request.declined':
      return `store_credit_credit_request:${event.creditRequestId}`;
    case 'store_credit_bulk_issue.created':
    case 'store_credit_bulk_issue.extended':
    case 'store_credit_bulk_issue.started':
    case 'store_credit_bulk_issue.approved':
    case 'store_credit_bulk_issue.cancelled':
    case 'store_credit_bulk_issue.undo_started':
    case 'store_credit_bulk_issue.finished':
      return topics.storeCreditBulkIssue(event.bulkIssueId);
    case 'store_credit_refund.created':
      return topics.order(event.orderId);
    case 'store_credit_codes.created':
      return 'store_credit_codes';
    case 'store_credit_code.regenerated':
    case 'store_credit_code.disabled':
    case 'store_credit_code.claimed':
      return `store_credit_code:${event.codeId}`;
    case 'order.created':
    case 'order.updated':
      return topics.order(event.orderId);
    case 'identity_provider.created':
    case 'identity_provider.updated':
    case 'identity_provider.deleted':
      return `identity_provider:${event.providerId}`;
    case 'customer_group.created':
    case 'customer_group.updated':
    case 'customer_group.deleted':
      return `customer_group:${event.groupId}`;
    case 'metafield_definition.created':
    case 'metafield_definition.updated':
    case 'metafield_definition.deleted':
      return `metafield_definition:${event.definitionId}`;
    case 'marketing_settings.updated':
      return 'marketing_settings';
    case 'data_retention.updated':
      return 'data_retention';
    case 'customer_accounts_settings.updated':
      return 'customer_accounts_settings';
    case 'multipass_secret.created':
    case 'multipass_secret.revoked':
      return 'multipass_secret';
    case 'sign_in_code.requested':
      return 'sign_in_code';
    case 'mail.requested':
    case 'sms.requested':
      return 'mail';
  }
};

/** Events that a job carries out of the gateway; the others are complete once they are written and announced. */
const DELIVERED: ReadonlySet<EventType> = new Set([
  'sign_in_code.requested',
  'mail.requested',
  'sms.requested',
  'store_credit_mail.requested',
  'back_channel_logout.requested',
]);

export const isDelivered = (type: EventType): boolean => DELIVERED.has(type);
