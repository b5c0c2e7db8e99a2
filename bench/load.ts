import pg from 'pg';
import { service } from '../src/backend/service.ts';
import type { Sql } from '../src/db/client.ts';

/** Where the benchmarks' database server and Redis are. */
export const SERVICES = {
  databaseUrl: process.env.BENCH_DATABASE_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres',
  redisUrl: process.env.BENCH_REDIS_URL ?? 'redis://127.0.0.1:6379/6',
};

const TRANSACTIONS_PER_ACCOUNT = 20;
/** What every account is opened with, in minor units: enough for any number of debits of one. */
const OPENED_WITH = 100_000_000;
const FIRST_MOMENT_MS = Date.UTC(2024, 0, 1);
/** So that ids and creation dates of a hundred thousand customers spread over two years. */
const STEP_MS = 600_000;

/** What a filled database says of itself. Migrations that came later are applied to it, as to an operator's. */
const markOf = (customers: number): string => `${customers} customers`;

/**
 * Ids shaped as UUID v7 that can be told from their number, so that no statement has to look up what another made:
 * the moment, then which kind of row, then digits that look random.
 */
const ID_OF = `
  create or replace function pg_temp.id_of(kind int, n bigint, moment_ms bigint) returns uuid language sql immutable as $$
    select (lpad(to_hex(moment_ms), 12, '0') || '7' || lpad(to_hex(kind), 3, '0') || '8' || substr(md5(kind || ':' || n), 1, 15))::uuid
  $$`;

const momentOf = (n: string) => `(${FIRST_MOMENT_MS} + ${n} * ${STEP_MS}::bigint)`;
const timestampOf = (milliseconds: string) => `to_timestamp(${milliseconds} / 1000.0)`;
const customerId = (n: string) => `pg_temp.id_of(1, ${n}, ${momentOf(n)})`;
// Accounts are numbered by customer and place: three places for each, of which the first one, two or three are taken.
const accountId = (n: string, place: string) => `pg_temp.id_of(2, ${n} * 3 + ${place}, ${momentOf(n)})`;
const movedAt = (n: string, number: string) => `(${momentOf(n)} + (${number} - 1) * 86400000::bigint + ${n} % 997)`;
const transactionId = (n: string, place: string, number: string) =>
  `pg_temp.id_of(3, (${n} * 3 + ${place}) * 100 + ${number}, ${movedAt(n, number)})`;
const spent = (number: string) => `((${number} - 1) * 100 + ${number} * (${number} + 1) / 2 - 1)`;
const currency = (place: string) => `(array['EUR', 'USD', 'JPY'])[${place} + 1]`;
const accounts = (customers: number) => `generate_series(0, ${customers - 1}) n cross join lateral generate_series(0, n % 3) place`;
const hashOf = (id: string) => `sha256(convert_to(${id}::text, 'UTF8'))`;

/** The rows, each statement one table. Transaction 1 is the account's one credit; the others are debits from its lot, each of 100 and its number. */
const statements = (customers: number): readonly [what: string, statement: string][] => [
  [
    'customers',
    `insert into customer (id, first_name, last_name, email, email_verified_at, phone, locale, tags, state, created_at, updated_at)
     select ${customerId('n')}, (array['Anna', 'Bo', 'Chiara', 'Dag', 'Ewa', 'Finn', 'Giulia', 'Hanne', 'Ida', 'Jonas'])[n % 10 + 1],
       'Shopper ' || (n * 7919) % ${customers}, 'shopper.' || n || '@example.com', ${timestampOf(momentOf('n'))}, '+4915' || lpad(n::text, 9, '0'), 'de',
       case when n % 20 = 0 then array['vip'] else array[]::text[] end, 'ENABLED', ${timestampOf(momentOf('n'))},
       ${timestampOf(momentOf('n'))} + (n * 7919) % ${customers} * interval '1 second'
     from generate_series(0, ${customers - 1}) n`,
  ],
  [
    'addresses',
    `insert into address (id, customer_id, first_name, last_name, address1, city, zip, territory_code, created_at, updated_at)
     select pg_temp.id_of(4, n * 2 + place, ${momentOf('n')} + place), ${customerId('n')}, 'Shopper', n::text, 'Street ' || n % 300, 'Town ' || n % 900,
       lpad((n % 99999)::text, 5, '0'), (array['DE', 'DK', 'IT', 'NO', 'PL'])[n % 5 + 1], ${timestampOf(momentOf('n'))}, ${timestampOf(momentOf('n'))}
     from generate_series(0, ${customers - 1}) n cross join lateral generate_series(0, n % 2) place`,
  ],
  ['default addresses', 'update customer c set default_address_id = (select id from address where customer_id = c.id order by id limit 1)'],
  [
    'accounts',
    `insert into store_credit_account (id, customer_id, currency, balance_minor, version, last_number, last_hash, created_at, updated_at)
     select ${accountId('n', 'place')}, ${customerId('n')}, ${currency('place')}, ${OPENED_WITH} - ${spent(`${TRANSACTIONS_PER_ACCOUNT}`)},
       ${TRANSACTIONS_PER_ACCOUNT}, ${TRANSACTIONS_PER_ACCOUNT}, ${hashOf(transactionId('n', 'place', `${TRANSACTIONS_PER_ACCOUNT}`))},
       ${timestampOf(momentOf('n'))}, ${timestampOf(movedAt('n', `${TRANSACTIONS_PER_ACCOUNT}`))}
     from ${accounts(customers)}`,
  ],
  [
    'transactions',
    // Number by number, as they would have come about: an account's rows lie apart in the table.
    `insert into store_credit_transaction (id, account_id, number, version, kind, event, currency, amount_minor, balance_after_minor,
       available_after_minor, actor, created_at, hash)
     select id, ${accountId('n', 'place')}, number, number, (case number when 1 then 'CREDIT' else 'DEBIT' end)::store_credit_transaction_kind, 'ADJUSTMENT',
       ${currency('place')}, case number when 1 then ${OPENED_WITH} else -(100 + number) end,
       ${OPENED_WITH} - ${spent('number')}, ${OPENED_WITH} - ${spent('number')}, 'system', ${timestampOf(movedAt('n', 'number'))}, ${hashOf('id')}
     from generate_series(1, ${TRANSACTIONS_PER_ACCOUNT}) number
     cross join (select * from ${accounts(customers)}) a
     cross join lateral (select ${transactionId('n', 'place', 'number')} as id) made`,
  ],
  [
    'lots',
    `insert into store_credit_lot (id, account_id, number, amount_minor, remaining_minor)
     select id, account_id, number, amount_minor, ${OPENED_WITH} - ${spent(`${TRANSACTIONS_PER_ACCOUNT}`)} from store_credit_transaction where number = 1`,
  ],
  [
    'allocations',
    `insert into store_credit_allocation (transaction_id, lot_id, amount_minor)
     select t.id, l.id, -t.amount_minor from store_credit_transaction t join store_credit_lot l using (account_id) where t.number > 1`,
  ],
];

