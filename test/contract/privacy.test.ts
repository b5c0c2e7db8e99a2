import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { strFromU8, unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import { refreshDuplicates } from '../../src/capabilities/duplicates/refresh.ts';
import { createGroup } from '../../src/capabilities/groups/create.ts';
import { addMembers } from '../../src/capabilities/groups/members.ts';
import { recordConsent } from '../../src/capabilities/marketing/record.ts';
import { mergeCustomers } from '../../src/capabilities/merges/merge.ts';
import { setMetafields } from '../../src/capabilities/metafields/set.ts';
import { setPaymentMethod } from '../../src/capabilities/payment-methods/set.ts';
import { cancelErasure, erase, eraseDue, requestErasure } from '../../src/capabilities/privacy/erasure.ts';
import { PRIVACY_PARTICIPANTS } from '../../src/capabilities/privacy/participants.ts';
import { setSubscription } from '../../src/capabilities/subscriptions/set.ts';
import { addWishlistItem } from '../../src/capabilities/wishlists/items.ts';
import { addViewed } from '../../src/capabilities/wishlists/viewed.ts';
import { givenFullAccount } from '../support/account.ts';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCustomer, givenSession, somePhone } from '../support/given.ts';

const DAY_MS = 86_400_000;
const KEPT_FOR_THE_BOOKS = ['customer_spending', 'customer_statistics', 'marketing_consent_event', 'order', 'outbox_event', 'store_credit_account'];

/** Models of the schema that name a customer, themselves or by what they belong to. */
const modelsOfCustomers = (): string[] => {
  const schema = readFileSync('prisma/schema.prisma', 'utf8');
  const models = [...schema.matchAll(/^(?:model|view) (\w+) \{(.*?)^\}/gms)].map(([, name = '', body = '']) => ({ name, body }));
  const found = new Set(['Customer']);
  for (let before = 0; before !== found.size; ) {
    before = found.size;
    for (const { name, body } of models) {
      const owners = [...body.matchAll(/^\s+\w+\s+(\w+)\??\s+@relation\([^)]*fields:/gm)].map(([, type = '']) => type);
      if (/^\s+customerId\s/m.test(body) || owners.some((owner) => found.has(owner))) found.add(name);
    }
  }
  return [...found].sort();
};

