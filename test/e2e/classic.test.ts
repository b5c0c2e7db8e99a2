import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { Multipass } from 'multipass-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../support/backends.ts';
import { givenPassword, linkTo, mailTo, somePassword, useAccounts } from '../support/classic.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCustomer, someEmail } from '../support/given.ts';

const require = createRequire(import.meta.url);
/** It has no types of its own. */
const multipassify = require('multipassify') as (secret: string) => {
  encode(customer: object): string;
  generateUrl(customer: object, domain: string): string;
};

/** As Shopify's documentation of the Storefront API and its classic Hydrogen starter write them. */
const LOGIN = `mutation login($input: CustomerAccessTokenCreateInput!) {
  customerAccessTokenCreate(input: $input) { customerUserErrors { code field message } userErrors { message } customerAccessToken { accessToken expiresAt } }
}`;
const RECOVER = 'mutation customerRecover($email: String!) { customerRecover(email: $email) { customerUserErrors { code field message } } }';
const RESET = `mutation customerReset($id: ID!, $input: CustomerResetInput!) {
  customerReset(id: $id, input: $input) { customerAccessToken { accessToken expiresAt } customer { id email } customerUserErrors { code field message } }
}`;
const ACTIVATE = `mutation customerActivate($id: ID!, $input: CustomerActivateInput!) {
  customerActivate(id: $id, input: $input) { customerAccessToken { accessToken expiresAt } customer { id state } customerUserErrors { code field message } }
}`;
const ACTIVATE_BY_URL = `mutation ($activationUrl: URL!, $password: String!) {
  customerActivateByUrl(activationUrl: $activationUrl, password: $password) { customer { firstName state } customerAccessToken { accessToken } customerUserErrors { code field } }
}`;
const RESET_BY_URL = `mutation ($resetUrl: URL!, $password: String!) {
  customerResetByUrl(resetUrl: $resetUrl, password: $password) { customerAccessToken { accessToken } customerUserErrors { code field } }
}`;
const RENEW = `mutation ($token: String!) {
  customerAccessTokenRenew(customerAccessToken: $token) { customerAccessToken { accessToken expiresAt } userErrors { field message } }
}`;
const DELETE = `mutation ($token: String!) {
  customerAccessTokenDelete(customerAccessToken: $token) { deletedAccessToken deletedCustomerAccessTokenId userErrors { field message } }
}`;
const MULTIPASS = `mutation ($multipassToken: String!) {
  customerAccessTokenCreateWithMultipass(multipassToken: $multipassToken) { customerAccessToken { accessToken expiresAt } customerUserErrors { code field message } }
}`;
const REGISTER = `mutation ($input: CustomerInput!) { customerCreate(input: $input) { customer { id } customerUserErrors { code field } userErrors { code } } }`;
const INVITE = `mutation ($customerId: ID!, $email: EmailInput) {
  customerSendAccountInviteEmail(customerId: $customerId, email: $email) { customer { id state } userErrors { code field } }
}`;
const ACTIVATION_URL = `mutation ($customerId: ID!) {
  customerGenerateAccountActivationUrl(customerId: $customerId) { accountActivationUrl userErrors { field message } }
}`;
const ME = '{ customer { id email } }';

