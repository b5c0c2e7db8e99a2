// A storefront's sign-in, from the e-mail address to signing out. With a gateway running (npm start):
//
//     npx tsx examples/storefront-sign-in.ts [e-mail address]
//
// CLIENTELE_URL says where the gateway is: http://localhost:4000 when absent.
import { setTimeout as sleep } from 'node:timers/promises';
import { graphql, url } from './graphql.ts';

const email = process.argv[2] ?? 'anna.holm@example.com';

/** The newest code in the development inbox, where mail lands that is not sent. A customer would read it in her own. */
const newestCode = async (): Promise<string | undefined> => {
  const response = await fetch(`${url}/dev/inbox`, { headers: { accept: 'application/json' } });
  if (!response.ok) throw new Error('This gateway sends real mail: it has no development inbox to read the code from.');
  return ((await response.json()) as { to: string; code?: string }[]).find(({ to }) => to === email)?.code;
};

// 1. Ask for a code. The answer is the same whether or not there is such a customer.
const before = await graphql('{ __typename }').then(newestCode);
await graphql('mutation ($email: String!) { signInCodeRequest(email: $email) { userErrors { message } } }', { email });

let code = before;
for (let tries = 0; code === before && tries < 50; tries += 1) code = await sleep(100).then(newestCode);
if (code === before) throw new Error(`No mail to ${email} arrived within five seconds.`);
console.log(`The code for ${email} is ${code}.`);

// 2. Exchange it for a session. The first time, this makes the customer.
type Signed = { session: { accessToken: string; refreshToken: string; expiresAt: string } };
const fields = 'session { accessToken refreshToken expiresAt } userErrors { message }';
const confirm = `mutation ($email: String!, $code: String!) { signInCodeConfirm(email: $email, code: $code) { ${fields} } }`;
const { session } = await graphql<Signed>(confirm, { email, code });
console.log(`Signed in until ${session.expiresAt}.`);

// 3. Read the account with the access token.
type Me = { displayName: string; storeCreditAccounts: { nodes: { available: { amount: string; currencyCode: string } }[] } };
const account = '{ customer { displayName storeCreditAccounts(first: 5) { nodes { available { amount currencyCode } } } } }';
const me = await graphql<Me>(account, {}, session.accessToken);
const credit = me.storeCreditAccounts.nodes.map(({ available }) => `${available.amount} ${available.currencyCode}`);
console.log(`${me.displayName} has ${credit.join(' and ') || 'no credit yet'}.`);

// 4. Before the hour is over, exchange the refresh token for the next pair.
const refresh = `mutation ($refreshToken: String!) { sessionRefresh(refreshToken: $refreshToken) { ${fields} } }`;
const renewed = await graphql<Signed>(refresh, { refreshToken: session.refreshToken });
console.log(`Renewed until ${renewed.session.expiresAt}.`);

// 5. Sign out: the session ends, and what is subscribed under it.
await graphql('mutation { signOut { userErrors { message } } }', {}, renewed.session.accessToken);
console.log('Signed out.');
