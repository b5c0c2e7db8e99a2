import { PGlite } from '@electric-sql/pglite';
import pg from 'pg';

/** A statement as it reached the driver, and what came back. */
export interface Statement {
  readonly text: string;
  readonly values: unknown[];
  readonly rows: number;
  /** Characters of the rows as JSON: one row may carry a whole list. */
  readonly size: number;
}

interface Result {
  readonly rows?: readonly unknown[];
}

type Query = (...args: unknown[]) => unknown;

const jsonOf = (rows: readonly unknown[]): string => JSON.stringify(rows, (_key, value) => (typeof value === 'bigint' ? value.toString() : value));

const statementOf = ([query, values]: readonly unknown[], { rows = [] }: Result): Statement => {
  const { text, values: own } = typeof query === 'string' ? { text: query, values: undefined } : (query as { text: string; values?: unknown[] });
  return { text, values: own ?? (Array.isArray(values) ? values : []), rows: rows.length, size: jsonOf(rows).length };
};

/** The same method, telling of each result, whether it comes by callback or by promise. */
const told = (query: Query, tell: (args: readonly unknown[], result: Result) => void): Query =>
  function (this: unknown, ...args) {
    const callback = args.at(-1);
    if (typeof callback === 'function') {
      const listening = (error: unknown, result: Result): void => {
        if (result) tell(args, result);
        callback(error, result);
      };
      return query.apply(this, [...args.slice(0, -1), listening]);
    }
    const answer = query.apply(this, args) as Promise<Result>;
    return answer.then((result) => {
      tell(args, result);
      return result;
    });
  };

/** Every statement that the process sends while `run` runs, by either driver, with the rows that came over the wire. */
export const watchStatements = async (run: () => Promise<unknown>): Promise<Statement[]> => {
  const statements: Statement[] = [];
  const tell = (args: readonly unknown[], result: Result): void => void statements.push(statementOf(args, result));
  const prototypes = [pg.Client.prototype, PGlite.prototype] as unknown as { query: Query }[];
  const restore = prototypes.map((prototype) => {
    const own = Object.hasOwn(prototype, 'query');
    const { query } = prototype;
    prototype.query = told(query, tell);
    return () => {
      if (own) prototype.query = query;
      else Reflect.deleteProperty(prototype, 'query');
    };
  });
  try {
    await run();
  } finally {
    for (const undo of restore) undo();
  }
  return statements;
};
