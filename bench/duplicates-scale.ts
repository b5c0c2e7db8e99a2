// `DATABASE_URL=… REDIS_URL=… npm run bench:duplicates:scale` measures a full scan and the candidates of one changed customer in a shop of
// DUPLICATES_CUSTOMERS (100,000) made-up customers, every tenth of them a duplicate of another, DUPLICATES_CHANGES (500) times. The database
// must be an empty one; it is filled alike each time.
import { pino } from 'pino';
import { v7 as uuid } from 'uuid';
import { createApp } from '../src/app.ts';
import { service } from '../src/backend/service.ts';
import { createAddress } from '../src/capabilities/addresses/create.ts';
import { createCustomer } from '../src/capabilities/customers/create.ts';
import { refreshDuplicates } from '../src/capabilities/duplicates/refresh.ts';
import { advanceScan, startScan } from '../src/capabilities/duplicates/scan.ts';
import type { Sql } from '../src/db/client.ts';
import { databaseCpu, spentSince } from './cpu.ts';
import { decimals, quantile, table } from './table.ts';

const CUSTOMERS = Number(process.env.DUPLICATES_CUSTOMERS ?? 100_000);
const CHANGES = Number(process.env.DUPLICATES_CHANGES ?? 500);
const CHUNK = 2_000;

/** Of whom some come again once the scan is done; the others are let go, so that the memory is the scan's. */
const RETURNING = 10_000;

let state = 42;
const random = (): number => {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  return state / 2 ** 32;
};
const below = (max: number): number => Math.floor(random() * max);
/** Few values are common and many are rare, as with names and towns. */
const ranked = (values: readonly string[]): string => values[Math.floor(values.length ** random()) - 1] as string;
const LETTERS = 'eanirtslodkgvmubhpfjøåy';
const word = (): string => Array.from({ length: 3 + below(7) }, () => LETTERS[below(LETTERS.length)]).join('');
const words = (count: number): string[] => Array.from({ length: count }, word);

const GIVEN = words(3_000);
const FAMILY = words(20_000);
const STREETS = words(8_000);
const TOWNS = words(600);
const HOSTS = ['gmail.com', 'hotmail.com', 'live.dk', 'outlook.com', 'yahoo.com', ...words(500).map((name) => `${name}.dk`)];

interface Person {
  readonly firstName: string;
  readonly lastName: string;
  readonly email: string | null;
  readonly birthDate: string | null;
  readonly address1: string;
  readonly city: string;
  readonly zip: string;
}

let made = 0;
const somebody = (): Person => {
  const [firstName, lastName, town] = [ranked(GIVEN), ranked(FAMILY), Math.floor(TOWNS.length ** random()) - 1];
  made += 1;
  return {
    firstName,
    lastName,
    email: random() < 0.8 ? `${firstName.slice(0, 4)}.${lastName}${made}@${ranked(HOSTS)}` : null,
    birthDate: random() < 0.6 ? new Date(Date.UTC(1940 + below(65), below(12), 1 + below(28))).toISOString().slice(0, 10) : null,
    address1: `${ranked(STREETS)} ${1 + below(120)}`,
    city: TOWNS[town] as string,
    zip: String(1_000 + town * 10 + below(10)),
  };
};

/** The same person on another day: a letter missing, another address of mail. */
const again = (person: Person): Person => {
  const at = below(person.lastName.length);
  made += 1;
  return { ...person, lastName: person.lastName.slice(0, at) + person.lastName.slice(at + 1) || person.lastName, email: `x${made}@${ranked(HOSTS)}` };
};

const INSERT_CUSTOMERS = `
insert into customer (id, first_name, last_name, email, birth_date, state)
select v.id, v."firstName", v."lastName", v.email, v."birthDate", 'DISABLED'
from jsonb_to_recordset($1::text::jsonb) as v(id uuid, "firstName" text, "lastName" text, email text, "birthDate" date)`;
const INSERT_ADDRESSES = `
insert into address (id, customer_id, address1, city, zip, territory_code)
select v."addressId", v.id, v.address1, v.city, v.zip, 'DK'
from jsonb_to_recordset($1::text::jsonb) as v("addressId" uuid, id uuid, address1 text, city text, zip text)`;

