import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hash as bcrypt } from '@node-rs/bcrypt';
import { beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import { updateCustomer } from '../../src/capabilities/customers/update.ts';
import { createDefinition } from '../../src/capabilities/metafields/define.ts';
import { forget } from '../../src/capabilities/privacy/forget.ts';
import { debit } from '../../src/capabilities/store-credit/debit.ts';
import { cancelRun } from '../../src/capabilities/transfer/run.ts';
import { sweepImports } from '../../src/capabilities/transfer/sweep.ts';
import { backends, openTestApp } from '../support/backends.ts';
import { givenCustomer, someEmail, somePhone } from '../support/given.ts';
import { contentsOf, importText } from '../support/imports.ts';
import { advanceUntil, applyPlan, planText, undoImport } from '../support/plans.ts';

const SPLINK = readFileSync(new URL('../data/splink-fake-1000.csv', import.meta.url), 'utf8');
const DAY_MS = 24 * 60 * 60 * 1000;

/** The file with ids and e-mail domains that no other test has. */
const ownSplink = (): string => {
  const own = randomUUID().slice(0, 8);
  return SPLINK.replace(/^(\d+),(.*)$/gm, (_, id, rest) => `${own}-${id},${rest.replace(/@([^,]+\.)/g, `@${own}.$1`)}`);
};

describe.each(backends)('imports as plans on $name', (kind) => {
  let app: App;
  let now = () => new Date();
  beforeAll(async () => {
    ({ app } = await openTestApp(kind, () => now()));
  });

  const db = () => app.backend.database.prisma;
  const rowsOf = (importId: string) => db().customersImportRow.findMany({ where: { runId: importId }, orderBy: { number: 'asc' } });
  const customerBy = (email: string) =>
    db().customer.findUnique({
      where: { email },
      include: { addresses: true, password: true, marketing: true, metafields: true, externalIds: true },
    });
  const countAll = async () => [await db().customer.count(), await db().address.count(), await db().customerExternalId.count()];

  it('says of a thousand real rows what the import then does, and changes nothing before', async () => {
    const file = ownSplink();
    const before = await countAll();
    const plan = await planText(app, file);
    expect(plan).toMatchObject({ rowsCount: 1000, planCreated: 425, planUpdated: 551, planUnchanged: 0, planRejected: 24 });
    expect(await countAll()).toEqual(before);

    const applied = await applyPlan(app, plan.id);
    expect(applied).toMatchObject({ created: 425, updated: 551, unchanged: 0, rejected: 24, customersChanged: 425 });
    const rows = await rowsOf(plan.id);
    expect(rows.filter(({ outcome, planned }) => outcome !== planned)).toEqual([]);
    expect(rows.filter(({ content }) => content !== null)).toEqual([]);
    const again = await planText(app, file);
    expect(again).toMatchObject({ planCreated: 0, planUpdated: 0, planUnchanged: 976, planRejected: 24 });
    // What the direct import of the same file would make of them: nothing more.
    expect((await importText(app, file)).done).toMatchObject({ created: 0, updated: 0, unchanged: 976 });

    const undone = await undoImport(app, plan.id);
    expect(undone).toMatchObject({ removed: 425, restored: 0, kept: 0 });
    expect(await countAll()).toEqual(before);
  });

  it('keeps no password but its hash, and no row after it is applied', async () => {
    const email = someEmail();
    const secret = `horse ${randomUUID()}`;
    const plan = await planText(app, `email,password,first_name\n${email},${secret},Ida\n`);
    const [row] = await rowsOf(plan.id);
    expect(JSON.stringify(row)).toContain('$argon2id$');
    expect(JSON.stringify(row)).not.toContain(secret);
    expect(await db().customer.count({ where: { email } })).toBe(0);
    await applyPlan(app, plan.id);
    expect((await customerBy(email))?.password?.hash).toMatch(/^\$argon2id\$/);
    expect((await rowsOf(plan.id))[0]).toMatchObject({ outcome: 'CREATE', planned: 'CREATE', content: null });
    expect(await planText(app, `email,password,first_name\n${email},${secret},Ida\n`)).toMatchObject({ planUnchanged: 1 });
  });

  it('takes bcrypt hashes over, and does not bring them back after the customer has another', async () => {
    const email = someEmail();
    const stored = await bcrypt('vivid harbour', 4);
    const file = `email,password_hash\n${email},${stored}\n${someEmail()},$2b$14$${'.'.repeat(53)}\n${someEmail()},$1$abcdefgh$abcdefghijklmnop\n`;
    const plan = await planText(app, file);
    expect((await rowsOf(plan.id)).map(({ code }) => code)).toEqual([null, 'UNSUPPORTED_PASSWORD_HASH', 'UNSUPPORTED_PASSWORD_HASH']);
    await applyPlan(app, plan.id);
    const customer = await customerBy(email);
    expect(customer?.password?.hash).toBe(stored);
    await db().customerPassword.update({
      where: { customerId: customer?.id as string },
      data: { hash: '$argon2id$v=19$m=8,t=1,p=1$YWJjZGVmZ2g$aaaa' },
    });
    expect(await planText(app, file)).toMatchObject({ planUnchanged: 1 });
    expect((await importText(app, file)).done).toMatchObject({ unchanged: 1 });
  });

  it('brings consent with its line in the log, metafields by their definitions, and opens credit once', async () => {
    const [email, other, namespace] = [someEmail(), someEmail(), `n${randomUUID().slice(0, 8)}`];
    await app.transact('system', (tx) =>
      createDefinition(tx, { namespace, key: 'shoe', name: 'Shoe', type: 'number_integer', validations: [{ name: 'max', value: '50' }] }),
    );
    const header = `Email,Accepts Email Marketing,Metafield: ${namespace}.shoe [number_integer],Store Credit`;
    const file = `${header}\n${email},yes,42,12.50 EUR\n${other},no,99,1 EUR\n${someEmail()},no,,0 EUR\n`;
    const plan = await planText(app, file);
    expect((await rowsOf(plan.id)).map(({ outcome, code, field }) => [outcome, code, field])).toEqual([
      ['CREATE', null, null],
      ['REJECTED', 'INVALID_VALUE', `${namespace}.shoe`],
      ['CREATE', null, null],
    ]);
    await applyPlan(app, plan.id);
    const customer = await customerBy(email);
    const id = customer?.id as string;
    expect(customer).toMatchObject({
      marketing: { emailState: 'SUBSCRIBED', emailOptInLevel: 'UNKNOWN' },
      metafields: [{ key: 'shoe', value: '42' }],
    });
    expect(await db().marketingConsentEvent.findMany({ where: { customerId: id } })).toMatchObject([
      { channel: 'EMAIL', stateBefore: 'NOT_SUBSCRIBED', state: 'SUBSCRIBED', source: 'IMPORT', address: email },
    ]);
    const account = await db().storeCreditAccount.findFirstOrThrow({ where: { customerId: id }, include: { transactions: true } });
    expect(account).toMatchObject({ balanceMinor: 1250n, currency: 'EUR', transactions: [{ event: 'OPENING_BALANCE', amountMinor: 1250n }] });
    // Applied again, by a plan and directly: nothing more.
    await applyPlan(app, (await planText(app, file)).id);
    await importText(app, file);
    expect(await db().storeCreditAccount.findMany({ where: { customerId: id } })).toMatchObject([{ balanceMinor: 1250n }]);
    expect(await db().marketingConsentEvent.count({ where: { customerId: id } })).toBe(1);

    expect(await undoImport(app, plan.id)).toMatchObject({ removed: 2, kept: 0 });
    expect(await customerBy(email)).toBeNull();
    expect(await db().storeCreditAccount.findFirstOrThrow({ where: { customerId: id } })).toMatchObject({ balanceMinor: 0n });
  });

  it('never overrides a refusal, and ends a consent when the file says no or brings another address', async () => {
    const [refused, agreed, moved, next] = [someEmail(), someEmail(), someEmail(), someEmail()];
    await importText(app, `id,email,accepts_email_marketing\nr-${refused},${refused},yes\na-${agreed},${agreed},yes\nm-${moved},${moved},yes\n`);
    await importText(app, `id,email,accepts_email_marketing\nr-${refused},${refused},no\n`);
    const file = `id,email,accepts_email_marketing\nr-${refused},${refused},yes\na-${agreed},${agreed},no\nm-${moved},${next},\n`;
    await applyPlan(app, (await planText(app, file)).id);
    expect(await customerBy(refused)).toMatchObject({ marketing: { emailState: 'UNSUBSCRIBED' } });
    expect(await customerBy(agreed)).toMatchObject({ marketing: { emailState: 'UNSUBSCRIBED' } });
    const customer = await customerBy(next);
    expect(customer).toMatchObject({ marketing: { emailState: 'NOT_SUBSCRIBED' } });
    const log = await db().marketingConsentEvent.findMany({ where: { customerId: customer?.id as string }, orderBy: { id: 'asc' } });
    expect(log.map(({ state, source, address }) => [state, source, address])).toEqual([
      ['SUBSCRIBED', 'IMPORT', moved],
      ['NOT_SUBSCRIBED', 'ADDRESS_CHANGED', moved],
    ]);
  });

  it('restores what is still as the import left it, and lists what is not', async () => {
    const [email, next, external] = [someEmail(), someEmail(), randomUUID()];
    const { customerId } = await givenCustomer(app, { firstName: 'Old', lastName: 'Name', email, tags: ['one'], note: 'kept' });
    await db().customer.update({ where: { id: customerId }, data: { emailVerifiedAt: new Date('2026-01-01T00:00:00Z') } });
    const before = await contentsOf(app, [customerId]);
    await importText(app, `email,id\n${email},${external}\n`);
    const file = `id,email,first_name,last_name,tags,password,city,country,accepts_email_marketing,store_credit\n${external},${next},New,Other,"two,ONE",correct horse,Bonn,DE,yes,5 EUR\n`;
    const plan = await planText(app, file);
    expect(plan).toMatchObject({ planUpdated: 1 });
    await applyPlan(app, plan.id);
    expect(await customerBy(next)).toMatchObject({ firstName: 'New', emailVerifiedAt: null, tags: ['one', 'two'] });
    await app.transact('system', (tx) => updateCustomer(tx, customerId, { lastName: 'Married' }));
    await debit(app.ledger, { account: { customerId }, amount: { amountMinor: 100n, currency: 'EUR' }, actor: 'system', idempotency: null });

    expect(await undoImport(app, plan.id)).toMatchObject({ removed: 0, restored: 0, kept: 1 });
    const customer = await customerBy(email);
    expect(customer).toMatchObject({
      id: customerId,
      firstName: 'Old',
      lastName: 'Married',
      tags: ['one'],
      note: 'kept',
      addresses: [],
      password: null,
      defaultAddressId: null,
      emailVerifiedAt: new Date('2026-01-01T00:00:00Z'),
      marketing: { emailState: 'NOT_SUBSCRIBED' },
    });
    expect(await db().customersImportChange.findMany({ where: { runId: plan.id } })).toMatchObject([
      {
        undo: 'PARTLY_RESTORED',
        kept: [
          { field: 'lastName', code: 'CHANGED_SINCE' },
          { field: 'store_credit', code: 'AMOUNT_EXCEEDS_CREDIT' },
        ],
      },
    ]);
    expect(before).toHaveLength(1);
  });

  it('gives everything back to the letter when nothing has happened since', async () => {
    const [email, external] = [someEmail(), randomUUID()];
    const { customerId } = await givenCustomer(app, {
      firstName: 'Old',
      email,
      phone: somePhone(),
      tags: ['one'],
      birthDate: new Date('1980-02-03'),
    });
    await importText(app, `email,id,password,city\n${email},${external},battery staple,Rome\n`);
    const without = async () => (await contentsOf(app, [customerId])).map((text) => text.replaceAll(/"updated_at": "[^"]+"/g, ''));
    const before = await without();
    const file = `id,first_name,tags,password,city,dob,language\n${external},New,two,correct horse,Bonn,1981-02-03,da\n${external},,three,,Köln,,\n`;
    const plan = await planText(app, file);
    await applyPlan(app, plan.id);
    expect(await without()).not.toEqual(before);
    expect(await undoImport(app, plan.id)).toMatchObject({ restored: 1, kept: 0 });
    expect(await without()).toEqual(before);
  });

  it('keeps customers to whom something has happened since', async () => {
    const [touched, untouched] = [someEmail(), someEmail()];
    const plan = await planText(app, `email,first_name\n${touched},A\n${untouched},B\n`);
    await applyPlan(app, plan.id);
    now = () => new Date(Date.now() + 5_000);
    const { id } = (await customerBy(touched)) as { id: string };
    await app.transact('system', (tx) => updateCustomer(tx, id, { note: 'hello' }));
    expect(await undoImport(app, plan.id)).toMatchObject({ removed: 1, kept: 1 });
    now = () => new Date();
    expect(await customerBy(untouched)).toBeNull();
    expect(await db().customersImportChange.findFirstOrThrow({ where: { runId: plan.id, undo: 'KEPT' } })).toMatchObject({
      customerId: (await customerBy(touched))?.id,
      kept: [{ field: 'customer', code: 'CHANGED_SINCE' }],
    });
  });

  it('leaves whom it cannot take back, and takes all others back', async () => {
    const [stuck, ...others] = Array.from({ length: 5 }, () => someEmail());
    const plan = await planText(app, `email\n${others[0]}\n${stuck}\n${others.slice(1).join('\n')}\n`);
    await applyPlan(app, plan.id);
    const { sql } = app.backend.database;
    const suffix = randomUUID().replaceAll('-', '');
    await sql(
      `create function stuck_${suffix}() returns trigger language plpgsql as $$ begin
         if old.email = '${stuck}' then raise 'stuck'; end if; return old; end $$`,
      [],
    );
    await sql(`create trigger stuck_${suffix} before delete on customer for each row execute function stuck_${suffix}()`, []);
    try {
      expect(await undoImport(app, plan.id)).toMatchObject({ removed: 4, kept: 1 });
    } finally {
      await sql(`drop function stuck_${suffix} cascade`, []);
    }
    for (const email of others) expect(await customerBy(email)).toBeNull();
    expect(await db().customersImportChange.findFirstOrThrow({ where: { runId: plan.id, undo: 'KEPT' } })).toMatchObject({
      customerId: (await customerBy(stuck as string))?.id,
      kept: [{ field: 'customer', code: 'FAILED' }],
    });
  });

  it('lets a row that the ledger refuses cost only itself', async () => {
    const [good, bad] = [someEmail(), someEmail()];
    const plan = await planText(app, `email,store_credit,store_credit_expires_at\n${good},5 EUR,\n${bad},5 EUR,2001-01-01\n`);
    const applied = await applyPlan(app, plan.id);
    expect(applied).toMatchObject({ created: 1, rejected: 1 });
    expect((await rowsOf(plan.id)).map(({ planned, outcome, code }) => [planned, outcome, code])).toEqual([
      ['CREATE', 'CREATE', null],
      ['CREATE', 'REJECTED', 'EXPIRES_AT_IN_PAST'],
    ]);
    expect(await customerBy(bad)).toBeNull();
  });

  it('drops a cancelled plan, one that nobody applies, and an erased customer’s rows', async () => {
    const [first, second, third] = [someEmail(), someEmail(), someEmail()];
    const cancelled = await planText(app, `email\n${first}\n`);
    await app.transactSql('system', (tx) => cancelRun(tx, cancelled.id));
    while (await sweepImports(app));
    expect(await rowsOf(cancelled.id)).toEqual([]);

    const { customerId } = await givenCustomer(app, { email: third });
    const erased = await planText(app, `email,first_name\n${third},Ida\n`);
    await app.transact('system', (tx) => forget(tx, customerId));
    expect(await rowsOf(erased.id)).toMatchObject([{ content: null, code: 'ERASED' }]);
    await applyPlan(app, erased.id);
    expect(await customerBy(third)).toBeNull();

    const left = await planText(app, `email\n${second}\n`);
    now = () => new Date(Date.now() + 8 * DAY_MS);
    while (await sweepImports(app));
    now = () => new Date();
    expect(await advanceUntil(app, left.id, 'CANCELLED')).toMatchObject({ planCreated: 1 });
    expect(await rowsOf(left.id)).toEqual([]);
  });
});
