import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import type { Backend } from '../../src/backend/backend.ts';
import { embedded } from '../../src/backend/embedded.ts';
import { service } from '../../src/backend/service.ts';
import { createDatabase, services, TEST_SECRET } from '../support/backends.ts';
import { givenMovements, givenOrders } from '../support/big-profile.ts';
import { everythingOfCustomer, givenProven } from '../support/merging.ts';
import { type GatewayProcess, send, startProcess } from '../support/process.ts';

const ADMIN_TOKEN = 'a staff token for merges that break';
const LATE_MS = 60_000;

const MERGE = `mutation ($one: ID!, $two: ID!) { customerMerge(customerOneId: $one, customerTwoId: $two, customerIdToKeep: $two) {
  resultingCustomerId job { id } userErrors { code message } } }`;
const STATUS = 'query ($id: ID!) { customerMergeJobStatus(jobId: $id) { status customerMergeErrors { code } } }';

interface Place {
  readonly environment: Record<string, string>;
  backend(): Promise<Backend>;
  /** Waits until the merge is being done. */
  middle(url: string, jobId: string): Promise<void>;
  close(): void;
}

interface Mode {
  readonly name: string;
  /** How much the profile has: enough to be killed in the middle of. */
  readonly big: { readonly transactions: number; readonly orders: number };
  open(): Promise<Place>;
}

const until = async (isSo: () => Promise<boolean>): Promise<void> => {
  for (const late = Date.now() + LATE_MS; !(await isSo()); await sleep(10)) if (Date.now() > late) throw new Error('It never came');
};

const MODES: readonly Mode[] = [
  {
    name: 'embedded',
    big: { transactions: 500, orders: 3_000 },
    open: async () => {
      const dataDir = mkdtempSync(path.join(tmpdir(), 'merge-crash-'));
      return {
        environment: { DATA_DIR: dataDir },
        backend: () => embedded({ dataDir }),
        // One connection: who asks while the merge has it is not answered.
        middle: (url, jobId) =>
          until(async () => {
            const answer = send(url, STATUS, { id: jobId }, ADMIN_TOKEN).then(
              () => true,
              () => true,
            );
            return !(await Promise.race([answer, sleep(250).then(() => false)]));
          }),
        close: () => rmSync(dataDir, { recursive: true, force: true }),
      };
    },
  },
  ...(services
    ? [
        {
          name: 'service',
          big: { transactions: 10_000, orders: 5_000 },
          open: async () => {
            const { redisUrl, databaseUrl: server } = services as { redisUrl: string; databaseUrl: string };
            const databaseUrl = await createDatabase(server);
            const backend = () => service({ databaseUrl, redisUrl });
            return {
              environment: { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl, SECRET_KEYS: TEST_SECRET },
              backend,
              middle: async () => {
                const watching = await backend();
                // The job's own lock, and then rows that are on their way.
                await until(async () => {
                  const [row] = await watching.database.sql<{ count: number }>(
                    `select count(*)::integer as count from pg_locks l join pg_class c on c.oid = l.relation
                    where c.relname = 'order' and l.mode = 'RowExclusiveLock' and l.database = (select oid from pg_database where datname = current_database())`,
                    [],
                  );
                  return (row?.count ?? 0) > 0;
                });
                await watching.close();
              },
              close: () => {},
            };
          },
        },
      ]
    : []),
];

const appOn = (backend: Backend): App =>
  createApp(backend, {
    secretKeys: [TEST_SECRET],
    publicUrl: 'http://localhost:4000',
    shopName: 'Test Shop',
    mail: async () => {},
    log: pino({ level: 'silent' }),
  });

describe.each(MODES)('a gateway that is killed in the middle of a large merge, $name', (mode) => {
  const running: GatewayProcess[] = [];
  let place: Place | undefined;
  afterEach(async () => {
    await Promise.all(running.splice(0).map((gateway) => gateway.kill().catch(() => {})));
    place?.close();
  });

  const using = async <Result>(run: (app: App) => Promise<Result>): Promise<Result> => {
    const backend = await (place as Place).backend();
    const app = appOn(backend);
    try {
      return await run(app);
    } finally {
      await app.close();
      await backend.close();
    }
  };
  const startGateway = async (): Promise<GatewayProcess> => {
    const gateway = await startProcess({ ...(place as Place).environment, ADMIN_TOKEN, SAMPLE_SHOP: 'false' });
    running.push(gateway);
    return gateway;
  };

  it('leaves both profiles whole, and the merge goes on when it starts again', { timeout: 400_000 }, async () => {
    place = await mode.open();
    const { one, two, before } = await using(async (app) => {
      const [from, to] = [await givenProven(app), await givenProven(app)];
      await givenMovements(app, from.customerId, mode.big.transactions);
      await givenOrders(app, from.customerId, mode.big.orders);
      return { one: from, two: to, before: [await everythingOfCustomer(app, from.customerId), await everythingOfCustomer(app, to.customerId)] };
    });
    const first = await startGateway();
    const { customerMerge } = (await send(first.url, MERGE, { one: one.gid, two: two.gid }, ADMIN_TOKEN)).data as {
      customerMerge: { job: { id: string }; userErrors: object[] };
    };
    expect(customerMerge.userErrors).toEqual([]);
    const jobId = customerMerge.job.id;
    await place.middle(first.url, jobId);
    await first.kill();
    await using(async (app) => {
      const { prisma } = app.backend.database;
      expect(await prisma.customerMergeJob.findUniqueOrThrow({ where: { id: jobId.split('/').at(-1) as string } })).toMatchObject({
        state: 'IN_PROGRESS',
        attempts: 0,
      });
      // A connection that was killed is rolled back a moment later.
      await until(async () => (await prisma.order.count({ where: { customerId: one.customerId } })) === mode.big.orders);
      expect([await everythingOfCustomer(app, one.customerId), await everythingOfCustomer(app, two.customerId)]).toEqual(before);
    });
    const second = await startGateway();
    const began = performance.now();
    let status = '';
    await until(async () => {
      const { data } = await send(second.url, STATUS, { id: jobId }, ADMIN_TOKEN);
      status = (data as { customerMergeJobStatus: { status: string } }).customerMergeJobStatus.status;
      return status !== 'IN_PROGRESS';
    });
    console.log(`${mode.name}: the job ended ${Math.round(performance.now() - began)} ms after the second start`);
    expect(status).toBe('COMPLETED');
    await second.kill();
    await using(async (app) => {
      const { prisma } = app.backend.database;
      expect(await prisma.order.count({ where: { customerId: two.customerId } })).toBe(mode.big.orders);
      expect(await prisma.customer.findUniqueOrThrow({ where: { id: one.customerId } })).toMatchObject({ mergedIntoId: two.customerId });
    });
  });
});
