import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../support/backends.ts';
import { type SampleGateway, startSampleGateway } from '../support/sample-gateway.ts';

const executablePath = [process.env.CHROMIUM_PATH, '/usr/bin/chromium'].find((path) => path && existsSync(path));
if (!executablePath) console.log('The browser tests are skipped: there is no Chromium at CHROMIUM_PATH or /usr/bin/chromium.');

// The browser is to speak with the gateway and nobody else.
const QUIET = ['--disable-background-networking', '--disable-component-update', '--disable-quic', '--disable-sync', '--no-first-run'];

const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 390, height: 844 };

/** What GraphiQL's answer pane shows, without the spaces. */
const answerOf = (page: Page): Promise<string> =>
  page.locator('.result-window .view-line').evaluateAll((lines: { textContent: string; style: { top: string } }[]) =>
    lines
      .sort((a, b) => Number.parseFloat(a.style.top) - Number.parseFloat(b.style.top))
      .map(({ textContent }) => textContent)
      .join('')
      .replace(/\s/g, ''),
  );

const showsAnswer = (page: Page, part: string): Promise<void> => expect.poll(() => answerOf(page), { timeout: 10_000 }).toContain(part);

/** Whether an operation leaves within a second. */
const runs = (page: Page): Promise<boolean> => {
  const options = { timeout: 1_000 };
  const leaves = [page.waitForRequest((request) => request.method() === 'POST', options), page.waitForEvent('websocket', options)];
  return Promise.any(leaves).then(
    () => true,
    () => false,
  );
};

/** Presses a tab with the mouse, as a person does, and runs what is in it; once more where GraphiQL, still at its editors, lost the first press. */
const runTab = async (page: Page, name: string): Promise<void> => {
  await page.locator('.graphiql-tab-button', { hasText: name }).click();
  await expect.poll(() => page.locator('.graphiql-tab-active .graphiql-tab-button').textContent()).toBe(name);
  for (let presses = 0; presses < 5; presses += 1) {
    const isRunning = runs(page);
    await page.getByLabel(/^Execute query/).click();
    if (await isRunning) return;
  }
};

