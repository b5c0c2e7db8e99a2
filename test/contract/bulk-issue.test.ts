import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mergeCustomers } from '../../src/capabilities/merges/merge.ts';
import { advanceBulkIssue } from '../../src/capabilities/store-credit/advance-bulk-issue.ts';
import { debit } from '../../src/capabilities/store-credit/debit.ts';
import { hold } from '../../src/capabilities/store-credit/hold.ts';
import { reconcile } from '../../src/capabilities/store-credit/reconcile.ts';
import { release } from '../../src/capabilities/store-credit/release.ts';
import { reverse } from '../../src/capabilities/store-credit/reverse.ts';
import { revert } from '../../src/capabilities/store-credit/revert.ts';
import { transfer } from '../../src/capabilities/store-credit/transfer.ts';
import { updateRules } from '../../src/capabilities/store-credit/update-rules.ts';
import type { Scope } from '../../src/core/scopes.ts';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCredit, givenCustomer } from '../support/given.ts';

const FIELDS = `id state rowsCount processedCount progress
  totals { currencyCode rowsCount amount { amount } readyCount readyAmount { amount } refusedCount issuedCount issuedAmount { amount }
    reversedAmount { amount } spentAmount { amount } movedAmount { amount } expiredAmount { amount } heldAmount { amount } }
  rows(first: 250) { nodes { position state code message amount { amount } customer { id } transaction { id amount { amount } expiresAt account { owner { ... on Customer { id } } } }
    reversedAmount { amount } spentAmount { amount } movedAmount { amount } expiredAmount { amount } heldAmount { amount } } }`;
const CREATE = `mutation ($input: StoreCreditBulkIssueInput!) { storeCreditBulkIssueCreate(input: $input) {
  storeCreditBulkIssue { id state } userErrors { code field } } }`;
const ADD = `mutation ($id: ID!, $customers: [StoreCreditBulkIssueCustomerInput!]!, $amount: MoneyInput) {
  storeCreditBulkIssueAddCustomers(id: $id, customers: $customers, amount: $amount) { storeCreditBulkIssue { id state } userErrors { code field } } }`;
const verb = (name: string): string =>
  `mutation ($id: ID!) { storeCreditBulkIssue${name}(id: $id) { storeCreditBulkIssue { id state } userErrors { code field } } }`;

