import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { updateBranding } from '../../src/capabilities/branding/update.ts';
import { givenBrowser, givenFullAccount } from '../support/account.ts';
import { backends } from '../support/backends.ts';
import { givenPassword, useAccounts } from '../support/classic.ts';
import { startPublicGateway, type TestGateway } from '../support/gateway.ts';

const executablePath = [process.env.CHROMIUM_PATH, '/usr/bin/chromium'].find((file) => file && existsSync(file));
if (!executablePath) console.log('The account is not looked at: there is no Chromium at CHROMIUM_PATH or /usr/bin/chromium.');

/** A folder for what the pages look like: `PAGE_PICTURES=/tmp/pages`. */
const PICTURES = process.env.PAGE_PICTURES;

const QUIET = ['--disable-background-networking', '--disable-component-update', '--disable-quic', '--disable-sync', '--no-first-run'];

const LOOKS = [
  { width: 390, colorScheme: 'light', javaScriptEnabled: true },
  { width: 390, colorScheme: 'dark', javaScriptEnabled: false },
  { width: 1280, colorScheme: 'light', javaScriptEnabled: false },
  { width: 1280, colorScheme: 'dark', javaScriptEnabled: true },
] as const;

const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64');

describe.skipIf(!executablePath)('the account in a browser', () => {
  let browser: Browser;
  let test: TestGateway;
  const complaints: string[] = [];

  beforeAll(async () => {
    test = await startPublicGateway(backends[0] as (typeof backends)[number]);
    await useAccounts(test.app, 'CLASSIC');
    await test.app.transact('system', (tx) =>
      updateBranding(tx, {
        name: 'Nordlys & Co',
        accentColor: '#d9a441',
        homeUrl: 'https://shop.example/',
        privacyPolicyUrl: 'https://shop.example/privacy',
        contactUrl: 'mailto:hello@shop.example',
      }),
    );
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', ...QUIET] });
  });
  afterAll(async () => {
    await test?.app.transact('system', (tx) =>
      updateBranding(tx, { name: null, accentColor: null, homeUrl: null, privacyPolicyUrl: null, contactUrl: null }),
    );
    if (test) await useAccounts(test.app, 'NEW_CUSTOMER_ACCOUNTS');
    await browser?.close();
    await test?.stop();
  });

  /** A browser in which a customer with a full account is signed in. */
  const visit = async (options: object) => {
    const { customerId, password } = await givenPassword(test.app, { firstName: 'Ida', lastName: 'Holm' });
    const full = await givenFullAccount(test, customerId);
    const { browserToken } = await givenBrowser(test, customerId);
    const context = await browser.newContext(options);
    await context.addCookies([{ name: 'clientele_session', value: browserToken, url: test.url, httpOnly: true, sameSite: 'Lax' }]);
    await context.route('https://cdn.example/**', (route) => route.fulfill({ contentType: 'image/png', body: PIXEL }));
    const page = await context.newPage();
    page.on('pageerror', ({ message }) => complaints.push(message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('status of 400')) complaints.push(message.text());
    });
    return { page, customerId, password, ...full };
  };

  /** What axe finds that keeps somebody out, and what does not fit. */
  const check = async (page: Page, name: string, look: (typeof LOOKS)[number]): Promise<void> => {
    const { width, colorScheme, javaScriptEnabled } = look;
    await page.waitForLoadState();
    if (PICTURES) {
      mkdirSync(PICTURES, { recursive: true });
      await page.screenshot({ path: path.join(PICTURES, `account-${name}-${width}-${colorScheme}.png`), fullPage: true });
    }
    if (!javaScriptEnabled) return;
    await page.evaluate(axe.source);
    const { violations, passes } = (await page.evaluate('axe.run()')) as axe.AxeResults;
    expect(violations.map(({ id, nodes }) => ({ id, name, nodes: nodes.map(({ html }) => html) }))).toEqual([]);
    expect(passes.length).toBeGreaterThan(10);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  };

  it.each(LOOKS)('is looked at and used at $width px, $colorScheme, scripts: $javaScriptEnabled', { timeout: 120_000 }, async (look) => {
    const { width, colorScheme, javaScriptEnabled } = look;
    const { page, orderId } = await visit({ viewport: { width, height: 844 }, colorScheme, javaScriptEnabled });
    const menu = (name: string) => page.getByRole('navigation', { name: 'Account' }).getByRole('link', { name, exact: true }).click();

    await page.goto(`${test.url}/account`);
    await check(page, '1-overview', look);
    await page.getByLabel('First name').fill('Ida Marie');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('heading', { name: 'Hello, Ida Marie Holm' }).waitFor();
    expect(await page.locator(':focus').textContent()).toBe('Saved.');
    await page.getByLabel('Last name').fill('<b>Holm</b>');
    await page.getByRole('button', { name: 'Save' }).click();
    expect(await page.getByRole('alert').textContent()).toContain('HTML');
    expect(await page.locator(':focus').getAttribute('name')).toBe('lastName');
    expect(await page.title()).toMatch(/^Error: /);
    await check(page, '2-overview-refused', look);

    await menu('Orders');
    await check(page, '3-orders', look);
    await page.getByRole('link', { name: /#1042/ }).click();
    await page.getByRole('heading', { name: 'Order #1042', level: 1 }).waitFor();
    expect(new URL(page.url()).pathname).toBe(`/account/orders/${orderId}`);
    await check(page, '4-order', look);
    await menu('Store credit');
    await check(page, '5-store-credit', look);
    await page.goto(`${test.url}/account/store-credit/EUR`);
    await check(page, '6-history', look);

    await menu('Addresses');
    await check(page, '7-addresses', look);
    await page.getByRole('link', { name: 'Add an address' }).click();
    await page.getByLabel('Country').selectOption('SE');
    await page.getByLabel('Phone number').fill('ring bare');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').waitFor();
    await check(page, '8-address-refused', look);

    await menu('Security');
    await check(page, '9-security', look);
    for (const summary of await page.locator('summary').all()) await summary.click();
    await check(page, '10-security-open', look);
    await page.getByRole('link', { name: 'Change e-mail address' }).click();
    await page.getByLabel('New e-mail address').fill(`${orderId}@example.com`);
    await check(page, '11-email', look);
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByRole('heading', { name: 'Confirm the new address' }).waitFor();
    await check(page, '12-email-code', look);
    await menu('Privacy');
    await check(page, '13-privacy', look);
    await page.context().close();
  });

  it.each([
    ['da', 'Hej Ida Holm'],
    ['de', 'Guten Tag, Ida Holm'],
    ['it', 'Ciao, Ida Holm'],
    ['nb', 'Hei, Ida Holm'],
    ['pl', 'Cześć, Ida Holm'],
  ])('fits in %s', { timeout: 60_000 }, async (locale, title) => {
    const { page, orderId } = await visit({ viewport: { width: 390, height: 844 }, locale: `${locale}-XX` });
    await page.goto(`${test.url}/account`);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(title);
    for (const name of ['', `/orders/${orderId}`, '/store-credit', '/addresses/new', '/security', '/privacy']) {
      await page.goto(`${test.url}/account${name}`);
      await check(page, `14-${locale}${name.split('/').slice(0, 2).join('-')}`, LOOKS[0]);
    }
    await page.context().close();
  });

  it('is reached past the menu by the keyboard, and says where it is', { timeout: 60_000 }, async () => {
    const { page } = await visit({ viewport: { width: 1280, height: 844 } });
    await page.goto(`${test.url}/account/orders`);
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').textContent()).toBe('Skip to content');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.locator(':focus').textContent()).toContain('#1042');
    expect(await page.locator('[aria-current]').allTextContents()).toEqual(['Orders']);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Order #1042', level: 1 }).waitFor();
    expect(await page.locator('[aria-current="true"]').allTextContents()).toEqual(['Orders']);
    await page.context().close();
  });

  it('asked no other host but for the pictures of its orders, and had nothing to complain of', () => {
    expect(complaints).toEqual([]);
  });
});
