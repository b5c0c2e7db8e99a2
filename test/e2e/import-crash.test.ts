import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, describe, expect, it } from 'vitest';
import { createDatabase, services } from '../support/backends.ts';
import { type GatewayProcess, send, startProcess } from '../support/process.ts';

const ADMIN_TOKEN = 'a staff token for crash tests';
/** `IMPORT_ROWS=100000` for what docs/import.md says. */
const ROWS = Number(process.env.IMPORT_ROWS ?? 10_000);
const KILLS = 5;
const PGLITE_ROWS = Math.min(ROWS, 2_000);

/** Every tenth row means a customer of an earlier one, some cannot be read, and some open credit. */
function* file(rows: number): Generator<string> {
  yield 'id,email,first_name,last_name,city,tags,accepts_email_marketing,store_credit\n';
  for (let row = 0; row < rows; row += 1) {
    const of = row % 10 === 9 ? row - 7 : row;
    const email = row % 97 === 5 ? 'nobody@' : `c${of}@crash.example`;
    yield `crash-${of},${email},First${row},Last${row % 500},Town ${row % 40},${row % 3 ? 'a' : 'b'},${row % 4 ? '' : 'yes'},${row % 50 ? '' : '5.00 EUR'}\n`;
  }
}

const STATE = `query ($id: ID!) { customersImport(id: $id) { state rowsCount progress plan { created updated unchanged rejected }
  applied { created updated unchanged rejected } } }`;
const APPLY = 'mutation ($id: ID!) { customersImportApply(id: $id) { userErrors { code } } }';

interface Import {
  readonly state: string;
  readonly progress: number;
  readonly plan: object;
  readonly applied: object;
}

const stateOf = async (url: string, id: string): Promise<Import> =>
  ((await send(url, STATE, { id }, ADMIN_TOKEN)).data as { customersImport: Import }).customersImport;

const upload = async (url: string, rows: number): Promise<string> => {
  const response = await fetch(`${url}/import/customers?plan=true&name=crash`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'text/csv' },
    body: [...file(rows)].join(''),
  });
  const last = JSON.parse((await response.text()).trimEnd().split('\n').at(-1) ?? '') as { staged: { importId: string } };
  return `gid://clientele/CustomersImport/${last.staged.importId}`;
};

/** Waits for a state and kills the process at random moments on the way, as often as there are kills left. */
const until = async (gateway: GatewayProcess, start: () => Promise<GatewayProcess>, id: string, state: string, kills: number) => {
  let current = gateway;
  let left = kills;
  for (;;) {
    const { state: now } = await stateOf(current.url, id);
    if (now === state) return { gateway: current, killed: kills - left };
    if (left > 0) {
      await sleep(100 + Math.random() * 1_500);
      await current.kill();
      left -= 1;
      current = await start();
    } else await sleep(200);
  }
};

/** What the file made, without ids and moments. */
const CONTENT = `
select md5(string_agg(row, E'\\n' order by row)) as digest, count(*)::integer as customers from (
  select concat_ws('|', c.email, c.first_name, c.last_name, c.tags::text,
    (select string_agg(concat_ws(',', a.city, a.id = c.default_address_id), ';' order by a.city) from address a where a.customer_id = c.id),
    (select string_agg(x.source || x.value, ';' order by x.source, x.value) from customer_external_id x where x.customer_id = c.id),
    (select string_agg(m.state_before || '>' || m.state, ';' order by m.id) from marketing_consent_event m where m.customer_id = c.id),
    (select string_agg(t.amount_minor::text, ';' order by t.number) from store_credit_account s join store_credit_transaction t on t.account_id = s.id
      where s.customer_id = c.id),
    (select string_agg(e.type, ';' order by e.id) from outbox_event e where e.customer_id = c.id)) as row
  from customer c) rows`;

describe('an import whose process is killed again and again', () => {
  const alive: GatewayProcess[] = [];
  const starting = (environment: Record<string, string>) => async (): Promise<GatewayProcess> => {
    const gateway = await startProcess({ ADMIN_TOKEN, SAMPLE_SHOP: 'false', ...environment });
    alive.push(gateway);
    return gateway;
  };
  afterEach(() => {
    for (const { child } of alive.splice(0)) child.kill('SIGKILL');
  });

  const run = async (start: () => Promise<GatewayProcess>, rows: number, kills: number) => {
    const first = await start();
    const id = await upload(first.url, rows);
    const planned = await until(first, start, id, 'PLANNED', Math.ceil(kills / 2));
    await send(planned.gateway.url, APPLY, { id }, ADMIN_TOKEN);
    const applied = await until(planned.gateway, start, id, 'APPLIED', kills - planned.killed);
    const { plan, applied: counts } = await stateOf(applied.gateway.url, id);
    return { gateway: applied.gateway, killed: planned.killed + applied.killed, plan, counts };
  };

  it.runIf(services)(`ends as one that nobody disturbed, with ${ROWS} rows on PostgreSQL`, { timeout: 3_600_000 }, async () => {
    if (!services) return;
    const results = [];
    for (const kills of [0, KILLS]) {
      const databaseUrl = await createDatabase(services.databaseUrl);
      const { gateway, killed, plan, counts } = await run(starting({ DATABASE_URL: databaseUrl, REDIS_URL: services.redisUrl }), ROWS, kills);
      expect(await gateway.stop()).toBe(0);
      const client = new pg.Client({ connectionString: databaseUrl });
      await client.connect();
      const { rows } = await client.query(CONTENT);
      await client.end();
      expect(killed).toBe(kills);
      expect(plan).toEqual(counts);
      results.push({ plan, counts, content: rows[0] });
    }
    expect(results[1]).toEqual(results[0]);
    expect(results[0]?.content.customers).toBeGreaterThan(ROWS * 0.8);
  });

  it(`ends as planned, with ${PGLITE_ROWS} rows in one embedded folder`, { timeout: 1_200_000 }, async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'clientele-import-crash-'));
    const { gateway, plan, counts } = await run(starting({ DATA_DIR: folder }), PGLITE_ROWS, 2);
    expect(counts).toEqual(plan);
    expect(await gateway.stop()).toBe(0);
    rmSync(folder, { recursive: true, force: true });
  });
});
