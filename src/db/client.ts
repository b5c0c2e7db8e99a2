import type { SqlDriverAdapterFactory } from '@prisma/client/runtime/client';
import { type Prisma, PrismaClient } from './generated/client.ts';

/** One statement with `$1`-style parameters on a connection of its own, committed on return. */
export type Sql = <Row>(text: string, values: readonly unknown[]) => Promise<Row[]>;

/** The database as the gateway uses it: Prisma for reads and ordinary writes, `sql` for the statements that earn it. */
export interface Database {
  readonly prisma: PrismaClient;
  readonly sql: Sql;
}

export type { Prisma, PrismaClient };
export type PrismaTransaction = Prisma.TransactionClient;

export const createPrisma = (adapter: SqlDriverAdapterFactory): PrismaClient => new PrismaClient({ adapter });
