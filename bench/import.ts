// `npm run bench -- import` measures imports into an empty database of its own: straight, as a plan and its application, and the least that
// writing the same customers costs. IMPORT_ROWS (100000,300000) are the sizes of the files; memory is to be the same for all.
import { randomBytes } from 'node:crypto';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { service } from '../src/backend/service.ts';
import type { Sql } from '../src/db/client.ts';
import { cpuOf, databaseCpu, peakOf, spentSince } from './cpu.ts';
import { SERVICES } from './load.ts';
import { type Started, startOnServices } from './servers.ts';
import { decimals, table } from './table.ts';
import { atMost } from './targets.ts';

const SIZES = (process.env.IMPORT_ROWS ?? '100000,300000').split(',').map(Number);
const SMOKE_SIZES = [300];
/** Rows of one statement of the floor: as many as an import has in one transaction. */
const FLOOR_ROWS = 200;
const LOOK_EVERY_MS = 200;
/** What the larger file may take beyond the smaller one's: the heap is collected when it is full, not when it could be. */
const MEMORY_RATIO_MAX = 1.25;
/** Connections come and go during an import: what each has spent is noted as often. */
const NOTE_EVERY_MS = 1_000;

const GIVEN = ['Anna', 'Bo', 'Chiara', 'Dag', 'Ewa', 'Finn', 'Giulia', 'Hanne', 'Ida', 'Jonas'];
const HEADER = 'id,email,first_name,last_name,phone,address1,city,zip,country,tags,accepts_email_marketing\n';
const lastOf = (row: number): string => `Shopper${(row * 7_919) % 20_011}`.replace(/\d/g, (digit) => 'aeioukstrn'[Number(digit)] as string);
const emailOf = (row: number): string => `${GIVEN[row % 10]?.toLowerCase()}.${lastOf(row).toLowerCase()}${row}@import.example`;
const phoneOf = (row: number): string => `+4915${String(100_000_000 + row)}`;
const lineOf = (row: number): string =>
  `bench-${row},${emailOf(row)},${GIVEN[row % 10]},${lastOf(row)},${phoneOf(row)},Street ${row % 300},Town ${row % 900},10115,DE,${row % 20 ? '' : 'vip'},${row % 4 ? '' : 'yes'}\n`;

/** The file, a piece at a time: it is never in memory as a whole. */
async function* fileOf(rows: number): AsyncGenerator<Uint8Array, void> {
  const encoder = new TextEncoder();
  yield encoder.encode(HEADER);
  for (let row = 0; row < rows; row += 500) {
    yield encoder.encode(Array.from({ length: Math.min(500, rows - row) }, (_, index) => lineOf(row + index)).join(''));
  }
}

interface Spent {
  readonly ms: number;
  readonly gatewayCpu: number | null;
  readonly databaseCpu: number | null;
}

/** An empty database with a session of its own, and what work on it took. `pid` is the gateway's. */
const onEmptyDatabase = async <Result>(
  run: (databaseUrl: string, sql: Sql, spending: (pid: number | null, work: () => Promise<void>) => Promise<Spent>) => Promise<Result>,
): Promise<Result> => {
  const name = `clientele_bench_${randomBytes(4).toString('hex')}`;
  const admin = new pg.Client({ connectionString: SERVICES.databaseUrl });
  await admin.connect();
  await admin.query(`create database ${name}`);
  const url = new URL(SERVICES.databaseUrl);
  url.pathname = `/${name}`;
  try {
    await (await service({ ...SERVICES, databaseUrl: url.href, redisPrefix: 'bench-import:' })).close();
    const [working, watching] = [new pg.Client({ connectionString: url.href }), new pg.Client({ connectionString: url.href })];
    await Promise.all([working.connect(), watching.connect()]);
    const sqlOn =
      (client: pg.Client): Sql =>
      async <Row>(text: string, values: readonly unknown[]) =>
        (await client.query(text, [...values])).rows as Row[];
    const result = await run(url.href, sqlOn(working), async (pid, work) => {
      const database = await databaseCpu(sqlOn(watching));
      const [gateway, begun] = [pid === null ? null : cpuOf(pid), performance.now()];
      const latest = new Map<number, number>();
      const note = async (): Promise<void> => {
        for (const [process, cpu] of await databaseCpu(sqlOn(watching))) latest.set(process, cpu);
      };
      const noting = setInterval(() => void note(), NOTE_EVERY_MS);
      await work().finally(() => clearInterval(noting));
      const ms = performance.now() - begun;
      const after = pid === null ? null : cpuOf(pid);
      await note();
      return { ms, gatewayCpu: gateway === null || after === null ? null : after - gateway, databaseCpu: spentSince(database, latest) };
    });
    await Promise.all([working.end(), watching.end()]);
    return result;
  } finally {
    await admin.query(`drop database if exists ${name} with (force)`);
    await admin.end();
  }
};

