// `DATABASE_URL=… npm run bench:search` measures `customers(query:)` in a database of its own on that server, filled with SEARCH_CUSTOMERS
// (1,000,000) made-up customers and dropped afterwards. Tables are not analysed unless SEARCH_ANALYZE is set: the gateway must do without.
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { pino } from 'pino';
import { createApp } from '../src/app.ts';
import { service } from '../src/backend/service.ts';
import { findingOf } from '../src/capabilities/customers/find.ts';
import { customerSearch } from '../src/capabilities/customers/search.ts';
import type { Sql } from '../src/db/client.ts';
import { decimals, quantile, table } from './table.ts';

const CUSTOMERS = Number(process.env.SEARCH_CUSTOMERS ?? 1_000_000);
const ASKED = Number(process.env.SEARCH_ASKED ?? 40);
const CHUNK = 50_000;

/** Names of two and three syllables, few of them common and most rare; the indexes of words are made after the rows, which is ten times as fast. */
const NAMES = `
create table name_given as select i, initcap((select string_agg(substr('bcdfghjklmnprstv', 1 + floor(random() * 16)::int, 1) || substr('aeiouy', 1 + floor(random() * 6)::int, 1), '')
  from generate_series(1, 2 + (i % 2)) g where i = i)) as name from generate_series(1, 3000) i`;
const FAMILIES = `
create table name_family as select i, initcap((select string_agg(substr('bcdfghjklmnprstv', 1 + floor(random() * 16)::int, 1) || substr('aeiouy', 1 + floor(random() * 6)::int, 1), '')
  from generate_series(1, 2 + (i % 3)) g where i = i)) || (array['sen', 'berg', 'er', 'ski', '', 'son', 'dal', 'mann'])[1 + i % 8] as name
from generate_series(1, 20000) i`;
const FILL = `
insert into customer (id, first_name, last_name, email, phone, tags)
select gen_random_uuid(), g.name, f.name, lower(substr(g.name, 1, 4) || '.' || f.name) || n || '@' || (array['gmail.com', 'hotmail.com', 'live.dk', 'outlook.com', 'yahoo.com'])[1 + n % 5],
  case when n % 3 = 0 then '+4915' || (100000000 + n) end, case when n % 50 = 0 then array['vip'] else '{}' end
from (select n, 1 + floor(3000 ^ random())::int % 3000 as given, 1 + floor(20000 ^ random())::int % 20000 as family from generate_series($1::int, $2::int) n) p
join name_given g on g.i = p.given join name_family f on f.i = p.family`;

const fill = async (sql: Sql): Promise<void> => {
  await sql(NAMES, []);
  await sql(FAMILIES, []);
  const indexes = await sql<{ name: string; definition: string }>(
    `select indexname as name, indexdef as definition from pg_indexes where tablename = 'customer' and indexdef like '%gin%'`,
    [],
  );
  for (const { name } of indexes) await sql(`drop index ${name}`, []);
  await sql('alter table customer disable trigger user', []);
  for (let at = 1; at <= CUSTOMERS; at += CHUNK) await sql(FILL, [at, Math.min(CUSTOMERS, at + CHUNK - 1)]);
  await sql('alter table customer enable trigger user', []);
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

const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl = 'redis://127.0.0.1:6379' } = process.env;
if (!databaseUrl) throw new Error('Set DATABASE_URL to a server where a database can be made.');
// SEARCH_DATABASE names one that is filled already, and stays.
const kept = process.env.SEARCH_DATABASE;
const name = kept ?? `clientele_bench_${randomBytes(4).toString('hex')}`;
const admin = new pg.Client({ connectionString: databaseUrl });
await admin.connect();
if (!kept) await admin.query(`create database ${name}`);
const own = new URL(databaseUrl);
own.pathname = `/${name}`;
try {
  const backend = await service({ databaseUrl: own.href, redisUrl, redisPrefix: 'bench-search:' });
  const app = createApp(backend, {
    secretKeys: ['a key for a measurement, long enough to be one'],
    publicUrl: 'http://localhost:4000',
    shopName: 'Bench',
    mail: async () => {},
    log: pino({ level: 'silent' }),
  });
  const { sql } = backend.database;
  const begun = performance.now();
  if (!kept) await fill(sql);
  const filledMs = performance.now() - begun;
  const people = await sql<Person>(
    `select first_name as first, last_name as last, email from customer tablesample system (1) where length(last_name) >= 6 limit ${ASKED * 20}`,
    [],
  );
  const rows: string[][] = [];
  for (const [kind, queryOf] of Object.entries(KINDS)) {
    const latencies: number[] = [];
    let found = 0;
    for (let count = 0; count < ASKED + 5; count += 1) {
      const person = people[(count * 17) % people.length] as Person;
      const before = performance.now();
      const { read, where } = await findingOf(backend.database, customerSearch(queryOf(person)));
      const ids = await read.customer.findMany({ where, orderBy: { id: 'asc' }, take: 21, select: { id: true, firstName: true, lastName: true } });
      if (count >= 5) latencies.push(performance.now() - before);
      if (ids.length > 0) found += 1;
    }
    latencies.sort((a, b) => a - b);
    const spread = [0.5, 0.95, 1].map((part) => `${decimals(quantile(latencies, part))}`);
    rows.push([kind, ...spread, `${Math.round((found / (ASKED + 5)) * 100)} %`]);
    console.error(rows.at(-1)?.join(' | '));
  }
  console.log(
    table(
      'Search',
      `${CUSTOMERS} customers, the first 20 of each list, ${ASKED} queries of each kind, PostgreSQL, one at a time; filled in ${Math.round(filledMs / 1_000)} s.`,
      ['query', 'p50 ms', 'p95 ms', 'slowest ms', 'found somebody'],
      rows,
    ),
  );
  await app.close();
  await backend.close();
} finally {
  if (!kept) await admin.query(`drop database if exists ${name} with (force)`);
  await admin.end();
}
