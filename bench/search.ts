// `npm run bench -- search`, or `DATABASE_URL=… npm run bench:search` on any server, measures `customers(query:)` in a database of its own,
// filled with SEARCH_CUSTOMERS (1,000,000) made-up customers and dropped afterwards; SEARCH_DATABASE names one that stays and is filled once.
// Tables are not analysed unless SEARCH_ANALYZE is set: the gateway must do without.
import { randomBytes } from 'node:crypto';
import { loadavg } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { pino } from 'pino';
import { createApp } from '../src/app.ts';
import { service } from '../src/backend/service.ts';
import { findingOf } from '../src/capabilities/customers/find.ts';
import { customerSearch } from '../src/capabilities/customers/search.ts';
import type { Database, Sql } from '../src/db/client.ts';
import { databaseCpu, spentSince } from './cpu.ts';
import { SERVICES } from './load.ts';
import { indexesOf } from './plans.ts';
import { decimals, quantile, table } from './table.ts';
import { atMost } from './targets.ts';

const CUSTOMERS = Number(process.env.SEARCH_CUSTOMERS ?? 1_000_000);
const ASKED = Number(process.env.SEARCH_ASKED ?? 40);
const SMOKE = { customers: 5_000, asked: 2 };
const WARM_UP = 5;
const CHUNK = 50_000;
const P95_MS_MAX = 50;

/** Names of two and three syllables, few of them common and most rare. */
const NAMES = `
create table name_given as select i, initcap((select string_agg(substr('bcdfghjklmnprstv', 1 + floor(random() * 16)::int, 1) || substr('aeiouy', 1 + floor(random() * 6)::int, 1), '')
  from generate_series(1, 2 + (i % 2)) g where i = i)) as name from generate_series(1, 3000) i`;
const FAMILIES = `
create table name_family as select i, initcap((select string_agg(substr('bcdfghjklmnprstv', 1 + floor(random() * 16)::int, 1) || substr('aeiouy', 1 + floor(random() * 6)::int, 1), '')
  from generate_series(1, 2 + (i % 3)) g where i = i)) || (array['sen', 'berg', 'er', 'ski', '', 'son', 'dal', 'mann'])[1 + i % 8] as name
from generate_series(1, 20000) i`;
const FILL = `
insert into customer (id, first_name, last_name, email, phone, tags)
select (lpad(to_hex(1700000000000 + n * 1000::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid, g.name, f.name, lower(substr(g.name, 1, 4) || '.' || f.name) || n || '@' || (array['gmail.com', 'hotmail.com', 'live.dk', 'outlook.com', 'yahoo.com'])[1 + n % 5],
  case when n % 3 = 0 then '+4915' || (100000000 + n) end, case when n % 50 = 0 then array['vip'] else '{}' end
from (select n, 1 + floor(3000 ^ random())::int % 3000 as given, 1 + floor(20000 ^ random())::int % 20000 as family from generate_series($1::int, $2::int) n) p
join name_given g on g.i = p.given join name_family f on f.i = p.family`;

/** The indexes of words and the words are made after the rows, which is ten times as fast. */
const fill = async (sql: Sql, customers: number): Promise<void> => {
  await sql(NAMES, []);
  await sql(FAMILIES, []);
  const indexes = await sql<{ name: string; definition: string }>(
    `select indexname as name, indexdef as definition from pg_indexes where tablename = 'customer' and indexdef like '%gin%'`,
    [],
  );
  for (const { name } of indexes) await sql(`drop index ${name}`, []);
  await sql('alter table customer disable trigger user', []);
  for (let at = 1; at <= customers; at += CHUNK) await sql(FILL, [at, Math.min(customers, at + CHUNK - 1)]);
  await sql('alter table customer enable trigger user', []);
  await sql('insert into customer_word (word) select distinct w from customer c, unnest(customer_words(c.first_name, c.last_name, c.email)) w', []);
  for (const { definition } of indexes) await sql(definition, []);
  if (process.env.SEARCH_ANALYZE) await sql('analyze customer', []);
};

const swapped = (word: string): string => {
  const at = Math.max(1, Math.floor(word.length / 2) - 1);
  return word.slice(0, at) + (word[at + 1] ?? 'x') + (word[at] ?? '') + word.slice(at + 2);
};

type Person = { readonly first: string; readonly last: string; readonly email: string };

/** Kinds of queries, each of somebody who is there. */
const KINDS: Readonly<Record<string, (person: Person) => string>> = {
  'one word, a first name': ({ first }) => first,
  'one word, a last name': ({ last }) => last,
  'one word, nobody’s': () => `zzq${randomBytes(3).toString('hex')}`,
  'a beginning': ({ last }) => `${last.slice(0, 4)}*`,
  'first and last name': ({ first, last }) => `${first} ${last}`,
  'first and last name in quotes': ({ first, last }) => `"${first} ${last}"`,
  'first name and last name mistyped': ({ first, last }) => `${first} ${swapped(last)}`,
  'last name mistyped': ({ last }) => swapped(last),
  'an e-mail address': ({ email }) => email,
  'a tag and a word': ({ last }) => `tag:vip ${last}`,
};

