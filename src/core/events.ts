/**
 * Every fact that leaves a committed transaction. Webhooks, mail, the audit log and live readers all read these.
 * Payloads hold ids and facts; `sealed` is blanked once it was delivered.
 */
export type DomainEvent =
  | { type: 'customer.created'; customerId: string; source: 'staff' | 'sign_in' | 'import' | 'sample' }
  | { type: 'customer.updated'; customerId: string; fields: readonly string[] }
  | { type: 'customer.deleted'; customerId: string }
  | { type: 'customer_address.created'; customerId: string; addressId: string }
  | { type: 'customer_address.updated'; customerId: string; addressId: string }
  | { type: 'customer_address.deleted'; customerId: string; addressId: string }
  | { type: 'sign_in_code.requested'; sealed: string }
  | { type: 'session.opened'; customerId: string; sessionId: string; method: 'email_code' | 'sample' }
  | { type: 'session.ended'; customerId: string; sessionId: string; reason: string }
  | { type: 'staff_token.created'; staffTokenId: string; scopes: readonly string[] }
  | { type: 'staff_token.revoked'; staffTokenId: string }
  | { type: 'store_credit_transaction.created'; customerId: string; accountId: string; transactionId: string; version: string };

export type EventType = DomainEvent['type'];

/** Topics that live readers wait on: `noun:id`. */
export const topics = {
  customer: (id: string) => `customer:${id}`,
  session: (id: string) => `session:${id}`,
  staffToken: (id: string) => `staff_token:${id}`,
  storeCreditAccount: (id: string) => `store_credit_account:${id}`,
} as const;

/** The topic on which an event is announced; the compiler asks for one when an event is added. */
export const topicOf = (event: DomainEvent): string => {
  switch (event.type) {
    case 'customer.created':
    case 'customer.updated':
    case 'customer.deleted':
    case 'customer_address.created':
    case 'customer_address.updated':
    case 'customer_address.deleted':
      return topics.customer(event.customerId);
    case 'session.opened':
    case 'session.ended':
      return topics.session(event.sessionId);
    case 'staff_token.created':
    case 'staff_token.revoked':
      return topics.staffToken(event.staffTokenId);
    case 'store_credit_transaction.created':
      return topics.storeCreditAccount(event.accountId);
    case 'sign_in_code.requested':
      return 'sign_in_code';
  }
};

/** Events that a job carries out of the gateway; the others are complete once they are written and announced. */
export const isDelivered = (type: EventType): boolean => type === 'sign_in_code.requested';
