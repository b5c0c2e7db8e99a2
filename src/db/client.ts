import type { SqlDriverAdapterFactory } from '@prisma/client/runtime/client';
import { type Prisma, PrismaClient } from './generated/client.ts';
import { createRead, type Read } from './read/read.ts';

export type { Statement } from './read/read.ts';

/** One statement with `$1`-style parameters on a connection of its own, committed on return. */
export type Sql = <Row>(text: string, values: readonly unknown[]) => Promise<Row[]>;

/** The database as the gateway uses it: `read` for reads, Prisma for ordinary writes, `sql` for the statements that earn it. */
export interface Database {
  readonly prisma: PrismaClient;
  /** Prisma's reading methods, one statement each. */
  readonly read: Read;
  readonly sql: Sql;
  readonly transaction: SqlTransaction;
}

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
  return { prisma, sql, transaction, read: await createRead(prisma, sql) };
};
