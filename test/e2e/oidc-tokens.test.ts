import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createClient } from 'graphql-ws';
import { compactVerify, createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { endSessions } from '../../src/capabilities/sessions/end.ts';
import { backends } from '../support/backends.ts';
import { startPublicGateway, type TestGateway } from '../support/gateway.ts';
import { givenCredit, someEmail } from '../support/given.ts';
import { begin, CALLBACK, discover, givenClient, signIn } from '../support/oidc.ts';
import { createVisitor, signInOn } from '../support/visitor.ts';

const ME = '{ customer { displayName } }';
const REFRESH = 'mutation ($refreshToken: String!) { sessionRefresh(refreshToken: $refreshToken) { session { accessToken } userErrors { code } } }';
const invalidGrant = { error: 'invalid_grant', status: 400 };

describe.each(backends)('OpenID’s tokens on $name', (kind) => {
  let test: TestGateway;
  let ahead = 0;
  beforeAll(async () => {
    test = await startPublicGateway(kind, () => new Date(Date.now() + ahead));
  });
  afterAll(() => test?.stop());

  const isGood = async (token: string): Promise<boolean> => (await test.graphql(ME, {}, token)).status === 200;
  const sessionsOf = (clientId: string) => test.app.backend.database.prisma.session.findMany({ where: { clientId } });
  const given = async (type: 'CONFIDENTIAL' | 'PUBLIC' = 'CONFIDENTIAL', input = {}) => {
    const client = await givenClient(test, type, input);
    const config = await discover(test, client);
    return { client, config, ...(await signIn(test, config, someEmail())) };
  };

  it.each(['CONFIDENTIAL', 'PUBLIC'] as const)(
    'rotate at refresh for a %s client: the new pair works, the old access token does not',
    async (type) => {
      const { config, tokens, client } = await given(type);
      const next = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '');
      expect(next.refresh_token).not.toBe(tokens.refresh_token);
      expect(next.claims()).toMatchObject({ sub: tokens.claims()?.sub, sid: tokens.claims()?.sid, auth_time: tokens.claims()?.auth_time });
      expect(await isGood(next.access_token)).toBe(true);
      expect(await isGood(tokens.access_token)).toBe(false);
      expect(await sessionsOf(client.clientId)).toHaveLength(1);
    },
  );

  it('give those who refresh at once the same pair, and end the session for one that comes later', async () => {
    const { config, tokens } = await given();
    const pairs = await Promise.all(Array.from({ length: 5 }, () => openid.refreshTokenGrant(config, tokens.refresh_token ?? '')));
    expect(new Set(pairs.map(({ refresh_token }) => refresh_token)).size).toBe(1);
    const [next] = pairs as [(typeof pairs)[number]];
    expect(await isGood(next.access_token)).toBe(true);
    ahead += 31_000;
    await expect(openid.refreshTokenGrant(config, tokens.refresh_token ?? '')).rejects.toMatchObject(invalidGrant);
    expect(await isGood(next.access_token)).toBe(false);
    await expect(openid.refreshTokenGrant(config, next.refresh_token ?? '')).rejects.toMatchObject(invalidGrant);
  });

  it('are refreshed by their own client alone', async () => {
    const { config, tokens } = await given();
    const other = await discover(test, await givenClient(test));
    await expect(openid.refreshTokenGrant(other, tokens.refresh_token ?? '')).rejects.toMatchObject(invalidGrant);
    const { data } = await test.graphql(REFRESH, { refreshToken: tokens.refresh_token });
    expect(data.sessionRefresh).toEqual({ session: null, userErrors: [{ code: 'INVALID_TOKEN' }] });
    expect((await openid.refreshTokenGrant(config, tokens.refresh_token ?? '')).access_token).toBeTruthy();
  });

  it('are given for a code once; shown again, it ends the session', async () => {
    const { config, tokens, back, checks } = await given();
    expect(await isGood(tokens.access_token)).toBe(true);
    await expect(openid.authorizationCodeGrant(config, back, checks)).rejects.toMatchObject(invalidGrant);
    expect(await isGood(tokens.access_token)).toBe(false);
    await expect(openid.refreshTokenGrant(config, tokens.refresh_token ?? '')).rejects.toMatchObject(invalidGrant);
  });

  it('are given to one of those who show a code at once', async () => {
    const client = await givenClient(test);
    const config = await discover(test, client);
    const { url, checks } = await begin(config);
    const visitor = createVisitor(test);
    const back = new URL((await signInOn(test, visitor, await visitor.open(url.href), someEmail())).url);
    const answers = await Promise.allSettled(Array.from({ length: 5 }, () => openid.authorizationCodeGrant(config, back, checks)));
    expect(answers.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1);
    expect(await sessionsOf(client.clientId)).toHaveLength(1);
  });

  describe('are refused', () => {
    const codeFor = async (type: 'CONFIDENTIAL' | 'PUBLIC' = 'CONFIDENTIAL') => {
      const client = await givenClient(test, type);
      const config = await discover(test, client);
      const { url, checks } = await begin(config);
      const visitor = createVisitor(test);
      const back = await signInOn(test, visitor, await visitor.open(url.href), someEmail());
      return { client, config, checks, code: new URL(back.url).searchParams.get('code') ?? '' };
    };
    const exchange = async ({ client, code }: Awaited<ReturnType<typeof codeFor>>, fields: Record<string, string>, headers = {}) => {
      const body = new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: CALLBACK, ...fields });
      const basic = `Basic ${Buffer.from(`${client.clientId}:${client.secret}`).toString('base64')}`;
      const auth: Record<string, string> = client.secret ? { authorization: basic } : {};
      if (!client.secret) body.set('client_id', client.clientId);
      const response = await fetch(`${test.url}/oauth/token`, { method: 'POST', body, headers: { ...auth, ...headers } });
      return {
        status: response.status,
        headers: response.headers,
        ...((await response.json()) as { error?: string; access_token?: string; token_type?: string }),
      };
    };

    it('without the verifier of a challenge, or with another', async () => {
      const shown = await codeFor();
      expect(await exchange(shown, {})).toMatchObject({ status: 400, error: 'invalid_grant' });
      expect(await exchange(shown, { code_verifier: openid.randomPKCECodeVerifier() })).toMatchObject({ error: 'invalid_grant' });
      // The right one is still good: guessing burns nothing.
      expect(await exchange(shown, { code_verifier: shown.checks.pkceCodeVerifier })).toMatchObject({ status: 200, token_type: 'Bearer' });
    });

    it('with another address to come back to', async () => {
      const shown = await codeFor();
      const fields = { code_verifier: shown.checks.pkceCodeVerifier, redirect_uri: 'https://shop.example/callback2' };
      expect(await exchange(shown, fields)).toMatchObject({ error: 'invalid_grant' });
    });

    it('to another client, and to one whose secret is wrong', async () => {
      const shown = await codeFor();
      const fields = { code_verifier: shown.checks.pkceCodeVerifier };
      const other = await givenClient(test);
      expect(await exchange({ ...shown, client: other }, fields)).toMatchObject({ error: 'invalid_grant' });
      const wrong = await exchange({ ...shown, client: { ...shown.client, secret: other.secret } }, fields);
      expect(wrong).toMatchObject({ status: 401, error: 'invalid_client' });
      expect(await exchange({ ...shown, client: { ...shown.client, secret: '' } }, fields)).toMatchObject({ status: 401, error: 'invalid_client' });
    });

    it('when the code has run out', async () => {
      const shown = await codeFor();
      ahead += 61_000;
      expect(await exchange(shown, { code_verifier: shown.checks.pkceCodeVerifier })).toMatchObject({ error: 'invalid_grant' });
    });

    it('when the customer was blocked in between', async () => {
      const shown = await codeFor();
      const { prisma } = test.app.backend.database;
      const { customerId } = await prisma.session.findFirstOrThrow({ orderBy: { id: 'desc' }, select: { customerId: true } });
      await prisma.customer.update({ where: { id: customerId }, data: { blockedAt: new Date() } });
      expect(await exchange(shown, { code_verifier: shown.checks.pkceCodeVerifier })).toMatchObject({ error: 'invalid_grant' });
    });

    it('to browsers’ pages of origins that are not the client’s', async () => {
      const shown = await codeFor('PUBLIC');
      const fields = { code_verifier: shown.checks.pkceCodeVerifier };
      const evil = await exchange(shown, fields, { origin: 'https://evil.example' });
      expect(evil).toMatchObject({ status: 400, error: 'invalid_request' });
      expect(evil.headers.get('access-control-allow-origin')).toBeNull();
      const own = await exchange(shown, fields, { origin: 'https://shop.example' });
      expect(own.status).toBe(200);
      expect(own.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    });
  });

  it('end when their client revokes them, and open subscriptions with them', async () => {
    const { config, tokens } = await given();
    const customerId = tokens.claims()?.sub ?? '';
    const { gid } = await givenCredit(test.app, customerId, 5_00n);
    const socket = createClient({
      url: `${test.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: tokens.access_token },
      retryAttempts: 0,
    });
    const updates = socket.iterate({ query: `subscription { storeCreditAccountUpdated(accountId: "${gid}") { account { balance { amount } } } }` });
    expect((await updates.next()).value).toMatchObject({ data: { storeCreditAccountUpdated: { account: { balance: { amount: '5.00' } } } } });
    expect(await openid.tokenIntrospection(config, tokens.access_token)).toMatchObject({
      active: true,
      sub: customerId,
      scope: 'openid email profile',
    });
    await openid.tokenRevocation(config, tokens.refresh_token ?? '');
    const cut = await updates.next().then(JSON.stringify, ({ code, reason }: { code: number; reason: string }) => `${code} ${reason}`);
    expect(cut).toMatch(/UNAUTHENTICATED|^44\d\d /);
    await socket.dispose();
    expect(await isGood(tokens.access_token)).toBe(false);
    expect(await openid.tokenIntrospection(config, tokens.access_token)).toEqual({ active: false });
    await expect(openid.fetchUserInfo(config, tokens.access_token, customerId)).rejects.toMatchObject({ status: 401 });
  });

  it('end for userinfo when the gateway ends the session', async () => {
    const { config, tokens } = await given();
    await test.graphql('mutation { signOut { userErrors { code } } }', {}, tokens.access_token);
    await expect(openid.fetchUserInfo(config, tokens.access_token, openid.skipSubjectCheck)).rejects.toMatchObject({ status: 401 });
    await expect(openid.refreshTokenGrant(config, tokens.refresh_token ?? '')).rejects.toMatchObject(invalidGrant);
  });

  it('say who somebody is in an id token that plain base64 can read, whatever her address', async () => {
    const config = await discover(test, await givenClient(test));
    const email = `o~k?a.${Math.random().toString(36).slice(2)}@example.com`;
    const { tokens } = await signIn(test, config, email);
    const [header = '', payload = ''] = (tokens.id_token ?? '').split('.');
    expect(`${header}${payload}`).not.toMatch(/[-_]/);
    expect(JSON.parse(atob(payload))).toMatchObject({ email, email_verified: true });
    expect(Object.keys(JSON.parse(atob(payload))).sort()).toEqual(
      ['aud', 'auth_time', 'email', 'email_verified', 'exp', 'iat', 'iss', 'nonce', 'sid', 'sub'].sort(),
    );
    const jwks = createRemoteJWKSet(new URL(`${test.url}/.well-known/jwks.json`));
    await expect(jwtVerify(tokens.id_token ?? '', jwks, { issuer: test.url, currentDate: test.app.clock() })).resolves.toBeTruthy();
  });

  it('are signed by the next key after a rotation, which clients know already; old ones stay good until they are withdrawn', async () => {
    const rotate = async (withdraw: boolean): Promise<string> => {
      const query = 'mutation ($withdraw: Boolean) { oidcSigningKeyRotate(withdraw: $withdraw) { kid userErrors { code } } }';
      return (await test.graphql(query, { withdraw }, test.staffToken)).data.oidcSigningKeyRotate.kid;
    };
    const published = async (): Promise<{ kid: string; d?: string }[]> =>
      ((await (await fetch(`${test.url}/.well-known/jwks.json`)).json()) as { keys: { kid: string }[] }).keys;
    const { config, tokens } = await given();
    const first = await published();
    expect(first.every((key) => !('d' in key) && !('p' in key))).toBe(true);
    const kid = await rotate(false);
    expect(first.map((key) => key.kid)).toContain(kid);
    const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '');
    expect(decodeProtectedHeader(refreshed.id_token ?? '').kid).toBe(kid);
    const jwks = createRemoteJWKSet(new URL(`${test.url}/.well-known/jwks.json`));
    await expect(compactVerify(tokens.id_token ?? '', jwks)).resolves.toBeTruthy();

    const clean = await rotate(true);
    const left = await published();
    expect(left.map((key) => key.kid)).toContain(clean);
    expect(left).toHaveLength(2);
    expect(first.some((key) => left.some((other) => other.kid === key.kid))).toBe(false);
    await expect(compactVerify(tokens.id_token ?? '', createRemoteJWKSet(new URL(`${test.url}/.well-known/jwks.json`)))).rejects.toThrow();
  });

  describe('with a client that listens', () => {
    let receiver: Server;
    let received: string[];
    let answers: number[];
    beforeAll(async () => {
      receiver = createServer(async (request, response) => {
        let body = '';
        for await (const chunk of request) body += chunk;
        received.push(new URLSearchParams(body).get('logout_token') ?? '');
        response.writeHead(answers.shift() ?? 200).end();
      });
      await new Promise<void>((resolve) => void receiver.listen(0, '127.0.0.1', resolve));
    });
    afterAll(() => void receiver.close());

    it('end with a logout token to it, also when it fails at first', async () => {
      received = [];
      answers = [500];
      const backchannelLogoutUri = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/logout`;
      const { tokens, client } = await given('CONFIDENTIAL', { backchannelLogoutUri, development: true });
      const { sub, sid } = tokens.claims() as unknown as { sub: string; sid: string };
      await test.app.transact('system', (tx) => endSessions(tx, { customerId: sub }, 'test'));
      await expect.poll(() => received.length, { timeout: 15_000, interval: 100 }).toBe(2);
      const jwks = createRemoteJWKSet(new URL(`${test.url}/.well-known/jwks.json`));
      const options = { issuer: test.url, audience: client.clientId, typ: 'logout+jwt', currentDate: test.app.clock() };
      const { payload } = await jwtVerify(received[1] ?? '', jwks, options);
      expect(payload).toMatchObject({ sub, sid, jti: expect.any(String), events: { 'http://schemas.openid.net/event/backchannel-logout': {} } });
      expect(payload).not.toHaveProperty('nonce');
    });
  });
});
