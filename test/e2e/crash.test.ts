import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createDatabase, services } from '../support/backends.ts';
import { type GatewayProcess, send, startProcess } from '../support/process.ts';

const ADMIN_TOKEN = 'a staff token for crash tests';
const AT_ONCE = 16;

const CREATE = 'mutation ($email: String!) { customerCreate(input: { email: $email }) { customer { id } userErrors { code } } }';
const CREDIT = `mutation ($id: ID!) {
  storeCreditAccountCredit(id: $id, creditInput: { creditAmount: { amount: "100.00", currencyCode: EUR } }) {
    storeCreditAccountTransaction { account { id } } userErrors { code } } }`;
const DEBIT = `mutation ($id: ID!, $key: String!) {
  storeCreditAccountDebit(id: $id, debitInput: { debitAmount: { amount: "0.01", currencyCode: EUR } }) @idempotent(key: $key) {
    storeCreditAccountTransaction { id } userErrors { code } } }`;
const BOOKS = `query ($id: ID!, $after: String) {
  storeCreditAccount(id: $id) {
    balance { amount } version
    transactions(first: 250, after: $after) { nodes { id number amount { amount } balanceAfterTransaction { amount } } pageInfo { hasNextPage endCursor } } } }`;

/** Works through the keys, several at a time, until done or the gateway is gone; answers with the transaction that each key was answered with. */
const debitAll = async (url: string, account: string, keys: readonly string[], onAnswer: () => void = () => {}): Promise<Map<string, string>> => {
  const answers = new Map<string, string>();
  const waiting = [...keys];
  const work = async (): Promise<void> => {
    for (let key = waiting.shift(); key !== undefined; key = waiting.shift()) {
      try {
        const { data } = await send(url, DEBIT, { id: account, key }, ADMIN_TOKEN);
        const { storeCreditAccountTransaction: transaction } = (
          data as { storeCreditAccountDebit: { storeCreditAccountTransaction: { id: string } } }
        ).storeCreditAccountDebit;
        answers.set(key, transaction.id);
        onAnswer();
      } catch {
        // The connection broke: the key's outcome is unknown, which is what keys are for.
        return;
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return answers;
};

const openAccount = async (url: string): Promise<string> => {
  const { data } = await send(url, CREATE, { email: `${randomUUID()}@example.com` }, ADMIN_TOKEN);
  const { id } = (data as { customerCreate: { customer: { id: string } } }).customerCreate.customer;
  const credited = await send(url, CREDIT, { id }, ADMIN_TOKEN);
  return (credited.data as { storeCreditAccountCredit: { storeCreditAccountTransaction: { account: { id: string } } } }).storeCreditAccountCredit
    .storeCreditAccountTransaction.account.id;
};

interface Books {
  balance: { amount: string };
  transactions: { nodes: { id: string; number: string; amount: { amount: string } }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
}

const readBooks = async (url: string, account: string): Promise<{ balance: string; transactions: Books['transactions']['nodes'] }> => {
  const transactions: Books['transactions']['nodes'] = [];
  for (let after: string | null = null; ; ) {
    const { data } = await send(url, BOOKS, { id: account, after }, ADMIN_TOKEN);
    const books = (data as { storeCreditAccount: Books }).storeCreditAccount;
    transactions.push(...books.transactions.nodes);
    if (!books.transactions.pageInfo.hasNextPage) return { balance: books.balance.amount, transactions };
    after = books.transactions.pageInfo.endCursor;
  }
};

/** One round: debits under way, the process is killed, another starts, every key is sent again. Answers with the one that started. */
const crashRound = async (first: GatewayProcess, start: () => Promise<GatewayProcess>, debits: number): Promise<GatewayProcess> => {
  const account = await openAccount(first.url);
  const keys = Array.from({ length: debits }, () => randomUUID());
  const killAfter = 1 + Math.floor(Math.random() * (debits * 0.8));
  let answered = 0;
  const before = await debitAll(first.url, account, keys, () => {
    answered += 1;
    if (answered === killAfter) void first.kill();
  });
  expect(before.size).toBeLessThan(debits);

  const second = await start();
  const after = await debitAll(second.url, account, keys);
  expect(after.size).toBe(debits);
  for (const [key, transaction] of before) expect(after.get(key)).toBe(transaction);

  const { balance, transactions } = await readBooks(second.url, account);
  expect(balance).toBe((100 - debits / 100).toFixed(2));
  expect(transactions).toHaveLength(1 + debits);
  expect(transactions.map(({ number }) => Number(number))).toEqual(transactions.map((_, index) => index + 1));
  expect(new Set(after.values()).size).toBe(debits);
  return second;
};

const DEBITS = 1_000;
const ROUNDS = 20;
// PGlite takes some hundred debits a second: a fifth of them a round keeps the twenty rounds to minutes. CRASH_DEBITS=1000 does them all.
const DEBITS_EMBEDDED = Number(process.env.CRASH_DEBITS ?? 200);

describe('a process that is killed in the middle of many debits', () => {
  const alive: GatewayProcess[] = [];
  const starting = (environment: Record<string, string>) => async (): Promise<GatewayProcess> => {
    const gateway = await startProcess({ ADMIN_TOKEN, SAMPLE_SHOP: 'false', ...environment });
    alive.push(gateway);
    return gateway;
  };
  afterEach(() => {
    for (const { child } of alive.splice(0)) child.kill('SIGKILL');
  });

  it.runIf(services)('has applied each exactly once when all are retried, on PostgreSQL', { timeout: 180_000 }, async () => {
    if (!services) return;
    const start = starting({ DATABASE_URL: await createDatabase(services.databaseUrl), REDIS_URL: services.redisUrl });
    const last = await crashRound(await start(), start, DEBITS);
    expect(await last.stop()).toBe(0);
  });

  it(`has applied each exactly once when all are retried, ${ROUNDS} times on one embedded folder`, { timeout: 1_200_000 }, async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'clientele-crash-'));
    const start = starting({ DATA_DIR: folder });
    let gateway = await start();
    for (let round = 0; round < ROUNDS; round += 1) gateway = await crashRound(gateway, start, DEBITS_EMBEDDED);
    expect(await gateway.stop()).toBe(0);
    rmSync(folder, { recursive: true, force: true });
  });
});
