import { randomUUID } from 'node:crypto';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { createGraphQLClient } from '@shopify/graphql-client';
import { fetchExchange, Client as UrqlClient } from '@urql/core';
import { print } from 'graphql';
import { GraphQLClient } from 'graphql-request';
import { createClient as createEventsClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCredit, givenSession, someEmail } from '../support/given.ts';
import {
  AddAddressDocument,
  ConfirmCodeDocument,
  FindCustomerDocument,
  IssueCreditDocument,
  LiveBalanceDocument,
  type LiveBalanceSubscription,
  MyAccountDocument,
  RequestCodeDocument,
  SignOutDocument,
  SpendCreditDocument,
  SpendInGermanDocument,
} from '../support/operations.ts';

type Headers = Record<string, string>;

/** One published client, set up as its documentation says. */
interface PublishedClient {
  readonly name: string;
  readonly path: string;
  readonly customer: (token: string) => Headers;
  readonly staff: (token: string) => Headers;
  /** Throws with the code of a top-level error in its message. */
  send<Data, Variables extends object>(
    url: string,
    headers: Headers,
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): Promise<Data>;
  watch?(url: string, headers: Headers, accountId: string): AsyncIterator<LiveBalanceSubscription>;
}

const bearer = (token: string): Headers => ({ authorization: `Bearer ${token}` });
const bare = (token: string): Headers => ({ Authorization: token });
const shopify = (token: string): Headers => ({ 'X-Shopify-Access-Token': token });

interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: unknown }[];
}
const dataOf = <Data>({ data, errors }: Answer<Data>): Data => {
  if (errors?.length || !data) throw new Error(JSON.stringify(errors));
  return data;
};

async function* each<Data>(answers: AsyncIterableIterator<Answer<Data>>, close: () => unknown): AsyncGenerator<Data> {
  try {
    for await (const answer of answers) yield dataOf(answer);
  } catch (error) {
    // graphql-ws throws the event of a close.
    const { code, reason } = error as { code?: number; reason?: string };
    throw error instanceof Error ? error : new Error(`${code} ${reason}`);
  } finally {
    await close();
  }
}
const one = async <Data>(answers: AsyncGenerator<Data>): Promise<Data> => {
  const { value } = await answers.next();
  await answers.return(undefined);
  return value as Data;
};

const overSocket = <Data, Variables extends object>(
  url: string,
  headers: Headers,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
) => {
  const client = createSocketClient({ url: url.replace('http', 'ws'), webSocketImpl: WebSocket, connectionParams: headers, retryAttempts: 0 });
  const answers = client.iterate<Data>({ query: print(document), variables: { ...variables } as Record<string, unknown> });
  return each(answers as AsyncIterableIterator<Answer<Data>>, () => client.dispose());
};
const overEvents = <Data, Variables extends object>(
  url: string,
  headers: Headers,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
) => {
  const client = createEventsClient({ url, headers, retryAttempts: 0 });
  const answers = client.iterate<Data>({ query: print(document), variables: { ...variables } as Record<string, unknown> });
  return each(answers as AsyncIterableIterator<Answer<Data>>, () => client.dispose());
};