describe.each(backends)('credit for many on $name', (kind) => {
  let test: TestGateway;
  let now = Date.parse('2034-05-01T12:00:00Z');
  beforeAll(async () => {
    test = await startTestGateway(kind, () => new Date(now));
  });
  afterAll(() => test.stop());

  const why = { actor: 'system', idempotency: null };
  const money = (amount: string, currencyCode: string) => ({ amount, currencyCode });
  const customers = (count: number) => Promise.all(Array.from({ length: count }, () => givenCustomer(test.app)));

  const ask = async (query: string, variables: object, token = test.staffToken, key?: string) => {
    const { data, errors } = await test.graphql(query, variables, token, key ? { 'idempotency-key': key } : {});
    if (errors) throw new Error(JSON.stringify(errors));
    return Object.values(data)[0] as { storeCreditBulkIssue: { id: string; state: string }; userErrors: { code: string; field: string[] }[] };
  };
  const created = async (input: object, key?: string): Promise<string> => {
    const { storeCreditBulkIssue, userErrors } = await ask(CREATE, { input }, test.staffToken, key);
    expect(userErrors).toEqual([]);
    return storeCreditBulkIssue.id;
  };
  const look = async (id: string) =>
    (await test.graphql(`query ($id: ID!) { storeCreditBulkIssue(id: $id) { ${FIELDS} } }`, { id }, test.staffToken)).data.storeCreditBulkIssue;
  /** The job, until this one rests; other files may have some under way in the same database. */
  const settle = async (id: string) => {
    for (let rounds = 0; rounds < 500; rounds += 1) {
      const { state } = await look(id);
      if (!['CHECKING', 'ISSUING', 'UNDOING'].includes(state)) return look(id);
      await advanceBulkIssue(test.app);
    }
    throw new Error('It never rested.');
  };
  const issued = async (input: object) => {
    const id = await created(input);
    await settle(id);
    expect((await ask(verb('Start'), { id })).userErrors).toEqual([]);
    return settle(id);
  };
  const credits = async (customerId: string): Promise<string[]> =>
    (
      await test.app.backend.database.prisma.storeCreditTransaction.findMany({
        where: { account: { customerId }, kind: 'CREDIT' },
        orderBy: { number: 'asc' },
      })
    ).map(({ amountMinor, currency }) => `${amountMinor} ${currency}`);
  const idOf = (gid: string): string => gid.split('/').at(-1) as string;

  it('tries every row out, gives nothing, then gives what passed, each once', async () => {
    await test.app.transact('system', (tx) => updateRules(tx, 'VUV', { maximumBalance: '1000', defaultExpiryDays: 30 }));
    const [one, two, full, merged] = await customers(4);
    const into = await givenCustomer(test.app);
    await givenCredit(test.app, full?.customerId as string, 990n, { currency: 'VUV' });
    await test.app.transact('system', (tx) =>
      mergeCustomers(
        tx,
        { customerOneId: merged?.customerId as string, customerTwoId: into.customerId, customerIdToKeep: into.customerId },
        { undoDays: 30 },
      ),
    );
    const key = randomUUID();
    const input = {
      name: 'spring',
      memo: 'For you',
      amount: money('20', 'VUV'),
      customers: [
        { id: one?.gid },
        { email: two?.email.toUpperCase(), amount: money('2.50', 'EUR') },
        { email: 'nobody@nowhere.example' },
        { id: full?.gid },
        { email: merged?.email },
        { id: into.gid },
        { email: one?.email },
        { id: one?.gid, amount: money('1.00', 'EUR') },
      ],
    };
    const id = await created(input, key);
    expect(await created(input, key)).toBe(id);
    expect((await ask(verb('Start'), { id })).userErrors).toMatchObject([{ code: 'BULK_ISSUE_STATE', field: ['id'] }]);

    const checked = await settle(id);
    const expected = [
      ['READY', null],
      ['READY', null],
      ['REFUSED', 'OWNER_NOT_FOUND'],
      ['REFUSED', 'CREDIT_LIMIT_EXCEEDED'],
      ['READY', null],
      ['REFUSED', 'DUPLICATE_CUSTOMER'],
      ['REFUSED', 'DUPLICATE_CUSTOMER'],
      ['READY', null],
    ];
    expect(checked).toMatchObject({ state: 'CHECKED', rowsCount: 8, processedCount: 8, progress: 1 });
    expect(checked.rows.nodes.map(({ state, code }: { state: string; code: string }) => [state, code])).toEqual(expected);
    expect(checked.rows.nodes[3].message).toContain('larger than allowed');
    expect(checked.totals).toMatchObject([
      { currencyCode: 'EUR', rowsCount: 2, amount: { amount: '3.50' }, readyCount: 2, refusedCount: 0, issuedCount: 0 },
      { currencyCode: 'VUV', rowsCount: 6, amount: { amount: '120' }, readyCount: 2, readyAmount: { amount: '40' }, refusedCount: 4 },
    ]);
    expect(await credits(one?.customerId as string)).toEqual([]);
    expect(await test.app.backend.database.prisma.storeCreditAccount.count({ where: { customerId: one?.customerId as string } })).toBe(0);

    await ask(verb('Start'), { id });
    const done = await settle(id);
    expect(done.state).toBe('ISSUED');
    expect(done.totals).toMatchObject([
      { issuedCount: 2, issuedAmount: { amount: '3.50' } },
      { issuedCount: 2, issuedAmount: { amount: '40' }, refusedCount: 4 },
    ]);
    expect(await credits(one?.customerId as string)).toEqual(['20 VUV', '100 EUR']);
    expect(await credits(two?.customerId as string)).toEqual(['250 EUR']);
    expect(await credits(into.customerId)).toEqual(['20 VUV']);
    expect(done.rows.nodes[0].transaction).toMatchObject({ amount: { amount: '20' }, expiresAt: new Date(now + 30 * 86_400_000).toISOString() });
    await advanceBulkIssue(test.app);
    expect(await credits(one?.customerId as string)).toEqual(['20 VUV', '100 EUR']);
  });

  it('gives to whom a search finds when it is made, and to nobody who is like them', async () => {
    const tag = `bulk-${randomUUID().slice(0, 8)}`;
    const members = await Promise.all(Array.from({ length: 130 }, () => givenCustomer(test.app, { tags: [tag] })));
    const input = { query: `tag:${tag} created_at:>2000-01-01`, amount: money('5', 'EUR') };
    const id = await created(input, randomUUID());
    const late = await givenCustomer(test.app, { tags: [tag] });
    const checked = await settle(id);
    expect(checked.rows.nodes.filter(({ state }: { state: string }) => state !== 'READY')).toEqual([]);
    expect(checked).toMatchObject({ state: 'CHECKED', rowsCount: 130, totals: [{ readyCount: 130, readyAmount: { amount: '650.00' } }] });
    await ask(verb('Start'), { id });
    // Two processes at once.
    while ((await look(id)).state === 'ISSUING')
      await Promise.all([advanceBulkIssue(test.app), advanceBulkIssue(test.app), advanceBulkIssue(test.app)]);
    expect((await look(id)).totals).toMatchObject([{ issuedCount: 130, issuedAmount: { amount: '650.00' } }]);
    const rows = await test.app.backend.database.prisma.storeCreditTransaction.groupBy({
      by: ['accountId'],
      where: { reference: idOf(id) },
      _count: true,
    });
    expect(rows).toHaveLength(130);
    expect(rows.every(({ _count }) => _count === 1)).toBe(true);
    expect(await credits(late.customerId)).toEqual([]);
    expect(await credits((members[0] as { customerId: string }).customerId)).toEqual(['500 EUR']);

    const name = `Zq${randomUUID().replace(/[^a-f]/g, '')}holm`;
    await givenCustomer(test.app, { lastName: name });
    const near = await ask(CREATE, { input: { query: `${name}x`, amount: money('5', 'EUR') } });
    expect(near).toMatchObject({ storeCreditBulkIssue: null, userErrors: [{ code: 'NOBODY_FOUND', field: ['input', 'query'] }] });
  });

  it('refuses what is no list, no search and no amount, and keeps nothing of it', async () => {
    const { gid } = await givenCustomer(test.app);
    const refused = async (input: object) => (await ask(CREATE, { input })).userErrors.map(({ code, field }) => [code, field.slice(1).join('.')]);
    expect(await refused({ amount: money('5', 'EUR') })).toEqual([['INVALID', 'customers']]);
    expect(await refused({ customers: [{ id: gid }], query: 'x', amount: money('5', 'EUR') })).toEqual([['INVALID', 'customers']]);
    expect(await refused({ customers: [], amount: money('5', 'EUR') })).toEqual([['BLANK', 'customers']]);
    expect(await refused({ query: ' ', amount: money('5', 'EUR') })).toEqual([['BLANK', 'query']]);
    expect(await refused({ query: 'shoe_size:4', amount: money('5', 'EUR') })).toEqual([['INVALID', '']]);
    expect(await refused({ customers: [{ id: gid }] })).toEqual([['BLANK', 'amount']]);
    expect(await refused({ customers: [{ id: gid, email: 'a@b.example', amount: money('1', 'EUR') }] })).toEqual([['INVALID', 'customers.0']]);
    expect(await refused({ customers: [{ email: 'no address', amount: money('1', 'EUR') }] })).toEqual([['INVALID_EMAIL', 'customers.0.email']]);
    expect(await refused({ customers: [{ id: gid, amount: money('0', 'EUR') }] })).toEqual([['NEGATIVE_OR_ZERO_AMOUNT', 'customers.0.amount']]);
    expect(await refused({ customers: [{ id: gid, amount: money('1.001', 'EUR') }] })).toEqual([['TOO_MANY_DECIMALS', 'customers.0.amount.amount']]);
    expect(await refused({ customers: [{ id: gid }], amount: money('1', 'EUR'), event: 'MERGE' })).toEqual([['INVALID', 'event']]);
    expect(await refused({ customers: [{ id: gid }], amount: money('1', 'EUR'), expiresAt: '2001-01-01T00:00:00Z' })).toEqual([
      ['EXPIRES_AT_IN_PAST', 'expiresAt'],
    ]);
    expect(await test.app.backend.database.prisma.storeCreditBulkIssueRow.count({ where: { customerId: idOf(gid) } })).toBe(0);
  });

  const staffWith = async (scopes: readonly Scope[]): Promise<string> =>
    (
      await test.graphql(
        'mutation ($input: StaffTokenInput!) { staffTokenCreate(input: $input) { token } }',
        { input: { name: 'some', scopes } },
        test.staffToken,
      )
    ).data.staffTokenCreate.token;

  it('tells no token that may not read customers whether an address is known or how many a search finds', async () => {
    const { gid, email } = await givenCustomer(test.app);
    const token = await staffWith(['store_credit:write', 'store_credit:read']);
    for (const to of [{ customers: [{ email }] }, { query: 'state:enabled' }]) {
      const { errors } = await test.graphql(CREATE, { input: { ...to, amount: money('1', 'EUR') } }, token);
      expect(errors?.[0]).toMatchObject({ extensions: { code: 'FORBIDDEN' }, message: expect.stringContaining('customers:read') });
    }
    expect((await ask(CREATE, { input: { customers: [{ id: gid }], amount: money('1', 'EUR') } }, token)).userErrors).toEqual([]);
  });

  it('waits for a second member of staff when the sum is above the amount that needs two', async () => {
    await test.app.transact('system', (tx) => updateRules(tx, 'WST', { approvalAbove: '10' }));
    const people = await customers(3);
    const input = { customers: people.map(({ gid }) => ({ id: gid })), amount: money('5', 'WST') };
    const id = await created(input);
    expect(await settle(id)).toMatchObject({ state: 'CHECKED', totals: [{ readyCount: 3 }] });
    expect((await ask(verb('Start'), { id })).storeCreditBulkIssue.state).toBe('AWAITING_APPROVAL');
    await advanceBulkIssue(test.app);
    expect(await credits(people[0]?.customerId as string)).toEqual([]);
    // Her own token, and one that she made for herself.
    const own = await staffWith(['store_credit:approve', 'store_credit:read']);
    for (const token of [test.staffToken, own])
      expect((await ask(verb('Approve'), { id }, token)).userErrors).toMatchObject([{ code: 'OWN_REQUEST' }]);
    const second = await startTestGateway(kind, () => new Date(now));
    expect((await ask(verb('Approve'), { id }, second.staffToken)).userErrors).toEqual([]);
    await second.stop();
    expect(await settle(id)).toMatchObject({ state: 'ISSUED', totals: [{ issuedCount: 3, issuedAmount: { amount: '15.00' } }] });

    // Below it, one is enough; but what one may give alone is asked again when it is given.
    const small = await created({ ...input, amount: money('3', 'WST') });
    await settle(small);
    expect((await ask(verb('Start'), { id: small })).storeCreditBulkIssue.state).toBe('ISSUING');
    await test.app.transact('system', (tx) => updateRules(tx, 'WST', { approvalAbove: '2' }));
    expect(await settle(small)).toMatchObject({
      totals: [{ issuedCount: 0, refusedCount: 3 }],
      rows: { nodes: Array.from({ length: 3 }, () => ({ state: 'REFUSED', code: 'APPROVAL_REQUIRED' })) },
    });
  });

  it('lets nobody start what was checked long ago', async () => {
    const { gid } = await givenCustomer(test.app);
    const id = await created({ customers: [{ id: gid }], amount: money('1', 'EUR') });
    await settle(id);
    now += 7 * 86_400_000;
    expect((await ask(verb('Start'), { id })).userErrors).toMatchObject([{ code: 'BULK_ISSUE_EXPIRED' }]);
    expect((await ask(verb('Start'), { id: `gid://clientele/StoreCreditBulkIssue/${randomUUID()}` })).userErrors).toMatchObject([
      { code: 'BULK_ISSUE_NOT_FOUND' },
    ]);
  });

  it('grows by further requests until it is started, and ends where it is cancelled', async () => {
    const people = await customers(240);
    const listed = (some: typeof people) => some.map(({ gid }) => ({ id: gid }));
    const id = await created({ customers: listed(people.slice(0, 120)), amount: money('1', 'EUR') });
    await settle(id);
    expect((await ask(ADD, { id, customers: listed(people.slice(100)), amount: money('1', 'EUR') })).storeCreditBulkIssue.state).toBe('CHECKING');
    expect(await settle(id)).toMatchObject({ rowsCount: 260, totals: [{ readyCount: 240, refusedCount: 20 }] });
    await ask(verb('Start'), { id });
    for (let rounds = 0; (await look(id)).processedCount === 0 && rounds < 100; rounds += 1) await advanceBulkIssue(test.app);
    expect((await ask(verb('Cancel'), { id })).storeCreditBulkIssue.state).toBe('CANCELLED');
    await advanceBulkIssue(test.app);
    const cancelled = await look(id);
    expect(cancelled).toMatchObject({ state: 'CANCELLED', processedCount: 120, totals: [{ issuedCount: 100, issuedAmount: { amount: '100.00' } }] });
    expect((await ask(ADD, { id, customers: listed(people) })).userErrors).toMatchObject([{ code: 'BLANK' }]);
    expect((await ask(ADD, { id, customers: listed(people), amount: money('1', 'EUR') })).userErrors).toMatchObject([{ code: 'BULK_ISSUE_STATE' }]);
    await ask(verb('Undo'), { id });
    expect(await settle(id)).toMatchObject({ state: 'UNDONE', totals: [{ reversedAmount: { amount: '100.00' }, spentAmount: { amount: '0.00' } }] });
  });

  it('takes back what is free, says what became of the rest, and takes later what has come free', async () => {
    const people = await customers(6);
    const [untouched, spender, holder, mover, , refunded] = people as { customerId: string; gid: string }[];
    const target = await givenCustomer(test.app);
    const done = await issued({
      customers: people.map(({ gid }) => ({ id: gid })),
      amount: money('10', 'EUR'),
      expiresAt: new Date(now + 86_400_000).toISOString(),
    });
    const account = (who: { customerId: string }) => ({ account: { customerId: who.customerId }, ...why });
    const eur = (amountMinor: bigint) => ({ amountMinor, currency: 'EUR' });
    await debit(test.app.ledger, { ...account(spender as never), amount: eur(400n) });
    const { holdId } = await hold(test.app.ledger, new Date(now), { ...account(holder as never), amount: eur(700n) });
    await transfer(test.app.ledger, {
      from: { customerId: mover?.customerId as string },
      to: { customerId: target.customerId },
      currency: 'EUR',
      amount: eur(300n),
      ...why,
    });
    // What staff had taken back is theirs; what they gave back again is to be taken.
    const reversal = await reverse(test.app.ledger, { transactionId: idOf(done.rows.nodes[4].transaction.id), amount: eur(200n), ...why });
    const spent = await debit(test.app.ledger, { ...account(refunded as never), amount: eur(1_000n) });
    await revert(test.app.ledger, 0, { transactionId: spent.transactionId, amount: eur(150n), ...why });

    await ask(verb('Undo'), { id: done.id });
    const undone = await settle(done.id);
    const parts = (row: Record<string, { amount: string }>) =>
      ['reversed', 'spent', 'moved', 'expired', 'held'].map((part) => row[`${part}Amount`]?.amount).join(' ');
    expect(undone.rows.nodes.map(parts)).toEqual([
      '10.00 0.00 0.00 0.00 0.00',
      '6.00 4.00 0.00 0.00 0.00',
      '3.00 0.00 0.00 0.00 7.00',
      '7.00 0.00 3.00 0.00 0.00',
      '8.00 2.00 0.00 0.00 0.00',
      '1.50 8.50 0.00 0.00 0.00',
    ]);
    expect(undone.totals.map(parts)).toEqual(['35.50 14.50 3.00 0.00 7.00']);
    expect(untouched && (await credits(untouched.customerId))).toEqual(['1000 EUR']);

    await release(test.app.ledger, { holdId, ...why });
    await revert(test.app.ledger, 0, { transactionId: reversal.transactionId, ...why });
    await ask(verb('Undo'), { id: done.id });
    expect((await settle(done.id)).totals.map(parts)).toEqual(['44.50 12.50 3.00 0.00 0.00']);
    // What this undo took is given back by staff, and runs out: it is no longer taken back.
    const [own] = await test.app.backend.database.prisma.storeCreditTransaction.findMany({
      where: { relatedId: idOf(done.rows.nodes[0].transaction.id), kind: 'DEBIT' },
    });
    await revert(test.app.ledger, 0, { transactionId: own?.id as string, ...why });
    now += 2 * 86_400_000;
    await ask(verb('Undo'), { id: done.id });
    expect((await settle(done.id)).totals.map(parts)).toEqual(['34.50 12.50 3.00 10.00 0.00']);
    for (const { customerId } of people) {
      const { id } = await test.app.backend.database.prisma.storeCreditAccount.findFirstOrThrow({ where: { customerId } });
      expect((await reconcile(test.app.backend.database.sql, { accountId: id, limit: 1 })).faults).toEqual([]);
    }
  });

  it('is told live as it gets on', async () => {
    const people = await customers(3);
    const id = await created({ customers: people.map(({ gid }) => ({ id: gid })), amount: money('1', 'EUR') });
    const over = new AbortController();
    const response = await fetch(test.graphqlUrl, {
      method: 'POST',
      signal: over.signal,
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization: test.staffToken },
      body: JSON.stringify({
        query: 'subscription ($id: ID!) { storeCreditBulkIssueUpdated(id: $id) { state totals { issuedCount } } }',
        variables: { id },
      }),
    });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    let told = '';
    const until = async (text: string): Promise<void> => {
      while (!told.includes(text)) told += (await reader?.read())?.value ?? '';
    };
    await until('"CHECKING"');
    await settle(id);
    await until('"CHECKED"');
    await ask(verb('Start'), { id });
    await settle(id);
    await until('"state":"ISSUED","totals":[{"issuedCount":3}]');
    over.abort();
  });

  it('lets the others have their turn when a chunk of it fails', async () => {
    const [whoever] = await customers(1);
    const input = { amount: money('1', 'VUV'), customers: [{ id: whoever?.gid }] };
    const failing: typeof test.app.transactSql = (actor, run) =>
      test.app.transactSql(actor, async (tx) => {
        await run(tx);
        throw new Error('the disk is full');
      });
    const under = new Set([await created(input), await created(input)]);
    const waiting = () =>
      test.app.backend.database.sql<{ id: string }>(
        `select 'gid://clientele/StoreCreditBulkIssue/' || id as id from store_credit_bulk_issue where state = 'CHECKING' order by updated_at`,
        [],
      );
    for (const { id } of await waiting()) if (!under.has(id)) await settle(id);
    now += 1_000;
    const [first, second] = (await waiting()).map(({ id }) => id);
    await expect(advanceBulkIssue({ ...test.app, transactSql: failing })).rejects.toThrow('the disk is full');
    expect((await waiting()).map(({ id }) => id)).toEqual([second, first]);
    for (const id of under) expect((await settle(id)).state).toBe('CHECKED');
  });
});
