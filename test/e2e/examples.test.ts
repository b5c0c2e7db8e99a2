import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { backends } from '../support/backends.ts';
import { startPublicGateway } from '../support/gateway.ts';
import { someEmail } from '../support/given.ts';
import { freePort } from '../support/process.ts';
import { type SampleGateway, startSampleGateway } from '../support/sample-gateway.ts';
import { createVisitor, signInOn } from '../support/visitor.ts';

const run = promisify(execFile);

/** Runs an example as its first lines say, and answers with what it printed, or with what it complained of. */
const runExample = async (name: string, environment: Record<string, string>, ...args: string[]): Promise<{ lines: string[]; complaint: string }> => {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...environment };
  const ended = await run('npx', ['tsx', `examples/${name}.ts`, ...args], { env, timeout: 30_000 }).catch((error) => error);
  const complaint = String(ended.stderr)
    .split('\n')
    .filter((line) => line && !line.startsWith('npm '))
    .join('\n');
  return { lines: String(ended.stdout).trim().split('\n'), complaint };
};

describe.each(backends)('the examples on $name', (kind) => {
  let shop: SampleGateway;
  beforeAll(async () => {
    shop = await startSampleGateway(kind);
  });
  afterAll(() => shop.stop());

  it('sign a known customer in by the mailed code, renew her session and sign out', { timeout: 60_000 }, async () => {
    const { lines, complaint } = await runExample('storefront-sign-in', { CLIENTELE_URL: shop.url });
    expect(complaint).toBe('');
    expect(lines.map((line) => line.replace(/\d{6}\.$/, 'CODE.').replace(/until .*/, 'until TIME'))).toEqual([
      'The code for anna.holm@example.com is CODE.',
      'Signed in until TIME',
      'Anna Holm has 65.00 EUR and 125.00 DKK.',
      'Renewed until TIME',
      'Signed out.',
    ]);
    const sessions = await shop.app.backend.database.prisma.session.findMany({ where: { customer: { email: 'anna.holm@example.com' } } });
    expect(sessions.every(({ revokedReason }) => revokedReason === 'signed_out')).toBe(true);
    expect(sessions).toHaveLength(1);
  });

  it('make a customer of someone who signs in for the first time', { timeout: 60_000 }, async () => {
    const { lines, complaint } = await runExample('storefront-sign-in', { CLIENTELE_URL: shop.url }, 'new.customer@example.com');
    expect(complaint).toBe('');
    expect(lines).toContain('new.customer@example.com has no credit yet.');
  });

  it('follow a balance through a lost connection and miss nothing', { timeout: 60_000 }, async () => {
    const { lines, complaint } = await runExample('live-balance', { CLIENTELE_URL: shop.url, CLIENTELE_STAFF_TOKEN: shop.staffToken });
    expect(complaint).toBe('');
    expect(lines).toEqual([
      'Version 6: there is 75.00',
      'Version 7: -4.00 makes 71.00',
      'The connection is lost. Meanwhile 8.00 is spent and 2.00 is given.',
      'Version 8: -8.00 makes 63.00',
      'Version 9: 2.00 makes 65.00',
      'Back again: versions 8 and 9 came once each, in order.',
    ]);
  });

  it('say in a line what is wrong', { timeout: 60_000 }, async () => {
    const complaints = await Promise.all([
      runExample('live-balance', { CLIENTELE_URL: shop.url }),
      runExample('live-balance', { CLIENTELE_URL: shop.url, CLIENTELE_STAFF_TOKEN: 'clt_st_wrong' }),
      runExample('storefront-sign-in', { CLIENTELE_URL: 'http://127.0.0.1:1' }),
      runExample('storefront-sign-in', { CLIENTELE_URL: shop.url }, 'not an address'),
    ]);
    expect(complaints.map(({ complaint }) => complaint)).toEqual([
      'CLIENTELE_STAFF_TOKEN is missing: "npm start" prints one, and keeps it in .clientele/admin-token.',
      'The token is unknown, expired or revoked. Refresh the session or sign in again.',
      'No gateway answers at http://127.0.0.1:1. Start one with "npm start", or say where it is with CLIENTELE_URL.',
      expect.stringMatching(/e-mail/i),
    ]);
  });

  it('sign a customer in by OpenID, and out again', { timeout: 60_000 }, async () => {
    const test = await startPublicGateway(kind);
    const port = await freePort();
    const env = { PATH: process.env.PATH, CLIENTELE_URL: test.url, CLIENTELE_STAFF_TOKEN: test.staffToken, PORT: String(port) };
    const storefront = spawn(process.execPath, ['examples/openid-storefront.mjs'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(storefront, 'exit');
    try {
      const [said] = await once(storefront.stdout, 'data');
      const home = String(said).trim().replace('Open ', '');
      expect(home).toBe(`http://localhost:${port}`);
      const first = await fetch(home);
      const cookie = first.headers.get('set-cookie')?.split(';')[0] ?? '';
      const shop = (url: string) => fetch(url, { headers: { cookie }, redirect: 'manual' });
      const visitor = createVisitor(test);
      const email = someEmail();
      const login = (await shop(`${home}/login`)).headers.get('location') ?? '';
      const back = await signInOn(test, visitor, await visitor.open(login), email);
      expect((await shop(back.url)).headers.get('location')).toBe(home);
      expect(await (await shop(home)).text()).toContain(`Hello ${email}`);
      const logout = (await shop(`${home}/logout`)).headers.get('location') ?? '';
      expect((await visitor.open(logout)).url.replace(/\/$/, '')).toBe(home);
      expect(await (await shop(home)).text()).toContain('Sign in');
    } finally {
      storefront.kill();
      await ended;
      await test.stop();
    }
  });
});
