import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blockCustomer } from '../../src/capabilities/customers/block.ts';
import { setOrder } from '../../src/capabilities/orders/set.ts';
import { cancelErasure, eraseDue, requestErasure } from '../../src/capabilities/privacy/erasure.ts';
import { advanceRetention } from '../../src/capabilities/retention/advance.ts';
import { RETENTION } from '../../src/capabilities/retention/kinds.ts';
import { undoRun } from '../../src/capabilities/transfer/run.ts';
import { sweepImports } from '../../src/capabilities/transfer/sweep.ts';
import type { DataRetentionKind } from '../../src/db/generated/enums.ts';
import { backends } from '../support/backends.ts';
import { startOwnGateway, type TestGateway } from '../support/gateway.ts';
import { givenCredit, givenCustomer, givenSession, openAny, someEmail } from '../support/given.ts';
import { applyPlan, planText } from '../support/plans.ts';

const READ = '{ dataRetention { kind keepDays keepDaysMin keepDaysMax mayBeKeptForEver lastRunAt lastRunCount deletedCount } }';
const UPDATE = `mutation ($kind: DataRetentionKind!, $keepDays: Int) { dataRetentionUpdate(kind: $kind, keepDays: $keepDays) {
  dataRetention { kind keepDays } userErrors { field code message } } }`;

const DAY_MS = 86_400_000;
const daysAgo = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString();

