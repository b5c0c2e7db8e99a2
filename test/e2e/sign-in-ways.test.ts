import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProvider } from '../../src/capabilities/identity-providers/providers.ts';
import { givenBrowser } from '../support/account.ts';
import { backends } from '../support/backends.ts';
import { givenPassword, useAccounts } from '../support/classic.ts';
import { startPublicGateway, type TestGateway } from '../support/gateway.ts';
import { givenCustomer, someEmail } from '../support/given.ts';
import { begin, CALLBACK, discover, givenClient, signIn } from '../support/oidc.ts';
import { createVisitor, mailedCode, type Shown, signInOn } from '../support/visitor.ts';

const executablePath = [process.env.CHROMIUM_PATH, '/usr/bin/chromium'].find((file) => file && existsSync(file));

describe.each(backends)('ways to sign in on the hosted page, on $name', (kind) => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await startPublicGateway(kind);
  });
  afterAll(() => test.stop());

  const at = (path: string): string => `${test.url}${path}`;
  const linkFor = async (email: string): Promise<string> => {
    await mailedCode(test, email);
    const link = test.mails.findLast(({ to }) => to === email)?.link ?? '';
    expect(link.startsWith(at('/account/login'))).toBe(true);
    return link;
  };
  const isSignedIn = (shown: Shown, email: string): void => {
    expect(new URL(shown.url).pathname).toBe('/account');
    expect(shown.text).toContain(email);
  };

  describe('the link of the mail', () => {
    it('signs the browser that asked in by its button, and is not used up by being opened', async () => {
      const email = someEmail();
      const visitor = createVisitor(test);
      await visitor.post(await visitor.open(at('/account/login')), { email });
      const link = await linkFor(email);
      for (let scan = 0; scan < 3; scan += 1) {
        await fetch(link, { method: 'HEAD' });
        expect((await fetch(link)).headers.getSetCookie().join()).not.toContain('session');
      }
      const page = await visitor.open(link);
      expect(page.text).toContain(email);
      isSignedIn(await visitor.post(page, {}, '/link/'), email);
      const again = await visitor.open(link);
      expect((await visitor.post(again, {}, '/link/').catch(() => again)).status).toBeGreaterThanOrEqual(200);
      const code = test.mails.findLast(({ to }) => to === email)?.code ?? '';
      const late = createVisitor(test);
      const asked = await late.open(at('/account/login/code'));
      expect(asked.url).toMatch(/\/account\/login$/);
      expect(code).toMatch(/^\d{6}$/);
    });

    it('shows another browser the code to type, and signs nobody in there', async () => {
      const email = someEmail();
      const visitor = createVisitor(test);
      const asked = await visitor.post(await visitor.open(at('/account/login')), { email });
      const link = await linkFor(email);
      const elsewhere = createVisitor(test);
      const shown = await elsewhere.open(link);
      const code = test.mails.findLast(({ to }) => to === email)?.code ?? '';
      expect(shown.text).toContain(code);
      expect(shown.text).not.toContain('<form');
      const forced = await fetch(link, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' },
      });
      expect(forced.headers.getSetCookie().join()).not.toContain('session');
      isSignedIn(await visitor.post(asked, { code }, '/code'), email);
    });

    it('leads back to the client that sent the browser', async () => {
      const config = await discover(test, await givenClient(test));
      const { url } = await begin(config);
      const visitor = createVisitor(test);
      const email = someEmail();
      await visitor.post(await visitor.open(url.href), { email });
      const back = await visitor.post(await visitor.open(await linkFor(email)), {}, '/link/');
      expect(back.url.startsWith(`${CALLBACK}?code=`)).toBe(true);
    });

    it('says when it is none', async () => {
      const { status, text } = await createVisitor(test).open(at('/account/login/link/made-up'));
      expect(status).toBe(410);
      expect(text).toContain('role="alert"');
    });
  });

  describe('the password of a classic account', () => {
    beforeAll(() => useAccounts(test.app, 'CLASSIC'));
    afterAll(() => useAccounts(test.app, 'NEW_CUSTOMER_ACCOUNTS'));

    it('signs in, says nothing of who is there when it is wrong, and can be chosen anew', async () => {
      const { email, password } = await givenPassword(test.app);
      const visitor = createVisitor(test);
      const page = await visitor.open(at('/account/login'));
      const way = (fields: Record<string, string>, who = visitor) =>
        who.post({ ...page, text: page.text.slice(page.text.indexOf('value="password"') - 400) }, fields);
      const wrong = await way({ email, password: 'not this one', way: 'password' });
      const unknown = await way({ email: someEmail(), password: 'not this one', way: 'password' }, createVisitor(test));
      const alert = ({ text }: Shown) => /role="alert">([^<]*)</.exec(text)?.[1];
      expect(wrong.status).toBe(400);
      expect(alert(wrong)).toBeTruthy();
      expect(alert(unknown)).toBe(alert(wrong));
      isSignedIn(await way({ email, password, way: 'password' }), email);

      const forgetful = createVisitor(test);
      const sent = await forgetful.post(await forgetful.open(at('/account/recover')), { email });
      const toNobody = await createVisitor(test).post(await forgetful.open(at('/account/recover')), { email: someEmail() });
      expect(toNobody.text).toBe(sent.text);
      await expect.poll(() => test.mails.findLast((mail) => mail.to === email && mail.link?.includes('/reset/'))).toBeTruthy();
    });

    it('is not asked for in a shop without passwords', async () => {
      await useAccounts(test.app, 'NEW_CUSTOMER_ACCOUNTS');
      expect((await createVisitor(test).open(at('/account/login'))).text).not.toContain('type="password"');
      await useAccounts(test.app, 'CLASSIC');
    });
  });

  describe('an outside provider', () => {
    let issuer: TestGateway;
    let providerId: string;
    const name = `Issuer ${Math.random().toString(36).slice(2)}`;

    beforeAll(async () => {
      // Another Clientele vouches for its customers, with the same backend of its own name.
      issuer = await startPublicGateway(kind);
      const { clientId, secret } = await givenClient(issuer, 'CONFIDENTIAL', { redirectUris: [at('/account/login/callback')], development: true });
      const input = { name, issuer: issuer.url, clientId, clientSecret: secret };
      ({ providerId } = await test.app.transact('system', (tx) => createProvider(tx, { keyring: test.app.keyring, allowsHttp: true }, input)));
    });
    afterAll(async () => {
      await test.app.backend.database.prisma.identityProvider.deleteMany({ where: { id: providerId } });
      await issuer.stop();
    });

    /** Goes to the issuer, signs in there, and comes back. */
    const through = async (visitor: ReturnType<typeof createVisitor>, from: string, email: string): Promise<Shown> => {
      const begun = await visitor.open(`${from}/provider/${providerId}`);
      expect(begun.url.startsWith(issuer.url)).toBe(true);
      const there = createVisitor(issuer);
      const back = await signInOn(issuer, there, await there.open(begun.url), email);
      expect(back.url).toContain('/account/login/callback?');
      return visitor.open(back.url);
    };

    it('is offered by name, signs in whom it vouches for, and finds her again', async () => {
      const visitor = createVisitor(test);
      expect((await visitor.open(at('/account/login'))).text).toContain(name);
      const email = someEmail();
      isSignedIn(await through(visitor, at('/account/login'), email), email);
      const customer = await test.app.backend.database.prisma.customer.findUniqueOrThrow({ where: { email }, select: { providerSubjects: true } });
      expect(customer.providerSubjects).toMatchObject([{ providerId, email }]);
      isSignedIn(await through(createVisitor(test), at('/account/login'), email), email);
    });

    it('leads on to the client that sent the browser', async () => {
      const config = await discover(test, await givenClient(test));
      const { url } = await begin(config);
      const visitor = createVisitor(test);
      const page = await visitor.open(url.href);
      const back = await through(visitor, page.url.split('?')[0] as string, someEmail());
      expect(back.url.startsWith(`${CALLBACK}?code=`)).toBe(true);
    });

    it('says so when the visitor comes back in another browser, or with what was answered before', async () => {
      const visitor = createVisitor(test);
      const begun = await visitor.open(at(`/account/login/provider/${providerId}`));
      const there = createVisitor(issuer);
      const back = await signInOn(issuer, there, await there.open(begun.url), someEmail());
      const other = await createVisitor(test).open(back.url);
      expect(other.url).toMatch(/\/account\/login$/);
      expect(other.text).toContain('role="alert"');
      const twin = visitor.twin();
      expect(new URL((await visitor.open(back.url)).url).pathname).toBe('/account');
      expect((await twin.open(back.url)).text).toContain('role="alert"');
    });

    it('answers for an issuer that is gone or not there', async () => {
      const nowhere = await test.app.transact('system', (tx) =>
        createProvider(tx, { keyring: test.app.keyring, allowsHttp: true }, { name: 'Nowhere', issuer: 'http://127.0.0.1:9', clientId: 'x' }),
      );
      for (const id of [nowhere.providerId, '01900000-0000-7000-8000-000000000000']) {
        const shown = await createVisitor(test).open(at(`/account/login/provider/${id}`));
        expect(shown.url).toMatch(/\/account\/login$/);
        expect(shown.text).toContain('role="alert"');
      }
      await test.app.backend.database.prisma.identityProvider.delete({ where: { id: nowhere.providerId } });
    });
  });

  it.skipIf(!executablePath)(
    'a passkey is made on the account’s page and signs in by one press, where scripts run',
    { timeout: 60_000 },
    async () => {
      const local = await startPublicGateway(kind, undefined, 'localhost');
      const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'] });
      try {
        const login = `${local.app.publicUrl}/account/login`;
        const plain = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
        await plain.goto(login);
        expect(await plain.getByText('Sign in with a passkey').isVisible()).toBe(false);

        const context = await browser.newContext();
        const page = await context.newPage();
        const complaints: string[] = [];
        page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
        const devtools = await context.newCDPSession(page);
        await devtools.send('WebAuthn.enable');
        const options = { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true } as const;
        await devtools.send('WebAuthn.addVirtualAuthenticator', { options: { ...options, automaticPresenceSimulation: true } });
        await page.goto(login);
        const button = page.getByRole('button', { name: 'Sign in with a passkey' });
        await button.waitFor();

        const { email, customerId } = await givenCustomer(local.app);
        const signInAgo = async (minutes: number) => {
          const { browserToken } = await givenBrowser(local, customerId, minutes);
          await context.addCookies([{ name: 'clientele_session', value: browserToken, url: local.app.publicUrl, httpOnly: true, sameSite: 'Lax' }]);
        };
        const addPasskey = async () => {
          await page.goto(`${local.app.publicUrl}/account/security`);
          await page.getByLabel('Name of the passkey').fill('Laptop');
          await page.getByRole('button', { name: 'Add a passkey' }).click();
        };
        await signInAgo(11);
        await addPasskey();
        await page.waitForURL(login);
        await signInAgo(0);
        await addPasskey();
        await page.getByText('Saved.').waitFor();
        expect(await page.locator('li strong').allTextContents()).toContain('Laptop');

        await context.clearCookies();
        await page.goto(login);
        await button.click();
        await page.waitForURL(/\/account$/);
        expect(await page.content()).toContain(email);
        expect(complaints).toEqual([]);
      } finally {
        await browser.close();
        await local.stop();
      }
    },
  );

  describe('where the shop has a captcha', () => {
    let vendor: Server;
    let vendorUrl: string;
    let guarded: TestGateway;

    beforeAll(async () => {
      const script = `document.querySelectorAll('.captcha').forEach((place) => {
        place.append(Object.assign(document.createElement('input'), { type: 'hidden', name: 'captcha-proof', value: 'a person' }));
        place.dataset.ready = 'yes';
      })`;
      vendor = createServer((_request, response) => response.setHeader('content-type', 'text/javascript').end(script));
      await new Promise<void>((resolve) => void vendor.listen(0, '127.0.0.1', resolve));
      vendorUrl = `http://127.0.0.1:${(vendor.address() as AddressInfo).port}`;
      guarded = await startPublicGateway(kind, undefined, '127.0.0.1', {
        captcha: {
          isPerson: async (proof) => proof === 'a person',
          widget: { scriptUrl: `${vendorUrl}/captcha.js`, html: '<div class="captcha"></div>', field: 'captcha-proof' },
        },
      });
    });
    afterAll(async () => {
      await guarded?.stop();
      vendor?.close();
    });

    it('sends no code without what it gives, by the page or by GraphQL', async () => {
      const email = someEmail();
      const visitor = createVisitor(guarded);
      const page = await visitor.open(`${guarded.url}/account/login`);
      expect(page.headers.get('content-security-policy')).toContain(`script-src 'self' ${vendorUrl};`);
      expect(page.headers.get('content-security-policy')).toContain(`frame-src ${vendorUrl};`);
      const refused = await visitor.post(page, { email });
      expect([refused.status, refused.text.includes('Show that you are a person')]).toEqual([400, true]);
      const ask = `mutation ($email: String!, $proof: String) { signInCodeRequest(email: $email, proof: $proof) { userErrors { code field } } }`;
      for (const variables of [{ email }, { email, proof: 'a program' }]) {
        const { signInCodeRequest } = (await guarded.graphql(ask, variables)).data;
        expect(signInCodeRequest.userErrors).toEqual([{ code: 'CHALLENGE_FAILED', field: ['proof'] }]);
      }
      expect(guarded.mails.filter(({ to }) => to === email)).toEqual([]);
      const asked = await visitor.post(refused, { email, 'captcha-proof': 'a person' });
      expect(asked.url).toMatch(/\/code$/);
      expect((await visitor.post(asked, { code: await mailedCode(guarded, email) }, '/code')).url).toBe(`${guarded.url}/account`);
      const other = { email: someEmail(), proof: 'a person' };
      expect((await guarded.graphql(ask, other)).data.signInCodeRequest.userErrors).toEqual([]);
    });

    it.skipIf(!executablePath)('lets its script work on the page', { timeout: 60_000 }, async () => {
      const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'] });
      try {
        const page = await browser.newPage();
        await page.goto(`${guarded.url}/account/login`);
        await page.locator('.captcha[data-ready]').waitFor({ state: 'attached' });
        await page.getByLabel('E-mail').fill(someEmail());
        await page.getByRole('button', { name: 'Continue' }).first().click();
        await page.waitForURL(/\/code$/);
      } finally {
        await browser.close();
      }
    });
  });

  it('keeps working for a client whose customer is signed in here already', async () => {
    const config = await discover(test, await givenClient(test));
    const { email } = await givenCustomer(test.app);
    const { visitor } = await signIn(test, config, email);
    const { url } = await begin(config);
    expect((await visitor.open(url.href)).url.startsWith(`${CALLBACK}?code=`)).toBe(true);
  });
});
