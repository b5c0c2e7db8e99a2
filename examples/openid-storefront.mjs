// A storefront that signs its customers in by OpenID. With a gateway running (npm start):
//
//     CLIENTELE_STAFF_TOKEN=clt_st_… node examples/openid-storefront.mjs
//
// CLIENTELE_URL is the gateway's PUBLIC_URL: http://localhost:4000 when absent. PORT: 3000 when absent.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import * as openid from 'openid-client';

const { CLIENTELE_URL: gateway = 'http://localhost:4000', CLIENTELE_STAFF_TOKEN: staffToken, PORT: port = '3000' } = process.env;
const home = `http://localhost:${port}`;
const redirect_uri = `${home}/callback`;

const graphql = async (token, query, variables) => {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const response = await fetch(`${gateway}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  const { data, errors } = await response.json();
  if (errors) throw new Error(errors[0].message);
  return data;
};

// Once: register the storefront. `development` allows http, as does `allowInsecureRequests`; neither is wanted over https.
const input = { name: 'Example storefront', type: 'CONFIDENTIAL', redirectUris: [redirect_uri], postLogoutRedirectUris: [home], development: true };
const register = 'mutation ($input: OidcClientCreateInput!) { oidcClientCreate(input: $input) { oidcClient { clientId } clientSecret } }';
const { oidcClient, clientSecret } = (await graphql(staffToken, register, { input })).oidcClientCreate;
const insecure = { execute: [openid.allowInsecureRequests] };
const config = await openid.discovery(new URL(gateway), oidcClient.clientId, clientSecret, undefined, insecure);

const login = async (visitor) => {
  const [pkceCodeVerifier, expectedState, expectedNonce] = [openid.randomPKCECodeVerifier(), openid.randomState(), openid.randomNonce()];
  visitor.checks = { pkceCodeVerifier, expectedState, expectedNonce };
  const code_challenge = await openid.calculatePKCECodeChallenge(pkceCodeVerifier);
  const challenge = { code_challenge, code_challenge_method: 'S256', state: expectedState, nonce: expectedNonce };
  return openid.buildAuthorizationUrl(config, { redirect_uri, scope: 'openid email', ...challenge }).href;
};
const callback = async (visitor, url) => {
  visitor.tokens = await openid.authorizationCodeGrant(config, url, visitor.checks);
  return home;
};
const logout = async ({ tokens }) => openid.buildEndSessionUrl(config, { id_token_hint: tokens.id_token, post_logout_redirect_uri: home }).href;
const front = async ({ tokens }) => {
  if (!tokens) return '<a href="/login">Sign in</a>';
  const { customer } = await graphql(tokens.access_token, '{ customer { displayName } }');
  return `Hello ${customer.displayName.replace(/[<&]/g, '')}. <a href="/logout">Sign out</a>`;
};

const visitors = new Map();
createServer(async (request, response) => {
  const id = /visitor=([\w-]+)/.exec(request.headers.cookie ?? '')?.[1] ?? randomUUID();
  const visitor = visitors.get(id) ?? visitors.set(id, {}).get(id);
  const url = new URL(request.url, home);
  response.setHeader('set-cookie', `visitor=${id}; HttpOnly; SameSite=Lax; Path=/`).setHeader('content-type', 'text/html; charset=utf-8');
  const leave = { '/login': login, '/callback': callback, '/logout': logout }[url.pathname];
  const answer = await (leave ?? front)(visitor, url).catch(({ message }) => `It did not work: ${message}`);
  if (url.pathname === '/logout') visitors.delete(id);
  response.writeHead(/^http/.test(answer) ? 302 : 200, /^http/.test(answer) ? { location: answer } : {}).end(answer);
}).listen(Number(port), () => console.log(`Open ${home}`));
