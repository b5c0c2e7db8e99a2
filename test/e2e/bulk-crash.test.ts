import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createDatabase, services } from '../support/backends.ts';
import { type GatewayProcess, send, startProcess } from '../support/process.ts';

const ADMIN_TOKEN = 'a staff token for crash tests';
const CUSTOMERS = 900;
const AT_ONCE = 30;
const KILLS = 3;

const LOOK = 'query ($id: ID!) { storeCreditBulkIssue(id: $id) { state processedCount totals { issuedCount reversedAmount { amount } } } }';
const OWED = '{ storeCreditLiability(currencyCode: EUR) { accounts balance { amount } } storeCreditReconcile(first: 1000) { isBalanced accounts } }';

interface Look {
  readonly state: string;
  readonly processedCount: number;
  readonly totals: readonly { issuedCount: number; reversedAmount: { amount: string } }[];
}

describe('a process that is killed in the middle of credit for many', () => {
  const alive: GatewayProcess[] = [];
  afterEach(() => {
    for (const { child } of alive.splice(0)) child.kill('SIGKILL');
  });

  const cases = [
    {
      name: 'PostgreSQL',
      isThere: services !== null,
      environment: async () => services && { DATABASE_URL: await createDatabase(services.databaseUrl), REDIS_URL: services.redisUrl },
    },
    { name: 'an embedded folder', isThere: true, environment: async () => ({ DATA_DIR: mkdtempSync(path.join(tmpdir(), 'clientele-bulk-')) }) },
  ];

  it.each(cases.filter(({ isThere }) => isThere))(
    'leaves it where the next goes on, each customer once, on $name',
    { timeout: 240_000 },
    async ({ environment }) => {
      const where = (await environment()) as Record<string, string>;
      const start = async (): Promise<GatewayProcess> => {
        const started = await startProcess({ ADMIN_TOKEN, SAMPLE_SHOP: 'false', ...where });
        alive.push(started);
        return started;
      };
      let gateway = await start();
      const ask = async <Data>(query: string, variables: object = {}): Promise<Data> => {
        const { data, errors } = await send(gateway.url, query, variables, ADMIN_TOKEN);
        if (errors) throw new Error(JSON.stringify(errors));
        return data as Data;
      };
      for (let made = 0; made < CUSTOMERS; made += AT_ONCE) {
        const creates = Array.from(
          { length: AT_ONCE },
          (_, index) => `c${index}: customerCreate(input: { email: "bulk-${made + index}@example.com", tags: ["bulk"] }) { userErrors { code } }`,
        );
        await ask(`mutation { ${creates.join(' ')} }`);
      }
      const { storeCreditBulkIssueCreate } = await ask<{ storeCreditBulkIssueCreate: { storeCreditBulkIssue: { id: string } } }>(
        `mutation { storeCreditBulkIssueCreate(input: { query: "tag:bulk", amount: { amount: "1", currencyCode: EUR } }) { storeCreditBulkIssue { id } } }`,
      );
      const { id } = storeCreditBulkIssueCreate.storeCreditBulkIssue;
      const look = async (): Promise<Look> => (await ask<{ storeCreditBulkIssue: Look }>(LOOK, { id })).storeCreditBulkIssue;
      const killed: string[] = [];
      /** Kills it some times on the way to a state, wherever it is then. */
      const until = async (state: string, during: string): Promise<Look> => {
        for (let kills = 0; ; ) {
          const seen = await look();
          if (seen.state === state) return seen;
          if (kills < KILLS && seen.state === during && seen.processedCount >= (kills * CUSTOMERS) / KILLS) {
            await new Promise((resolve) => setTimeout(resolve, Math.random() * 40));
            kills += 1;
            await gateway.kill();
            killed.push(during);
            gateway = await start();
          }
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      };
      await until('CHECKED', 'CHECKING');
      await ask('mutation ($id: ID!) { storeCreditBulkIssueStart(id: $id) { userErrors { code } } }', { id });
      expect((await until('ISSUED', 'ISSUING')).totals).toMatchObject([{ issuedCount: CUSTOMERS }]);
      expect(await ask(OWED)).toMatchObject({
        storeCreditLiability: [{ accounts: CUSTOMERS, balance: { amount: `${CUSTOMERS}.00` } }],
        storeCreditReconcile: { isBalanced: true, accounts: CUSTOMERS },
      });
      await ask('mutation ($id: ID!) { storeCreditBulkIssueUndo(id: $id) { userErrors { code } } }', { id });
      expect((await until('UNDONE', 'UNDOING')).totals).toMatchObject([{ reversedAmount: { amount: `${CUSTOMERS}.00` } }]);
      expect(await ask(OWED)).toMatchObject({
        storeCreditLiability: [{ accounts: 0, balance: { amount: '0.00' } }],
        storeCreditReconcile: { isBalanced: true, accounts: CUSTOMERS },
      });
      expect(new Set(killed).size).toBe(3);
      expect(await gateway.stop()).toBe(0);
      if (where.DATA_DIR) rmSync(where.DATA_DIR, { recursive: true, force: true });
    },
  );
});
