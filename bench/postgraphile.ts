import { formatAmount } from '../src/core/money.ts';
import type { Sql } from '../src/db/client.ts';
import { LIST, READ } from './documents.ts';
import type { Load } from './harness.ts';
import { anyOf, customerGid, type Shop } from './shop.ts';

// PostGraphile names things after the tables and leaves values as the tables have them: the same rows and columns are asked for, and read
// back into the gateway's shape where answers are compared.

const CUSTOMER = 'rowId firstName lastName email';
const TRANSACTION = 'rowId kind currency amountMinor createdAt';

const THEIR_READ = `query Read($id: UUID!) {
  customerByRowId(rowId: $id) {
    ${CUSTOMER}
    addressesByCustomerId(first: 10, orderBy: [ROW_ID_ASC]) { nodes { rowId address1 city zip territoryCode } }
    storeCreditAccountsByCustomerId(first: 5, orderBy: [ROW_ID_ASC]) {
      nodes {
        rowId currency balanceMinor available version
        storeCreditTransactionsByAccountId(first: 10, orderBy: [NUMBER_DESC]) { nodes { ${TRANSACTION} balanceAfterMinor } }
      }
    }
  }
}`;

const THEIR_LIST = `query List($after: Cursor!) {
  allCustomers(first: 50, after: $after, orderBy: [ROW_ID_ASC]) {
    nodes {
      ${CUSTOMER}
      storeCreditAccountsByCustomerId(first: 5, orderBy: [ROW_ID_ASC]) {
        nodes {
          rowId currency balanceMinor
          storeCreditTransactionsByAccountId(first: 5, orderBy: [NUMBER_DESC]) { nodes { ${TRANSACTION} } }
        }
      }
    }
  }
}`;

/** A load of PostGraphile's, and the same operation for both. */
interface TheirLoad extends Load {
  readonly nextPair: () => readonly [string, string];
}

const bodies = (ours: (id: string) => object, theirs: (id: string) => object, customers: readonly string[]) => ({
  nextBody: () => JSON.stringify(theirs(anyOf(customers))),
  nextPair: (): readonly [string, string] => {
    const id = anyOf(customers);
    return [JSON.stringify(ours(id)), JSON.stringify(theirs(id))];
  },
});

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** READ as PostGraphile is asked. */
export const postgraphileRead = (ours: Load, { customers }: Shop): TheirLoad => ({
  ...ours,
  ...bodies(
    (id) => ({ query: READ, variables: { id: customerGid(id) } }),
    (id) => ({ query: THEIR_READ, variables: { id } }),
    customers,
  ),
  answer: '{"data":{"customerByRowId":{"rowId"',
});

/** LIST as PostGraphile is asked: its cursors hold a digest of the order, and the id. */
export const postgraphileList = (ours: Load, { customers }: Shop, digest: string): TheirLoad => ({
  ...ours,
  ...bodies(
    (id) => ({ query: LIST, variables: { after: base64(`GPC:S:${id}`) } }),
    (id) => ({ query: THEIR_LIST, variables: { after: base64(JSON.stringify([digest, id])) } }),
    customers,
  ),
  answer: '{"data":{"allCustomers":{"nodes":[',
});

/** The digest in the cursors of customers by id. */
export const pageDigest = async (url: string): Promise<string> => {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ allCustomers(first: 1, orderBy: [ROW_ID_ASC]) { edges { cursor } } }' }),
  });
  const { data } = (await answer.json()) as { data: { allCustomers: { edges: [{ cursor: string }] } } };
  return (JSON.parse(Buffer.from(data.allCustomers.edges[0].cursor, 'base64').toString()) as [string])[0];
};

/** What can be spent is no column: PostGraphile's way to such a value is a function, kept apart from the gateway's schema. */
export const withAvailable = async (sql: Sql): Promise<void> => {
  await sql('create schema if not exists bench_peers', []);
  await sql(
    `create or replace function bench_peers.store_credit_account_available(account public.store_credit_account) returns bigint language sql stable as $$
       select greatest(0, coalesce(sum(remaining_minor), 0) - account.held_minor)::bigint from public.store_credit_lot
       where account_id = account.id and is_open and (expires_at is null or expires_at > clock_timestamp())
     $$`,
    [],
  );
};

interface TheirTransaction {
  readonly rowId: string;
  readonly kind: 'CREDIT' | 'DEBIT' | 'DEBIT_REVERT' | 'EXPIRATION';
  readonly currency: string;
  readonly amountMinor: string;
  readonly balanceAfterMinor?: string;
  readonly createdAt: string;
}

interface TheirAccount {
  readonly rowId: string;
  readonly currency: string;
  readonly balanceMinor: string;
  readonly available?: string;
  readonly version?: string;
  readonly storeCreditTransactionsByAccountId: { readonly nodes: readonly TheirTransaction[] };
}

interface TheirCustomer {
  readonly rowId: string;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly email: string | null;
  readonly addressesByCustomerId?: { readonly nodes: readonly { readonly rowId: string }[] };
  readonly storeCreditAccountsByCustomerId: { readonly nodes: readonly TheirAccount[] };
}

const KINDS = { CREDIT: 'Credit', DEBIT: 'Debit', DEBIT_REVERT: 'DebitRevert', EXPIRATION: 'Expiration' } as const;

const money = (minor: string, currencyCode: string) => ({ amount: formatAmount(BigInt(minor), currencyCode), currencyCode });

const transactionOf = ({ rowId, kind, currency, amountMinor, balanceAfterMinor, createdAt }: TheirTransaction) => ({
  id: `gid://clientele/StoreCreditAccount${KINDS[kind]}Transaction/${rowId}`,
  amount: money(amountMinor, currency),
  ...(balanceAfterMinor === undefined ? {} : { balanceAfterTransaction: money(balanceAfterMinor, currency) }),
  createdAt: new Date(createdAt).toISOString(),
});

const accountOf = ({ rowId, currency, balanceMinor, available, version, ...account }: TheirAccount) => ({
  id: `gid://clientele/StoreCreditAccount/${rowId}`,
  balance: money(balanceMinor, currency),
  ...(available === undefined ? {} : { available: money(available, currency) }),
  ...(version === undefined ? {} : { version }),
  transactions: { nodes: account.storeCreditTransactionsByAccountId.nodes.map(transactionOf) },
});

const customerOf = ({ rowId, firstName, lastName, email, addressesByCustomerId: addresses, ...customer }: TheirCustomer) => ({
  id: customerGid(rowId),
  firstName,
  lastName,
  emailAddress: email ? { emailAddress: email } : null,
  ...(addresses
    ? { addresses: { nodes: addresses.nodes.map(({ rowId: id, ...rest }) => ({ id: `gid://clientele/CustomerAddress/${id}`, ...rest })) } }
    : {}),
  storeCreditAccounts: { nodes: customer.storeCreditAccountsByCustomerId.nodes.map(accountOf) },
});

/** PostGraphile's answer in the gateway's shape. */
export const fromPostgraphile = ({
  data,
}: {
  data: { customerByRowId?: TheirCustomer; allCustomers?: { nodes: readonly TheirCustomer[] } };
}): unknown =>
  data.customerByRowId
    ? { data: { customer: customerOf(data.customerByRowId) } }
    : { data: { customers: { nodes: (data.allCustomers?.nodes ?? []).map(customerOf) } } };