const APP = {
  secretKeys: ['a key for a measurement, long enough to be one'],
  publicUrl: 'http://localhost:4000',
  shopName: 'Bench',
  mail: async () => {},
  log: pino({ level: 'silent' }),
};

const pageOf = async (database: Database, query: string): Promise<number> => {
  const { read, where } = await findingOf(database, customerSearch(query));
  const page = await read.customer.findMany({ where, orderBy: { id: 'asc' }, take: 21, select: { id: true, firstName: true, lastName: true } });
  return page.length;
};

/** Asks each kind in turn and prints the table. `watching` is a session on the same database that is not the gateway's. */
const measure = async (database: Database, watching: pg.Client, asked: number, isSmoke: boolean): Promise<void> => {
  const watch: Sql = async <Row>(text: string, values: readonly unknown[]) => (await watching.query(text, [...values])).rows as Row[];
  const people = await watch<Person>(
    `select first_name as first, last_name as last, email from customer tablesample bernoulli (${isSmoke ? 50 : 1}) where length(last_name) >= 6 order by random() limit ${asked * 20}`,
    [],
  );
  const rows: string[][] = [];
  for (const [kind, queryOf] of Object.entries(KINDS)) {
    const next = (count: number) => queryOf(people[(count * 17) % people.length] as Person);
    const latencies: number[] = [];
    let found = 0;
    for (let count = 0; count < WARM_UP; count += 1) await pageOf(database, next(count));
    const cpuBefore = await databaseCpu(watch);
    for (let count = WARM_UP; count < asked + WARM_UP; count += 1) {
      const query = next(count);
      const before = performance.now();
      if ((await pageOf(database, query)) > 0) found += 1;
      latencies.push(performance.now() - before);
    }
    const spent = spentSince(cpuBefore, await databaseCpu(watch));
    latencies.sort((a, b) => a - b);
    const [p50, p95, slowest] = [0.5, 0.95, 1].map((part) => quantile(latencies, part)) as [number, number, number];
    const indexes = await indexesOf(watching, () => pageOf(database, next(0)));
    const cpu = spent === null ? '–' : decimals(spent / asked);
    rows.push([kind, decimals(p50), decimals(p95), decimals(slowest), cpu, `${Math.round((found / asked) * 100)} %`, indexes.join(', ')]);
    if (!isSmoke) console.error(rows.at(-1)?.join(' | '));
    atMost(`search, ${kind}: p95 ms`, P95_MS_MAX, [p95]);
  }
  const [{ customers } = { customers: 0 }] = await watch<{ customers: number }>('select count(*)::int as customers from customer', []);
  const note = `${customers} customers, the first 20 of each list, ${asked} queries of each kind, one at a time; load ${loadavg()[0]?.toFixed(1)} at the end.`;
  const columns = ['query', 'p50 ms', 'p95 ms', 'slowest ms', 'PostgreSQL CPU ms/query', 'found somebody', 'indexes'];
  console.log(isSmoke ? 'Search: every kind is answered' : table('Search', note, columns, rows));
};

/** Searches of a million customers, each kind of somebody who is there. */
export const search = async (
  { isSmoke }: { readonly isSmoke: boolean },
  { databaseUrl, redisUrl }: { readonly databaseUrl: string; readonly redisUrl: string } = SERVICES,
): Promise<void> => {
  const kept = isSmoke ? undefined : process.env.SEARCH_DATABASE;
  const name = kept ?? `clientele_bench_${randomBytes(4).toString('hex')}`;
  const admin = new pg.Client({ connectionString: databaseUrl });
  await admin.connect();
  const { rowCount } = await admin.query('select from pg_database where datname = $1', [name]);
  if (!rowCount) await admin.query(`create database ${name}`);
  const own = new URL(databaseUrl);
  own.pathname = `/${name}`;
  try {
    const backend = await service({ databaseUrl: own.href, redisUrl, redisPrefix: 'bench-search:' });
    const app = createApp(backend, APP);
    const watching = new pg.Client({ connectionString: own.href });
    await watching.connect();
    const { sql } = backend.database;
    const [filled] = await sql('select from customer limit 1', []);
    if (!filled) await fill(sql, isSmoke ? SMOKE.customers : CUSTOMERS);
    await measure(backend.database, watching, isSmoke ? SMOKE.asked : ASKED, isSmoke);
    await watching.end();
    await app.close();
    await backend.close();
  } finally {
    if (!kept) await admin.query(`drop database if exists ${name} with (force)`);
    await admin.end();
  }
};

if (path.resolve(process.argv[1] ?? '') === fileURLToPath(import.meta.url)) {
  const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl = SERVICES.redisUrl } = process.env;
  if (!databaseUrl) throw new Error('Set DATABASE_URL to a server where a database can be made.');
  await search({ isSmoke: false }, { databaseUrl, redisUrl });
}
