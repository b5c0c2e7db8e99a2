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
