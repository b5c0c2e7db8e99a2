import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hash, verify } from '@node-rs/argon2';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import { deleteCustomer } from '../../src/capabilities/customers/delete.ts';
import type { RowResult } from '../../src/capabilities/transfer/import-customers.ts';
import { backends, openTestApp } from '../support/backends.ts';
import { givenCustomer, someEmail, somePhone } from '../support/given.ts';
import { contentsOf, customerIdsOf, importText } from '../support/imports.ts';

const SPLINK = readFileSync(new URL('../data/splink-fake-1000.csv', import.meta.url), 'utf8');

/** The file with ids and e-mail domains that no other test has; what is wrong in it stays wrong. */
const ownSplink = (): string => {
  const own = randomUUID().slice(0, 8);
  return SPLINK.replace(/^(\d+),(.*)$/gm, (_, id, rest) => `${own}-${id},${rest.replace(/@([^,]+\.)/g, `@${own}.$1`)}`);
};

const someId = (): string => randomUUID();
const outcomes = (results: readonly RowResult[]): string[] => results.map(({ outcome }) => outcome);
const idIn = (result: RowResult | undefined): string => customerIdsOf(result ? [result] : [])[0] as string;

describe.each(backends)('import of customers on $name', (kind) => {
  let app: App;
  beforeAll(async () => {
    ({ app } = await openTestApp(kind));
  });

  const customer = async (id: string) =>
    app.backend.database.prisma.customer.findUniqueOrThrow({
      where: { id },
      include: { addresses: { orderBy: { id: 'asc' } }, externalIds: { orderBy: { value: 'asc' } }, password: true },
    });
  const eventsOf = async (customerId: string) => app.backend.database.prisma.outboxEvent.findMany({ where: { customerId }, orderBy: { id: 'asc' } });

  it('accounts for each of a thousand real rows, and changes nothing the second time', async () => {
    const file = ownSplink();
    const first = await importText(app, file);
    expect(first.ignored).toEqual(['cluster']);
    expect(first.results.map(({ line }) => line)).toEqual(Array.from({ length: 1000 }, (_, index) => index + 2));
    expect(first.done).toEqual({ rows: 1000, created: 425, updated: 551, unchanged: 0, rejected: 24 });
    const codes = first.results.flatMap((result) => (result.outcome === 'rejected' ? `${result.code} ${result.field ?? ''}` : []));
    expect(codes.filter((code) => code === 'INVALID email')).toHaveLength(23);
    expect(codes.filter((code) => code !== 'INVALID email')).toEqual(['MISSING_FIELD_REQUIRED ']);
    const ids = customerIdsOf(first.results);
    const before = await contentsOf(app, ids);
    expect(before).toHaveLength(425);

    const second = await importText(app, file);
    expect(second.done).toEqual({ rows: 1000, created: 0, updated: 0, unchanged: 976, rejected: 24 });
    expect(customerIdsOf(second.results).sort()).toEqual([...ids].sort());
    expect(await contentsOf(app, ids)).toEqual(before);
    expect(await app.backend.database.prisma.importedCustomer.count({ where: { customerId: { in: ids } } })).toBe(0);
  });

  it('imports name, email, password: the password is kept as argon2id and known again', async () => {
    const email = someEmail();
    const file = `Email;PASSWORD;name\n${email.toUpperCase()};correct horse;Grace Brewster Hopper\n`;
    const { results } = await importText(app, file);
    const id = idIn(results[0]);
    const stored = await customer(id);
    expect(stored).toMatchObject({ firstName: 'Grace Brewster', lastName: 'Hopper', email, state: 'DISABLED' });
    expect(stored.password?.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await verify(stored.password?.hash as string, 'correct horse')).toBe(true);
    expect((await eventsOf(id)).map(({ type, payload }) => [type, payload])).toEqual([['customer.created', { customerId: id, source: 'import' }]]);

    const before = await contentsOf(app, [id]);
    expect(outcomes((await importText(app, file)).results)).toEqual(['unchanged']);
    expect(await contentsOf(app, [id])).toEqual(before);

    expect(outcomes((await importText(app, file.replace('correct horse', 'battery staple'))).results)).toEqual(['updated']);
    const changed = (await customer(id)).password?.hash as string;
    expect([await verify(changed, 'battery staple'), await verify(changed, 'correct horse')]).toEqual([true, false]);
    expect((await eventsOf(id)).at(-1)).toMatchObject({ type: 'customer.updated', payload: { customerId: id, fields: ['password'] } });
  });

  it('keeps an argon2id hash as it is and refuses what would lock the customer out', async () => {
    const phc = await hash('correct horse', { algorithm: 2, memoryCost: 8_192, timeCost: 3, parallelism: 1 });
    const [kept, bcrypt, short] = [someEmail(), someEmail(), someEmail()];
    const file = `email,password\n${kept},"${phc}"\n${bcrypt},$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW\n${short},seven77\n`;
    const { results } = await importText(app, file);
    expect(results).toMatchObject([
      { outcome: 'created' },
      { outcome: 'rejected', line: 3, code: 'UNSUPPORTED_PASSWORD_HASH', field: 'password' },
      { outcome: 'rejected', line: 4, code: 'TOO_SHORT', field: 'password' },
    ]);
    expect((await customer(idIn(results[0]))).password?.hash).toBe(phc);
    expect((await importText(app, file)).done).toMatchObject({ unchanged: 1, rejected: 2 });
    expect(await app.backend.database.prisma.customer.count({ where: { email: { in: [bcrypt, short] } } })).toBe(0);
  });

  it('imports Shopify’s customer export, apostrophes and all', async () => {
    const [email, phone, id] = [someEmail(), somePhone(), someId()];
    const header =
      'Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,Default Address Address1,Default Address Address2,Default Address City,Default Address Province Code,Default Address Country Code,Default Address Zip,Default Address Phone,Phone,Accepts SMS Marketing,Total Spent,Total Orders,Note,Tax Exempt,Tags';
    const file = `\uFEFF${header}\r\n'${id},Ada,Lovelace,${email},yes,Engines Ltd,12 Main St,Floor 2,Springfield,OR,US,'01234,'+15417543010,'${phone},no,1240.00,7,"Likes ""tea""\nand numbers",no,"VIP, wholesale"\r\n`;
    const { results, ignored, done } = await importText(app, file);
    expect(done).toEqual({ rows: 1, created: 1, updated: 0, unchanged: 0, rejected: 0 });
    expect(ignored).toEqual(['Total Spent', 'Total Orders', 'Tax Exempt']);
    const stored = await customer(idIn(results[0]));
    expect(stored).toMatchObject({
      firstName: 'Ada',
      lastName: 'Lovelace',
      email,
      phone,
      note: 'Likes "tea"\nand numbers',
      tags: ['VIP', 'wholesale'],
      externalIds: [{ source: 'import', value: id }],
      addresses: [
        {
          company: 'Engines Ltd',
          address1: '12 Main St',
          address2: 'Floor 2',
          city: 'Springfield',
          zoneCode: 'OR',
          territoryCode: 'US',
          zip: '01234',
          phoneNumber: '+15417543010',
        },
      ],
    });
    expect(stored.defaultAddressId).toBe(stored.addresses[0]?.id);
    expect(Math.abs(stored.createdAt.getTime() - Date.now())).toBeLessThan(60_000);
    expect((await importText(app, file)).done.unchanged).toBe(1);
  });

  it('imports the generic header, and later adds what is new without taking anything away', async () => {
    const id = someId();
    const header = 'surname\tfirst_name\tdate_of_birth\treference\tcountry\tpostcode\ttown\taddress\ttags\tlanguage\n';
    const first = await importText(app, `${header}Hopper\tGrace\t9.12.1906\t${id}\tGermany\t10115\tBerlin\tAllee 1\tvip\tde_DE\n`);
    const customerId = idIn(first.results[0]);
    const second = await importText(app, `${header}\t\t\t${id}\tDE\t10115\tBerlin\tAllee 2\tVIP, navy\t\n`);
    expect(second.results).toMatchObject([{ outcome: 'updated', customerId: `gid://clientele/Customer/${customerId}` }]);
    const stored = await customer(customerId);
    expect(stored).toMatchObject({ firstName: 'Grace', lastName: 'Hopper', locale: 'de-DE', tags: ['vip', 'navy'] });
    expect(stored.birthDate).toEqual(new Date('1906-12-09T00:00:00Z'));
    expect(stored.addresses.map(({ address1, territoryCode }) => [address1, territoryCode])).toEqual([
      ['Allee 1', 'DE'],
      ['Allee 2', 'DE'],
    ]);
    expect(stored.defaultAddressId).toBe(stored.addresses[0]?.id);
    expect((await eventsOf(customerId)).map(({ type }) => type)).toEqual([
      'customer.created',
      'customer_address.created',
      'customer.updated',
      'customer_address.created',
    ]);
  });

  it('overwrites with what a new file says, and takes verification back with a changed e-mail address', async () => {
    const { customerId, email } = await givenCustomer(app, { firstName: 'Old', note: 'stays' });
    await app.backend.database.prisma.customer.update({ where: { id: customerId }, data: { emailVerifiedAt: new Date() } });
    const [id, next] = [someId(), someEmail()];
    await importText(app, `id,email,first_name,note\n${id},${email},New,\n`);
    expect(await customer(customerId)).toMatchObject({ firstName: 'New', note: 'stays', externalIds: [{ value: id }] });
    expect((await customer(customerId)).emailVerifiedAt).not.toBeNull();
    expect(outcomes((await importText(app, `id,email\n${id},${next}\n`)).results)).toEqual(['updated']);
    expect(await customer(customerId)).toMatchObject({ email: next, emailVerifiedAt: null });
  });

  it('fills gaps from later rows of the same file, overwrites nothing and says what it kept', async () => {
    const email = someEmail();
    const gap = Array.from({ length: 250 }, () => `${someEmail()},Filler,,`).join('\n');
    const { results } = await importText(
      app,
      `email,first_name,last_name,city\n${email},Julia,,London\n${gap}\n${email},Julie,Taylor,\n${email},,Tailor,Leeds\n`,
    );
    expect(results[251]).toMatchObject({ line: 253, outcome: 'updated', note: 'kept the first_name of line 2' });
    expect(results[252]).toMatchObject({ line: 254, outcome: 'updated', note: 'kept the last_name of line 2' });
    const stored = await customer(idIn(results[0]));
    expect(stored).toMatchObject({ firstName: 'Julia', lastName: 'Taylor' });
    expect(stored.addresses.map(({ city }) => city)).toEqual(['London', 'Leeds']);
  });

  it('knows a row without any key by its fingerprint, and makes one customer of equal rows', async () => {
    const name = `Nemo ${someId()}`;
    const file = `name,city\n"${name}",Bonn\n"${name}",Bonn\n"${name}",Köln\n`;
    const { results } = await importText(app, file);
    expect(outcomes(results)).toEqual(['created', 'unchanged', 'created']);
    expect(idIn(results[1])).toBe(idIn(results[0]));
    expect((await importText(app, file)).done).toMatchObject({ unchanged: 3 });
  });

  it('lets a bad row cost only itself', async () => {
    const emails = Array.from({ length: 12 }, someEmail);
    const long = 'x'.repeat(256);
    const file = [
      'email,phone,dob,first_name,country,tags,postcode',
      `${emails[0]},,,A,,,`,
      'nobody@,,,,,,',
      `${emails[1]},12,,,,,`,
      `${emails[2]},,2001-02-30,,,,`,
      `${emails[3]},,,${long},,,`,
      `${emails[4]},,,<b>x</b>,,,`,
      `${emails[5]},,,,Narnia,,`,
      `${emails[6]},,,,,,,,,stray`,
      `${emails[7]},,,,,${long},`,
      ',,,,,,',
      ',,,,DK,,1000',
      `${emails[8]},"unclosed,,,,`,
      `${emails[9]},,,Z,,,`,
    ].join('\n');
    const { results, done } = await importText(app, file);
    expect(
      results.map((result) => (result.outcome === 'rejected' ? [result.line, result.code, result.field] : [result.line, result.outcome])),
    ).toEqual([
      [2, 'created'],
      [3, 'INVALID', 'email'],
      [4, 'INVALID', 'phone'],
      [5, 'INVALID', 'birth_date'],
      [6, 'TOO_LONG', 'first_name'],
      [7, 'CONTAINS_HTML_TAGS', 'first_name'],
      [8, 'INVALID_TERRITORY_CODE', 'country'],
      [9, 'TOO_MANY_CELLS', undefined],
      [10, 'TOO_LONG', 'tags'],
      [11, 'BLANK', undefined],
      [12, 'MISSING_FIELD_REQUIRED', undefined],
      [13, 'MALFORMED', undefined],
      [14, 'created'],
    ]);
    expect(done).toEqual({ rows: 13, created: 2, updated: 0, unchanged: 0, rejected: 11 });
    expect(await app.backend.database.prisma.customer.count({ where: { email: { in: emails } } })).toBe(2);
    for (const result of results) if (result.outcome === 'rejected') expect(result.message).not.toMatch(/[{}]/);
  });

  it('refuses a row whose keys mean different customers, and names the key', async () => {
    const [a, b] = [someEmail(), someEmail()];
    const [idA, phoneB] = [someId(), somePhone()];
    const start = `id,email,phone\n${idA},${a},\n${someId()},${b},${phoneB}\n`;
    const { results } = await importText(app, start);
    const before = await contentsOf(app, customerIdsOf(results));
    const clashing = await importText(
      app,
      `id,email,phone,first_name\n${idA},${b},,X\n${idA},,${phoneB},X\n,${a},${phoneB},X\n,${someEmail()},${phoneB},X\n`,
    );
    expect(clashing.results).toMatchObject([
      { outcome: 'rejected', code: 'CONFLICT', field: 'email' },
      { outcome: 'rejected', code: 'CONFLICT', field: 'phone' },
      { outcome: 'rejected', code: 'CONFLICT', field: 'phone' },
      { outcome: 'rejected', code: 'CONFLICT', field: 'phone' },
    ]);
    expect(await contentsOf(app, customerIdsOf(results))).toEqual(before);
    // The same within one file: what its first lines made counts.
    expect(outcomes((await importText(app, `${start}${idA},${b},\n`)).results)).toEqual(['unchanged', 'unchanged', 'rejected']);
  });

  it('falls back to single rows when a chunk cannot be stored whole', async () => {
    const [one, two, three] = [someEmail(), someEmail(), someEmail()];
    const [idA, idB] = [someId(), someId()];
    const made = await importText(app, `id,email\n${idA},${one}\n${idB},${two}\n`);
    // B passes its address on to A: stored in the order of ids, A would take it before B has let go of it.
    const moved = await importText(app, `id,email\n${idB},${three}\n${idA},${two}\n`);
    expect(outcomes(moved.results)).toEqual(['updated', 'updated']);
    const [a, b] = await Promise.all(made.results.map((result) => customer(idIn(result))));
    expect([a?.email, b?.email]).toEqual([two, three]);
  });

  it('makes one customer for each identity when the same file comes twice at once', async () => {
    const own = randomUUID().slice(0, 8);
    const lines = Array.from({ length: 600 }, (_, at) => `${own}-${at % 300},p${at % 200}@${own}.example,,N${at},`);
    const nameless = Array.from({ length: 50 }, (_, at) => `,,,Nameless ${own},${at}`);
    const file = ['id,email,phone,first_name,zip', ...lines, ...nameless].join('\n');
    const [one, two] = await Promise.all([importText(app, file), importText(app, file)]);
    expect(one.done.rows + two.done.rows).toBe(1300);
    const domain = { email: { endsWith: `@${own}.example` } };
    expect(await app.backend.database.prisma.customer.count({ where: domain })).toBe(one.done.created + two.done.created - 50);
    expect(await app.backend.database.prisma.customer.count({ where: { firstName: `Nameless ${own}` } })).toBe(50);
    expect(new Set([...one.results, ...two.results].map((result) => ('code' in result ? result.code : '')))).not.toContain('FAILED');
    expect(customerIdsOf([...one.results, ...two.results]).length).toBe(one.done.created + two.done.created);
  });

  it('does not bring back a deleted customer under the old row, but makes a new one', async () => {
    const file = `id,email\n${someId()},${someEmail()}\n`;
    const first = await importText(app, file);
    await app.transact('system', (tx) => deleteCustomer(tx, idIn(first.results[0])));
    const second = await importText(app, file);
    expect(outcomes(second.results)).toEqual(['created']);
    expect(idIn(second.results[0])).not.toBe(idIn(first.results[0]));
  });

  it('never throws, accounts for every row and changes nothing the second time, whatever the rows', async () => {
    const pick = (...values: string[]) => fc.constantFrom(...values);
    const anyRow = fc.record({
      id: pick('', '', 'i1', 'i2', 'i3'),
      email: pick('', 'a', 'b', 'c', 'not an address'),
      phone: pick('', '', '1', '2', 'nonsense'),
      name: pick('Ada', 'Grace', '=1+1', '"quoted, name"', '  ', '😀', 'a\u0000b'),
      last: fc.oneof(pick('', 'Hopper'), fc.string({ maxLength: 8 })),
      dob: pick('', '1990-01-01', '1991-01-01', '31.02.1990'),
      city: pick('', '', 'Bonn', 'Köln'),
      tags: pick('', 'x', 'X,y', ',,'),
      note: fc.string({ maxLength: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anyRow, { minLength: 1, maxLength: 14 }), async (rows) => {
        const own = randomUUID().slice(0, 8);
        const phone = somePhone().slice(0, -1);
        const cells = rows.map(({ id, email, phone: digit, name, ...rest }) => [
          id && `${own}${id}`,
          /^[abc]$/.test(email) ? `${email}@${own}.example` : email,
          /^\d$/.test(digit) ? `${phone}${digit}` : digit,
          `${own} ${name}`,
          ...Object.values(rest),
        ]);
        const quote = (text: string): string => `"${text.replaceAll('"', '""')}"`;
        const file = ['id,email,phone,first_name,last_name,dob,city,tags,note', ...cells.map((row) => row.map(quote).join(','))].join('\n');
        const first = await importText(app, file);
        expect(first.results).toHaveLength(rows.length);
        expect(first.done).toMatchObject({ rows: rows.length });
        const ids = customerIdsOf(first.results);
        const before = await contentsOf(app, ids);
        const second = await importText(app, file);
        expect(second.done).toMatchObject({ rows: rows.length, created: 0, updated: 0 });
        expect(await contentsOf(app, ids)).toEqual(before);
      }),
      { numRuns: 40 },
    );
  });
});