describe.each(backends)('what the shop keeps on $name', (kind) => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await startOwnGateway(kind);
  });
  afterAll(() => test.stop());

  const sql = <Row>(text: string, values: readonly unknown[] = []) => test.app.backend.database.sql<Row>(text, values);
  const keep = async (of: DataRetentionKind, keepDays: number | null, token = test.staffToken) => {
    const { data, errors } = await test.graphql(UPDATE, { kind: of, keepDays }, token);
    return { ...data?.dataRetentionUpdate, errors };
  };
  const kept = async (of: DataRetentionKind) => {
    const { data, errors } = await test.graphql(READ, {}, test.staffToken);
    expect(errors).toBeUndefined();
    return data.dataRetention.find((row: { kind: string }) => row.kind === of);
  };
  const run = async (of: DataRetentionKind, rowsMax = 2) => {
    for (let turns = 0; (await advanceRetention(test.app, { kinds: [of], rowsMax })) > 0; turns += 1) expect(turns).toBeLessThan(500);
  };
  /** Every row of the ledger, and of the log of consent. */
  const books = async (): Promise<string[]> => {
    const tables = [
      'store_credit_account',
      'store_credit_transaction',
      'store_credit_change',
      'store_credit_lot',
      'store_credit_allocation',
      'marketing_consent_event',
      '"order"',
    ];
    const found = await Promise.all(
      tables.map((table) =>
        sql<{ rows: string }>(`select count(*) || md5(coalesce(string_agg(t::text, ';' order by t::text), '')) as rows from ${table} t`),
      ),
    );
    return found.map(([row]) => row?.rows as string);
  };

  it('keeps what it kept, until somebody says otherwise', async () => {
    const { data } = await test.graphql('{ dataRetention { kind keepDays } }', {}, test.staffToken);
    expect(data.dataRetention).toEqual([
      { kind: 'ACTIVITY_LOG', keepDays: null },
      { kind: 'ENDED_SESSIONS', keepDays: null },
      { kind: 'EXPIRED_SIGN_INS', keepDays: 1 },
      { kind: 'IDEMPOTENCY_KEYS', keepDays: null },
      { kind: 'IMPORT_PLANS', keepDays: 7 },
      { kind: 'IMPORT_UNDO', keepDays: 30 },
      { kind: 'INACTIVE_CUSTOMERS', keepDays: null },
      { kind: 'VIEWED_PRODUCTS', keepDays: null },
    ]);
  });

  it.each(Object.keys(RETENTION) as DataRetentionKind[])('holds the days of %s to their bounds', async (of) => {
    const { keepDays, keepDaysMin, keepDaysMax, mayBeKeptForEver } = await kept(of);
    const refused = [keepDaysMin - 1, keepDaysMax + 1, -1, ...(mayBeKeptForEver ? [] : [null])];
    for (const days of refused) {
      expect(await keep(of, days)).toMatchObject({
        dataRetention: null,
        userErrors: [{ field: ['keepDays'], code: 'KEEP_DAYS_OUT_OF_RANGE', message: expect.stringContaining(String(keepDaysMax)) }],
      });
    }
    expect(await kept(of)).toMatchObject({ keepDays });
    for (const days of [keepDaysMin, keepDaysMax, keepDays])
      expect(await keep(of, days)).toMatchObject({ dataRetention: { kind: of, keepDays: days }, userErrors: [] });
  });

  it('is for staff who may', async () => {
    const { tokens } = await givenSession(test.app);
    for (const token of [tokens.accessToken, null]) {
      const read = await test.graphql(READ, {}, token as string);
      expect(read.errors?.[0]?.extensions.code).toMatch(/FORBIDDEN|UNAUTHENTICATED|ACCESS_DENIED/);
      expect((await keep('VIEWED_PRODUCTS', 1, token as string)).errors?.[0]?.extensions.code).toMatch(/FORBIDDEN|UNAUTHENTICATED|ACCESS_DENIED/);
    }
  });

  it('shortens the log of activity, and neither the books nor what is to be delivered', async () => {
    const { customerId } = await givenCustomer(test.app);
    const { accountId } = await givenCredit(test.app, customerId, 700n);
    await test.graphql(
      `mutation ($id: ID!) { storeCreditAccountDebit(id: $id, debitInput: { debitAmount: { amount: "2", currencyCode: EUR } }) { userErrors { code } } }`,
      { id: `gid://clientele/StoreCreditAccount/${accountId}` },
      test.staffToken,
    );
    // Ids are in the order of the moments.
    await sql('update outbox_event set created_at = $1::text::timestamptz', [daysAgo(130)]);
    const write = `insert into outbox_event (type, topic, customer_id, payload, actor, created_at, delivered_at, failed_at)
      values ('test.event', 'test', $1::text::uuid, '{}', $2::text, $3::text::timestamptz, $4::text::timestamptz, $5::text::timestamptz)`;
    for (const [actor, days, isDelivered, hasFailed] of [
      ['old', 121, true, false],
      ['failed', 121, false, true],
      ['waiting', 121, false, false],
      ['young', 119, true, false],
    ] as const)
      await sql(write, [customerId, actor, daysAgo(days), isDelivered ? daysAgo(days) : null, hasFailed ? daysAgo(days) : null]);
    const before = await books();
    await keep('ACTIVITY_LOG', 120);
    await run('ACTIVITY_LOG', 3);
    const left = await sql<{ actor: string }>('select actor from outbox_event where customer_id = $1::text::uuid order by id', [customerId]);
    expect(left.map(({ actor }) => actor)).toEqual(['waiting', 'young']);
    expect(await books()).toEqual(before);
    expect(await kept('ACTIVITY_LOG')).toMatchObject({ lastRunAt: expect.any(String), lastRunCount: expect.stringMatching(/^[1-9]/) });
  });

  it('forgets sessions that ended, and keeps of the last one when it was', async () => {
    const { customerId } = await givenCustomer(test.app);
    const open = async (userAgent: string, authenticatedDaysAgo: number, end: { revoked?: number; expires?: number }) => {
      await test.app.transact('system', (tx) => openAny(tx, customerId, 'email_code'));
      await sql(
        `update session set user_agent = $2::text, network = '192.0.2.0/24', authenticated_at = $3::text::timestamptz, created_at = $3::text::timestamptz,
           revoked_at = $4::text::timestamptz, refresh_expires_at = $5::text::timestamptz
         where id = (select id from session where customer_id = $1::text::uuid and user_agent = 'test')`,
        [customerId, userAgent, daysAgo(authenticatedDaysAgo), end.revoked === undefined ? null : daysAgo(end.revoked), daysAgo(end.expires ?? -60)],
      );
    };
    const left = async () =>
      (
        await sql<{ agent: string | null; network: string | null }>(
          'select user_agent as agent, network from session where customer_id = $1::text::uuid order by authenticated_at',
          [customerId],
        )
      ).map(({ agent, network }) => agent ?? network);
    await open('revoked long ago', 90, { revoked: 31 });
    await open('ran out long ago', 80, { expires: 31 });
    await open('live', 70, {});
    await open('revoked lately', 60, { revoked: 29 });
    await open('last', 50, { revoked: 40 });
    await keep('ENDED_SESSIONS', 30);
    await run('ENDED_SESSIONS');
    expect(await left()).toEqual(['live', 'revoked lately', null]);
    expect(await kept('ENDED_SESSIONS')).toMatchObject({ lastRunCount: '3', deletedCount: '3' });
    // Nothing is stripped twice.
    await keep('ENDED_SESSIONS', 30);
    await run('ENDED_SESSIONS');
    expect(await kept('ENDED_SESSIONS')).toMatchObject({ lastRunCount: '0', deletedCount: '3' });
  });

  it('takes away links and tokens that have run out', async () => {
    const tables = {
      account_token: `insert into account_token (purpose, email, hash, is_mailed, created_at, expires_at) values ('RECOVERY', $1::text, decode($2::text, 'hex'), true, now(), $3::text::timestamptz)`,
      oidc_entry: `insert into oidc_entry (kind, hash, sealed, expires_at) values (left($1::text, 5), decode($2::text, 'hex'), '\\x00', $3::text::timestamptz)`,
      multipass_use: `insert into multipass_use (hash, expires_at) select decode($2::text, 'hex'), $3::text::timestamptz where $1::text is not null`,
    };
    for (const write of Object.values(tables))
      for (const days of [0.5, 1.5, 2, 3, 4, -1]) await sql(write, [someEmail(), randomBytes(32).toString('hex'), daysAgo(days)]);
    await keep('EXPIRED_SIGN_INS', 1);
    await run('EXPIRED_SIGN_INS', 3);
    for (const table of Object.keys(tables)) {
      const left = await sql<{ days: number }>(`select round(extract(epoch from now() - expires_at) / 43200)::int as days from ${table} order by 1`);
      expect({ table, left: left.map(({ days }) => days / 2) }).toEqual({ table, left: [-1, 0.5] });
    }
    expect(await kept('EXPIRED_SIGN_INS')).toMatchObject({ lastRunCount: '12' });
  });

  it('forgets idempotency keys: what is retried later is done again', async () => {
    const { gid } = await givenCustomer(test.app);
    const keys = [randomUUID(), randomUUID()];
    const credit = async (key: string | undefined) => {
      const { data } = await test.graphql(
        `mutation ($id: ID!, $key: String!) { storeCreditAccountCredit(id: $id, creditInput: { creditAmount: { amount: "1", currencyCode: EUR } }) @idempotent(key: $key) {
          storeCreditAccountTransaction { account { balance { amount } } } userErrors { code } } }`,
        { id: gid, key },
        test.staffToken,
      );
      return data.storeCreditAccountCredit.storeCreditAccountTransaction.account.balance.amount;
    };
    for (const key of keys) await credit(key);
    await sql('update idempotency_key set created_at = $2::text::timestamptz where key like $1::text || $3::text', [keys[0], daysAgo(31), '%']);
    await sql('update idempotency_key set created_at = $2::text::timestamptz where key like $1::text || $3::text', [keys[1], daysAgo(29), '%']);
    const before = await books();
    await keep('IDEMPOTENCY_KEYS', 30);
    await run('IDEMPOTENCY_KEYS');
    expect(await books()).toEqual(before);
    expect(await credit(keys[1])).toBe('2.00');
    expect(await credit(keys[0])).toBe('3.00');
  });

  it('forgets what was looked at', async () => {
    const { customerId } = await givenCustomer(test.app);
    for (const days of [1, 9, 11, 12, 13]) {
      await sql(
        `insert into viewed_product (id, customer_id, product_id, title, viewed_at) values ($1::text::uuid, $2::text::uuid, $3::text, 'Shoe', $4::text::timestamptz)`,
        [randomUUID(), customerId, String(days), daysAgo(days)],
      );
    }
    await keep('VIEWED_PRODUCTS', 10);
    await run('VIEWED_PRODUCTS');
    const left = await sql<{ id: string }>('select product_id as id from viewed_product where customer_id = $1::text::uuid order by viewed_at desc', [
      customerId,
    ]);
    expect(left.map(({ id }) => id)).toEqual(['1', '9']);
    // For ever is for ever.
    await keep('VIEWED_PRODUCTS', null);
    await sql('update viewed_product set viewed_at = $1::text::timestamptz', [daysAgo(4000)]);
    await run('VIEWED_PRODUCTS');
    expect(await sql('select 1 from viewed_product where customer_id = $1::text::uuid', [customerId])).toHaveLength(2);
  });

  it('keeps plans and undoing for as long as is said when they are made', async () => {
    await keep('IMPORT_PLANS', 3);
    await keep('IMPORT_UNDO', 5);
    const days = async (id: string) =>
      (
        await sql<{ days: number }>(
          `select round(extract(epoch from clear_at - updated_at) / 86400)::int as days from customers_import where id = $1::text::uuid`,
          [id],
        )
      )[0]?.days;
    const plan = await planText(test.app, `email\n${someEmail()}\n`);
    expect(await days(plan.id)).toBe(3);
    const applied = await planText(test.app, `email\n${someEmail()}\n${someEmail()}\n`);
    await applyPlan(test.app, applied.id);
    expect(await days(applied.id)).toBe(5);
    const young = await planText(test.app, `email\n${someEmail()}\n`);
    await sql(`update customers_import set clear_at = $2::text::timestamptz where id = any($1::text[]::uuid[])`, [[plan.id, applied.id], daysAgo(1)]);
    while (await sweepImports(test.app));
    const rows = async (id: string) => (await sql('select 1 from customers_import_row where run_id = $1::text::uuid', [id])).length;
    expect([await rows(plan.id), await rows(applied.id), await rows(young.id)]).toEqual([0, 0, 1]);
    expect(await kept('IMPORT_PLANS')).toMatchObject({ lastRunAt: expect.any(String), lastRunCount: '1', deletedCount: '1' });
    expect(await kept('IMPORT_UNDO')).toMatchObject({ lastRunAt: expect.any(String), lastRunCount: '4', deletedCount: '4' });
    await expect(test.app.transactSql('system', (tx) => undoRun(tx, applied.id))).rejects.toMatchObject({
      code: 'UNDO_WINDOW_OVER',
      params: { days: 5 },
    });
  });

  describe('customers who do nothing', () => {
    const shop = { graceSeconds: 0, shopName: 'Test Shop', accountUrl: 'https://shop.example' };
    const old = (customerId: string) =>
      sql(`update customer set created_at = $2::text::timestamptz, updated_at = $2::text::timestamptz where id = $1::text::uuid`, [
        customerId,
        daysAgo(500),
      ]);
    const dueOf = (customerId: string) => test.app.backend.database.prisma.customer.findUniqueOrThrow({ where: { id: customerId } });
    /** The grace is over, and began a moment before what has happened since. */
    const graceIsOver = (customerId: string) =>
      sql(`update customer set erasure_due_at = $2::text::timestamptz, erasure_requested_at = $3::text::timestamptz where id = $1::text::uuid`, [
        customerId,
        daysAgo(1),
        daysAgo(11),
      ]);
    const given = async () => {
      const customer = await givenCustomer(test.app);
      await old(customer.customerId);
      return customer;
    };
    const asked = async () => {
      await keep('INACTIVE_CUSTOMERS', 400);
      await run('INACTIVE_CUSTOMERS');
    };

    it('are asked, and only those', async () => {
      const idle = await Promise.all([given(), given(), given()]);
      const passed: Record<string, string> = {};
      const but = async (why: string, does: (customerId: string) => Promise<unknown>) => {
        const { customerId } = await given();
        await does(customerId);
        await old(customerId);
        passed[why] = customerId;
      };
      const order = (customerId: string, days: number) =>
        test.app.transact('system', (tx) =>
          setOrder(tx, {
            externalId: randomUUID(),
            customer: { id: customerId },
            name: '#1',
            currencyCode: 'EUR',
            totalPrice: '1',
            processedAt: new Date(daysAgo(days)),
          }),
        );
      await but('ordered', (customerId) => order(customerId, 399));
      await but('signed in', (customerId) => test.app.transact('system', (tx) => openAny(tx, customerId, 'email_code')));
      await but('holds credit', (customerId) => givenCredit(test.app, customerId, 1n));
      await but('is blocked', (customerId) => test.app.transact('system', (tx) => blockCustomer(tx, customerId)));
      const { customerId: changed } = await given();
      await sql('update customer set updated_at = now() where id = $1::text::uuid', [changed]);
      const { customerId: orderedLongAgo } = await given();
      await order(orderedLongAgo, 450);
      await old(orderedLongAgo);
      await asked();
      for (const { customerId } of idle) expect(await dueOf(customerId)).toMatchObject({ erasureDueAt: expect.any(Date), erasedAt: null });
      expect((await dueOf(orderedLongAgo)).erasureDueAt).not.toBeNull();
      for (const [why, customerId] of Object.entries({ ...passed, changed }))
        expect({ why, due: (await dueOf(customerId)).erasureDueAt }).toEqual({ why, due: null });
      expect(await kept('INACTIVE_CUSTOMERS')).toMatchObject({ lastRunCount: '4' });
      await expect
        .poll(() => test.mails.filter(({ to }) => to === idle[0]?.email).map(({ subject }) => subject))
        .toEqual(['Do you want to keep your account at Test Shop?']);
    });

    it('stay when they come back in time, or say so, and go when not', async () => {
      const [returns, says, goes, wants] = await Promise.all([given(), given(), given(), given()]);
      await asked();
      await test.app.transact('system', (tx) => cancelErasure(tx, says.customerId));
      await test.app.transact('system', (tx) => requestErasure(tx, test.app.keyring, wants.customerId, shop));
      for (const { customerId } of [returns, goes, wants]) await graceIsOver(customerId);
      for (const { customerId } of [returns, wants]) await test.app.transact('system', (tx) => openAny(tx, customerId, 'email_code'));
      while (await eraseDue(test.app));
      expect(await dueOf(returns.customerId)).toMatchObject({ erasedAt: null, erasureDueAt: null, deletedAt: null });
      expect(await dueOf(says.customerId)).toMatchObject({ erasedAt: null, erasureDueAt: null });
      expect(await dueOf(goes.customerId)).toMatchObject({ erasedAt: expect.any(Date), email: null });
      expect(await dueOf(wants.customerId)).toMatchObject({ erasedAt: expect.any(Date), email: null });
      // Who said so is not asked again the next day.
      await asked();
      expect((await dueOf(says.customerId)).erasureDueAt).toBeNull();
    });
  });

  it('is gone through by several processes at once, each row once, and then not until the next day', async () => {
    const { customerId } = await givenCustomer(test.app);
    await sql(
      `insert into viewed_product (id, customer_id, product_id, title, viewed_at) select gen_random_uuid(), $1::text::uuid, 'many ' || i, 'Shoe', $2::text::timestamptz + i * interval '1 second'
       from generate_series(1, 200) i`,
      [customerId, daysAgo(30)],
    );
    await sql(`update viewed_product set viewed_at = now() where product_id not like 'many%'`);
    const before = BigInt((await kept('VIEWED_PRODUCTS')).deletedCount);
    await keep('VIEWED_PRODUCTS', 10);
    await Promise.all([run('VIEWED_PRODUCTS', 10), run('VIEWED_PRODUCTS', 10), run('VIEWED_PRODUCTS', 10)]);
    await run('VIEWED_PRODUCTS', 10);
    expect(await sql(`select 1 from viewed_product where product_id like 'many%'`)).toEqual([]);
    expect(await kept('VIEWED_PRODUCTS')).toMatchObject({ lastRunCount: '200', deletedCount: String(before + 200n) });
    expect(await advanceRetention(test.app, { kinds: ['VIEWED_PRODUCTS'] })).toBe(0);
  });
});