const upload = async ({ url, headers }: Started, pathname: string, rows: number): Promise<{ readonly staged?: { readonly importId: string } }> => {
  const response = await fetch(`${url}${pathname}`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'text/csv' },
    body: fileOf(rows),
    duplex: 'half',
  } as unknown as RequestInit);
  let end = '';
  const decoder = new TextDecoder();
  for await (const piece of response.body as unknown as AsyncIterable<Uint8Array>) end = (end + decoder.decode(piece)).slice(-2_000);
  const last = JSON.parse(end.trimEnd().split('\n').at(-1) ?? '') as { done?: { created: number }; staged?: { importId: string } };
  if (!last.staged && last.done?.created !== rows) throw new Error(`The import of ${rows} rows ended with ${end}`);
  return last;
};

const ask = async ({ url, headers }: Started, query: string, id: string) => {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables: { id: `gid://clientele/CustomersImport/${id}` } }),
  });
  return (await answer.json()) as { data: { customersImport?: { state: string; applied: { created: number } } } };
};

const STATE = 'query ($id: ID!) { customersImport(id: $id) { state applied { created } } }';
const APPLY = 'mutation ($id: ID!) { customersImportApply(id: $id) { userErrors { code } } }';

const untilState = async (gateway: Started, id: string, wanted: string): Promise<{ created: number }> => {
  for (;;) {
    const { customersImport } = (await ask(gateway, STATE, id)).data;
    if (customersImport?.state === wanted) return customersImport.applied;
    await sleep(LOOK_EVERY_MS);
  }
};

interface Row {
  readonly name: string;
  readonly rows: number;
  readonly spent: Spent;
  /** KiB. */
  readonly peak: number | null;
}

const straight = (rows: number): Promise<Row[]> =>
  onEmptyDatabase(async (databaseUrl, _sql, spending) => {
    const gateway = await startOnServices(databaseUrl);
    const spent = await spending(gateway.pid, async () => void (await upload(gateway, '/import/customers?results=notable', rows)));
    const peak = peakOf(gateway.pid);
    await gateway.stop();
    return [{ name: 'POST /import/customers', rows, spent, peak }];
  });

const planned = (rows: number): Promise<Row[]> =>
  onEmptyDatabase(async (databaseUrl, _sql, spending) => {
    const gateway = await startOnServices(databaseUrl);
    let id = '';
    const plan = await spending(gateway.pid, async () => {
      const { staged } = await upload(gateway, '/import/customers?plan=true&name=bench', rows);
      id = staged?.importId ?? '';
      await untilState(gateway, id, 'PLANNED');
    });
    const planPeak = peakOf(gateway.pid);
    const apply = await spending(gateway.pid, async () => {
      await ask(gateway, APPLY, id);
      const { created } = await untilState(gateway, id, 'APPLIED');
      if (created !== rows) throw new Error(`${created} of ${rows} were created`);
    });
    const peak = peakOf(gateway.pid);
    await gateway.stop();
    return [
      { name: 'plan', rows, spent: plan, peak: planPeak },
      { name: 'its application', rows, spent: apply, peak },
    ];
  });