const fill = async (sql: Sql): Promise<Person[]> => {
  const people: Person[] = [];
  for (let count = 0; count < CUSTOMERS; count += CHUNK) {
    const chunk = Array.from({ length: Math.min(CHUNK, CUSTOMERS - count) }, () =>
      people.length > 100 && random() < 0.1 ? again(people[below(people.length)] as Person) : somebody(),
    );
    people.push(...chunk);
    const rows = JSON.stringify(chunk.map((person) => ({ ...person, id: uuid(), addressId: uuid() })));
    await sql(INSERT_CUSTOMERS, [rows]);
    await sql(INSERT_ADDRESSES, [rows]);
  }
  // The scan is what is measured; it sees all of them.
  await sql('truncate duplicate_change', []);
  await sql('analyze customer, address', []);
  return people.slice(0, RETURNING);
};

const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl } = process.env;
if (!databaseUrl || !redisUrl) throw new Error('Set DATABASE_URL, to an empty database, and REDIS_URL.');
const backend = await service({ databaseUrl, redisUrl, redisPrefix: 'bench:' });
const app = createApp(backend, {
  secretKeys: ['a key for a measurement, long enough to be one'],
  publicUrl: 'http://localhost:4000',
  shopName: 'Bench',
  mail: async () => {},
  log: pino({ level: 'silent' }),
});
const { sql } = backend.database;
const [existing] = await sql<{ id: string }>('select id::text from customer limit 1', []);
if (existing) throw new Error('The database holds customers: give an empty one.');

const people = await fill(sql);
await app.transactSql('system', startScan);
const [cpuBefore, databaseBefore] = [process.cpuUsage(), await databaseCpu(sql)];
const [started, slowest, memory] = [performance.now(), { chunkMs: 0 }, { rssBefore: process.memoryUsage.rss(), rssMax: 0 }];
const databaseAfter = new Map<number, number>();
let indexedMs = 0;
for (;;) {
  const before = performance.now();
  const done = await advanceScan(app);
  slowest.chunkMs = Math.max(slowest.chunkMs, performance.now() - before);
  memory.rssMax = Math.max(memory.rssMax, process.memoryUsage.rss());
  // Connections that are left alone end, and what they spent goes with them.
  for (const [pid, cpuMs] of await databaseCpu(sql)) databaseAfter.set(pid, cpuMs);
  // The step that turns from one state to the next answers 1.
  if (done === 1 && indexedMs === 0) indexedMs = performance.now() - started;
  if (done === 0) break;
}
const scanMs = performance.now() - started;
const cpu = process.cpuUsage(cpuBefore);
const databaseMs = spentSince(databaseBefore, databaseAfter);

const latencies: number[] = [];
for (let count = 0; count < CHANGES; count += 1) {
  const { firstName, lastName, birthDate, address1, city, zip } = count % 2 === 0 ? again(people[below(people.length)] as Person) : somebody();
  await app.transact('system', async (tx) => {
    const { customerId } = await createCustomer(tx, { firstName, lastName, ...(birthDate ? { birthDate: new Date(birthDate) } : {}) });
    await createAddress(tx, customerId, { address1, city, zip, territoryCode: 'DK' }, false);
  });
  const before = performance.now();
  await refreshDuplicates(app);
  latencies.push(performance.now() - before);
}
latencies.sort((a, b) => a - b);
const [{ candidates, keys, bytes } = { candidates: 0, keys: 0, bytes: '' }] = await sql<{ candidates: number; keys: number; bytes: string }>(
  `select (select count(*)::integer from duplicate_candidate) as candidates, (select count(*)::integer from duplicate_key) as keys,
    pg_size_pretty(pg_total_relation_size('duplicate_key') + pg_total_relation_size('duplicate_profile') + pg_total_relation_size('duplicate_term')) as bytes`,
  [],
);
const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
console.log(
  table(
    'Duplicates at scale',
    `${CUSTOMERS} made-up customers, PostgreSQL, one process.`,
    ['', ''],
    [
      ['full scan', `${seconds(scanMs)}: ${seconds(indexedMs)} to index, ${seconds(scanMs - indexedMs)} to compare`],
      ['CPU for it', `${seconds((cpu.user + cpu.system) / 1_000)} of the process, ${databaseMs === null ? '?' : seconds(databaseMs)} of PostgreSQL`],
      ['slowest chunk', `${decimals(slowest.chunkMs)} ms`],
      [
        'largest memory of the process',
        `${mebibytes(memory.rssMax)}, of which the made-up customers and the rest before the scan ${mebibytes(memory.rssBefore)}`,
      ],
      ['candidates of one new customer, p50', `${decimals(quantile(latencies, 0.5))} ms`],
      ['p95', `${decimals(quantile(latencies, 0.95))} ms`],
      ['p99', `${decimals(quantile(latencies, 0.99))} ms`],
      ['candidates kept', String(candidates)],
      ['keys', `${keys}; index ${bytes}`],
    ],
  ),
);
await app.close();
await backend.close();
