import { randomUUID } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createClient } from 'graphql-ws';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { createDatabase, services } from '../support/backends.ts';
import { type GatewayProcess, send, startProcess } from '../support/process.ts';

const ADMIN_TOKEN = 'a staff token for process tests';

describe.runIf(services)('gateway processes on one PostgreSQL and one Redis', () => {
  let environment: Record<string, string>;
  let one: GatewayProcess;
  let two: GatewayProcess;
  beforeAll(async () => {
    if (!services) return;
    environment = { DATABASE_URL: await createDatabase(services.databaseUrl), REDIS_URL: services.redisUrl, ADMIN_TOKEN };
    [one, two] = await Promise.all([startProcess(environment), startProcess(environment)]);
  });
  afterAll(async () => {
    await Promise.all([one?.stop(), two?.stop()]);
  });

  const customerWith = async (amount: string): Promise<{ id: string; accountId: string; email: string }> => {
    const email = `${randomUUID()}@example.com`;
    const created = await send(
      one.url,
      'mutation ($email: String!) { customerCreate(input: { email: $email }) { customer { id } } }',
      { email },
      ADMIN_TOKEN,
    );
    const { id } = (created.data as { customerCreate: { customer: { id: string } } }).customerCreate.customer;
    const credited = await send(
      one.url,
      `mutation ($id: ID!, $amount: Decimal!) { storeCreditAccountCredit(id: $id, creditInput: { creditAmount: { amount: $amount, currencyCode: EUR } }) {
        storeCreditAccountTransaction { account { id } } } }`,
      { id, amount },
      ADMIN_TOKEN,
    );
    const answer = credited.data as { storeCreditAccountCredit: { storeCreditAccountTransaction: { account: { id: string } } } };
    return { id, email, accountId: answer.storeCreditAccountCredit.storeCreditAccountTransaction.account.id };
  };

  const debit = (url: string, id: string) =>
    send(
      url,
      `mutation ($id: ID!) { storeCreditAccountDebit(id: $id, debitInput: { debitAmount: { amount: "1", currencyCode: EUR } }) { userErrors { code } } }`,
      { id },
      ADMIN_TOKEN,
    ) as Promise<{ data: { storeCreditAccountDebit: { userErrors: { code: string }[] } } }>;

  it('applied the migrations once although ten started at once', { timeout: 240_000 }, async () => {
    if (!services) return;
    const DATABASE_URL = await createDatabase(services.databaseUrl);
    // A hundred connections are all that PostgreSQL allows as it comes.
    const own = { ...environment, DATABASE_URL, DATABASE_POOL_SIZE: '3' };
    const ten = await Promise.all(Array.from({ length: 10 }, () => startProcess(own)));
    const client = new pg.Client({ connectionString: DATABASE_URL });
    await client.connect();
    const { rows } = await client.query('select migration_name, count(*)::int as times from _prisma_migrations group by 1 order by 1');
    await client.end();
    expect(rows.length).toBeGreaterThan(1);
    expect(rows.every(({ times }) => times === 1)).toBe(true);
    const codes = await Promise.all(ten.map((gateway) => gateway.stop()));
    expect(codes).toEqual(codes.map(() => 0));
  });

  it('confirm a code that the other one sent', async () => {
    const email = `${randomUUID()}@example.com`;
    await send(one.url, 'mutation ($email: String!) { signInCodeRequest(email: $email) { userErrors { code } } }', { email });
    let code: string | undefined;
    for (let tries = 0; tries < 100 && !code; tries += 1) {
      const mails = (await (await fetch(`${two.url}/dev/inbox`)).json()) as { to: string; code: string }[];
      code = mails.find(({ to }) => to === email)?.code;
      if (!code) await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const { data } = await send(
      two.url,
      'mutation ($email: String!, $code: String!) { signInCodeConfirm(email: $email, code: $code) { customer { emailAddress { emailAddress } } session { accessToken } userErrors { code } } }',
      { email, code },
    );
    const { customer, session } = (data as { signInCodeConfirm: { customer: { emailAddress: object }; session: { accessToken: string } } })
      .signInCodeConfirm;
    expect(customer.emailAddress).toEqual({ emailAddress: email });
    expect(await send(one.url, '{ customer { displayName } }', {}, session.accessToken)).toEqual({ data: { customer: { displayName: email } } });
  });

  it('show a debit on one to a subscriber of the other', async () => {
    const { accountId } = await customerWith('10');
    const client = createClient({
      url: `${two.url.replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${ADMIN_TOKEN}` },
    });
    const updates = client.iterate({
      query: `subscription ($id: ID!) { storeCreditAccountUpdated(accountId: $id) { account { balance { amount } } } }`,
      variables: { id: accountId },
    });
    const balance = async () => {
      const { value } = await updates.next();
      return (value as { data: { storeCreditAccountUpdated: { account: { balance: { amount: string } } } } }).data.storeCreditAccountUpdated.account
        .balance.amount;
    };
    expect(await balance()).toBe('10.00');
    await debit(one.url, accountId);
    expect(await balance()).toBe('9.00');
    await client.dispose();
  });

  it('accept exactly 100 of 200 racing debits of 1 from an account that holds 100', async () => {
    const { accountId } = await customerWith('100');
    const answers = await Promise.all(Array.from({ length: 200 }, (_, index) => debit(index % 2 ? one.url : two.url, accountId)));
    const refused = answers.flatMap(({ data }) => data.storeCreditAccountDebit.userErrors.map(({ code }) => code));
    expect(refused).toEqual(Array.from({ length: 100 }, () => 'INSUFFICIENT_FUNDS'));
    const { data } = await send(
      one.url,
      'query ($id: ID!) { storeCreditAccount(id: $id) { balance { amount } available { amount } version } }',
      { id: accountId },
      ADMIN_TOKEN,
    );
    expect(data).toEqual({ storeCreditAccount: { balance: { amount: '0.00' }, available: { amount: '0.00' }, version: '101' } });
  });
});

