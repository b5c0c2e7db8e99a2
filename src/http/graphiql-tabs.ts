import { randomUUID } from 'node:crypto';
import { SAMPLE_ACCOUNT_ID, SAMPLE_CUSTOMER, SAMPLE_TWINS } from '../capabilities/transfer/sample-shop.ts';
import { encodeGid } from '../graphql/gid.ts';

/** An operation that GraphiQL opens with, and who sends it. */
export interface ReadyOperation {
  readonly viewer: 'anonymous' | 'customer' | 'staff';
  readonly query: string;
  readonly variables?: () => Record<string, unknown>;
}

const CUSTOMER = encodeGid('Customer', SAMPLE_CUSTOMER.id);
const ACCOUNT = encodeGid('StoreCreditAccount', SAMPLE_ACCOUNT_ID);

const SIGN_IN = `# Sign a customer in with a six-digit code.
#
# 1. Run SignIn. The mail with the code lands
#    in the inbox: open /dev/inbox.
# 2. Put the code into the variables below,
#    then run SignInConfirm.

mutation SignIn($email: String!) {
  signInCodeRequest(email: $email) {
    expiresAt
    resendAfter
    userErrors { field message code }
  }
}

mutation SignInConfirm($email: String!, $code: String!) {
  signInCodeConfirm(email: $email, code: $code) {
    customer { id displayName }
    session { accessToken refreshToken expiresAt }
    userErrors { field message code }
  }
}
`;

const MY_ACCOUNT = `# What the signed-in customer sees of herself.
#
# Her access token stands in the headers below.
# It is good for an hour; reload for a new one.

query MyAccount {
  customer {
    displayName
    emailAddress { emailAddress verified }
    defaultAddress { formatted }
    storeCreditAccounts(first: 5) {
      nodes {
        available { amount currencyCode }
        transactions(first: 5, reverse: true) {
          nodes {
            number
            event
            amount { amount }
            balanceAfterTransaction { amount }
            createdAt
          }
        }
      }
    }
  }
}
`;

const FIND_CUSTOMER = `# What staff see. Other queries to try:
#
#   becker       tag:vip country:DE
#   state:INVITED       email:example.net

query FindCustomer($query: String!) {
  customers(first: 10, query: $query) {
    totalCount
    nodes {
      id
      displayName
      emailAddress { emailAddress }
      tags
      note
      storeCreditAccounts(first: 5) {
        nodes { id balance { amount currencyCode } }
      }
    }
  }
}
`;

const ISSUE_CREDIT = `# Give credit to a customer, or to one account.
#
# Run it twice: the same key gives the same
# answer, and the credit is given once.
# Change the key to give more.

mutation IssueCredit(
  $id: ID!
  $creditInput: StoreCreditAccountCreditInput!
  $key: String!
) {
  storeCreditAccountCredit(
    id: $id
    creditInput: $creditInput
  ) @idempotent(key: $key) {
    storeCreditAccountTransaction {
      number
      amount { amount currencyCode }
      balanceAfterTransaction { amount }
    }
    userErrors { field message code }
  }
}
`;

const SPEND_CREDIT = `# Spend credit, soonest-expiring first:
# the allocations say which credit was spent.
#
# Let LiveBalance run in another window
# meanwhile. Change the key to spend again.

mutation SpendCredit(
  $id: ID!
  $debitInput: StoreCreditAccountDebitInput!
  $key: String!
) {
  storeCreditAccountDebit(
    id: $id
    debitInput: $debitInput
  ) @idempotent(key: $key) {
    storeCreditAccountTransaction {
      number
      amount { amount currencyCode }
      balanceAfterTransaction { amount }
      ... on StoreCreditAccountDebitTransaction {
        allocations {
          amount { amount }
          creditTransaction {
            number
            expiresAt
            remainingAmount { amount }
          }
        }
      }
    }
    userErrors { field message code }
  }
}
`;

const LIVE_BALANCE = `# The balance as it is, then every change the
# moment it is committed. Run this, then run
# SpendCredit in another window.
#
# After a break, "after" resumes from the last
# version that was seen.

subscription LiveBalance(
  $accountId: ID!
  $after: UnsignedInt64
) {
  storeCreditAccountUpdated(
    accountId: $accountId
    after: $after
  ) {
    account {
      version
      balance { amount currencyCode }
      available { amount }
    }
    transaction {
      number
      amount { amount }
    }
  }
}
`;

const DUPLICATES = `# Two profiles that are one person: found,
# looked at, merged, and taken back.
#
# 1. Duplicates lists who may be one person, why.
# 2. MergePreview says what merging would do.
#    Put its version into the variables, and
# 3. Merge does exactly that. Put the merge's id
#    into the variables, and
# 4. Undo makes two of them again.

query Duplicates {
  duplicateCandidates(first: 10) {
    nodes {
      probability
      customerOne { id displayName }
      customerTwo { id displayName }
      waterfall { bits message }
    }
  }
}

query MergePreview($one: ID!, $two: ID!) {
  customerMergePreview(
    customerOneId: $one
    customerTwoId: $two
  ) {
    resultingCustomerId
    version
    defaultFields { displayName tags }
    storeCredit { moves { amount currencyCode } }
    dropped { message }
    customerMergeErrors { message }
  }
}

mutation Merge($one: ID!, $two: ID!, $version: String) {
  customerMerge(
    customerOneId: $one
    customerTwoId: $two
    version: $version
  ) {
    resultingCustomerId
    job { id done }
    customerMerge { id undoUntil }
    userErrors { field message code }
  }
}

mutation Undo($mergeId: ID!) {
  customerMergeUndo(mergeId: $mergeId) {
    customerId
    restoredCustomerId
    userErrors { field message code }
  }
}
`;

/** A key of the page's own, so that an operation does something the first time it is run. */
const freshKey = (): string => randomUUID();

/** GraphiQL's tabs, in the order of the tour; they work as they stand against the sample shop. */
export const READY_OPERATIONS: readonly ReadyOperation[] = [
  { viewer: 'anonymous', query: SIGN_IN, variables: () => ({ email: SAMPLE_CUSTOMER.email, code: '' }) },
  { viewer: 'customer', query: MY_ACCOUNT },
  { viewer: 'staff', query: FIND_CUSTOMER, variables: () => ({ query: 'holm' }) },
  {
    viewer: 'staff',
    query: ISSUE_CREDIT,
    variables: () => ({
      key: freshKey(),
      id: CUSTOMER,
      creditInput: { creditAmount: { amount: '25.00', currencyCode: 'EUR' }, note: 'Thank you' },
    }),
  },
  {
    viewer: 'staff',
    query: SPEND_CREDIT,
    variables: () => ({ key: freshKey(), id: ACCOUNT, debitInput: { debitAmount: { amount: '9.50', currencyCode: 'EUR' }, note: 'Order 1204' } }),
  },
  { viewer: 'staff', query: LIVE_BALANCE, variables: () => ({ accountId: ACCOUNT, after: null }) },
  {
    viewer: 'staff',
    query: DUPLICATES,
    variables: () => ({ one: encodeGid('Customer', SAMPLE_TWINS[1]), two: encodeGid('Customer', SAMPLE_TWINS[0]), version: null, mergeId: '' }),
  },
];
