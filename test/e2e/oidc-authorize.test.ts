import * as openid from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endSessions } from '../../src/capabilities/sessions/end.ts';
import { backends } from '../support/backends.ts';
import { startPublicGateway, type TestGateway } from '../support/gateway.ts';
import { someEmail } from '../support/given.ts';
import { begin, CALLBACK, discover, givenClient, signIn } from '../support/oidc.ts';
import { createVisitor, mailedCode, signInOn, type Visitor } from '../support/visitor.ts';

const ME = '{ customer { displayName } }';
const errorOf = (url: string): string | null => new URL(url).searchParams.get('error');

describe.each(backends)('OpenID’s sign-in on $name', (kind) => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await startPublicGateway(kind);
  });
  afterAll(() => test?.stop());

  const given = async (type: 'CONFIDENTIAL' | 'PUBLIC' = 'CONFIDENTIAL', input = {}) => discover(test, await givenClient(test, type, input));
  const ask = async (visitor: Visitor, config: openid.Configuration, parameters: Record<string, string> = {}) =>
    visitor.open((await begin(config, parameters)).url.href);

  it('is described by both documents, at the address of the gateway whatever the request says', async () => {
    const response = await fetch(`${test.url}/.well-known/openid-configuration`, { headers: { 'x-forwarded-host': 'evil.example' } });
    const told = (await response.json()) as Record<string, unknown>;
    expect(told).toMatchObject({
      issuer: test.url,
      authorization_endpoint: `${test.url}/oauth/authorize`,
      token_endpoint: `${test.url}/oauth/token`,
      userinfo_endpoint: `${test.url}/oauth/userinfo`,
      introspection_endpoint: `${test.url}/oauth/introspect`,
      revocation_endpoint: `${test.url}/oauth/revoke`,
      end_session_endpoint: `${test.url}/oauth/logout`,
      jwks_uri: `${test.url}/.well-known/jwks.json`,
      code_challenge_methods_supported: ['S256'],
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      id_token_signing_alg_values_supported: ['RS256'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
      ui_locales_supported: ['en', 'da', 'de', 'it', 'nb', 'pl'],
      backchannel_logout_supported: true,
    });
    expect(JSON.stringify(told)).not.toContain('evil.example');
    const shopify = await (await fetch(`${test.url}/.well-known/customer-account-api`)).json();
    expect(shopify).toEqual({ graphql_api: `${test.url}/customer/api/2026-10/graphql` });
  });

  describe('is refused', () => {
    it.each([
      ['another address', 'https://shop.example/callback2'],
      ['the address with more behind it', `${CALLBACK}/../evil`],
      ['the address with a query', `${CALLBACK}?next=evil`],
      ['another host', 'https://evil.example/callback'],
      ['http', 'http://shop.example/callback'],
    ])('on a page of our own to %s', async (_what, redirect_uri) => {
      const page = await ask(createVisitor(test), await given(), { redirect_uri });
      expect(page.status).toBe(400);
      expect(page.url.startsWith(test.url)).toBe(true);
      expect(page.text).toContain('This link does not work');
      expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    });

    it('to a client that does not exist', async () => {
      const config = await discover(test, { clientId: '0190d998-0000-7000-8000-000000000000', secret: 'x' });
      expect((await ask(createVisitor(test), config)).text).toContain('This link does not work');
    });

    it('without a challenge that only the right client can answer', async () => {
      const open = await given('PUBLIC');
      const without = (await begin(open)).url;
      without.searchParams.delete('code_challenge');
      without.searchParams.delete('code_challenge_method');
      expect(errorOf((await createVisitor(test).open(without.href)).url)).toBe('invalid_request');
      expect(errorOf((await ask(createVisitor(test), open, { code_challenge_method: 'plain' })).url)).toBe('invalid_request');
      const { url } = await begin(await given());
      for (const name of ['code_challenge', 'code_challenge_method', 'nonce']) url.searchParams.delete(name);
      expect(errorOf((await createVisitor(test).open(url.href)).url)).toBe('invalid_request');
    });

    it('for tokens in the address', async () => {
      const page = await ask(createVisitor(test), await given(), { response_type: 'id_token' });
      expect(page.url).toMatch(/#error=invalid_request/);
    });
  });

  it('is bound to the browser that was sent for it', async () => {
    const config = await given();
    const visitor = createVisitor(test);
    const page = await ask(visitor, config);
    const thief = createVisitor(test);
    expect((await thief.open(page.url)).text).toContain('This page has run out');
    expect((await thief.post(page, { email: someEmail() })).text).toContain('This page has run out');
    // And two at once in one browser do not mix.
    const other = await ask(visitor, await given('PUBLIC', { name: 'The other one' }));
    expect(other.url).not.toBe(page.url);
    const back = await signInOn(test, visitor, page, someEmail());
    expect(back.url.startsWith(CALLBACK)).toBe(true);
    expect((await visitor.open(page.url)).text).toContain('This page has run out');
  });

  it('goes on when a button is pressed twice, and asks again in a browser that has lost its cookie', async () => {
    const config = await given();
    const visitor = createVisitor(test);
    const { url } = await begin(config);
    const page = await visitor.open(url.href);
    const email = someEmail();
    const asked = await visitor.post(page, { email });
    const code = await mailedCode(test, email);
    const twin = visitor.twin();
    const [first, second] = [await visitor.post(asked, { code }, '/code', 1), await twin.post(asked, { code }, '/code')];
    expect(first.headers.get('location')).toMatch(/\/oauth\/authorize\//);
    expect(second.url).toMatch(/\/account\/login\//);
    expect(second.text).toContain('E-mail address');
    const third = await visitor.open(new URL(first.headers.get('location') ?? '', test.url).href);
    expect(third.text).toContain('This');
  });

  it('takes no form that another site posts', async () => {
    const page = await ask(createVisitor(test), await given());
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }] as Record<string, string>[]) {
      const body = new URLSearchParams({ way: 'email_code', email: someEmail() });
      const response = await fetch(`${test.url}/account/login`, { method: 'POST', body, headers });
      expect(response.status).toBe(403);
    }
    expect(page.status).toBe(200);
  });

  it('knows whom the client hints at, and speaks the language that it asks for', async () => {
    const page = await ask(createVisitor(test), await given(), { login_hint: 'anna@example.com', ui_locales: 'fr de' });
    expect(page.text).toContain('value="anna@example.com"');
    expect(page.text).toContain('<html lang="de">');
    const hydrogen = await ask(createVisitor(test), await given(), { locale: 'da-DK', login_hint: '"><script>' });
    expect(hydrogen.text).toContain('<html lang="da">');
    expect(hydrogen.text).not.toContain('<script>');
  });

  it('asks again when the client wants it: prompt=login and max_age', async () => {
    const config = await given();
    const visitor = createVisitor(test);
    const email = someEmail();
    const first = await signIn(test, config, email, { visitor });
    const customerId = first.tokens.claims()?.sub ?? '';
    const longAgo = () =>
      test.app.backend.database.prisma.session.updateMany({ where: { customerId }, data: { authenticatedAt: new Date(Date.now() - 120_000) } });
    await longAgo();
    const again = await ask(visitor, config, { prompt: 'login' });
    expect(again.text).toContain('Confirm that it is you');
    expect(again.text).toContain(`value="${email}"`);
    const back = await signInOn(test, visitor, again, email);
    expect(back.url.startsWith(CALLBACK)).toBe(true);
    // The first session goes on under the new one of the browser.
    expect((await test.graphql(ME, {}, first.tokens.access_token)).status).toBe(200);
    expect((await ask(visitor, config, { max_age: '3600' })).url.startsWith(CALLBACK)).toBe(true);
    await longAgo();
    const aged = await ask(visitor, config, { max_age: '60' });
    expect(aged.text).toContain('Confirm that it is you');
    expect(errorOf((await ask(visitor, config, { max_age: '60', prompt: 'none' })).url)).toBe('login_required');
    const { tokens } = await signIn(test, config, email, { visitor, max_age: '60' });
    expect(tokens.claims()?.auth_time).toBeGreaterThan(Date.now() / 1000 - 60);
  });

  it('ends everything of the one who was here before when somebody else signs in', async () => {
    const config = await given();
    const visitor = createVisitor(test);
    const before = await signIn(test, config, someEmail(), { visitor });
    const { tokens } = await signIn(test, config, someEmail(), { visitor, prompt: 'login' });
    expect(tokens.claims()?.sub).not.toBe(before.tokens.claims()?.sub);
    expect((await test.graphql(ME, {}, before.tokens.access_token)).status).toBe(401);
    expect((await test.graphql(ME, {}, tokens.access_token)).status).toBe(200);
  });

  it('is over for single sign-on when the browser’s session is ended anywhere', async () => {
    const config = await given();
    const { tokens, visitor } = await signIn(test, config, someEmail());
    await test.app.transact('system', (tx) => endSessions(tx, { customerId: tokens.claims()?.sub ?? '' }, 'test'));
    expect(errorOf((await ask(visitor, config, { prompt: 'none' })).url)).toBe('login_required');
  });

  describe('for an application of somebody else', () => {
    it('asks first, and remembers', async () => {
      const config = await given('CONFIDENTIAL', { name: 'Parcel Friend', asksConsent: true });
      const visitor = createVisitor(test);
      const email = someEmail();
      const { url, checks } = await begin(config, { scope: 'openid email' });
      const asked = await signInOn(test, visitor, await visitor.open(url.href), email);
      expect(asked.text).toContain('Parcel Friend would like access to your account');
      expect(asked.text).toContain('see your e-mail address');
      expect(asked.text).not.toContain('store credit');
      const back = await visitor.post(asked, { answer: 'allow' });
      const tokens = await openid.authorizationCodeGrant(config, new URL(back.url), checks);
      // Who she is, and no more.
      expect((await test.graphql(ME, {}, tokens.access_token)).status).toBe(401);
      expect(await openid.fetchUserInfo(config, tokens.access_token, tokens.claims()?.sub ?? '')).toMatchObject({ email });
      const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '');
      expect((await test.graphql(ME, {}, refreshed.access_token)).status).toBe(401);
      expect(await openid.fetchUserInfo(config, refreshed.access_token, tokens.claims()?.sub ?? '')).toMatchObject({ email });

      expect((await ask(visitor, config, { scope: 'openid email', prompt: 'none' })).url.startsWith(CALLBACK)).toBe(true);
      expect(errorOf((await ask(visitor, config, { scope: 'openid profile', prompt: 'none' })).url)).toBe('consent_required');
      const wider = await ask(visitor, config, { scope: 'openid email customer-account-api:full' });
      expect(wider.text).toContain('store credit');
      const all = await begin(config, { scope: 'openid email customer-account-api:full' });
      const allowed = await visitor.post(await visitor.open(all.url.href), { answer: 'allow' });
      const whole = await openid.authorizationCodeGrant(config, new URL(allowed.url), all.checks);
      expect((await test.graphql(ME, {}, whole.access_token)).status).toBe(200);
    });

    it('tells it nothing when the customer declines', async () => {
      const config = await given('CONFIDENTIAL', { asksConsent: true });
      const visitor = createVisitor(test);
      const asked = await signInOn(test, visitor, await ask(visitor, config), someEmail());
      const back = await visitor.post(asked, { answer: 'decline' });
      expect(errorOf(back.url)).toBe('access_denied');
      expect(new URL(back.url).searchParams.has('code')).toBe(false);
    });
  });

  it('answers an app’s own scheme only after its customer did something', async () => {
    const redirect_uri = 'com.example.shop://callback';
    const config = await given('PUBLIC', { redirectUris: [redirect_uri] });
    const visitor = createVisitor(test);
    const email = someEmail();
    const { back } = await signIn(test, await given(), email, { visitor });
    expect(back.searchParams.has('code')).toBe(true);
    const asked = await ask(visitor, config, { redirect_uri });
    expect(asked.text).toContain('Continue to Storefront?');
    expect(asked.headers.get('content-security-policy')).toContain("form-action 'self' com.example.shop:");
    const answered = await visitor.post(asked, { answer: 'allow' });
    expect(answered.url.startsWith(`${redirect_uri}?code=`)).toBe(true);
    expect(errorOf((await ask(visitor, config, { redirect_uri, prompt: 'none' })).url)).toBe('interaction_required');
  });

  describe('ends', () => {
    const bye = 'https://shop.example/bye';

    it('at once for a client that shows its id token, everywhere that came of it', async () => {
      const config = await given('CONFIDENTIAL', { postLogoutRedirectUris: [bye] });
      const visitor = createVisitor(test);
      const email = someEmail();
      const { tokens } = await signIn(test, config, email, { visitor });
      const other = await signIn(test, await given(), email, { visitor });
      const url = openid.buildEndSessionUrl(config, { id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: bye, state: 'a b' });
      expect((await visitor.open(url.href)).url).toBe(`${bye}?state=a+b`);
      for (const token of [tokens.access_token, other.tokens.access_token]) expect((await test.graphql(ME, {}, token)).status).toBe(401);
      expect(errorOf((await ask(visitor, config, { prompt: 'none' })).url)).toBe('login_required');
    });

    it('after a question where nothing shows that the client may', async () => {
      const config = await given('CONFIDENTIAL', { postLogoutRedirectUris: [bye] });
      const { tokens, visitor } = await signIn(test, config, someEmail());
      for (const hint of ['', 'not.a.token', `${tokens.id_token?.slice(0, -8)}AAAAAAAA`]) {
        const asked = await visitor.open(openid.buildEndSessionUrl(config, { id_token_hint: hint, post_logout_redirect_uri: bye }).href);
        expect(asked.text).toContain('Sign out?');
      }
      expect((await test.graphql(ME, {}, tokens.access_token)).status).toBe(200);
      const asked = await visitor.open(openid.buildEndSessionUrl(config, { post_logout_redirect_uri: bye, state: 'x' }).href);
      expect((await visitor.post(asked, {})).url).toBe(`${bye}?state=x`);
      expect((await test.graphql(ME, {}, tokens.access_token)).status).toBe(401);
    });

    it('without leading anywhere that is not registered', async () => {
      const config = await given('CONFIDENTIAL', { postLogoutRedirectUris: [bye] });
      const { tokens, visitor } = await signIn(test, config, someEmail());
      const evil = openid.buildEndSessionUrl(config, { id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: 'https://evil.example/' });
      expect(await visitor.open(evil.href)).toMatchObject({ status: 400, text: expect.stringContaining('This link does not work') });
      const nobody = `${test.url}/oauth/logout?post_logout_redirect_uri=${encodeURIComponent(bye)}`;
      expect((await visitor.open(nobody)).status).toBe(400);
      const asked = await visitor.open(`${test.url}/account/logout`);
      const forged = await visitor.post(asked, { post_logout_redirect_uri: 'https://evil.example/', client_id: config.clientMetadata().client_id });
      expect(forged.status).toBe(400);
      expect((await test.graphql(ME, {}, tokens.access_token)).status).toBe(200);
    });

    it('as a plain answer for an app that asks without a browser', async () => {
      const config = await given('PUBLIC');
      const { tokens } = await signIn(test, config, someEmail());
      const response = await fetch(openid.buildEndSessionUrl(config, { id_token_hint: tokens.id_token ?? '' }));
      expect(response.status).toBe(200);
      expect((await test.graphql(ME, {}, tokens.access_token)).status).toBe(401);
    });
  });
});