describe.each(backends)('classic accounts over HTTP on $name', (kind) => {
  let test: TestGateway;
  let secret: string;
  beforeAll(async () => {
    test = await startTestGateway(kind);
    await useAccounts(test.app, 'CLASSIC');
    const { data } = await test.graphql('mutation { multipassSecretRotate(overlapSeconds: 60) { secret userErrors { code } } }', {}, test.staffToken);
    ({ secret } = data.multipassSecretRotate);
  });
  afterAll(async () => {
    await useAccounts(test.app, 'NEW_CUSTOMER_ACCOUNTS');
    await test.stop();
  });
  const get = (path: string, init: RequestInit = {}) => fetch(test.url + path, { redirect: 'manual', ...init });
  const pathOf = (link: string) => new URL(link).pathname;
  const post = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    get(path, { method: 'POST', body: new URLSearchParams(fields), headers });

  it('signs in by password, shows the account with the bare token, renews it and signs out', async () => {
    const { email, password, gid } = await givenPassword(test.app);
    const { data } = await test.graphql(LOGIN, { input: { email, password } });
    const { accessToken, expiresAt } = data.customerAccessTokenCreate.customerAccessToken;
    expect(data.customerAccessTokenCreate).toMatchObject({ customerUserErrors: [], userErrors: [] });
    expect(Date.parse(expiresAt) - Date.now()).toBeGreaterThan(29 * 86_400_000);
    expect((await test.graphql(ME, {}, null, { authorization: accessToken })).data).toEqual({ customer: { id: gid, email } });
    const renewed = await test.graphql(RENEW, { token: accessToken });
    expect(renewed.data.customerAccessTokenRenew).toMatchObject({ customerAccessToken: { accessToken }, userErrors: [] });
    const deleted = await test.graphql(DELETE, { token: accessToken });
    expect(deleted.data.customerAccessTokenDelete).toMatchObject({
      deletedAccessToken: accessToken,
      deletedCustomerAccessTokenId: expect.stringMatching(/^gid:/),
      userErrors: [],
    });
    expect((await test.graphql(ME, {}, accessToken)).status).toBe(401);
    expect((await test.graphql(RENEW, { token: accessToken })).data.customerAccessTokenRenew).toMatchObject({
      customerAccessToken: null,
      userErrors: [{ field: ['customerAccessToken'] }],
    });
  });

  it('says why not, under both names and in the language of the operation', async () => {
    const document = LOGIN.replace('$input: CustomerAccessTokenCreateInput!)', '$input: CustomerAccessTokenCreateInput!) @inContext(language: DE)');
    const { data } = await test.graphql(document, { input: { email: someEmail(), password: 'wrong' } });
    const message = 'E-Mail-Adresse und Passwort passen nicht zusammen.';
    expect(data.customerAccessTokenCreate).toEqual({
      customerUserErrors: [{ code: 'UNIDENTIFIED_CUSTOMER', field: ['input'], message }],
      userErrors: [{ message }],
      customerAccessToken: null,
    });
  });

  it('invites, activates by token, recovers and resets: the rest of each operation is hers', async () => {
    const { gid, email, customerId } = await givenCustomer(test.app);
    const invited = await test.graphql(INVITE, { customerId: gid, email: { subject: 'Welcome' } }, test.staffToken);
    expect(invited.data.customerSendAccountInviteEmail).toEqual({ customer: { id: gid, state: 'INVITED' }, userErrors: [] });
    const activationToken = (await linkTo(test, email)).split('/').at(-1);
    const bad = await test.graphql(ACTIVATE, { id: gid, input: { activationToken, password: ' vivid harbour' } });
    expect(bad.data.customerActivate.customerUserErrors).toMatchObject([
      { code: 'PASSWORD_STARTS_OR_ENDS_WITH_WHITESPACE', field: ['input', 'password'] },
    ]);
    const activated = await test.graphql(ACTIVATE, { id: gid, input: { activationToken, password: somePassword() } });
    expect(activated.data.customerActivate).toMatchObject({ customer: { id: gid, state: 'ENABLED' }, customerUserErrors: [] });
    test.mails.length = 0;
    expect((await test.graphql(RECOVER, { email })).data.customerRecover).toEqual({ customerUserErrors: [] });
    const resetToken = (await linkTo(test, email)).split('/').at(-1);
    const password = somePassword();
    const reset = await test.graphql(RESET, { id: gid, input: { resetToken, password } });
    expect(reset.data.customerReset).toMatchObject({ customer: { id: gid, email }, customerUserErrors: [] });
    expect((await test.graphql(ME, {}, activated.data.customerActivate.customerAccessToken.accessToken)).status).toBe(401);
    expect((await test.graphql(LOGIN, { input: { email, password } })).data.customerAccessTokenCreate.customerUserErrors).toEqual([]);
    const again = await test.graphql(RESET, { id: gid, input: { resetToken, password } });
    expect(again.data.customerReset).toMatchObject({
      customer: null,
      customerUserErrors: [{ code: 'TOKEN_INVALID', field: ['input', 'resetToken'] }],
    });
    expect(customerId).toBeTruthy();
  });

  it('activates and resets by URL, whatever host the shop put before it', async () => {
    const { gid, email } = await givenCustomer(test.app);
    const { data } = await test.graphql(ACTIVATION_URL, { customerId: gid }, test.staffToken);
    const { pathname } = new URL(data.customerGenerateAccountActivationUrl.accountActivationUrl);
    const activationUrl = `https://shop.example${pathname}?utm_source=mail`;
    const activated = await test.graphql(ACTIVATE_BY_URL, { activationUrl, password: somePassword() });
    expect(activated.data.customerActivateByUrl).toMatchObject({ customer: { state: 'ENABLED' }, customerUserErrors: [] });
    await test.graphql(RECOVER, { email });
    const reset = await test.graphql(RESET_BY_URL, { resetUrl: await linkTo(test, email), password: somePassword() });
    expect(reset.data.customerResetByUrl).toMatchObject({
      customerAccessToken: { accessToken: expect.stringMatching(/^clt_sf_/) },
      customerUserErrors: [],
    });
  });

  it('registers somebody, answering the same for an address that is known', async () => {
    const known = await givenPassword(test.app);
    const email = someEmail();
    const password = somePassword();
    const answers = [];
    for (const address of [email, known.email]) {
      const input = { email: address, password, firstName: 'Ines', lastName: 'Duarte' };
      answers.push((await test.graphql(REGISTER, { input })).data);
    }
    expect(answers[0]).toEqual({ customerCreate: { customer: null, customerUserErrors: [], userErrors: [] } });
    expect(answers[1]).toEqual(answers[0]);
    const refusals = [email, known.email].map((address) => test.graphql(LOGIN, { input: { email: address, password } }));
    const [first, second] = await Promise.all(refusals);
    expect(first?.data).toEqual(second?.data);
    const activated = await test.graphql(ACTIVATE_BY_URL, { activationUrl: await linkTo(test, email), password });
    expect(activated.data.customerActivateByUrl.customer).toEqual({ firstName: 'Ines', state: 'ENABLED' });
    expect((await mailTo(test, known.email)).subject).toBe('You have an account at Test Shop');
  });

  it('lets nobody but staff make a customer without a password, and staff none with one', async () => {
    expect((await test.graphql(REGISTER, { input: { email: someEmail() } })).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    const withNote = await test.graphql(REGISTER, { input: { email: someEmail(), password: somePassword(), note: 'x', tags: ['vip'] } });
    expect(withNote.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    const byStaff = await test.graphql(REGISTER, { input: { email: someEmail(), password: somePassword() } }, test.staffToken);
    expect(byStaff.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    expect((await test.graphql(REGISTER, { input: { email: someEmail() } }, test.staffToken)).data.customerCreate.customer).toBeTruthy();
  });

  it('switches by staff, with a preview that only they see', async () => {
    const preview = '{ customerAccountsSettings { customerAccountsVersion preview(customerAccountsVersion: CLASSIC) { customers needPassword } } }';
    expect((await test.graphql(preview)).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    expect((await test.graphql(preview, {}, test.staffToken)).data.customerAccountsSettings.preview.customers).toBeGreaterThan(0);
    const shown = '{ customerAccountsSettings { customerAccountsVersion loginRequiredAtCheckout loginLinksVisibleOnStorefrontAndCheckout url } }';
    expect((await test.graphql(shown)).data.customerAccountsSettings).toMatchObject({
      customerAccountsVersion: 'CLASSIC',
      url: 'http://localhost:4000/account',
    });
    const update = `mutation ($input: CustomerAccountsSettingsInput!) {
      customerAccountsSettingsUpdate(input: $input) { customerAccountsSettings { customerAccountsVersion } userErrors { code } } }`;
    const input = { customerAccountsVersion: 'CLASSIC' };
    expect((await test.graphql(update, { input })).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
    expect((await test.graphql(update, { input }, test.staffToken)).data.customerAccountsSettingsUpdate).toEqual({
      customerAccountsSettings: { customerAccountsVersion: 'CLASSIC' },
      userErrors: [],
    });
  });

  it('answers a sign-in that is sent again under its key as before, without its password ever being kept', async () => {
    const { email, password } = await givenPassword(test.app);
    const headers = { 'idempotency-key': randomUUID() };
    const first = await test.graphql(LOGIN, { input: { email, password } }, null, headers);
    const again = await test.graphql(LOGIN, { input: { email, password } }, null, headers);
    expect(first.data.customerAccessTokenCreate.customerAccessToken.accessToken).toMatch(/^clt_sf_/);
    expect(again.data).toEqual(first.data);
    const rows = await test.app.backend.database.sql<{ whole: string }>('select k::text as whole from idempotency_key k', []);
    for (const { whole } of rows) expect(whole).not.toContain(password);
  });

  describe('the page behind a link', () => {
    const invited = async () => {
      const customer = await givenCustomer(test.app);
      await test.graphql(INVITE, { customerId: customer.gid }, test.staffToken);
      return { ...customer, path: pathOf(await linkTo(test, customer.email)) };
    };

    it('changes nothing when it is opened, however often, and signs the browser in when its form is sent', async () => {
      const { path, email } = await invited();
      for (let count = 0; count < 3; count += 1) {
        const page = await get(path, { headers: { 'accept-language': 'de-DE,de;q=0.9' } });
        expect(page.status).toBe(200);
        expect(page.headers.get('set-cookie')).toBeNull();
        expect(page.headers.get('referrer-policy')).toBe('no-referrer');
        expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
        expect(await page.text()).toContain('Wählen Sie Ihr Passwort');
      }
      const refused = await post(path, { password: 'password1' });
      expect(refused.status).toBe(422);
      expect(await refused.text()).toContain('among the first that are guessed');
      const password = somePassword();
      const chosen = await post(path, { password });
      expect([chosen.status, chosen.headers.get('location')]).toEqual([303, '/account']);
      expect(chosen.headers.get('set-cookie')).toMatch(/^clientele_session=clt_bt_.*HttpOnly; SameSite=Lax/);
      expect((await test.graphql(LOGIN, { input: { email, password } })).data.customerAccessTokenCreate.customerUserErrors).toEqual([]);
      expect((await get(path)).status).toBe(410);
      expect((await post(path, { password })).status).toBe(410);
    });

    it('takes no form from another site', async () => {
      const { path } = await invited();
      for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }] as Record<string, string>[]) {
        expect((await post(path, { password: somePassword() }, headers)).status).toBe(403);
      }
      expect((await get(path)).status).toBe(200);
    });

    it('lets an invitation be declined, and a recovery not', async () => {
      const { path, customerId, email } = await invited();
      expect((await post(path, { decline: 'yes' })).status).toBe(200);
      expect(await test.app.backend.database.prisma.customer.findUniqueOrThrow({ where: { id: customerId } })).toMatchObject({ state: 'DECLINED' });
      test.mails.length = 0;
      await test.graphql(RECOVER, { email });
      const recovery = pathOf(await linkTo(test, email));
      expect(await (await get(recovery)).text()).not.toContain('decline');
      expect((await post(recovery, { decline: 'yes' })).status).toBe(422);
    });

    it('says of a link that is none what it is, and shows nothing of what it was sent', async () => {
      for (const path of ['/account/activate/x/clt_ac_nothing', '/account/reset/%3Cscript%3E/clt_ac_nothing', '/account/confirm/clt_ac_nothing']) {
        const page = await get(path);
        expect(page.status).toBe(410);
        expect(await page.text()).not.toContain('<script>');
      }
    });
  });

  describe('Multipass', () => {
    const login = (token: string, headers: Record<string, string> = {}) => get(`/account/login/multipass/${token}`, { headers });

    it('takes what multipassify makes, unmodified: the browser is signed in and sent on', async () => {
      const email = someEmail();
      const url = multipassify(secret).generateUrl({ email, return_to: 'https://shop.example/cart?step=2', tag_string: 'vip' }, 'id.shop.example');
      const answer = await get(pathOf(url));
      expect([answer.status, answer.headers.get('location')]).toEqual([303, 'https://shop.example/cart?step=2']);
      const cookie = answer.headers.get('set-cookie') ?? '';
      expect(cookie).toMatch(/^clientele_session=clt_bt_[\w-]+; Path=\/; HttpOnly; SameSite=Lax/);
      const customer = await test.app.backend.database.prisma.customer.findUniqueOrThrow({ where: { email } });
      expect(customer).toMatchObject({ state: 'ENABLED', tags: ['vip'] });
      const viewer = await test.app.authenticate(cookie.slice('clientele_session='.length).split(';')[0] ?? '');
      expect(viewer).toMatchObject({ kind: 'customer', customerId: customer.id });
      const again = await get(pathOf(url));
      expect(again.status).toBe(403);
      expect(again.headers.get('set-cookie')).toBeNull();
      expect(await again.text()).toContain('was used before');
    });

    it('takes what multipass-js makes, unmodified, by GET and by the Storefront API', async () => {
      const made = () => new Multipass(secret).withCustomerData({ email: someEmail() }).withDomain('id.shop.example').withRedirect('/orders');
      const answer = await get(pathOf(made().url()));
      expect([answer.status, answer.headers.get('location')]).toEqual([303, 'http://localhost:4000/orders']);
      const multipassToken = made().token();
      const { data } = await test.graphql(MULTIPASS, { multipassToken });
      const { accessToken } = data.customerAccessTokenCreateWithMultipass.customerAccessToken;
      expect((await test.graphql(ME, {}, accessToken)).data.customer.id).toMatch(/^gid:/);
      const again = await test.graphql(MULTIPASS, { multipassToken });
      expect(again.data.customerAccessTokenCreateWithMultipass).toMatchObject({
        customerAccessToken: null,
        customerUserErrors: [{ code: 'INVALID_MULTIPASS_REQUEST', field: ['multipassToken'] }],
      });
    });

    it('takes a token whose padding was encoded in the path', async () => {
      for (let tries = 0; tries < 12; tries += 1) {
        const token = multipassify(secret).encode({ email: someEmail(), first_name: 'x'.repeat(tries + 1) });
        expect((await login(encodeURIComponent(token))).status).toBe(303);
      }
    });

    it.each([
      ['https://evil.example/', null],
      ['https://shop.example.evil.example/', null],
      ['https://shop.example@evil.example/', null],
      ['//evil.example/x', null],
      ['/\\evil.example', null],
      ['javascript:alert(1)', null],
      ['http://shop.example/', null],
      ['https://shop.example/cart', 'https://shop.example/cart'],
      ['/account/orders', 'http://localhost:4000/account/orders'],
      ['https://shop.example/a\r\nset-cookie: x=y', 'https://shop.example/aset-cookie:%20x=y'],
    ])('untrusted callbackURL: sends %s to its own or to the account page', async (return_to, target) => {
      const answer = await login(multipassify(secret).encode({ email: someEmail(), return_to }));
      expect(answer.status).toBe(303);
      expect(answer.headers.get('location')).toBe(target ?? 'http://localhost:4000/account');
      expect(answer.headers.get('set-cookie')).not.toContain('x=y');
    });

    it('lets in nobody whom staff have blocked, and nobody with a token that is none', async () => {
      const { email, customerId } = await givenCustomer(test.app);
      await test.app.backend.database.prisma.customer.update({ where: { id: customerId }, data: { blockedAt: new Date() } });
      const blocked = await login(multipassify(secret).encode({ email }));
      expect([blocked.status, blocked.headers.get('set-cookie')]).toEqual([403, null]);
      for (const token of ['x', '%zz', '%00', multipassify('another secret').encode({ email: someEmail() })]) {
        const answer = await login(token);
        expect([answer.status, answer.headers.get('set-cookie')]).toEqual([403, null]);
      }
      expect((await get('/account/login/multipass/x', { method: 'POST' })).status).toBe(405);
    });
  });
});