/** Accounts whose balance is not the sum of their transactions and of their lots, or whose numbers have gaps. */
export const disagreeing = async (sql: Sql): Promise<number> => {
  const [row] = await sql<{ count: number }>(
    `select count(*)::int as count from store_credit_account a
     join (select account_id, sum(amount_minor) as moved, count(*) as many, max(number) as last from store_credit_transaction group by 1) t on t.account_id = a.id
     join (select account_id, sum(remaining_minor) as left_over from store_credit_lot group by 1) l on l.account_id = a.id
     where a.balance_minor <> t.moved or a.balance_minor <> l.left_over or a.last_number <> t.many or a.last_number <> t.last`,
    [],
  );
  return row?.count ?? 0;
};

/**
 * Fills an empty, migrated database on one session of a superuser: the ledger's tables refuse everyone but its door, and a door is no way
 * to move in four million rows. What it writes is as the door would have left it, except that hashes are not chained.
 */
export const fill = async (sql: Sql, customers: number, report: (line: string) => void = () => {}): Promise<void> => {
  const started = Date.now();
  await sql("set session_replication_role = 'replica'", []);
  await sql(ID_OF, []);
  for (const [what, statement] of statements(customers)) {
    const before = Date.now();
    await sql(statement, []);
    report(`  ${what}: ${((Date.now() - before) / 1000).toFixed(1)} s`);
  }
  await sql("set session_replication_role = 'origin'", []);
  const wrong = await disagreeing(sql);
  if (wrong > 0) throw new Error(`${wrong} accounts do not agree with their transactions and lots`);
  await sql(`insert into setting (name, value) values ('bench', to_jsonb($1::text))`, [markOf(customers)]);
  report(`  loaded in ${((Date.now() - started) / 1000).toFixed(1)} s`);
};

/** Runs that on one connection of its own. */
export const onSession = async <Result>(databaseUrl: string, run: (sql: Sql) => Promise<Result>): Promise<Result> => {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return await run(async <Row>(text: string, values: readonly unknown[]) => (await client.query(text, [...values])).rows as Row[]);
  } finally {
    await client.end();
  }
};

/** No such database, no such table: anything else says nothing about what is there, and nothing is dropped for it. */
const NOT_THERE = new Set(['3D000', '42P01']);

const isLoaded = (databaseUrl: string, customers: number): Promise<boolean> =>
  onSession(databaseUrl, async (sql) => {
    const [row] = await sql<{ value: string }>("select value from setting where name = 'bench'", []);
    return row?.value.startsWith(`${customers} `) ?? false;
  }).catch((error: { code?: string }) => {
    if (NOT_THERE.has(error.code ?? '')) return false;
    throw error;
  });

/**
 * The address of a database of that many customers, beside the given one: `clientele_bench_<customers>`, made and filled unless it is
 * there. A fresh one is filled anew whatever was there, for suites that must begin at the same state.
 */
export const loadedDatabase = async (customers: number, isFresh = false, report: (line: string) => void = console.log): Promise<string> => {
  const name = `clientele_bench_${customers}`;
  const url = new URL(SERVICES.databaseUrl);
  url.pathname = `/${name}`;
  if (!isFresh && (await isLoaded(url.href, customers))) {
    report(`${name} is loaded`);
  } else {
    report(`Loading ${customers} customers into ${name}`);
    await onSession(SERVICES.databaseUrl, async (sql) => {
      await sql(`drop database if exists ${name} with (force)`, []);
      await sql(`create database ${name}`, []);
    });
  }
  const backend = await service({ ...SERVICES, databaseUrl: url.href, redisPrefix: 'clientele-bench:' });
  await backend.close();
  const isThere = await isLoaded(url.href, customers);
  await onSession(url.href, async (sql) => {
    if (!isThere) await fill(sql, customers, report);
    // Also of what an earlier run left: on a machine without autovacuum each run would be slower than the one before.
    await sql('vacuum analyze', []);
    await sql('checkpoint', []);
  });
  return url.href;
};
