import { existsSync, mkdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import axe from 'axe-core';
import * as openid from 'openid-client';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { updateBranding } from '../../src/capabilities/branding/update.ts';
import { createProvider } from '../../src/capabilities/identity-providers/providers.ts';
import { backends } from '../support/backends.ts';
import { classicOf, useAccounts } from '../support/classic.ts';
import { startPublicGateway, type TestGateway } from '../support/gateway.ts';
import { givenCustomer, someEmail } from '../support/given.ts';
import { begin, discover, givenClient } from '../support/oidc.ts';
import { mailedCode } from '../support/visitor.ts';

const executablePath = [process.env.CHROMIUM_PATH, '/usr/bin/chromium'].find((file) => file && existsSync(file));
if (!executablePath) console.log('The pages are not looked at: there is no Chromium at CHROMIUM_PATH or /usr/bin/chromium.');

/** A folder for what the pages look like: `PAGE_PICTURES=/tmp/pages`. */
const PICTURES = process.env.PAGE_PICTURES;

const QUIET = ['--disable-background-networking', '--disable-component-update', '--disable-quic', '--disable-sync', '--no-first-run'];

const LOOKS = [390, 1280].flatMap((width) =>
  (['light', 'dark'] as const).flatMap((colorScheme) => [true, false].map((javaScriptEnabled) => ({ width, colorScheme, javaScriptEnabled }))),
);

describe.skipIf(!executablePath)('the sign-in pages in a browser', () => {
  let browser: Browser;
  let test: TestGateway;
  let shop: Server;
  let shopUrl: string;
  const complaints: string[] = [];

  beforeAll(async () => {
    test = await startPublicGateway(backends[0] as (typeof backends)[number]);
    shop = createServer((_request, response) => response.setHeader('content-type', 'text/html').end('<!doctype html><title>The shop</title>'));
    await new Promise<void>((resolve) => void shop.listen(0, '127.0.0.1', resolve));
    shopUrl = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`;
    await test.app.transact('system', (tx) =>
      updateBranding(tx, {
        name: 'Nordlys & Co',
        accentColor: '#d9a441',
        homeUrl: 'https://shop.example/',
        privacyPolicyUrl: 'https://shop.example/privacy',
        termsOfServiceUrl: 'https://shop.example/terms',
        contactUrl: 'mailto:hello@shop.example',
      }),
    );
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', ...QUIET] });
  });
  afterAll(async () => {
    await test?.app.transact('system', (tx) =>
      updateBranding(tx, { name: null, accentColor: null, homeUrl: null, privacyPolicyUrl: null, termsOfServiceUrl: null, contactUrl: null }),
    );
    await browser?.close();
    shop?.close();
    await test?.stop();
  });

  const callback = (): string => `${shopUrl}/callback`;
  /** A shop of this machine. */
  const givenShop = (input: object) => givenClient(test, 'CONFIDENTIAL', { ...input, redirectUris: [callback()], development: true });

  const visit = async (options: object): Promise<Page> => {
    const context: BrowserContext = await browser.newContext(options);
    const page = await context.newPage();
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on('console', (message) => {
      // A refused form is answered with 400, which the console mentions.
      if (message.type() === 'error' && !message.text().includes('status of 400')) complaints.push(message.text());
    });
    page.on('request', (request) => {
      const { host, protocol } = new URL(request.url());
      if (protocol !== 'data:' && ![new URL(test.url).host, new URL(shopUrl).host].includes(host)) complaints.push(`asked ${request.url()}`);
    });
    return page;
  };

  /** What axe finds that keeps somebody out. */
  const check = async (page: Page, name: string, { width, colorScheme, javaScriptEnabled }: (typeof LOOKS)[number]): Promise<void> => {
    if (PICTURES) {
      mkdirSync(PICTURES, { recursive: true });
      await page.screenshot({
        path: path.join(PICTURES, `${name}-${width}-${colorScheme}${javaScriptEnabled ? '' : '-noscript'}.png`),
        fullPage: true,
      });
    }
    if (!javaScriptEnabled) return;
    await page.evaluate(axe.source);
    const { violations, passes } = (await page.evaluate('axe.run()')) as axe.AxeResults;
    expect(violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html }) => html) }))).toEqual([]);
    expect(passes.length).toBeGreaterThan(10);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  };

  it.each(LOOKS)(
    'show every way and what stands behind links at $width px, $colorScheme, scripts: $javaScriptEnabled',
    { timeout: 60_000 },
    async (look) => {
      const { width, colorScheme, javaScriptEnabled } = look;
      const [{ providerId }, invited] = [
        await test.app.transact('system', (tx) =>
          createProvider(
            tx,
            { keyring: test.app.keyring, allowsHttp: false },
            { name: 'Google', issuer: 'https://accounts.google.com', clientId: 'shop' },
          ),
        ),
        await givenCustomer(test.app),
      ];
      await useAccounts(test.app, 'CLASSIC');
      try {
        const page = await visit({ viewport: { width, height: 844 }, colorScheme, javaScriptEnabled });
        const email = someEmail();
        await page.goto(`${test.url}/account/login`);
        await check(page, '5-every-way', look);
        await page.getByLabel('E-mail address').first().fill(email);
        await page.keyboard.press('Enter');
        await page.waitForURL(/\/code$/);
        await mailedCode(test, email);
        const link = test.mails.findLast(({ to }) => to === email)?.link ?? '';
        const elsewhere = await visit({ viewport: { width, height: 844 }, colorScheme, javaScriptEnabled });
        await elsewhere.goto(link);
        await check(elsewhere, '6-link-elsewhere', look);
        await page.goto(link);
        await check(page, '7-link', look);
        await page.goto(`${test.url}/account/recover`);
        await check(page, '8-recover', look);
        await classicOf(test.app).invite(invited.customerId);
        await expect.poll(() => test.mails.findLast(({ to }) => to === invited.email)?.link).toBeTruthy();
        await page.goto(`${test.url}${new URL(test.mails.findLast(({ to }) => to === invited.email)?.link ?? '').pathname}`);
        await check(page, '9-choose-password', look);
      } finally {
        await useAccounts(test.app, 'NEW_CUSTOMER_ACCOUNTS');
        await test.app.backend.database.prisma.identityProvider.delete({ where: { id: providerId } });
      }
      expect(complaints).toEqual([]);
    },
  );

  it.each(LOOKS)('sign a customer in at $width px, $colorScheme, scripts: $javaScriptEnabled', { timeout: 60_000 }, async (look) => {
    const client = await givenShop({ name: 'Nordlys Storefront', postLogoutRedirectUris: [`${shopUrl}/bye`] });
    const config = await discover(test, client);
    const { url, checks } = await begin(config, { redirect_uri: callback() });
    const { width, colorScheme, javaScriptEnabled } = look;
    const page = await visit({ viewport: { width, height: 844 }, colorScheme, javaScriptEnabled });
    const email = someEmail();

    await page.goto(url.href);
    await check(page, '1-login', look);
    await page.getByLabel('E-mail address').fill('nobody@nowhere');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    await check(page, '2-login-refused', look);
    await page.getByLabel('E-mail address').fill(email);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('heading', { name: 'Check your inbox' }).waitFor();
    await check(page, '3-code', look);

    const code = await mailedCode(test, email);
    await page.getByLabel('Code').fill(code === '111111' ? '222222' : '111111');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').waitFor();
    await check(page, '4-code-refused', look);
    await page.getByRole('button', { name: 'Send a new code' }).click();
    await page.getByText('Wait').waitFor();
    await check(page, '5-code-too-soon', look);
    await page.getByLabel('Code').fill(`${code.slice(0, 3)} ${code.slice(3)}`);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${callback()}?*`);
    const tokens = await openid.authorizationCodeGrant(config, new URL(page.url()), checks);
    expect(tokens.claims()?.email).toBe(email);

    await page.goto(`${test.url}/account`);
    await page.getByText(email).waitFor();
    await check(page, '6-account', look);
    await page.goto(openid.buildEndSessionUrl(config, { post_logout_redirect_uri: `${shopUrl}/bye` }).href);
    await check(page, '7-sign-out', look);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${shopUrl}/bye`);
    await page.goto(`${test.url}/account/logout`);
    await page.getByRole('heading', { name: 'You are signed out' }).waitFor();
    await check(page, '8-signed-out', look);
    await page.context().close();
  });

  it.each(LOOKS.filter(({ javaScriptEnabled }) => javaScriptEnabled))(
    'ask for consent and say what is wrong at $width px, $colorScheme',
    { timeout: 60_000 },
    async (look) => {
      const config = await discover(test, await givenShop({ name: 'Parcel Friend', asksConsent: true }));
      const page = await visit({ viewport: { width: look.width, height: 844 }, colorScheme: look.colorScheme });
      const email = someEmail();
      await page.goto((await begin(config, { redirect_uri: callback(), scope: 'openid email profile customer-account-api:full' })).url.href);
      await page.getByLabel('E-mail address').fill(email);
      await page.keyboard.press('Enter');
      await page.getByLabel('Code').fill(await mailedCode(test, email));
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Parcel Friend would like access to your account' }).waitFor();
      await check(page, '9-consent', look);
      await page.getByRole('button', { name: 'Allow' }).click();
      await page.waitForURL(`${callback()}?code=*`);

      await page.goto((await begin(config, { redirect_uri: 'https://evil.example/' })).url.href);
      await page.getByRole('heading', { name: 'This link does not work' }).waitFor();
      await check(page, '10-refused', look);
      await page.goto(`${test.url}/account/login/${'x'.repeat(43)}`);
      await page.getByRole('heading', { name: 'This page has run out' }).waitFor();
      await check(page, '11-expired', look);
      complaints.splice(0, complaints.length, ...complaints.filter((text) => !text.includes('status of 404')));
      await page.goto(`${test.url}/account/nothing`);
      await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
      await check(page, '12-not-found', look);
      await page.context().close();
    },
  );

  it('speak the languages of their visitors', { timeout: 60_000 }, async () => {
    const titles = { en: 'Sign in', da: 'Log ind', de: 'Anmelden', it: 'Accedi', nb: 'Logg inn', pl: 'Zaloguj się' };
    const config = await discover(test, await givenClient(test));
    for (const [language, title] of Object.entries(titles)) {
      const page = await visit({ locale: language === 'da' ? 'de-DE' : `${language}-XX`, viewport: { width: 390, height: 844 } });
      // Danish is asked for by the client, the others by the browser.
      await page.goto(language === 'da' ? (await begin(config, { ui_locales: 'fr da' })).url.href : `${test.url}/account/login`);
      expect(await page.getByRole('heading').textContent()).toBe(title);
      expect(await page.locator('html').getAttribute('lang')).toBe(language);
      await check(page, `13-${language}`, { width: 390, colorScheme: 'light', javaScriptEnabled: true });
      await page.context().close();
    }
  });

  it('can be used with the keyboard alone, in the order in which they read', { timeout: 60_000 }, async () => {
    const page = await visit({ viewport: { width: 1280, height: 844 } });
    const email = someEmail();
    await page.goto(`${test.url}/account/login`);
    expect(await page.evaluate('document.activeElement.id')).toBe('email');
    await page.keyboard.type(email);
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Continue');
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Check your inbox' }).waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('code');
    await page.keyboard.type(await mailedCode(test, email));
    await page.keyboard.press('Enter');
    await page.waitForURL(`${test.url}/account`);
    await page.context().close();
  });

  it('asked no other host, and had nothing to complain of', () => {
    expect(complaints.filter((text) => !text.includes('status of 404'))).toEqual([]);
  });
});
