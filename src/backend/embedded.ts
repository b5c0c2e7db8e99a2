import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import type { SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import { PrismaPGlite } from 'pglite-prisma-adapter';
import { createPrisma, type Sql } from '../db/client.ts';
import { applyMigrations } from '../db/migrate.ts';
import type { Backend } from './backend.ts';
import { lockFolder } from './folder-lock.ts';
import { memoryBus, memoryCodes } from './memory.ts';

type Adapter = Awaited<ReturnType<PrismaPGlite['connect']>>;
type Inner = { startTransactionInner(client: Pick<PGlite, 'transaction'>, options: unknown): Promise<Transaction> };
type Transaction = { commit(): Promise<void> };

/**
 * The adapter as published neither waits for a script nor hears that a commit failed: what a deferred constraint refuses would be
 * answered as done. This one does both.
 */
const connect = async (pglite: PGlite): Promise<Adapter> => {
  const adapter = await new PrismaPGlite(pglite).connect();
  const startTransactionInner = (adapter as unknown as Inner).startTransactionInner.bind(adapter);
  return Object.assign(adapter, {
    executeScript: async (script: string): Promise<void> => {
      await pglite.exec(script);
    },
    startTransactionInner: async (client: PGlite, options: unknown): Promise<Transaction> => {
      let failure: unknown;
      const listening: Pick<PGlite, 'transaction'> = {
        transaction: (run) =>
          client.transaction(run).catch((error: unknown) => {
            failure = error;
            throw error;
          }),
      };
      const transaction = await startTransactionInner(listening, options);
      const commit = transaction.commit.bind(transaction);
      return Object.assign(transaction, {
        commit: async () => {
          await commit();
          if (failure) throw failure;
        },
      });
    },
  });
};

const adapterFactory = (pglite: PGlite): SqlMigrationAwareDriverAdapterFactory => {
  const { provider, adapterName } = new PrismaPGlite(pglite);
  return {
    provider,
    adapterName,
    connect: () => connect(pglite),
    connectToShadowDb: async () => {
      const shadow = await PGlite.create('memory://');
      return Object.assign(await connect(shadow), { dispose: () => shadow.close() });
    },
  };
};

/** An adapter whose shadow database is all that is used: to compare schemas where no database is at hand. */
export const shadowAdapter = (): SqlMigrationAwareDriverAdapterFactory => adapterFactory(new PGlite('memory://'));

const MEMORY = 'memory';

/**
 * The gateway without services: PostgreSQL in this process (PGlite), kept in `dataDir/database`, and memory for what Redis would hold.
 * `memory` keeps nothing. One process at a time may open a folder: a second one is refused.
 */
export const embedded = async ({ dataDir }: { dataDir: string }): Promise<Backend> => {
  const folder = dataDir === MEMORY ? null : path.resolve(dataDir);
  if (folder) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const unlock = folder ? lockFolder(folder) : () => {};
  const pglite = await PGlite.create(folder ? path.join(folder, 'database') : 'memory://');
  const sql: Sql = async <Row>(text: string, values: readonly unknown[]) => (await pglite.query<Row>(text, [...values])).rows;
  const factory = adapterFactory(pglite);
  await applyMigrations(sql, factory);
  const prisma = createPrisma(factory);

  return {
    mode: 'embedded',
    database: { prisma, sql },
    bus: memoryBus(),
    codes: memoryCodes(),
    check: async () => {
      await sql('select 1', []);
    },
    close: async () => {
      await prisma.$disconnect();
      await pglite.close();
      unlock();
    },
  };
};