const FLOOR = `
with made as (
  insert into customer (id, first_name, last_name, email, phone, tags)
  select v.id, v.first, v.last, v.email, v.phone, v.tags
  from jsonb_to_recordset($1::text::jsonb) as v(id uuid, first text, last text, email text, phone text, tags text[])),
known as (
  insert into customer_external_id (source, value, customer_id)
  select 'import', v.external, v.id from jsonb_to_recordset($1::text::jsonb) as v(external text, id uuid))
insert into address (id, customer_id, first_name, last_name, address1, city, zip, territory_code, created_at, updated_at)
select v.address, v.id, v.first, v.last, v.street, v.city, '10115', 'DE', now(), now()
from jsonb_to_recordset($1::text::jsonb) as v(address uuid, id uuid, first text, last text, street text, city text)`;

/** The same customers, external ids and addresses written bare, with every index and trigger that their tables have. */
const floor = (rows: number): Promise<Row[]> =>
  onEmptyDatabase(async (_databaseUrl, sql, spending) => {
    const idOf = (row: number, kind: number): string =>
      `01900000-${String(row).padStart(8, '0').slice(0, 4)}-7000-8${kind}00-${String(row).padStart(12, '0')}`;
    const spent = await spending(null, async () => {
      for (let from = 0; from < rows; from += FLOOR_ROWS) {
        const batch = Array.from({ length: Math.min(FLOOR_ROWS, rows - from) }, (_, index) => {
          const row = from + index;
          return {
            id: idOf(row, 1),
            address: idOf(row, 2),
            external: `bench-${row}`,
            first: GIVEN[row % 10],
            last: lastOf(row),
            email: emailOf(row),
            phone: phoneOf(row),
            tags: row % 20 ? [] : ['vip'],
            street: `Street ${row % 300}`,
            city: `Town ${row % 900}`,
          };
        });
        await sql(FLOOR, [JSON.stringify(batch)]);
      }
    });
    return [{ name: 'bare inserts of customer, external id and address', rows, spent, peak: null }];
  });

/** Imports of several sizes against bare inserts. */
export const importing = async ({ isSmoke }: { readonly isSmoke: boolean }): Promise<void> => {
  const sizes = isSmoke ? SMOKE_SIZES : SIZES;
  const [smallest, largest] = [sizes[0], sizes.at(-1)] as [number, number];
  const taken: Row[] = [...(await floor(smallest))];
  for (const rows of sizes) taken.push(...(await straight(rows)), ...(await planned(rows)));
  const perRow = (spent: number | null, rows: number): string => (spent === null ? '–' : decimals(spent / rows));
  const lines = taken.map(({ name, rows, spent, peak }) => [
    name,
    `${rows}`,
    decimals((rows / spent.ms) * 1_000),
    perRow(spent.gatewayCpu, rows),
    perRow(spent.databaseCpu, rows),
    peak === null ? '–' : decimals(peak / 1_024),
  ]);
  const columns = ['', 'rows', 'rows/s', 'gateway CPU ms/row', 'PostgreSQL CPU ms/row', 'largest resident MiB'];
  const note = `Each into an empty database, once; load ${loadavg()[0]?.toFixed(1)} at the end.`;
  console.log(isSmoke ? 'Import: all rows are created, straight and as planned' : table('Import', note, columns, lines));
  const peakFor = (wanted: number, named: string): number => taken.find(({ name, rows }) => rows === wanted && name === named)?.peak ?? Number.NaN;
  for (const name of ['POST /import/customers', 'its application']) {
    atMost(`import, ${name}: memory of ${largest} rows to ${smallest}`, MEMORY_RATIO_MAX, [peakFor(largest, name) / peakFor(smallest, name)]);
  }
};
