import type { Sql } from '../client.ts';
import type { PrismaClient } from '../generated/client.ts';
import { readById } from './by-id.ts';
import type { Models } from './models.ts';
import { countOf, idsOf, type Query, statementOf } from './statement.ts';
import { Unknown, withoutOwn } from './where.ts';

type ModelName = {
  [Name in keyof PrismaClient]: PrismaClient[Name] extends { findMany: unknown } ? Name : never;
}[keyof PrismaClient];

/** A statement with its parameters, to be made a part of another. */
export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** Prisma's own reading methods, by model; and `ids`, the statement that finds the ids of what a `where` is true of. */
export type Read = {
  readonly [Name in ModelName]: Pick<PrismaClient[Name], 'count' | 'findFirst' | 'findMany' | 'findUnique' | 'findUniqueOrThrow'> & {
    readonly ids: (where: NonNullable<Parameters<PrismaClient[Name]['findFirst']>[0]>['where']) => Statement;
  };
};

type Delegate = Record<string, (query: never) => Promise<unknown>>;

/** Runs a query as one statement of our own, or as `prisma` when it holds something that only Prisma knows. */
const orPrisma = async <Result>(own: () => Promise<Result>, prisma: () => Promise<Result>): Promise<Result> => {
  try {
    return await own();
  } catch (error) {
    if (error instanceof Unknown) return prisma();
    throw error;
  }
};

/** A unique key with several fields is named by itself in `where`: its fields are what is meant. */
const spread = (models: Models, name: string, where: Query['where']): Query['where'] => {
  const compounds = models.get(name)?.compounds;
  if (!compounds?.size) return where;
  return Object.fromEntries(
    Object.entries(where ?? {}).flatMap(([key, value]) => (compounds.has(key) ? Object.entries(value as object) : [[key, value]])),
  );
};

/**
 * Prisma's reading methods over one statement of our own each: Prisma's client takes ten times longer to write, decode and merge what it
 * reads than PostgreSQL takes to find it. What is not known here goes to Prisma, and the answer is the same either way.
 */
export const createRead = (prisma: PrismaClient, models: Models, sql: Sql): Read => {
  const rows = async (name: string, query: Query): Promise<object[]> => {
    const { text, values, decode } = statementOf(models, name, query);
    const [row] = await sql<{ j: string }>(text, values);
    // PGlite answers a very deep statement with no row and no error.
    if (!row) throw new Unknown('a statement this deep');
    return decode(JSON.parse(row.j));
  };
  const byId = readById(models, sql);
  const delegateOf = (key: string, name: string) => {
    const delegate = (prisma as unknown as Record<string, Delegate>)[key] as Delegate;
    const otherwise = (method: string, query: unknown) => () => delegate[method]?.(withoutOwn(query) as never) as Promise<never>;
    const one = async (query: Query): Promise<object | null> => {
      const together = byId(name, query);
      return together ? together : ((await rows(name, query))[0] ?? null);
    };
    const unique = (query: Query): Promise<object | null> => one({ ...query, where: spread(models, name, query.where) });
    return {
      findMany: (query: Query = {}) => orPrisma(() => rows(name, query), otherwise('findMany', query)),
      findFirst: (query: Query = {}) =>
        orPrisma(
          async () => {
            if ((query.take ?? 1) !== 1) throw new Unknown('take');
            return one({ ...query, take: 1 });
          },
          otherwise('findFirst', query),
        ),
      findUnique: (query: Query) => orPrisma(() => unique(query), otherwise('findUnique', query)),
      findUniqueOrThrow: (query: Query) =>
        orPrisma(
          // What is not there is said by Prisma, in its own words.
          async () => (await unique(query)) ?? otherwise('findUniqueOrThrow', query)(),
          otherwise('findUniqueOrThrow', query),
        ),
      ids: (where: Query['where']): Statement => idsOf(models, name, where),
      count: (query: Query = {}) =>
        orPrisma(
          async () => {
            const { where, ...rest } = query;
            if (Object.values(rest).some((value) => value !== undefined)) throw new Unknown('count');
            const { text, values } = countOf(models, name, where);
            return (await sql<{ j: number }>(text, values))[0]?.j ?? 0;
          },
          otherwise('count', query),
        ),
    };
  };
  return Object.fromEntries(
    [...models.keys()].map((name) => {
      const key = name.charAt(0).toLowerCase() + name.slice(1);
      return [key, delegateOf(key, name)];
    }),
  ) as unknown as Read;
};
