import type { SqlDriverAdapterFactory } from '@prisma/client/runtime/client';
import { type Prisma, PrismaClient } from './generated/client.ts';
import { loadModels } from './read/models.ts';
import { createRead, type Read } from './read/read.ts';

export type { Statement } from './read/read.ts';

/** One statement with `$1`-style parameters on a connection of its own, committed on return. */
export type Sql = <Row>(text: string, values: readonly unknown[]) => Promise<Row[]>;

/** The database as the gateway uses it: `read` for reads, Prisma for ordinary writes, `sql` for the statements that earn it. */
export interface Database {
  readonly prisma: PrismaClient;
  /** Prisma's reading methods, one statement each. */
  readonly read: Read;
  /** The same for searches, whose cost their caller decides: never longer than SEARCH_MS_MAX. */
  readonly searches: Searches;
  readonly sql: Sql;
  /** The same for what adds up a great many rows: in memory, where PostgreSQL's default would sort them on disk. */
  readonly reporting: Sql;
  readonly transaction: SqlTransaction;
}

/** How long a search may take; PGlite knows no such limit, and is one process's own. */
const SEARCH_MS_MAX = 10_000;

/** Ways to find rows, told to the planner, which knows neither how many there are nor how common a word is where nobody analyses tables. */
interface Searches {
  /** As the planner will. */
  readonly plain: Read;
  /** By the indexes of what is asked for: for what is rare. */
  readonly found: Read;
  /** The same for statements. */
  readonly look: Sql;
  /** By their ids: no other index helps with that, and one of all living customers is no help. */
  readonly picked: Read;
  /** Along the index that orders the list, for what is common: a page of it is soon full. */
  readonly walked: Read;
}

/** What finds a page in milliseconds is not to wait for other processes to start. */
const WITHIN = `select set_config('statement_timeout', '${SEARCH_MS_MAX}', true), set_config('max_parallel_workers_per_gather', '0', true)`;
const FOUND = `${WITHIN}, set_config('enable_seqscan', 'off', true)`;
const PICKED = `${FOUND}, set_config('enable_bitmapscan', 'off', true)`;
const WALKED = `${WITHIN}, set_config('enable_bitmapscan', 'off', true), set_config('enable_sort', 'off', true)`;

const IN_MEMORY = `select set_config('work_mem', '64MB', true)`;

const setUp =
  (transaction: SqlTransaction, settings: string): Sql =>
  (text, values) =>
    transaction(async (sql) => {
      await sql(settings, []);
      return sql(text, values);
    });

/** Whether a search was ended because it took too long. */
export const tookTooLong = (error: unknown): boolean => (error as { code?: string } | null)?.code === '57014';

/**
 * Runs statements that commit together, with nothing of Prisma's around them. It begins with the first of them: `isBegun` says whether
 * there was one.
 */
export type SqlTransaction = <Result>(run: (sql: Sql, isBegun: () => boolean) => Promise<Result>) => Promise<Result>;

export type { Prisma };
export type PrismaTransaction = Prisma.TransactionClient;

const createPrisma = (adapter: SqlDriverAdapterFactory): PrismaClient => new PrismaClient({ adapter });

/** Opens Prisma beside a way to run statements, on a database that is migrated. */
export const createDatabase = async (adapter: SqlDriverAdapterFactory, sql: Sql, transaction: SqlTransaction): Promise<Database> => {
  const prisma = createPrisma(adapter);
  const look = setUp(transaction, FOUND);
  const models = await loadModels(prisma, sql);
  const reading = (by: Sql): Read => createRead(prisma, models, by);
  return {
    prisma,
    sql,
    reporting: setUp(transaction, IN_MEMORY),
    transaction,
    read: reading(sql),
    searches: {
      plain: reading(setUp(transaction, WITHIN)),
      found: reading(look),
      look,
      picked: reading(setUp(transaction, PICKED)),
      walked: reading(setUp(transaction, WALKED)),
    },
  };
};
