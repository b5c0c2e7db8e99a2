// Watches store credit while it changes, loses the connection on purpose, and misses nothing. With a gateway running (npm start):
//
//     CLIENTELE_STAFF_TOKEN=clt_st_… npx tsx examples/live-balance.ts [customer id]
//
// `npm start` prints the staff token. CLIENTELE_URL says where the gateway is: http://localhost:4000 when absent.
import { randomUUID } from 'node:crypto';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { graphql, url } from './graphql.ts';

const token = process.env.CLIENTELE_STAFF_TOKEN;
if (!token) throw new Error('CLIENTELE_STAFF_TOKEN is missing: "npm start" prints one, and keeps it in .clientele/admin-token.');
const customer = process.argv[2] ?? 'gid://clientele/Customer/01941f29-7c00-7000-8000-00000000c001';

type Posted = { version: string; account: { id: string } };
type Update = { account: { version: string; available: { amount: string } }; transaction: { amount: { amount: string } } | null };

/** Gives or spends euros. The key makes it safe to send again: the same key moves the money once. */
const move = async (kind: 'Credit' | 'Debit', amount: string): Promise<Posted> => {
  const input = `${kind.toLowerCase()}Input: { ${kind.toLowerCase()}Amount: { amount: $amount, currencyCode: EUR } }`;
  const mutation = `mutation ($id: ID!, $amount: Decimal!, $key: String!) {
    storeCreditAccount${kind}(id: $id, ${input}) @idempotent(key: $key) {
      storeCreditAccountTransaction { version account { id } } userErrors { message } } }`;
  const variables = { id: customer, amount, key: randomUUID() };
  return (await graphql<{ storeCreditAccountTransaction: Posted }>(mutation, variables, token)).storeCreditAccountTransaction;
};

const subscription = `subscription ($accountId: ID!, $after: UnsignedInt64) {
  storeCreditAccountUpdated(accountId: $accountId, after: $after) {
    account { version available { amount } } transaction { amount { amount } } } }`;

/** Prints what comes after a version until `isEnough` says so, and answers with the versions seen. */
const watch = async (accountId: string, after: string | null, isEnough: (update: Update) => boolean | Promise<boolean>) => {
  const client = createClient({ url: `${url.replace(/^http/, 'ws')}/graphql`, webSocketImpl: WebSocket, connectionParams: { authorization: token } });
  const versions: string[] = [];
  for await (const { data } of client.iterate<{ storeCreditAccountUpdated: Update }>({ query: subscription, variables: { accountId, after } })) {
    if (!data) break;
    const { account, transaction } = data.storeCreditAccountUpdated;
    console.log(`Version ${account.version}: ${transaction ? `${transaction.amount.amount} makes` : 'there is'} ${account.available.amount}`);
    versions.push(account.version);
    if (await isEnough({ account, transaction })) break;
  }
  client.terminate();
  return versions;
};

// The first message tells the present state; then a debit is sent, and comes as the second.
const { account } = await move('Credit', '10.00');
const seen = await watch(account.id, null, async ({ transaction }) => transaction !== null || !(await move('Debit', '4.00')));

console.log('The connection is lost. Meanwhile 8.00 is spent and 2.00 is given.');
const missed = [(await move('Debit', '8.00')).version, (await move('Credit', '2.00')).version];

const caughtUp = await watch(account.id, seen.at(-1) ?? null, ({ account: { version } }) => version === missed.at(-1));
if (caughtUp.join() !== missed.join()) throw new Error(`Expected the versions ${missed.join(' and ')}, got ${caughtUp.join(', ')}.`);
console.log(`Back again: versions ${caughtUp.join(' and ')} came once each, in order.`);
