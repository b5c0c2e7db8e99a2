import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SAMPLE_CUSTOMER } from '../../src/capabilities/transfer/sample-shop.ts';
import { isOpenedHere } from '../../src/http/graphiql.ts';
import { createServer } from '../../src/http/server.ts';
import { backends } from '../support/backends.ts';
import { type SampleGateway, startSampleGateway } from '../support/sample-gateway.ts';

const embedded = backends[0] as (typeof backends)[number];

/** A GET as a browser sends it; unlike fetch, it may name any host. */
const get = (url: string, headers: Record<string, string> = {}) =>
  new Promise<{ status: number; headers: Record<string, string | string[] | undefined>; text: string }>((resolve, reject) => {
    request(url, { headers: { accept: 'text/html,application/xhtml+xml', ...headers } }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    })
      .on('error', reject)
      .end();
  });

interface Settings {
  tabs: { query: string; variables: string; headers: string }[];
  newTabHeaders: string;
  workers: Record<string, string>;
}

const settingsIn = (html: string): Settings => JSON.parse(/id="settings">(.*?)<\/script>/s.exec(html)?.[1] ?? '');

/** A subscription's stream stays open: its first message is enough. */
const firstUpdate = async ({ body }: Response): Promise<string> => {
  let text = '';
  for await (const part of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part;
    if (text.includes('"data"')) break;
  }
  return text;
};