const CLIENTS: readonly PublishedClient[] = [
  {
    name: '@shopify/graphql-client',
    path: '/customer/api/2026-10/graphql',
    customer: bare,
    staff: shopify,
    send: async (url, headers, document, variables) => {
      const client = createGraphQLClient({ url, headers: { 'Content-Type': 'application/json', ...headers }, retries: 0 });
      const { data, errors } = await client.request(print(document), { variables: { ...variables } });
      if (errors) throw new Error(JSON.stringify(errors.graphQLErrors ?? errors));
      return data;
    },
  },
  {
    name: 'graphql-request',
    path: '/graphql',
    customer: bearer,
    staff: bearer,
    send: (url, headers, document, variables) => new GraphQLClient(url, { headers }).request({ document, variables } as never),
  },
  {
    name: '@urql/core',
    path: '/graphql',
    customer: bearer,
    staff: shopify,
    send: async (url, headers, document, variables) => {
      const client = new UrqlClient({ url, exchanges: [fetchExchange], fetchOptions: { headers }, preferGetMethod: false });
      const isQuery = print(document).startsWith('query');
      const { data, error } = await (isQuery ? client.query(document, variables) : client.mutation(document, variables)).toPromise();
      if (error) throw new Error(JSON.stringify(error.graphQLErrors));
      return data as never;
    },
    watch: (url, headers, accountId) => {
      const client = new UrqlClient({ url, exchanges: [fetchExchange], fetchOptions: { headers }, fetchSubscriptions: true, preferGetMethod: false });
      const told: LiveBalanceSubscription[] = [];
      const { unsubscribe } = client.subscription(LiveBalanceDocument, { accountId }).subscribe(({ data, error }) => {
        told.push(dataOf({ data, errors: error?.graphQLErrors }));
      });
      return {
        next: async () => {
          await expect.poll(() => told.length, { timeout: 20_000 }).toBeGreaterThan(0);
          return { done: false, value: told.shift() as LiveBalanceSubscription };
        },
        return: async () => {
          unsubscribe();
          return { done: true, value: undefined };
        },
      };
    },
  },
  {
    name: 'graphql-ws',
    path: '/graphql',
    customer: bare,
    staff: shopify,
    send: (url, headers, document, variables) => one(overSocket(url, headers, document, variables)),
    watch: (url, headers, accountId) => overSocket(url, headers, LiveBalanceDocument, { accountId }),
  },
  {
    name: 'graphql-sse',
    path: '/graphql',
    customer: bearer,
    staff: bearer,
    send: (url, headers, document, variables) => one(overEvents(url, headers, document, variables)),
    watch: (url, headers, accountId) => overEvents(url, headers, LiveBalanceDocument, { accountId }),
  },
];

