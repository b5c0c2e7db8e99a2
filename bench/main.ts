// `npm run bench` measures; `npm run bench -- --smoke` only checks, on a small database, that all of it runs and all candidates answer alike.
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Sql } from '../src/db/client.ts';
import { DEBIT, LIST, READ } from './documents.ts';
import { type Pace, runSuite, type Suite } from './harness.ts';
import { disagreeing, loadedDatabase } from './load.ts';
import { candidate, type Started, startEmbedded, startFloor, startOnServices } from './servers.ts';

const isSmoke = process.argv.includes('--smoke');
const CUSTOMERS = isSmoke ? 2_000 : 100_000;
/** Not debited by any suite, or the two modes would answer differently at the second run. */
const EMBEDDED_CUSTOMERS = 1_000;
const PACE: Pace = isSmoke ? { rounds: 1, secondsPerRound: 0.5, warmUpSeconds: 0.5 } : { rounds: 7, secondsPerRound: 4, warmUpSeconds: 3 };
/** As many different rows as make a cache's hit no matter of luck. */
const SAMPLE = 20_000;

const started: Started[] = [];
const keep = async (starting: Promise<Started>): Promise<Started> => {
  const server = await starting;
  started.push(server);
  return server;
};

const anyOf = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)] as Item;
const isData = (answer: string): boolean => answer.startsWith('{"data":{"customer');
const isDebited = (answer: string): boolean => answer.includes('"userErrors":[]') || answer.startsWith('[{"ok"');

const open = (databaseUrl: string): { sql: Sql; end: () => Promise<void> } => {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  return { sql: async <Row>(text: string, values: readonly unknown[]) => (await pool.query(text, [...values])).rows as Row[], end: () => pool.end() };
};

const ids = async (sql: Sql, statement: string): Promise<string[]> => (await sql<{ id: string }>(statement, [])).map(({ id }) => id);

const reads = (customers: readonly string[]) => () =>
  JSON.stringify({ query: READ, variables: { id: `gid://clientele/Customer/${anyOf(customers)}` } });
const lists = (customers: readonly string[]) => () =>
  JSON.stringify({ query: LIST, variables: { after: Buffer.from(`GPC:S:${anyOf(customers)}`).toString('base64') } });
const debits = (accounts: readonly string[]) => () =>
  JSON.stringify({ query: DEBIT, variables: { id: `gid://clientele/StoreCreditAccount/${anyOf(accounts)}`, key: randomUUID() } });

const print = async (suite: Suite, sql: Sql): Promise<void> => {
  const table = await runSuite(suite, PACE, sql);
  console.log(
    isSmoke ? `${suite.title}: ${suite.candidates.map(({ name }) => name).join(', ')} answer ${suite.isRead ? 'alike' : 'as asked'}` : table,
  );
};

/** The floor and the gateway over PostgreSQL. */
const onServices = async (): Promise<void> => {
  const databaseUrl = await loadedDatabase(CUSTOMERS);
  const { sql, end } = open(databaseUrl);
  const customers = await ids(sql, `select id::text from customer order by random() limit ${SAMPLE}`);
  const accounts = await ids(sql, `select id::text from store_credit_account where currency = 'EUR' order by random() limit ${SAMPLE}`);
  const floor = await keep(startFloor(databaseUrl));
  const gateway = await keep(startOnServices(databaseUrl));
  const both = (pathname: string) => [candidate('floor: node:http, one statement', floor, pathname), candidate('gateway', gateway, '/graphql')];

  await print(
    { title: 'One customer', candidates: both('/read'), concurrency: 16, nextBody: reads(customers), isAnswered: isData, isRead: true },
    sql,
  );
  await print(
    { title: 'A page of 50 customers', candidates: both('/list'), concurrency: 16, nextBody: lists(customers), isAnswered: isData, isRead: true },
    sql,
  );
  const debit = { candidates: both('/debit'), concurrency: 32, isAnswered: isDebited, isRead: false };
  await print({ title: 'Debits, any account', nextBody: debits(accounts), ...debit }, sql);
  await print({ title: 'Debits, one account', nextBody: debits(accounts.slice(0, 1)), ...debit }, sql);

  const wrong = await disagreeing(sql);
  if (wrong > 0) throw new Error(`after the debits ${wrong} accounts do not agree with their transactions and lots`);
  console.log('Every account agrees with its transactions and lots.\n');
  await end();
};

/** The two modes on the same small shop. */
const bothModes = async (): Promise<void> => {
  const databaseUrl = await loadedDatabase(EMBEDDED_CUSTOMERS);
  const { sql, end } = open(databaseUrl);
  const customers = await ids(sql, 'select id::text from customer');
  const service = await keep(startOnServices(databaseUrl));
  const inProcess = await keep(startEmbedded(EMBEDDED_CUSTOMERS));
  const candidates = [candidate('PostgreSQL and Redis', service, '/graphql'), candidate('embedded', inProcess, '/graphql')];
  await print(
    {
      title: `One of ${EMBEDDED_CUSTOMERS} customers, by mode`,
      candidates,
      concurrency: 16,
      nextBody: reads(customers),
      isAnswered: isData,
      isRead: true,
    },
    sql,
  );
  await end();
};

const stopAll = async (): Promise<void> => {
  await Promise.all(started.splice(0).map((server) => server.stop()));
};

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(1));

try {
  await bothModes();
  await stopAll();
  await onServices();
} finally {
  await stopAll();
}