describe('GraphiQL', () => {
  let shop: SampleGateway;
  let page: Awaited<ReturnType<typeof get>>;
  beforeAll(async () => {
    shop = await startSampleGateway(embedded);
    page = await get(`${shop.url}/graphql`);
  });
  afterAll(() => shop.stop());

  it('opens with seven tabs that work as they stand', async () => {
    const { tabs } = settingsIn(page.text);
    const names = tabs.map(({ query }) => /^(?:query|mutation|subscription) (\w+)/m.exec(query)?.[1]);
    expect(names).toEqual(['SignIn', 'MyAccount', 'FindCustomer', 'IssueCredit', 'SpendCredit', 'LiveBalance', 'Duplicates']);
    const answers: Record<string, string> = {};
    for (const [index, { query, variables, headers }] of tabs.entries()) {
      const operationName = names[index] as string;
      const response = await fetch(`${shop.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: operationName === 'LiveBalance' ? 'text/event-stream' : 'application/json',
          ...(headers ? JSON.parse(headers) : {}),
        },
        body: JSON.stringify({ query, variables: variables ? JSON.parse(variables) : {}, operationName }),
      });
      const text = operationName === 'LiveBalance' ? await firstUpdate(response) : await response.text();
      expect(text, operationName).not.toContain('"errors"');
      expect(text, operationName).not.toMatch(/"userErrors":\s*\[\s*\{/);
      answers[operationName] = text;
    }
    expect(answers.MyAccount).toContain('"displayName":"Anna Holm"');
    expect(answers.FindCustomer).toContain('"totalCount":2');
    expect(answers.IssueCredit).toContain('"balanceAfterTransaction":{"amount":"90.00"}');
    expect(answers.SpendCredit).toContain('"balanceAfterTransaction":{"amount":"80.50"}');
    expect(answers.LiveBalance).toContain('"balance":{"amount":"80.50"');
  });

  it('lists what a debit spent in the order in which it was spent', async () => {
    const { tabs } = settingsIn((await get(`${shop.url}/graphql`)).text);
    const spend = tabs.find(({ query }) => query.includes('mutation SpendCredit')) as Settings['tabs'][number];
    const variables = JSON.parse(spend.variables);
    // More than is left of the credit that expires, so that the oldest of the others is needed too.
    variables.debitInput.debitAmount.amount = '30.00';
    const response = await fetch(`${shop.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...JSON.parse(spend.headers) },
      body: JSON.stringify({ query: spend.query, variables }),
    });
    const { data } = (await response.json()) as {
      data: { storeCreditAccountDebit: { storeCreditAccountTransaction: { allocations: { creditTransaction: { number: string } }[] } } };
    };
    const { allocations } = data.storeCreditAccountDebit.storeCreditAccountTransaction;
    expect(allocations.map(({ creditTransaction: { number } }) => number)).toEqual(['4', '2']);
  });

  it('gives each page keys of its own, so that what was run on one page is not merely repeated by the next', async () => {
    const keysOf = (html: string) => settingsIn(html).tabs.flatMap(({ variables }) => (variables ? (JSON.parse(variables).key ?? []) : []));
    const [first, second] = [keysOf(page.text), keysOf((await get(`${shop.url}/graphql`)).text)];
    expect(first).toHaveLength(2);
    expect(new Set([...first, ...second]).size).toBe(4);
  });

  it('is kept nowhere, framed by nobody, and runs no script but its own', async () => {
    expect(page.headers['cache-control']).toBe('no-store');
    const policy = String(page.headers['content-security-policy']);
    for (const part of ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"]) expect(policy).toContain(part);
    expect(policy).not.toMatch(/script-src[^;]*unsafe/);
    const scripts = [...page.text.matchAll(/<script src="([^"]+)"/g)].map(([, src]) => src);
    for (const path of [...scripts, ...Object.values(settingsIn(page.text).workers)]) {
      const part = await get(`${shop.url}${path}`);
      expect(part.status, path).toBe(200);
      expect(part.headers['content-type']).toContain('text/javascript');
      expect(part.headers['cache-control']).toContain('immutable');
    }
    expect((await get(`${shop.url}/dev/graphiql/0000000000000000/boot.js`)).status).toBe(404);
  });

  it('opens by a link on another site, with tokens that the other site cannot read', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    const linked = await get(`${shop.url}/graphql`, headers);
    expect(linked.status).toBe(200);
    expect(linked.headers['access-control-allow-origin']).toBeUndefined();
  });

  it.each([
    ['under the name of another host', { host: 'shop.example' }],
    ['under a name that only begins like this machine', { host: 'localhost.shop.example' }],
    ['through a proxy', { 'x-forwarded-for': '203.0.113.9' }],
    ['through a proxy that says so in Via', { via: '1.1 proxy' }],
    ['by the script of a page', { origin: 'http://localhost:3000' }],
    ['by a script of the same site', { 'sec-fetch-dest': 'empty' }],
    ['in a frame', { 'sec-fetch-dest': 'iframe' }],
  ])('shows no token when it is asked for %s', async (_how, headers) => {
    const { status, text } = await get(`${shop.url}/graphql`, headers as unknown as Record<string, string>);
    expect(status).toBe(200);
    expect(text).not.toMatch(/clt_(?:st|at)_/);
    expect(text).toContain('STAFF_TOKEN');
  });

  it('shows no token to another machine, nor when the gateway is known by a public address', () => {
    const asked = (remoteAddress: string, publicUrl = 'http://localhost:4000') =>
      isOpenedHere({ socket: { remoteAddress }, headers: { host: 'localhost:4000' } } as never, publicUrl);
    expect(asked('127.0.0.1')).toBe(true);
    expect(asked('::ffff:127.0.0.1')).toBe(true);
    expect(asked('::1')).toBe(true);
    expect(asked('192.0.2.7')).toBe(false);
    expect(asked('::ffff:192.0.2.7')).toBe(false);
    expect(asked('127.0.0.1', 'https://accounts.shop.example')).toBe(false);
  });

  it('opens no session for a page that gets no token', async () => {
    const sessions = () => shop.app.backend.database.prisma.session.count({ where: { customerId: SAMPLE_CUSTOMER.id } });
    const before = await sessions();
    await get(`${shop.url}/graphql`, { host: 'shop.example' });
    expect(await sessions()).toBe(before);
    await get(`${shop.url}/graphql`);
    expect(await sessions()).toBe(before + 1);
  });

  it('is not there in production, and none of its parts', async () => {
    const gateway = createServer(shop.app, { isProduction: true, allowedOrigins: [], trustedProxyHops: 0, showInbox: false });
    const url = `http://127.0.0.1:${await gateway.listen(0, '127.0.0.1')}`;
    const { text } = await get(`${url}/graphql`);
    expect(text).not.toContain('graphiql');
    const script = /<script src="([^"]+boot\.js)"/.exec(page.text)?.[1];
    expect((await get(`${url}${script}`)).status).toBe(404);
    expect((await get(`${url}/dev/inbox`)).status).toBe(404);
    gateway.server.closeAllConnections();
    await new Promise((resolve) => gateway.server.close(resolve));
  });
});
