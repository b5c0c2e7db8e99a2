import pg from 'pg';

interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

type Query = (this: unknown, ...args: unknown[]) => unknown;

/** What the process sends to PostgreSQL while `run` runs. */
const statementsOf = async (run: () => Promise<unknown>): Promise<Statement[]> => {
  const prototype = pg.Client.prototype as unknown as { query: Query };
  const { query } = prototype;
  const statements: Statement[] = [];
  prototype.query = function (this: unknown, ...args) {
    const [first, second] = args as [string | Statement, unknown];
    const { text, values } = typeof first === 'string' ? { text: first, values: undefined } : first;
    statements.push({ text, values: values ?? (Array.isArray(second) ? second : []) });
    return query.apply(this, args);
  };
  try {
    await run();
  } finally {
    prototype.query = query;
  }
  return statements;
};

/** The indexes that PostgreSQL takes for what `run` asks of it, in their order, as `explain` names them; and tables that are read whole. */
export const indexesOf = async (client: pg.Client, run: () => Promise<unknown>): Promise<string[]> => {
  const found = new Set<string>();
  await client.query('begin');
  await client.query('set local jit = off');
  for (const { text, values } of await statementsOf(run)) {
    if (text.startsWith('select set_config')) await client.query(text, [...values]);
    if (!/\bfrom\b/.test(text)) continue;
    const { rows } = await client.query(`explain (format json) ${text}`, [...values]);
    for (const [, name, table] of JSON.stringify(rows).matchAll(/"Index Name":"([^"]+)"|"Node Type":"Seq Scan"[^{}]*?"Relation Name":"([^"]+)"/g)) {
      found.add(name ?? `all of ${table}`);
    }
    // Settings of one search's statement are not the next one's.
    await client.query('rollback');
    await client.query('begin');
    await client.query('set local jit = off');
  }
  await client.query('rollback');
  return [...found];
};
