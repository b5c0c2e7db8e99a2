import { PrismaPg } from '@prisma/adapter-pg';
import type { SqlMigrationAwareDriverAdapterFactory } from '@prisma/driver-adapter-utils';
import { Redis } from 'ioredis';
import pg from 'pg';
import { createPrisma, type Sql } from '../db/client.ts';
import { applyMigrations } from '../db/migrate.ts';
import type { Backend } from './backend.ts';
import { redisBus, redisCodes } from './redis.ts';

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

/** Session time zone UTC: adapters write timestamps without a zone. */
const SESSION = '-c TimeZone=UTC';

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
  const places = new Map<string, number>();
  return ({ sql }) => {
    const place = places.get(sql);
    if (place !== undefined) return `prisma_${place}`;
    if (places.size < PREPARED_MAX) places.set(sql, places.size);
    return '';
  };
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
  const sql: Sql = async <Row>(text: string, values: readonly unknown[]) => (await pool.query(text, [...values])).rows as Row[];
  const prisma = createPrisma(new PrismaPg(pool, { statementNameGenerator: statementNames() }));

  return {
    mode: 'service',
    database: { prisma, sql },
    bus: await redisBus(redis, subscriber, redisPrefix),
    codes: redisCodes(redis, redisPrefix),
    check: async () => {
      await within(2_000, 'database', sql('select 1', []));
      await within(2_000, 'redis', redis.ping());
    },
    close: async () => {
      await prisma.$disconnect();
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