describe.skipIf(!executablePath)('in a browser', () => {
  let browser: Browser;
  let shop: SampleGateway;
  const complaints: string[] = [];

  beforeAll(async () => {
    shop = await startSampleGateway(backends[0] as (typeof backends)[number]);
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', ...QUIET] });
  });
  afterAll(async () => {
    await browser?.close();
    await shop?.stop();
  });

  /** A browser of someone who was never here; whatever it complains of or asks of other hosts is kept. */
  const visit = async (viewport = WIDE): Promise<BrowserContext> => {
    const context = await browser.newContext({ viewport });
    context.on('page', (page) => {
      page.on('pageerror', ({ message }) => complaints.push(message));
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text());
      });
      const note = (address: string): void => {
        if (![new URL(shop.url).host, ''].includes(new URL(address).host)) complaints.push(`asked ${address}`);
      };
      page.on('request', (request) => note(request.url()));
      page.on('websocket', (socket) => note(socket.url()));
    });
    return context;
  };
  const openGraphiql = async (context: BrowserContext): Promise<Page> => {
    const page = await context.newPage();
    await page.goto(`${shop.url}/graphql`);
    await page.getByLabel(/^Execute query/).waitFor();
    await page
      .locator('.graphiql-query-editor .view-line', { hasText: /mutation|query|subscription/ })
      .first()
      .waitFor();
    return page;
  };

  it('shows a balance live in one window while another one spends', { timeout: 60_000 }, async () => {
    const context = await visit();
    const live = await openGraphiql(context);
    await runTab(live, 'LiveBalance');
    await showsAnswer(live, '"balance":{"amount":"65.00"');

    const spender = await openGraphiql(context);
    await runTab(spender, 'SpendCredit');
    await showsAnswer(spender, '"balanceAfterTransaction":{"amount":"55.50"}');
    await showsAnswer(live, '"balance":{"amount":"55.50"');
    await showsAnswer(live, '"transaction":{"number":"6","amount":{"amount":"-9.50"}}');

    // The same key once more: the same answer, and nothing is spent.
    await spender.getByLabel(/^Execute query/).click();
    await showsAnswer(spender, '"balanceAfterTransaction":{"amount":"55.50"}');
    await live.getByLabel(/^Stop query/).click();
    await context.close();
  });

  it("runs the customer's and the staff's tabs, and keeps what was typed when it is opened again", { timeout: 60_000 }, async () => {
    const context = await visit();
    const page = await openGraphiql(context);
    await runTab(page, 'MyAccount');
    await showsAnswer(page, '"displayName":"AnnaHolm"');
    await runTab(page, 'FindCustomer');
    await showsAnswer(page, '"totalCount":2');
    await runTab(page, 'IssueCredit');
    await showsAnswer(page, '"userErrors":[]');
    const firstGift = await answerOf(page);

    await page.locator('.graphiql-tab-button', { hasText: 'FindCustomer' }).click();
    await page.locator('.graphiql-editor-tool .view-line span span', { hasText: 'holm' }).dblclick();
    await page.keyboard.insertText('becker');
    await expect.poll(() => page.evaluate("JSON.parse(localStorage.getItem('graphiql:tabState')).tabs[2].variables")).toContain('becker');
    await page.goto(`${shop.url}/graphql?query=%7B%20__typename%20%7D`);
    await page.getByLabel(/^Execute query/).waitFor();
    expect(await page.locator('.graphiql-tab-button').allTextContents()).toEqual([
      'SignIn',
      'MyAccount',
      'FindCustomer',
      'IssueCredit',
      'SpendCredit',
      'LiveBalance',
      'Duplicates',
    ]);
    // Also when the tokens of the last visit are no good any more.
    await shop.app.backend.database.prisma.session.updateMany({ data: { revokedAt: new Date() } });
    await page.reload();
    await runTab(page, 'FindCustomer');
    await showsAnswer(page, '"displayName":"LukasBecker"');
    await runTab(page, 'MyAccount');
    await showsAnswer(page, '"displayName":"AnnaHolm"');
    // And with a key of this visit: it is a new gift, not the answer of the last one.
    await runTab(page, 'IssueCredit');
    await showsAnswer(page, '"storeCreditAccountCredit"');
    await showsAnswer(page, '"userErrors":[]');
    expect(await answerOf(page)).not.toBe(firstGift);
    await context.close();
  });

  it('brings the sign-in code to the inbox', { timeout: 60_000 }, async () => {
    const context = await visit();
    const page = await openGraphiql(context);
    await page.getByLabel(/^Execute query/).click();
    await page.getByRole('menuitem', { name: 'SignIn', exact: true }).click();
    await showsAnswer(page, '"userErrors":[]');
    const inbox = await context.newPage();
    await expect
      .poll(async () => {
        await inbox.goto(`${shop.url}/dev/inbox`);
        return inbox.locator('article').first().textContent();
      })
      .toContain('to anna.holm@example.com');
    const code = await inbox.locator('.code').first().textContent();
    expect(code).toMatch(/^\d{6}$/);
    await inbox.getByText('The whole mail').first().click();
    await inbox.frameLocator('iframe').first().getByText(String(code)).waitFor();
    await context.close();
  });

  it('fits a narrow window, the answer below the question', { timeout: 60_000 }, async () => {
    const context = await visit(NARROW);
    const page = await openGraphiql(context);
    await runTab(page, 'MyAccount');
    await showsAnswer(page, '"displayName":"AnnaHolm"');
    const [editors, response] = [await page.locator('.graphiql-editors').boundingBox(), await page.locator('.graphiql-response').boundingBox()];
    expect(response?.y).toBeGreaterThanOrEqual((editors?.y ?? 0) + (editors?.height ?? 0));
    expect(response?.width).toBeGreaterThan(300);
    await page.goto(`${shop.url}/dev/inbox`);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(NARROW.width);
    await context.close();
  });

  it('asked no other host, and had nothing to complain of', () => {
    expect(complaints).toEqual([]);
  });
});
