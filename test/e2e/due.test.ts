import { randomUUID } from 'node:crypto';
import path from 'node:path';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { createDatabase, services } from '../support/backends.ts';
import { type GatewayProcess, send, startProcess } from '../support/process.ts';

const ADMIN_TOKEN = 'a staff token for what is due';
const SKEW_MS = 7 * 60_000;
const LIVES_MS = 6_000;

const GIVE = `mutation ($email: String!) { customerCreate(input: { email: $email }) { customer { id } } }`;
const CREDIT = `mutation ($id: ID!, $expiresAt: DateTime) {
  storeCreditAccountCredit(id: $id, creditInput: { creditAmount: { amount: "10.00", currencyCode: EUR }, expiresAt: $expiresAt }) {
    storeCreditAccountTransaction { account { id } } userErrors { code } } }`;
const HOLD = `mutation ($id: ID!, $expiresAt: DateTime) {
  storeCreditHoldCreate(id: $id, holdInput: { amount: { amount: "1.00", currencyCode: EUR }, expiresAt: $expiresAt }) { userErrors { code } } }`;

describe('gateways whose clocks are minutes apart', () => {
  const alive: GatewayProcess[] = [];
  afterEach(() => {
    for (const { child } of alive.splice(0)) child.kill('SIGKILL');
  });

  it.runIf(services)('post each expiry and time-out once, at the database’s moment', { timeout: 120_000 }, async () => {
    if (!services) return;
    const databaseUrl = await createDatabase(services.databaseUrl);
    const preload = `--import ${path.resolve('test/support/skewed-clock.mjs')}`;
    const environment = { ADMIN_TOKEN, SAMPLE_SHOP: 'false', DATABASE_URL: databaseUrl, REDIS_URL: services.redisUrl, NODE_OPTIONS: preload };
    for (const skew of [-SKEW_MS, SKEW_MS]) alive.push(await startProcess({ ...environment, CLOCK_SKEW_MS: String(skew) }));
    const [slow, fast] = alive as [GatewayProcess, GatewayProcess];
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    const accounts: string[] = [];
    const expiresAt = new Date(Date.now() + LIVES_MS).toISOString();
    const run = async (url: string, query: string, variables: object): Promise<Record<string, never>> => {
      const { data } = await send(url, query, variables, ADMIN_TOKEN);
      return data as never;
    };
    for (let count = 0; count < 5; count += 1) {
      const { customerCreate } = (await run(slow.url, GIVE, { email: `${randomUUID()}@example.com` })) as never as {
        customerCreate: { customer: { id: string } };
      };
      const credited = (await run(fast.url, CREDIT, { id: customerCreate.customer.id, expiresAt })) as never as {
        storeCreditAccountCredit: { storeCreditAccountTransaction: { account: { id: string } } };
      };
      const { id } = credited.storeCreditAccountCredit.storeCreditAccountTransaction.account;
      accounts.push(id);
      await run(fast.url, CREDIT, { id });
      await run(slow.url, HOLD, { id, expiresAt });
    }
    const posted = async () =>
      (
        await client.query<{ expirations: number; timeouts: number; early: number }>(
          `select (select count(*)::int from store_credit_transaction where kind = 'EXPIRATION') as expirations,
             (select count(*)::int from store_credit_change where kind = 'HOLD_EXPIRED') as timeouts,
             (select count(*)::int from store_credit_transaction where kind = 'EXPIRATION' and created_at < $1) as early`,
          [expiresAt],
        )
      ).rows[0];
    // The fast one would have posted all of it by now, were it to ask its own clock.
    if (Date.now() < Date.parse(expiresAt) - 500) expect(await posted()).toEqual({ expirations: 0, timeouts: 0, early: 0 });
    const late = Date.now() + 40_000;
    while ((await posted())?.expirations !== accounts.length && Date.now() < late) await new Promise((resolve) => setTimeout(resolve, 200));
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(await posted()).toEqual({ expirations: accounts.length, timeouts: accounts.length, early: 0 });
    await client.end();
    for (const gateway of [slow, fast]) expect(await gateway.stop()).toBe(0);
  });
});