describe('an embedded folder', () => {
  it('is refused to a second process, and free again after a kill', { timeout: 120_000 }, async () => {
    const DATA_DIR = mkdtempSync(path.join(tmpdir(), 'clientele-lock-'));
    const first = await startProcess({ DATA_DIR, SAMPLE_SHOP: 'false' });
    await expect(startProcess({ DATA_DIR, SAMPLE_SHOP: 'false' })).rejects.toThrow(/is in use by process \d+/);
    await first.kill();
    const second = await startProcess({ DATA_DIR, SAMPLE_SHOP: 'false' });
    expect(await second.stop()).toBe(0);
  });

  it('keeps what it was told, and its staff token', { timeout: 120_000 }, async () => {
    const DATA_DIR = mkdtempSync(path.join(tmpdir(), 'clientele-kept-'));
    const first = await startProcess({ DATA_DIR, SAMPLE_SHOP: 'false' });
    const token = /clt_st_[\w-]+/.exec(first.output())?.[0] ?? '';
    const email = `${randomUUID()}@example.com`;
    await send(first.url, 'mutation ($email: String!) { customerCreate(input: { email: $email }) { userErrors { code } } }', { email }, token);
    expect(await first.stop()).toBe(0);
    const second = await startProcess({ DATA_DIR, SAMPLE_SHOP: 'false' });
    const { data } = await send(
      second.url,
      'query ($email: String!) { customerByIdentifier(identifier: { emailAddress: $email }) { displayName } }',
      { email },
      token,
    );
    expect(data).toEqual({ customerByIdentifier: { displayName: email } });
    await second.stop();
  });

  it('starts only with settings that make sense, and says which do not', async () => {
    await expect(startProcess({ DATABASE_URL: 'postgres://localhost/x' })).rejects.toThrow(/DATABASE_URL and REDIS_URL go together/);
  });
});
