import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import type { SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import { PrismaPGlite } from 'pglite-prisma-adapter';
import { createDatabase, type Sql, type SqlTransaction } from '../db/client.ts';
import { applyMigrations } from '../db/migrate.ts';
import type { Backend } from './backend.ts';
import { lockFolder } from './folder-lock.ts';
import { memoryBus, memoryCodes, memoryLimiter } from './memory.ts';

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

/** What the migrations create of PostgreSQL's own extensions. */
const extensions = { pg_trgm };

const adapterFactory = (pglite: PGlite): SqlMigrationAwareDriverAdapterFactory => {
  const { provider, adapterName } = new PrismaPGlite(pglite);
  return {
    provider,
    adapterName,
    connect: () => connect(pglite),
    connectToShadowDb: async () => {
      const shadow = await PGlite.create('memory://', { extensions });
      return Object.assign(await connect(shadow), { dispose: () => shadow.close() });
    },
  };
};

/** An adapter whose shadow database is all that is used: to compare schemas where no database is at hand. */
export const shadowAdapter = (): SqlMigrationAwareDriverAdapterFactory => adapterFactory(new PGlite('memory://', { extensions }));

/** One connection: a transaction has it from its beginning. */
const transactions =
  (pglite: PGlite): SqlTransaction =>
  async (run) =>
    (await pglite.transaction((tx) =>
      run(
        async <Row>(text: string, values: readonly unknown[]) => (await tx.query<Row>(text, [...values])).rows,
        () => true,
      ),
    )) as Awaited<ReturnType<typeof run>>;

const MEMORY = 'memory';

/**
 * The gateway without services: PostgreSQL in this process (PGlite), kept in `dataDir/database`, and memory for what Redis would hold.
 * `memory` keeps nothing. One process at a time may open a folder: a second one is refused.
 */
export const embedded = async ({ dataDir }: { dataDir: string }): Promise<Backend> => {
  const folder = dataDir === MEMORY ? null : path.resolve(dataDir);
  if (folder) mkdirSync(folder, { recursive: true, mode: 0o700 });
  const unlock = folder ? lockFolder(folder) : () => {};
  const pglite = await PGlite.create(folder ? path.join(folder, 'database') : 'memory://', { extensions });
  const sql: Sql = async <Row>(text: string, values: readonly unknown[]) => (await pglite.query<Row>(text, [...values])).rows;
  const factory = adapterFactory(pglite);
  await applyMigrations(sql, factory);
  const database = await createDatabase(factory, sql, transactions(pglite));

  return {
    mode: 'embedded',
    database,
    bus: memoryBus(),
    codes: memoryCodes(),
    limiter: memoryLimiter(),
    check: async () => {
      await sql('select 1', []);
    },
    close: async () => {
      await database.prisma.$disconnect();
      await pglite.close();
      unlock();
    },
  };
};
