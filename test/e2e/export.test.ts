import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Papa from 'papaparse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAddress } from '../../src/capabilities/addresses/create.ts';
import { recordConsent } from '../../src/capabilities/marketing/record.ts';
import { backends, services } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCredit, givenCustomer, someEmail, somePhone } from '../support/given.ts';
import { contentsOf, importText } from '../support/imports.ts';
import { planText } from '../support/plans.ts';

const SPECTRUM = 'node_modules/csv-spectrum/csvs';

describe.each(backends)('exports on $name', (kind) => {
  let test: TestGateway;
  let base: string;
  beforeAll(async () => {
    test = await startTestGateway(kind);
    base = new URL(test.graphqlUrl).origin;
  });
  afterAll(() => test.stop());

  const get = (address: string, token: string | null = test.staffToken) =>
    fetch(`${base}${address}`, token ? { headers: { authorization: `Bearer ${token}` } } : {});
  const csv = async (query: string, more = '') => (await get(`/export/customers.csv?query=${encodeURIComponent(query)}${more}`)).text();
  const rowsOf = (text: string) => Papa.parse<Record<string, string>>(text, { header: true, skipEmptyLines: true });

  /** Customers of a tag whose values are as awkward as values get. */
  const given = async () => {
    const tag = `t${randomUUID()}`;
    const awkward = ['=1+1', '+45', '-2', '@cmd', "'=x", 'a "quoted" name', 'comma, here', 'ünïcödé 漢字', 'semi;colon'];
    const ids: string[] = [];
    for (const [place, lastName] of awkward.entries()) {
      const { customerId } = await givenCustomer(test.app, {
        firstName: 'Ida',
        lastName,
        tags: [tag, "it's"],
        note: place % 2 ? `=HYPERLINK("x")\nsecond line, ${place}` : `\t tab first ${place}`,
        birthDate: new Date('1980-02-03'),
        locale: 'da',
        ...(place % 3 === 0 ? { phone: somePhone() } : {}),
      });
      await test.app.transact('system', async (tx) => {
        if (place % 2)
          await createAddress(tx, customerId, { firstName: 'Other', address1: '-1 Street', city: '=Bonn', zip: '01234', territoryCode: 'DE' }, true);
        const { email } = await tx.db.customer.findUniqueOrThrow({ where: { id: customerId } });
        const given = { channel: 'EMAIL', state: 'SUBSCRIBED', optInLevel: 'SINGLE_OPT_IN', source: 'STAFF', occurredAt: tx.now } as const;
        if (place % 4 === 0) await recordConsent(tx, customerId, { ...given, address: email as string });
      });
      ids.push(customerId);
    }
    // Known by the gateway's own id and nothing else.
    const { customerId } = await givenCustomer(test.app, { firstName: 'No', lastName: 'Address', tags: [tag] });
    await test.app.backend.database.prisma.customer.update({ where: { id: customerId }, data: { email: null } });
    return { tag, awkward, ids: [...ids, customerId] };
  };

  it('come back as they went: imported again they change nothing, and no cell runs in a spreadsheet', async () => {
    const { tag, awkward, ids } = await given();
    const text = await csv(`tag:${tag}`);
    const { data, errors } = rowsOf(text);
    expect(errors).toEqual([]);
    expect(data).toHaveLength(ids.length);
    expect(
      Object.values(data)
        .flatMap((row) => Object.values(row))
        .filter((cell) => /^[=+\-@\t\r\n]/.test(cell)),
    ).toEqual([]);
    expect(data.map((row) => row.last_name?.replace(/^'(?='*[=+\-@\t])/, ''))).toEqual([...awkward, 'Address']);

    const before = await contentsOf(test.app, ids);
    expect(await planText(test.app, text)).toMatchObject({ rowsCount: ids.length, planUnchanged: ids.length });
    expect((await importText(test.app, text)).done).toMatchObject({ rows: ids.length, unchanged: ids.length });
    const shopify = await csv(`tag:${tag} -first_name:No`, '&preset=shopify');
    expect((await importText(test.app, shopify)).done).toMatchObject({ rows: ids.length - 1, unchanged: ids.length - 1 });
    expect(await contentsOf(test.app, ids)).toEqual(before);
  });

  it('are by filter and columns, as CSV and as JSON lines, of everything that a scope reads', async () => {
    const { tag } = await given();
    const { data, meta } = rowsOf(await csv(`tag:${tag} last_name:quoted`, '&columns=email,last_name'));
    expect(meta.fields).toEqual(['email', 'last_name']);
    expect(data).toMatchObject([{ last_name: 'a "quoted" name' }]);
    const lines = await (await get(`/export/customers.ndjson?query=${encodeURIComponent(`tag:${tag} first_name:No`)}`)).text();
    expect(
      lines
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([{ first_name: 'No', email: null, tax_exempt: false }]);
    const { customerId } = await givenCustomer(test.app);
    await givenCredit(test.app, customerId, 1234n);
    const query = `?query=${encodeURIComponent(`customer_id:${customerId}`)}`;
    expect(rowsOf(await (await get(`/export/store-credit-accounts.csv${query}`)).text()).data).toMatchObject([{ currency: 'EUR', balance: '12.34' }]);
    expect(rowsOf(await (await get(`/export/store-credit-transactions.csv${query}`)).text()).data).toMatchObject([
      { kind: 'CREDIT', amount: '12.34' },
    ]);
    expect((await get('/export/orders.csv?query=name:nothing')).status).toBe(200);
  });

  it('give every customer exactly once over many pages', async () => {
    const tag = `t${randomUUID()}`;
    const emails = Array.from({ length: 1_203 }, someEmail);
    await importText(test.app, `email,tags\n${emails.map((email) => `${email},${tag}`).join('\n')}\n`);
    const { data } = rowsOf(await csv(`tag:${tag}`, '&columns=email'));
    expect(data.map(({ email }) => email).sort()).toEqual([...emails].sort());
  });

  it('ask for the scope, say what is wrong, and leave a line in the log', async () => {
    expect((await get('/export/customers.csv', null)).status).toBe(401);
    expect((await get('/export/unicorns.csv')).status).toBe(404);
    expect(await (await get('/export/customers.csv?columns=nonsense')).json()).toMatchObject({ errors: [{ extensions: { code: 'INCLUSION' } }] });
    expect((await get('/export/customers.csv?query=created_at:never')).status).toBe(400);
    const made = await test.graphql(
      'mutation { staffTokenCreate(input: { name: "reader", scopes: ["customers:read"] }) { token staffToken { id } } }',
      {},
      test.staffToken,
    );
    const { token, staffToken } = made.data.staffTokenCreate;
    expect((await get('/export/orders.csv', token)).status).toBe(403);
    expect((await get('/export/customers.csv?query=tag:nobody', token)).status).toBe(200);
    const actor = `staff:${staffToken.id.split('/').at(-1)}`;
    expect(await test.app.backend.database.prisma.outboxEvent.findMany({ where: { actor } })).toMatchObject([
      { type: 'export.started', payload: { kind: 'CUSTOMERS', format: 'CSV', isFiltered: true } },
    ]);
  });

  it('come by a link that needs no token, for ten minutes, and by no other', async () => {
    const { tag } = await given();
    const link = 'mutation ($input: ExportCreateInput!) { exportCreate(input: $input) { url userErrors { field code } } }';
    const { data } = await test.graphql(
      link,
      { input: { kind: 'CUSTOMERS', query: `tag:${tag}`, columns: ['clientele_id', 'email'] } },
      test.staffToken,
    );
    const { pathname } = new URL(data.exportCreate.url);
    expect(rowsOf(await (await get(pathname, null)).text()).data).toHaveLength(10);
    expect((await get(`${pathname.slice(0, -2)}AA`, null)).status).toBe(404);
    const wrong = await test.graphql(link, { input: { kind: 'CUSTOMERS', columns: ['nonsense'] } }, test.staffToken);
    expect(wrong.data.exportCreate.userErrors).toEqual([{ field: ['input', 'columns', '0'], code: 'INCLUSION' }]);
  });

  it.each(readdirSync(SPECTRUM).filter((name) => name.endsWith('.csv')))('keep the cells of csv-spectrum’s %s from file to file', async (name) => {
    const own = randomUUID();
    const bytes = readFileSync(`${SPECTRUM}/${name}`);
    // One of them is not UTF-8.
    const text = bytes.toString().includes('\uFFFD') ? bytes.toString('latin1') : bytes.toString();
    const cells = Papa.parse<string[]>(text.trimEnd())
      .data.slice(1)
      .map((row) => row.join(' | '));
    // Each row in one cell of ours, quoted by the second library.
    const file = Papa.unparse({
      fields: ['id', 'first_name', 'note', 'tags'],
      data: cells.map((cell, place) => [`${own}-${place}`, 'Spectrum', cell, own]),
    });
    expect((await importText(test.app, file)).done).toMatchObject({ created: cells.length, rejected: 0 });
    const { data } = rowsOf(await csv(`tag:${own}`, '&columns=external_id,note'));
    const notes = new Map(data.map((row) => [row.external_id, row.note]));
    expect(cells.map((_cell, place) => notes.get(`${own}-${place}`) || null)).toEqual(cells.map((cell) => (cell.trim() ? cell : null)));
  });

  it.runIf(services && kind.name === 'service')('are read by PostgreSQL’s own COPY', async () => {
    const { tag, ids, awkward } = await given();
    const folder = mkdtempSync(path.join(tmpdir(), 'clientele-export-'));
    const file = path.join(folder, 'customers.csv');
    writeFileSync(file, await csv(`tag:${tag}`, '&columns=clientele_id,last_name,note'));
    const script = `create temp table t (id text, last_name text, note text);\n\\copy t from '${file}' with (format csv, header)\nselect json_agg(t order by id) from t;`;
    const output = execFileSync('psql', [services?.databaseUrl ?? '', '-qtAX'], { input: script, encoding: 'utf8' });
    const found = JSON.parse(output) as { id: string; last_name: string; note: string | null }[];
    expect(found.map(({ id }) => id.split('/').at(-1)).sort()).toEqual([...ids].sort());
    expect(found.map((row) => row.last_name.replace(/^'(?='*[=+\-@\t])/, '')).sort()).toEqual([...awkward, 'Address'].sort());
    rmSync(folder, { recursive: true });
  });
});
