import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import axe from 'axe-core';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { confirmationUrl, unsubscribeUrl } from '../../src/capabilities/marketing/links.ts';
import { recordConsent } from '../../src/capabilities/marketing/record.ts';
import { givenBrowser, givenFullAccount } from '../support/account.ts';
import { backends } from '../support/backends.ts';
import { startPublicGateway, type TestGateway } from '../support/gateway.ts';
import { givenCustomer, someEmail, somePhone } from '../support/given.ts';
import { givenFields, givenProfile } from '../support/profile.ts';
import { mailedCode } from '../support/visitor.ts';

const executablePath = [process.env.CHROMIUM_PATH, '/usr/bin/chromium'].find((file) => file && existsSync(file));
if (!executablePath) console.log('The profile is not looked at: there is no Chromium at CHROMIUM_PATH or /usr/bin/chromium.');

/** A folder for what the pages look like: `PAGE_PICTURES=/tmp/pages`. */
const PICTURES = process.env.PAGE_PICTURES;
const QUIET = ['--disable-background-networking', '--disable-component-update', '--disable-quic', '--disable-sync', '--no-first-run'];
const LOOKS = [
  { width: 390, colorScheme: 'light', locale: 'en-GB' },
  { width: 390, colorScheme: 'dark', locale: 'de-DE' },
  { width: 1280, colorScheme: 'light', locale: 'pl-PL' },
  { width: 1280, colorScheme: 'dark', locale: 'en-GB' },
] as const;
const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64');

describe.skipIf(!executablePath)('the profile in a browser', () => {
  let browser: Browser;
  let test: TestGateway;
  let fields: Awaited<ReturnType<typeof givenFields>>;

  beforeAll(async () => {
    test = await startPublicGateway(backends[0] as (typeof backends)[number]);
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', ...QUIET] });
    const own = { customerAccess: 'READ_WRITE', pages: { account: true, signUp: true } } as const;
    fields = await givenFields(test.app, [
      { key: 'shoe', name: 'Shoe size', type: 'number_integer', description: 'European sizes', validations: [{ name: 'max', value: '60' }], ...own },
      { key: 'tone', name: 'Favourite tone', type: 'single_line_text_field', validations: [{ name: 'choices', value: '["Warm","Cold"]' }], ...own },
      { key: 'wishes', name: 'What we should know', type: 'multi_line_text_field', ...own },
    ]);
  });
  afterAll(async () => {
    await fields?.remove();
    await browser?.close();
    await test?.stop();
  });

  const check = async (page: Page, name: string, { width, colorScheme, locale }: (typeof LOOKS)[number]): Promise<void> => {
    await page.waitForLoadState();
    if (PICTURES) {
      mkdirSync(PICTURES, { recursive: true });
      await page.screenshot({ path: path.join(PICTURES, `profile-${name}-${width}-${colorScheme}-${locale}.png`), fullPage: true });
    }
    await page.evaluate(axe.source);
    const { violations, passes } = (await page.evaluate('axe.run()')) as axe.AxeResults;
    expect(violations.map(({ id, nodes }) => ({ id, name, nodes: nodes.map(({ html }) => html) }))).toEqual([]);
    expect(passes.length).toBeGreaterThan(10);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  };

  it.each(LOOKS)('keeps nobody out and fits at $width px, $colorScheme, $locale', { timeout: 120_000 }, async (look) => {
    const { width, colorScheme, locale } = look;
    const { app } = test;
    const { customerId, email } = await givenCustomer(app, { firstName: 'Ida', lastName: 'Holm', phone: somePhone() });
    await givenFullAccount(test, customerId);
    await givenProfile(app, customerId);
    const at = new Date();
    await app.transact('system', (tx) =>
      recordConsent(tx, customerId, {
        channel: 'EMAIL',
        state: 'PENDING',
        optInLevel: 'CONFIRMED_OPT_IN',
        occurredAt: at,
        source: 'CUSTOMER',
        address: email,
      }),
    );
    const { browserToken } = await givenBrowser(test, customerId);
    const context = await browser.newContext({ viewport: { width, height: 844 }, colorScheme, locale });
    await context.addCookies([{ name: 'clientele_session', value: browserToken, url: test.url, httpOnly: true, sameSite: 'Lax' }]);
    await context.route('https://cdn.example/**', (route) => route.fulfill({ contentType: 'image/png', body: PIXEL }));
    const page = await context.newPage();
    await page.goto(`${test.url}/account`);
    await check(page, '1-overview', look);
    await page.locator(`[name="${fields.namespace}.shoe"]`).fill('99');
    await page.locator('form[action="/account/about"] button').click();
    await page.getByRole('alert').waitFor();
    expect(await page.locator(':focus').getAttribute('name')).toBe(`${fields.namespace}.shoe`);
    await check(page, '2-about-refused', look);
    await page.goto(`${test.url}/account/favourites`);
    for (const summary of await page.locator('summary').all()) await summary.click();
    await check(page, '3-favourites', look);
    await page.goto(`${test.url}/account/privacy`);
    await check(page, '4-privacy', look);
    const expiresAt = new Date(Date.now() + 86_400_000).toISOString();
    await page.goto(confirmationUrl(app.keyring, test.url, { customerId, email, at: at.toISOString(), expiresAt }));
    await check(page, '5-marketing-confirm', look);
    await page.getByRole('button').click();
    await page.getByRole('status').waitFor();
    await check(page, '6-marketing-confirmed', look);
    await page.goto(unsubscribeUrl(app.keyring, test.url, customerId));
    await check(page, '7-marketing-unsubscribe', look);
    await page.getByRole('button').click();
    await page.getByRole('status').waitFor();
    await check(page, '8-marketing-ended', look);
    await page.goto(`${test.url}/marketing/unsubscribe/nothing`);
    await check(page, '9-marketing-void', look);

    const fresh = await browser.newContext({ viewport: { width, height: 844 }, colorScheme, locale });
    const newcomer = await fresh.newPage();
    await newcomer.goto(`${test.url}/account/login`);
    const address = someEmail();
    await newcomer.locator('#email').fill(address);
    await newcomer.locator('#email').press('Enter');
    await newcomer.locator('#code').waitFor();
    await newcomer.locator('#code').fill(await mailedCode(test, address));
    await newcomer.locator('#code').press('Enter');
    await newcomer.waitForURL('**/account/login/about');
    await check(newcomer, '10-sign-up', look);
    await Promise.all([context.close(), fresh.close()]);
  });
});