describe.each(backends)('published clients on $name', (kind) => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await startTestGateway(kind);
  });
  afterAll(() => test.stop());

  const mailedCode = async (email: string): Promise<string> => {
    await expect.poll(() => test.mails.some(({ to }) => to === email), { timeout: 20_000 }).toBe(true);
    return test.mails.find(({ to }) => to === email)?.code ?? '';
  };

  describe.each(CLIENTS)('$name', ({ path, customer, staff, send, watch }) => {
    it('signs in by code, sees its account, is found and given credit, spends it, and signs out', async () => {
      const url = test.url + path;
      const email = someEmail();
      const requested = await send(url, {}, RequestCodeDocument, { email });
      expect(requested.signInCodeRequest.userErrors).toEqual([]);
      const wrong = await send(url, {}, ConfirmCodeDocument, { email, code: 'abc' });
      expect(wrong.signInCodeConfirm).toEqual({
        customer: null,
        session: null,
        userErrors: [{ field: ['code'], code: 'INVALID_CODE', message: expect.stringContaining('code') }],
      });
      const { signInCodeConfirm } = await send(url, {}, ConfirmCodeDocument, { email, code: await mailedCode(email) });
      expect(signInCodeConfirm.userErrors).toEqual([]);
      const mine = customer(signInCodeConfirm.session?.accessToken ?? '');
      const theirs = staff(test.staffToken);

      const address = { firstName: 'Ida', address1: 'Nørrebrogade 1', zip: '2200', city: 'København N', territoryCode: 'DK' };
      const added = await send(url, mine, AddAddressDocument, { address });
      expect(added.customerAddressCreate).toMatchObject({
        customerAddress: { formatted: ['Nørrebrogade 1', '2200 København N', 'Denmark'] },
        userErrors: [],
      });

      const found = await send(url, theirs, FindCustomerDocument, { query: `email:"${email}"` });
      expect(found.customers.totalCount).toBe(1);
      const id = found.customers.nodes[0]?.id ?? '';
      expect(id).toBe(signInCodeConfirm.customer?.id);

      const credit = { id, key: randomUUID(), creditInput: { creditAmount: { amount: '25.00', currencyCode: 'EUR' as const }, note: 'Welcome' } };
      const issued = await send(url, theirs, IssueCreditDocument, credit);
      expect(issued.storeCreditAccountCredit).toMatchObject({
        storeCreditAccountTransaction: { amount: { amount: '25.00', currencyCode: 'EUR' }, balanceAfterTransaction: { amount: '25.00' } },
        userErrors: [],
      });
      expect(await send(url, theirs, IssueCreditDocument, credit)).toEqual(issued);

      const spend = (amount: string) => ({ id, debitInput: { debitAmount: { amount, currencyCode: 'EUR' as const } } });
      const spent = await send(url, theirs, SpendCreditDocument, spend('9.50'));
      expect(spent.storeCreditAccountDebit).toMatchObject({
        storeCreditAccountTransaction: { balanceAfterTransaction: { amount: '15.50' } },
        userErrors: [],
      });
      const tooMuch = await send(url, theirs, SpendCreditDocument, spend('15.51'));
      const german = await send(url, theirs, SpendInGermanDocument, spend('15.51'));
      const [inEnglish] = tooMuch.storeCreditAccountDebit?.userErrors ?? [];
      const [inGerman] = german.storeCreditAccountDebit?.userErrors ?? [];
      expect(inEnglish).toMatchObject({ code: 'INSUFFICIENT_FUNDS', field: ['debitInput', 'debitAmount'] });
      expect(inGerman).toMatchObject({ code: 'INSUFFICIENT_FUNDS', field: ['debitInput', 'debitAmount'] });
      expect(inGerman?.message).not.toBe(inEnglish?.message);

      const account = await send(url, mine, MyAccountDocument, { language: 'DE' });
      expect(account.customer).toMatchObject({
        id,
        displayName: email,
        emailAddress: { emailAddress: email, verified: true },
        defaultAddress: { formatted: ['Ida', 'Nørrebrogade 1', '2200 København N', 'Denmark'] },
        addresses: { nodes: [{ city: 'København N', territoryCode: 'DK' }], pageInfo: { hasNextPage: false } },
        storeCreditAccounts: {
          nodes: [
            {
              balance: { amount: '15.50', currencyCode: 'EUR' },
              available: { amount: '15.50' },
              transactions: { nodes: [{ number: '2' }, { number: '1' }] },
            },
          ],
        },
      });

      await send(url, mine, SignOutDocument, {});
      await expect(send(url, mine, MyAccountDocument, {})).rejects.toThrow(/UNAUTHENTICATED|4403|Forbidden|Unauthorized|401/);
    });

    if (watch) {
      it('watches the balance live', async () => {
        const { customerId, tokens } = await givenSession(test.app);
        const { gid } = await givenCredit(test.app, customerId, 20_00n);
        const updates = watch(test.url + path, customer(tokens.accessToken), gid);
        const { value: present } = await updates.next();
        expect(present).toMatchObject({ storeCreditAccountUpdated: { account: { version: '1', balance: { amount: '20.00' } }, transaction: null } });
        const debit = { id: gid, debitInput: { debitAmount: { amount: '0.01', currencyCode: 'EUR' as const } } };
        await send(test.url + path, staff(test.staffToken), SpendCreditDocument, debit);
        const { value: after } = await updates.next();
        expect(after).toMatchObject({
          storeCreditAccountUpdated: {
            account: { version: '2', balance: { amount: '19.99' } },
            transaction: { number: '2', amount: { amount: '-0.01' } },
          },
        });
        await updates.return?.();
      });
    }
  });

  it('may name the key of a retry in a header instead of the document', async () => {
    const { customerId } = await givenSession(test.app);
    const { gid } = await givenCredit(test.app, customerId, 20_00n);
    const client = new GraphQLClient(test.graphqlUrl, { headers: { ...bearer(test.staffToken), 'Idempotency-Key': randomUUID() } });
    const spend = (amount: string) => client.request(SpendCreditDocument, { id: gid, debitInput: { debitAmount: { amount, currencyCode: 'EUR' } } });
    const first = await spend('5');
    expect(await spend('5')).toEqual(first);
    expect((await spend('6')).storeCreditAccountDebit?.userErrors).toMatchObject([{ code: 'IDEMPOTENCY_KEY_PARAMETER_MISMATCH', field: null }]);
    expect(first.storeCreditAccountDebit?.storeCreditAccountTransaction?.balanceAfterTransaction.amount).toBe('15.00');
  });

  it('read the errors of an operation and of its fields, also where they drop the body of every status but 200', async () => {
    const client = createGraphQLClient({ url: test.graphqlUrl, headers: { 'Content-Type': 'application/json' }, retries: 0 });
    const unknown = await client.request('{ nothingOfTheKind }');
    expect(unknown.errors?.graphQLErrors?.[0]).toMatchObject({ message: expect.stringContaining('nothingOfTheKind') });
    const anonymous = await client.request(print(MyAccountDocument));
    expect(anonymous.errors?.graphQLErrors?.[0]).toMatchObject({ extensions: { code: 'UNAUTHENTICATED' } });
    const misfit = await client.request(print(AddAddressDocument), { variables: { address: 7 } });
    expect(misfit.errors?.graphQLErrors?.[0]).toMatchObject({ message: expect.stringContaining('$address') });
  });
});
