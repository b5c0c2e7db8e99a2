import { PrismaPg } from '@prisma/adapter-pg';
import type { SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import { Redis } from 'ioredis';
import pg from 'pg';
import { createDatabase, type Sql, type SqlTransaction } from '../db/client.ts';
import { applyMigrations } from '../db/migrate.ts';
import type { Backend } from './backend.ts';
import { redisBus, redisCodes, redisLimiter } from './redis.ts';

export interface ServiceOptions {
  readonly databaseUrl: string;
  readonly redisUrl: string;
  /** Connections to PostgreSQL that this process may hold. */
  readonly poolSize?: number;
  /** Put before every Redis key and channel, so that several gateways can share one Redis. */
  readonly redisPrefix?: string;
  /** Called for faults of connections in the background, which come back by themselves. */
  readonly onFault?: (error: Error) => void;
}

/** Any number: what matters is that every gateway asks for the same one. */
const MIGRATION_LOCK = 7_321_984_021;

/**
 * Session time zone UTC: adapters write timestamps without a zone. No just-in-time compilation: PostgreSQL compiles whatever it takes for
 * costly, and compiling one of our statements takes seconds where running it takes milliseconds.
 */
const SESSION = '-c TimeZone=UTC -c jit=off';

/** The adapter as published cuts a script at every semicolon, those inside functions and comments included; PostgreSQL itself takes it whole. */
const wholeScripts = (factory: PrismaPg, client: pg.Client): SqlMigrationAwareDriverAdapterFactory => ({
  provider: factory.provider,
  adapterName: factory.adapterName,
  connectToShadowDb: () => factory.connectToShadowDb(),
  connect: async () =>
    Object.assign(await factory.connect(), {
      executeScript: async (script: string): Promise<void> => {
        await client.query(script);
      },
    }),
});

const migrate = async (databaseUrl: string): Promise<void> => {
  const client = new pg.Client({ connectionString: databaseUrl, options: SESSION });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const sql: Sql = async <Row>(text: string, values: readonly unknown[]) => (await client.query(text, [...values])).rows as Row[];
    await applyMigrations(sql, wholeScripts(new PrismaPg({ connectionString: databaseUrl, options: SESSION }), client));
  } finally {
    await client.end();
  }
};

/** Each connection keeps what it has prepared for as long as it lives; callers choose what they select, so only so many are. */
const PREPARED_MAX = 500;

/** Names for statements that come a second time: planning one of Prisma's joins anew costs PostgreSQL more than running it. */
const statementNames = (): ((query: { sql: string }) => string) => {
  const names = new Map<string, string>();
  return ({ sql }) => {
    const known = names.get(sql);
    if (known !== undefined) return known;
    if (names.size >= PREPARED_MAX) return '';
    const name = LOOKED_FOR.test(sql) ? '' : `s${names.size}`;
    names.set(sql, name);
    return name;
  };
};

/**
 * What looks for a part of a text or an entry of a list is planned for each value: there may be a million of it or none, and one plan for
 * any of them takes seconds for those that are rare.
 */
const LOOKED_FOR = / (?:i?like|<%|@>|&&) (?:\$|array\[\$|lower\(|'%')/;

/**
 * Transactions on connections of their own, taken when the first statement comes. A connection that breaks rejects its statement; it says so
 * to `onFault` too, since the pool listens to idle ones alone, and what nobody listens to ends the process.
 */
const transactions =
  (pool: pg.Pool, nameOf: (query: { sql: string }) => string, onFault: (error: Error) => void): SqlTransaction =>
  async (run) => {
    let begun: Promise<pg.PoolClient> | undefined;
    const release = (client: pg.PoolClient, broken?: Error): void => {
      client.release(broken);
      client.off('error', onFault);
    };
    const begin = async (): Promise<pg.PoolClient> => {
      const client = await pool.connect();
      client.on('error', onFault);
      try {
        await client.query('begin');
      } catch (error) {
        release(client, error as Error);
        throw error;
      }
      return client;
    };
    const sql: Sql = async <Row>(text: string, values: readonly unknown[]) => {
      begun ??= begin();
      const client = await begun;
      return (await client.query({ name: nameOf({ sql: text }), text, values: values as unknown[] })).rows as Row[];
    };
    try {
      const result = await run(sql, () => begun !== undefined);
      if (begun) {
        const client = await begun;
        await client.query('commit');
        release(client);
      }
      return result;
    } catch (error) {
      const client = await begun?.catch(() => undefined);
      // A connection that cannot even be rolled back is of no more use.
      await client?.query('rollback').then(
        () => release(client),
        (broken: Error) => release(client, broken),
      );
      throw error;
    }
  };

/** The gateway on PostgreSQL and Redis; any number of processes may share them. Migrations are applied under an advisory lock. */
export const service = async ({
  databaseUrl,
  redisUrl,
  poolSize = 10,
  redisPrefix = 'clientele:',
  onFault = () => {},
}: ServiceOptions): Promise<Backend> => {
  await migrate(databaseUrl);
  const pool = new pg.Pool({ connectionString: databaseUrl, max: poolSize, options: SESSION });
  pool.on('error', onFault);
  const redis = new Redis(redisUrl);
  const subscriber = new Redis(redisUrl);
  redis.on('error', onFault);
  subscriber.on('error', onFault);
  const nameOf = statementNames();
  const sql: Sql = async <Row>(text: string, values: readonly unknown[]) =>
    (await pool.query({ name: nameOf({ sql: text }), text, values: values as unknown[] })).rows as Row[];
  const database = await createDatabase(new PrismaPg(pool, { statementNameGenerator: nameOf }), sql, transactions(pool, nameOf, onFault));

  return {
    mode: 'service',
    database,
    bus: await redisBus(redis, subscriber, redisPrefix),
    codes: redisCodes(redis, redisPrefix),
    limiter: redisLimiter(redis, redisPrefix),
    check: async () => {
      await within(2_000, 'database', sql('select 1', []));
      await within(2_000, 'redis', redis.ping());
    },
    close: async () => {
      await database.prisma.$disconnect();
      redis.disconnect();
      subscriber.disconnect();
      await pool.end();
    },
  };
};

/** Rejects with the part's name when it fails or does not answer in time. */
const within = async (ms: number, part: string, answer: Promise<unknown>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${part} did not answer within ${ms} ms`)), ms);
  });
  try {
    await Promise.race([answer, late]);
  } catch (cause) {
    throw new Error(part, { cause });
  } finally {
    clearTimeout(timer);
  }
};