describe.each(backends)('privacy on $name', (kind) => {
  let test: TestGateway;
  let app: App;
  let now = new Date();

  beforeAll(async () => {
    test = await startTestGateway(kind, () => now);
    ({ app } = test);
  });
  afterAll(() => test.stop());

  const shop = { graceSeconds: 10 * 86_400, shopName: 'Test Shop', accountUrl: 'https://shop.example/account/privacy' };
  const request = (customerId: string) => app.transact('system', (tx) => requestErasure(tx, app.keyring, customerId, shop));
  const row = (id: string) => app.backend.database.prisma.customer.findUniqueOrThrow({ where: { id } });

  /** A customer who has left a trace everywhere; each of the marks is hers alone. */
  const traced = async () => {
    const mark = randomUUID().slice(0, 13);
    const phone = somePhone();
    const profile = {
      firstName: `Ida-${mark}`,
      lastName: `Holm-${mark}`,
      email: `${mark}@example.com`,
      phone,
      note: `note ${mark}`,
      tags: [`tag-${mark}`],
    };
    const { customerId } = await givenCustomer(app, { ...profile, locale: 'da' });
    await givenFullAccount(test, customerId);
    const other = await givenCustomer(app, { firstName: `Ida-${mark}`, email: `old-${mark}@example.com`, note: `old note ${mark}` });
    await app.transact('system', async (tx) => {
      await recordConsent(tx, customerId, {
        channel: 'EMAIL',
        state: 'SUBSCRIBED',
        optInLevel: 'SINGLE_OPT_IN',
        occurredAt: now,
        source: 'STAFF',
        address: `${mark}@example.com`,
      });
      const { groupId } = await createGroup(tx, { name: `Group of ${randomUUID()}` });
      await addMembers(tx, groupId, [customerId]);
      await setMetafields(tx, [{ customerId, namespace: 'sizes', key: 'shoe', type: 'single_line_text_field', value: `size ${mark}` }], 'staff');
      await mergeCustomers(tx, { customerOneId: other.customerId, customerTwoId: customerId, customerIdToKeep: customerId }, { undoDays: 30 });
    });
    while ((await refreshDuplicates(app)) > 0);
    await app.transact('system', async (tx) => {
      await tx.db.customerPassword.create({ data: { customerId, hash: `$argon2id$${mark}`, updatedAt: now } });
      await tx.db.customerExternalId.create({ data: { source: 'shopify', value: mark, customerId } });
      await tx.db.passkey.updateMany({ where: { customerId }, data: { name: `Key ${mark}` } });
      await tx.db.identityProviderSubject.updateMany({ where: { customerId }, data: { email: `${mark}@id.example` } });
      await tx.db.session.updateMany({ where: { customerId }, data: { userAgent: `Browser ${mark}` } });
      await tx.db.address.updateMany({ where: { OR: [{ customerId }, { orderOwnerId: customerId }] }, data: { address1: `Road ${mark}` } });
      await tx.db.order.updateMany({ where: { customerId }, data: { email: `${mark}@example.com`, note: `order note ${mark}` } });
      const order = await tx.db.order.findFirstOrThrow({ where: { customerId }, select: { id: true, lineItems: true, fulfillments: true } });
      const lineItems = (order.lineItems as object[]).map((line) => ({ ...line, attributes: [{ key: 'engraving', value: `for ${mark}` }] }));
      const fulfillments = [{ ...((order.fulfillments as object[])[0] ?? {}), tracking: [{ company: 'GLS', number: mark, url: null }] }];
      await tx.db.order.update({ where: { id: order.id }, data: { lineItems, fulfillments, attributes: [{ key: 'gift', value: mark }] } });
      await tx.db.developmentMail.create({ data: { to: `${mark}@example.com`, subject: mark, text: mark, html: mark, at: now } });
      await tx.db.accountToken.create({
        data: {
          purpose: 'RECOVERY',
          email: `${mark}@example.com`,
          hash: new Uint8Array(Buffer.from(mark)),
          isMailed: true,
          createdAt: now,
          expiresAt: now,
        },
      });
      const client = await tx.db.oidcClient.create({
        data: { name: 'Other', type: 'PUBLIC', redirectUris: ['https://other.example/'], createdAt: now, updatedAt: now },
      });
      await tx.db.oidcConsent.create({ data: { customerId, clientId: client.id, scopes: ['openid'], grantedAt: now } });
      await tx.db.importedCustomer.create({ data: { runId: randomUUID(), customerId, line: 1 } });
      const content = { row: { scalars: { email: `${mark}@example.com`, note: `imported ${mark}` } } };
      await tx.db.customersImport.create({
        data: {
          id: randomUUID(),
          state: 'APPLIED',
          ignored: [],
          startedBy: 'system',
          createdAt: now,
          updatedAt: now,
          rows: {
            create: [
              { number: 1, line: 2, content },
              { number: 2, line: 3, customerId, outcome: 'UPDATE' },
            ],
          },
          changes: { create: { customerId, isNew: false, writtenAt: now, changes: { note: `before ${mark}` } } },
        },
      });
      await tx.db.idempotencyKey.create({ data: { scope: `customer:${customerId}`, key: mark, fingerprint: new Uint8Array([1]), createdAt: now } });
      const product = { productId: '1', title: `Cup ${mark}` };
      await addWishlistItem(tx, { customerId, name: `List ${mark}` }, product);
      await addViewed(tx, customerId, { ...product, url: `https://shop.example/${mark}` });
      await setPaymentMethod(tx, { externalId: randomUUID(), customerId, provider: 'pay', kind: 'CARD', label: `Card ${mark}` });
      await setSubscription(tx, {
        externalId: randomUUID(),
        customerId,
        status: 'ACTIVE',
        title: `Tea ${mark}`,
        currencyCode: 'EUR',
        interval: 'MONTH',
      });
      tx.emit({ type: 'mail.requested', customerId, sealed: `sealed ${mark}` });
    });
    return { customerId, mark, phone };
  };

  /** Where in the whole database something of hers is left: `table.column`, or `table` for rows that name her. */
  const scan = async (
    run: (text: string, values: readonly unknown[]) => Promise<unknown[]>,
    { customerId, mark, phone }: Awaited<ReturnType<typeof traced>>,
  ) => {
    const columns = (await run(
      `select c.table_name as table, c.column_name as column, c.data_type as type from information_schema.columns c
       join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name and t.table_type = 'BASE TABLE'
       where c.table_schema = 'public' and (c.data_type in ('text', 'character varying', 'character', 'jsonb', 'json', 'ARRAY', 'bytea') or c.column_name = 'customer_id')`,
      [],
    )) as { table: string; column: string; type: string }[];
    const left: string[] = [];
    for (const { table, column, type } of columns) {
      if (column === 'customer_id') {
        if (KEPT_FOR_THE_BOOKS.includes(table)) continue;
        if ((await run(`select 1 from "${table}" where "${column}" = $1::text::uuid limit 1`, [customerId])).length > 0) left.push(table);
        continue;
      }
      const text = type === 'bytea' ? `encode("${column}", 'escape')` : `"${column}"::text`;
      const found = await run(`select 1 from "${table}" where ${text} like '%' || $1::text || '%' or ${text} like '%' || $2::text || '%' limit 1`, [
        mark,
        phone,
      ]);
      if (found.length > 0) left.push(`${table}.${column}`);
    }
    return left.sort();
  };
  const scanned = (who: Awaited<ReturnType<typeof traced>>) => scan((text, values) => app.backend.database.sql(text, values as never), who);

  it('orders an erasure that can be taken back until its day, and tells the customer', async () => {
    const { customerId, email } = await givenCustomer(app, { locale: 'de' });
    await request(customerId);
    const { erasureRequestedAt, erasureDueAt } = await row(customerId);
    expect([erasureRequestedAt, erasureDueAt]).toEqual([now, new Date(now.getTime() + 10 * DAY_MS)]);
    await expect.poll(() => test.mails.filter(({ to }) => to === email), { timeout: 20_000 }).toHaveLength(1);
    const [letter] = test.mails.filter(({ to }) => to === email);
    expect(letter?.subject).toBe('Ihr Konto bei Test Shop wird gelöscht');
    expect(letter?.text).toContain(new Intl.DateTimeFormat('de', { dateStyle: 'long', timeZone: 'UTC' }).format(erasureDueAt as Date));
    const at = now;
    now = new Date(now.getTime() + DAY_MS);
    await request(customerId);
    expect((await row(customerId)).erasureRequestedAt).toEqual(at);
    await app.transact('system', (tx) => cancelErasure(tx, customerId));
    expect(await row(customerId)).toMatchObject({ erasureRequestedAt: null, erasureDueAt: null, email });
    await expect(app.transact('system', (tx) => cancelErasure(tx, customerId))).rejects.toMatchObject({ code: 'NOT_BEING_ERASED' });
    await expect(request(randomUUID())).rejects.toMatchObject({ code: 'DOES_NOT_EXIST', field: ['customerId'] });
  });

  it('leaves nothing of her in any column when the day has come, and keeps the books', async () => {
    const who = await traced();
    const { customerId } = who;
    const sums = () => app.backend.database.prisma.storeCreditAccount.findMany({ where: { customerId }, orderBy: { currency: 'asc' } });
    const totals = () =>
      app.backend.database.prisma.order.findMany({
        where: { customerId },
        select: { id: true, totalMinor: true, name: true },
        orderBy: { id: 'asc' },
      });
    const before = [await sums(), await totals()];
    expect((await scanned(who)).length).toBeGreaterThan(15);
    await request(customerId);
    now = new Date(now.getTime() + 10 * DAY_MS - 1);
    await eraseDue(app);
    expect((await row(customerId)).erasedAt).toBeNull();
    now = new Date(now.getTime() + 1);
    while ((await eraseDue(app)) > 0);
    expect(await row(customerId)).toMatchObject({ erasedAt: now, deletedAt: now, email: null, state: 'DISABLED' });
    expect(await scanned(who)).toEqual([]);
    expect([await sums(), await totals()]).toEqual(before);
    await expect(request(customerId)).rejects.toMatchObject({ code: 'DOES_NOT_EXIST' });
    const again = await givenSession(app, { email: `${who.mark}@example.com` });
    expect(again.customerId).not.toBe(customerId);
  });

  it('shows staff the empty profile where something outlives her, and finds her nowhere else', async () => {
    const { customerId } = await traced();
    const { prisma } = app.backend.database;
    const order = await prisma.order.findFirstOrThrow({ where: { customerId }, select: { id: true } });
    const account = await prisma.storeCreditAccount.findFirstOrThrow({ where: { customerId }, select: { id: true } });
    const variables = {
      customer: `gid://clientele/Customer/${customerId}`,
      order: `gid://clientele/Order/${order.id}`,
      account: `gid://clientele/StoreCreditAccount/${account.id}`,
    };
    const query = `query ($customer: ID!, $order: ID!, $account: ID!) {
      node(id: $customer) { id }
      customer(id: $customer) { id }
      order(id: $order) { customer { id displayName deletedAt birthDate canDelete } }
      storeCreditAccount(id: $account) { owner { ... on Customer { id displayName deletedAt } } }
    }`;
    await request(customerId);
    await prisma.customer.update({ where: { id: customerId }, data: { erasureDueAt: now } });
    while ((await eraseDue(app)) > 0);
    const gone = { id: variables.customer, displayName: '', deletedAt: now.toISOString() };
    const { data, errors } = await test.graphql(query, variables, test.staffToken);
    expect({ data, errors }).toEqual({
      data: { node: null, customer: null, order: { customer: { ...gone, birthDate: null, canDelete: false } }, storeCreditAccount: { owner: gone } },
      errors: undefined,
    });
  });

  it('erases the others when one of them cannot be', async () => {
    const whose = [await traced(), await traced()].map(({ customerId }) => customerId);
    for (const customerId of whose) await request(customerId);
    now = new Date(now.getTime() + 10 * DAY_MS);
    let isFirst = true;
    const failing: typeof app.transact = (actor, run) => {
      const fails = isFirst;
      isFirst = false;
      return fails ? Promise.reject(new Error('the disk is full')) : app.transact(actor, run);
    };
    await expect(eraseDue({ ...app, transact: failing })).rejects.toThrow('the disk is full');
    const erased = async () => (await Promise.all(whose.map(row))).filter(({ erasedAt }) => erasedAt).length;
    expect(await erased()).toBeGreaterThanOrEqual(1);
    while ((await eraseDue(app)) > 0);
    expect(await erased()).toBe(2);
  });

  const undone = new Error('undone');
  it.each(PRIVACY_PARTICIPANTS.filter(({ name }) => name !== 'store-credit').map(({ name }) => name))(
    'would leave something without the part of %s',
    async (name) => {
      const who = await traced();
      await request(who.customerId);
      const left: string[][] = [];
      await app
        .transact('system', async (tx) => {
          await tx.db.$executeRaw`update customer set erasure_due_at = ${tx.now} where id = ${who.customerId}::uuid`;
          await erase(
            tx,
            who.customerId,
            PRIVACY_PARTICIPANTS.filter((participant) => participant.name !== name),
          );
          left.push(await scan((text, values) => tx.sql(text, values as never), who));
          throw undone;
        })
        .catch((error: unknown) => {
          if (error !== undone) throw error;
        });
      expect(left[0]).not.toEqual([]);
      expect((await row(who.customerId)).email).toBe(`${who.mark}@example.com`);
    },
  );

  it('gives all that is kept as one file, and no secret', async () => {
    const ask = `mutation ($id: ID) { customerDataExport(customerId: $id) { url expiresAt userErrors { code field } } }`;
    const { customerId, mark } = await traced();
    const { data } = await test.graphql(ask, { id: `gid://clientele/Customer/${customerId}` }, test.staffToken);
    expect(data.customerDataExport.userErrors).toEqual([]);
    expect(new Date(data.customerDataExport.expiresAt)).toEqual(new Date(now.getTime() + DAY_MS));
    const url = data.customerDataExport.url.replace('http://localhost:4000', test.url);
    const answer = await fetch(url);
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control')]).toEqual([200, 'application/zip', 'no-store']);
    const files = Object.fromEntries(
      Object.entries(unzipSync(new Uint8Array(await answer.arrayBuffer()))).map(([name, bytes]) => [name, strFromU8(bytes)]),
    );
    expect(Object.keys(files).sort()).toEqual(
      [
        'index.html',
        ...[
          'activity',
          'addresses',
          'applications',
          'connected-accounts',
          'devices',
          'extra-fields',
          'groups',
          'imports',
          'marketing',
          'merged-profiles',
          'orders',
          'passkeys',
          'password',
          'payment-methods',
          'profile',
          'store-credit',
          'subscriptions',
          'wishlists',
        ].map((name) => `${name}.json`),
      ].sort(),
    );
    expect(JSON.parse(files['profile.json'] ?? '')).toMatchObject({
      email: `${mark}@example.com`,
      externalIds: [{ source: 'shopify', value: mark }],
    });
    expect(JSON.parse(files['orders.json'] ?? '')).toHaveLength(3);
    expect(JSON.parse(files['store-credit.json'] ?? '')[1]).toMatchObject({
      currency: 'EUR',
      transactions: [{ number: '1' }, { number: '2' }, { number: '3' }],
    });
    expect(files['index.html']).toContain(`Ida-${mark}`);
    expect(Object.values(files).join('\n')).not.toMatch(/argon2id|sealed|Hash|publicKey|credentialId|"note": null/);

    expect((await fetch(`${url.slice(0, -3)}AAA`)).status).toBe(404);
    now = new Date(now.getTime() + DAY_MS);
    expect((await fetch(url)).status).toBe(404);
  });

  it('is a customer’s own to ask for, with a fresh sign-in', async () => {
    const mine = await givenSession(app);
    const other = await givenCustomer(app);
    const ask = (field: string, token: string, id?: string) =>
      test.graphql(`mutation ($id: ID) { ${field}(customerId: $id) { userErrors { code } } }`, { id }, token);
    for (const field of ['customerDataExport', 'customerRequestDataErasure', 'customerCancelDataErasure']) {
      expect((await ask(field, mine.tokens.accessToken)).data[field].userErrors).toEqual([]);
      expect((await ask(field, mine.tokens.accessToken, other.gid)).errors?.[0]?.extensions.code).toBe('FORBIDDEN');
    }
    await app.backend.database.prisma.session.updateMany({
      where: { customerId: mine.customerId },
      data: { authenticatedAt: new Date(now.getTime() - 11 * 60_000) },
    });
    for (const field of ['customerDataExport', 'customerRequestDataErasure'])
      expect((await ask(field, mine.tokens.accessToken)).data[field].userErrors).toEqual([{ code: 'REAUTHENTICATION_REQUIRED' }]);
    expect((await row(mine.customerId)).erasureDueAt).toBeNull();
  });
});

it('asks every model that knows a customer for its part', () => {
  const covered = [...new Set(PRIVACY_PARTICIPANTS.flatMap(({ models }) => models))].sort();
  expect(modelsOfCustomers().filter((model) => !covered.includes(model))).toEqual([]);
});
