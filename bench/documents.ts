/** One customer with all that an account page shows. */
export const READ = `query Read($id: ID!) {
  customer(id: $id) {
    id
    firstName
    lastName
    emailAddress { emailAddress }
    addresses(first: 10) { nodes { id address1 city zip territoryCode } }
    storeCreditAccounts(first: 5) {
      nodes {
        id
        balance { amount currencyCode }
        available { amount currencyCode }
        version
        transactions(first: 10, reverse: true) {
          nodes {
            id
            amount { amount currencyCode }
            balanceAfterTransaction { amount currencyCode }
            createdAt
          }
        }
      }
    }
  }
}`;

/** A page of a dashboard: 50 customers, what they hold and how it moved last. */
export const LIST = `query List($after: String!) {
  customers(first: 50, after: $after) {
    nodes {
      id
      firstName
      lastName
      emailAddress { emailAddress }
      storeCreditAccounts(first: 5) {
        nodes {
          id
          balance { amount currencyCode }
          transactions(first: 5, reverse: true) {
            nodes {
              id
              amount { amount currencyCode }
              createdAt
            }
          }
        }
      }
    }
  }
}`;

/** As every amount is asked for. */
const MONEY = '{ amount currencyCode }';
const ADDRESS =
  'id name firstName lastName company address1 address2 city zip zoneCode territoryCode country phoneNumber formatted(withName: true) formattedArea';

/** The account page: the profile, the book of addresses, and every account with its movements, each with what it belongs to. */
export const PAGE = `query Page($id: ID!) {
  customer(id: $id) {
    id
    displayName
    firstName
    lastName
    emailAddress { emailAddress verified }
    phoneNumber { phoneNumber }
    locale
    birthDate
    tags
    state
    createdAt
    updatedAt
    defaultAddress { ${ADDRESS} }
    addresses(first: 20) { nodes { ${ADDRESS} } pageInfo { hasNextPage hasPreviousPage } }
    storeCreditAccounts(first: 10) {
      nodes {
        id
        currencyCode
        balance ${MONEY}
        available ${MONEY}
        version
        createdAt
        transactions(first: 20, reverse: true) {
          nodes {
            id
            number
            version
            event
            amount ${MONEY}
            balanceAfterTransaction ${MONEY}
            createdAt
            account { id currencyCode balance ${MONEY} createdAt }
            ... on StoreCreditAccountDebitTransaction { allocations { amount ${MONEY} creditTransaction { id createdAt amount ${MONEY} } } }
            ... on StoreCreditAccountCreditTransaction { expiresAt remainingAmount ${MONEY} }
          }
          pageInfo { hasNextPage }
        }
      }
    }
  }
}`;

/** Credit spent at a checkout. */
export const DEBIT = `mutation Debit($id: ID!, $key: String!) {
  storeCreditAccountDebit(id: $id, debitInput: { debitAmount: { amount: "0.01", currencyCode: EUR } }) @idempotent(key: $key) {
    storeCreditAccountTransaction {
      id
      balanceAfterTransaction { amount currencyCode }
    }
    userErrors { field code message }
  }
}`;

/** The balance on a shopper's screen. */
export const LIVE = `subscription Live($id: ID!) {
  storeCreditAccountUpdated(accountId: $id) {
    account { version balance ${MONEY} }
    transaction { createdAt }
  }
}`;

/** Signing in: asking for the code, and giving it. */
export const CODE_REQUEST = `mutation Request($email: String!) {
  signInCodeRequest(email: $email) { expiresAt userErrors { field code message } }
}`;
export const CODE_CONFIRM = `mutation Confirm($email: String!, $code: String!) {
  signInCodeConfirm(email: $email, code: $code) { session { accessToken refreshToken expiresAt } userErrors { field code message } }
}`;
