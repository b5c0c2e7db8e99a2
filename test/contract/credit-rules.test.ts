import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import { mergeCustomers } from '../../src/capabilities/merges/merge.ts';
import { undoMerge } from '../../src/capabilities/merges/undo.ts';
import { approveRequest } from '../../src/capabilities/store-credit/approve-request.ts';
import { capture } from '../../src/capabilities/store-credit/capture.ts';
import { credit } from '../../src/capabilities/store-credit/credit.ts';
import { debit } from '../../src/capabilities/store-credit/debit.ts';
import { declineRequest } from '../../src/capabilities/store-credit/decline-request.ts';
import { hold } from '../../src/capabilities/store-credit/hold.ts';
import { postWithin } from '../../src/capabilities/store-credit/post.ts';
import { quote } from '../../src/capabilities/store-credit/quote.ts';
import { reconcile } from '../../src/capabilities/store-credit/reconcile.ts';
import { requestCredit } from '../../src/capabilities/store-credit/request-credit.ts';
import { revert } from '../../src/capabilities/store-credit/revert.ts';
import { transfer } from '../../src/capabilities/store-credit/transfer.ts';
import { type RulesInput, updateRules } from '../../src/capabilities/store-credit/update-rules.ts';
import { backends, openTestApp } from '../support/backends.ts';
import { givenCredit, givenCustomer } from '../support/given.ts';

const DAY_MS = 86_400_000;

describe.each(backends)('rules by currency on $name', (kind) => {
  let app: App;
  let now = Date.parse('2033-03-01T12:00:00Z');
  beforeAll(async () => {
    ({ app } = await openTestApp(kind, () => new Date(now)));
  });

  // Rules are the shop's: each test has a currency that no other uses.
  const given = async (currency: string, input: RulesInput): Promise<void> => {
    await app.transact('staff:rules', (tx) => updateRules(tx, currency, input));
  };
  const why = { actor: 'system', idempotency: null };
  const customer = async (): Promise<string> => (await givenCustomer(app)).customerId;
  const refused = async (run: Promise<unknown>): Promise<[string, readonly string[] | null]> => {
    const error = await run.then(
      () => ({ code: 'none', field: null }),
      (thrown: { code: string; field: readonly string[] | null }) => thrown,
    );
    return [error.code, error.field];
  };
  const give = (customerId: string, currency: string, amountMinor: bigint, more: object = {}) =>
    credit(app.ledger, { account: { customerId }, amount: { amountMinor, currency }, expiresAt: null, ...why, ...more });
  const balanceOf = async (customerId: string): Promise<bigint> =>
    (await app.backend.database.prisma.storeCreditAccount.findFirst({ where: { customerId } }))?.balanceMinor ?? 0n;

  it('keeps what is absent, takes away what is null, and refuses what is no limit', async () => {
    await given('AFN', { maximumBalance: '100', maximumIssue: '10.5', maximumOrderPercentage: '12.5' });
    await given('AFN', { maximumIssue: null, defaultExpiryDays: 30 });
    const row = await app.backend.database.prisma.storeCreditRule.findUnique({ where: { currency: 'AFN' } });
    expect(row).toMatchObject({ balanceMaxMinor: 10_000n, issueMaxMinor: null, orderShareMax: 1_250, expiresAfterDays: 30, isEnabled: true });
    expect(await refused(given('AFN', { maximumBalance: '0' }))).toEqual(['NEGATIVE_OR_ZERO_AMOUNT', ['input', 'maximumBalance']]);
    expect(await refused(given('AFN', { maximumBalance: '1.001' }))).toEqual(['TOO_MANY_DECIMALS', ['input', 'maximumBalance']]);
    for (const text of ['0', '100.01', '1.001', 'half'])
      expect(await refused(given('AFN', { maximumOrderPercentage: text }))).toEqual(['INVALID', ['input', 'maximumOrderPercentage']]);
    expect(await refused(given('AFN', { defaultExpiryDays: 0 }))).toEqual(['INVALID', ['input', 'defaultExpiryDays']]);
    expect(await app.backend.database.prisma.storeCreditRule.findUnique({ where: { currency: 'AFN' } })).toEqual(row);
  });

  it('never lets racing credits take an account beyond the largest balance', async () => {
    await given('ALL', { maximumBalance: '100' });
    const customerId = await customer();
    const answers = await Promise.allSettled(
      Array.from({ length: 12 }, (_, index) =>
        index % 2 === 0
          ? give(customerId, 'ALL', 3_000n)
          : app.transact('system', async (tx) => {
              const [answer] = await postWithin(tx, [
                { kind: 'CREDIT', accountId: null, customerId, currency: 'ALL', amountMinor: 3_000n, event: 'ADJUSTMENT', ...why },
              ]);
              if (answer && 'refused' in answer) throw Object.assign(new Error(), answer.refused);
            }),
      ),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    for (const answer of answers) if (answer.status === 'rejected') expect(answer.reason.code).toBe('CREDIT_LIMIT_EXCEEDED');
    expect(await balanceOf(customerId)).toBe(9_000n);
    const other = await customer();
    await give(other, 'ALL', 2_000n);
    const over = transfer(app.ledger, {
      from: { customerId: other },
      to: { customerId },
      currency: 'ALL',
      amount: { amountMinor: 1_001n, currency: 'ALL' },
      ...why,
    });
    expect(await refused(over)).toEqual(['CREDIT_LIMIT_EXCEEDED', ['transferInput', 'amount']]);
    await transfer(app.ledger, { from: { customerId: other }, to: { customerId }, currency: 'ALL', event: 'MERGE', ...why });
    expect(await balanceOf(customerId)).toBe(11_000n);
  });

  it('binds no merge and no undoing of one', async () => {
    const [kept, closed] = [await customer(), await customer()];
    await give(kept, 'BWP', 3_000n);
    await give(closed, 'BWP', 2_000n);
    await given('BWP', { maximumIssue: '1', maximumBalance: '1', approvalAbove: '1' });
    const merge = { customerOneId: closed, customerTwoId: kept, customerIdToKeep: kept };
    const { mergeId } = await app.transact('staff:one', (tx) => mergeCustomers(tx, merge, { undoDays: 30 }));
    expect(await balanceOf(kept)).toBe(5_000n);
    await app.transact('staff:one', (tx) => undoMerge(tx, { mergeId, choices: [] }));
    expect([await balanceOf(kept), await balanceOf(closed)]).toEqual([3_000n, 2_000n]);
  });

  it.each(['MERGE', 'TRANSFER'] as const)('leaves %s to the ledger’s own', async (event) => {
    const customerId = await customer();
    const amount = { amountMinor: 100n, currency: 'EUR' };
    expect(await refused(credit(app.ledger, { account: { customerId }, amount, event, ...why }))).toEqual(['INVALID', ['creditInput', 'event']]);
    expect(await refused(debit(app.ledger, { account: { customerId }, amount, event, ...why }))).toEqual(['INVALID', ['debitInput', 'event']]);
  });

  it('opens no account for a first credit that it refuses, and gives one in a batch its own answer', async () => {
    await given('AMD', { maximumIssue: '50' });
    const [one, two] = [await customer(), await customer()];
    expect(await refused(give(one, 'AMD', 5_001n))).toEqual(['CREDIT_LIMIT_EXCEEDED', ['creditInput', 'creditAmount']]);
    expect(await app.backend.database.prisma.storeCreditAccount.count({ where: { customerId: one } })).toBe(0);
    const answers = await Promise.allSettled([give(two, 'AMD', 5_000n), give(two, 'AMD', 5_001n), give(two, 'AMD', 1n)]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await refused(give(randomUUID(), 'AMD', 1n))).toEqual(['OWNER_NOT_FOUND', ['id']]);
  });

  it('stops giving and paying where credit is not enabled, and lets what was promised be kept', async () => {
    const customerId = await customer();
    await give(customerId, 'ANG', 10_000n);
    const money = (amountMinor: bigint) => ({ amountMinor, currency: 'ANG' });
    const { holdId } = await hold(app.ledger, new Date(now), { account: { customerId }, amount: money(1_000n), ...why });
    const paid = await debit(app.ledger, { account: { customerId }, amount: money(500n), event: 'ORDER_PAYMENT', ...why });
    await given('ANG', { enabled: false });
    expect(await refused(give(customerId, 'ANG', 1n))).toEqual(['UNSUPPORTED_CURRENCY', ['creditInput', 'creditAmount', 'currencyCode']]);
    const payment = debit(app.ledger, { account: { customerId }, amount: money(1n), event: 'ORDER_PAYMENT', ...why });
    expect((await refused(payment))[0]).toBe('UNSUPPORTED_CURRENCY');
    expect((await refused(hold(app.ledger, new Date(now), { account: { customerId }, amount: money(1n), ...why })))[0]).toBe('UNSUPPORTED_CURRENCY');
    await capture(app.ledger, { holdId, ...why });
    await revert(app.ledger, 0, { transactionId: paid.transactionId, ...why });
    await debit(app.ledger, { account: { customerId }, amount: money(100n), ...why });
    expect(await balanceOf(customerId)).toBe(8_900n);
    const quoted = await quote(app.backend.database.sql, { customerId, orderTotal: money(100n), moment: new Date(now) });
    expect(quoted).toMatchObject({ usableMinor: 0n, restMinor: 100n, limits: [{ reason: 'NOT_ENABLED' }] });
  });

  it('takes no part of an order that is too small, nor more than its share, however it is divided', async () => {
    await given('AOA', { minimumRedemption: '5', maximumOrderPercentage: '50' });
    const customerId = await customer();
    await give(customerId, 'AOA', 100_000n);
    const money = (amountMinor: bigint) => ({ amountMinor, currency: 'AOA' });
    const pay = (amountMinor: bigint, more: object = {}) =>
      debit(app.ledger, { account: { customerId }, amount: money(amountMinor), event: 'ORDER_PAYMENT', orderTotal: money(10_001n), ...why, ...more });
    expect(await refused(pay(499n))).toEqual(['AMOUNT_BELOW_MINIMUM', ['debitInput', 'debitAmount']]);
    expect(await refused(pay(5_001n))).toEqual(['ORDER_SHARE_EXCEEDED', ['debitInput', 'debitAmount']]);
    expect(await refused(pay(500n, { orderTotal: null }))).toEqual(['ORDER_TOTAL_REQUIRED', ['debitInput', 'orderTotal']]);
    expect(await refused(pay(500n, { orderTotal: { amountMinor: 1_000n, currency: 'EUR' } }))).toEqual([
      'MISMATCHING_CURRENCY',
      ['debitInput', 'orderTotal', 'currencyCode'],
    ]);
    // At once, in one batch: what the first takes counts for the second.
    const reference = `order ${randomUUID()}`;
    const racing = await Promise.allSettled(Array.from({ length: 6 }, () => pay(1_500n, { reference })));
    expect(racing.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    const left = await quote(app.backend.database.sql, { customerId, orderTotal: money(10_001n), reference, moment: new Date(now) });
    expect(left).toMatchObject({ usableMinor: 500n, limits: [{ reason: 'ORDER_SHARE', amountMinor: 500n }] });
  });

  it('counts what holds set aside for an order, and not what they let go or what was given back', async () => {
    await given('AWG', { maximumOrderPercentage: '50' });
    const customerId = await customer();
    await give(customerId, 'AWG', 100_000n);
    const money = (amountMinor: bigint) => ({ amountMinor, currency: 'AWG' });
    const reference = `order ${randomUUID()}`;
    const about = { account: { customerId }, orderTotal: money(10_000n), reference, ...why };
    const { holdId } = await hold(app.ledger, new Date(now), { ...about, amount: money(4_000n) });
    const more = () => hold(app.ledger, new Date(now), { ...about, amount: money(2_000n) });
    expect(await refused(more())).toEqual(['ORDER_SHARE_EXCEEDED', ['holdInput', 'amount']]);
    const captured = await capture(app.ledger, { holdId, amount: money(3_000n), isFinal: true, ...why });
    expect(await refused(more())).toEqual(['none', null]);
    expect(await refused(more())).toEqual(['ORDER_SHARE_EXCEEDED', ['holdInput', 'amount']]);
    await revert(app.ledger, 0, { transactionId: captured.transactionId, amount: money(2_000n), ...why });
    expect(await refused(more())).toEqual(['none', null]);
  });

  it('lets credit expire after the days that the rules say, where nothing else is said', async () => {
    await given('AZN', { defaultExpiryDays: 30 });
    const customerId = await customer();
    const expiries = await Promise.all(
      [{ expiresAt: undefined }, { expiresAt: null }, { expiresAt: new Date(now + DAY_MS) }].map(async (more) => {
        const { transactionId } = await give(customerId, 'AZN', 100n, more);
        const lot = await app.backend.database.prisma.storeCreditLot.findUniqueOrThrow({ where: { id: transactionId } });
        return lot.expiresAt && (lot.expiresAt.getTime() - now) / DAY_MS;
      }),
    );
    expect(expiries).toEqual([30, null, 1]);
    const [account] = await app.backend.database.prisma.storeCreditAccount.findMany({ where: { customerId } });
    expect(await reconcile(app.backend.database.sql, { accountId: account?.id ?? null, limit: 1 })).toMatchObject({ faults: [] });
  });

  describe('a credit that needs two', () => {
    const clerk = `staff:${randomUUID()}`;
    const chief = `staff:${randomUUID()}`;
    const ask = (customerId: string, amountMinor = 10_001n, more: object = {}) =>
      app.transact(clerk, (tx) =>
        requestCredit(tx, { account: { customerId }, amount: { amountMinor, currency: 'BAM' }, note: 'for the flood', reason: 'GOODWILL', ...more }),
      );
    const approve = (actor: string, id: string) => app.transact(actor, (tx) => approveRequest(tx, id));

    it('is refused to one, given by another, once, and never by who asked', async () => {
      await given('BAM', { approvalAbove: '100', defaultExpiryDays: 10 });
      const customerId = await customer();
      expect(await refused(give(customerId, 'BAM', 10_001n, { actor: clerk }))).toEqual(['APPROVAL_REQUIRED', ['creditInput', 'creditAmount']]);
      await give(customerId, 'BAM', 10_000n, { actor: clerk });
      const { creditRequestId } = await ask(customerId);
      expect(await balanceOf(customerId)).toBe(10_000n);
      expect(await refused(approve(clerk, creditRequestId))).toEqual(['OWN_REQUEST', ['id']]);
      const racing = await Promise.allSettled(Array.from({ length: 4 }, () => approve(chief, creditRequestId)));
      expect(racing.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const answer of racing) if (answer.status === 'rejected') expect(answer.reason.code).toBe('REQUEST_DECIDED');
      expect(await balanceOf(customerId)).toBe(20_001n);
      const request = await app.backend.database.prisma.storeCreditCreditRequest.findUniqueOrThrow({
        where: { id: creditRequestId },
        include: { transaction: true },
      });
      const undo = `update store_credit_credit_request set state = 'PENDING', decided_by = null, decided_at = null, transaction_id = null where id = $1::text::uuid`;
      await expect(app.backend.database.sql(undo, [creditRequestId])).rejects.toThrow();
      expect(request).toMatchObject({ state: 'APPROVED', requestedBy: clerk, decidedBy: chief });
      expect(request.transaction).toMatchObject({
        actor: chief,
        note: 'for the flood',
        reason: 'GOODWILL',
        expiresAt: new Date(now + 10 * DAY_MS),
      });
    });

    it('is not approved by a token that the one who asked made, or that such a token made', async () => {
      const customerId = await customer();
      const { creditRequestId } = await ask(customerId);
      const madeBy = async (createdBy: string): Promise<string> => {
        const tokenHash = new Uint8Array(Buffer.from(randomUUID()));
        const { id } = await app.backend.database.prisma.staffToken.create({
          data: { name: 'second hand', tokenHash, hint: 'hand', scopes: [], createdBy },
        });
        return `staff:${id}`;
      };
      const second = await madeBy(clerk);
      expect(await refused(approve(second, creditRequestId))).toEqual(['OWN_REQUEST', ['id']]);
      expect(await refused(approve(await madeBy(await madeBy(second)), creditRequestId))).toEqual(['OWN_REQUEST', ['id']]);
    });

    it('can be declined or withdrawn, and lapses when nobody decides it', async () => {
      const customerId = await customer();
      const [declined, lapsed] = [await ask(customerId), await ask(customerId)];
      await app.transact(chief, (tx) => declineRequest(tx, declined.creditRequestId, 'no'));
      expect(await refused(approve(chief, declined.creditRequestId))).toEqual(['REQUEST_DECIDED', ['id']]);
      now += 7 * DAY_MS;
      expect(await refused(approve(chief, lapsed.creditRequestId))).toEqual(['REQUEST_EXPIRED', ['id']]);
      expect(await refused(approve(chief, randomUUID()))).toEqual(['REQUEST_NOT_FOUND', ['id']]);
      expect(await balanceOf(customerId)).toBe(0n);
    });

    it('is refused at its approval when the rules or the calendar no longer allow it, and still waits', async () => {
      await given('BBD', { maximumBalance: '50', approvalAbove: '1' });
      const customerId = await customer();
      const request = (more: object) =>
        app.transact(clerk, (tx) => requestCredit(tx, { account: { customerId }, amount: { amountMinor: 4_000n, currency: 'BBD' }, ...more }));
      const [one, two] = [await request({ expiresAt: new Date(now + DAY_MS) }), await request({ expiresAt: null })];
      await approve(chief, one.creditRequestId);
      expect(await refused(approve(chief, two.creditRequestId))).toEqual(['CREDIT_LIMIT_EXCEEDED', ['id']]);
      expect(await app.backend.database.prisma.storeCreditCreditRequest.findUnique({ where: { id: two.creditRequestId } })).toMatchObject({
        state: 'PENDING',
      });
      expect(await refused(request({ expiresAt: new Date(now) }))).toEqual(['EXPIRES_AT_IN_PAST', ['creditInput', 'expiresAt']]);
      const { accountId } = await givenCredit(app, await customer(), 1n);
      const mismatched = app.transact(clerk, (tx) => requestCredit(tx, { account: { accountId }, amount: { amountMinor: 1n, currency: 'BBD' } }));
      expect((await refused(mismatched))[0]).toBe('MISMATCHING_CURRENCY');
    });
  });

  it('quotes what may be used, and says why not more', async () => {
    const customerId = await customer();
    const money = (amountMinor: bigint) => ({ amountMinor, currency: 'BDT' });
    const ask = (total: bigint) => quote(app.backend.database.sql, { customerId, orderTotal: money(total), moment: new Date(now) });
    expect(await ask(1_000n)).toMatchObject({ usableMinor: 0n, restMinor: 1_000n, limits: [{ reason: 'NO_CREDIT' }] });
    await give(customerId, 'BDT', 3_000n, { expiresAt: new Date(now + DAY_MS) });
    await give(customerId, 'BDT', 2_000n);
    expect(await ask(5_000n)).toMatchObject({ usableMinor: 5_000n, restMinor: 0n, limits: [] });
    await hold(app.ledger, new Date(now), { account: { customerId }, amount: money(1_000n), ...why });
    expect((await ask(5_000n)).limits.map(({ reason }) => reason)).toEqual(['INSUFFICIENT_FUNDS', 'HELD']);
    await given('BDT', { maximumOrderPercentage: '33.33', minimumRedemption: '10' });
    expect(await ask(4_000n)).toMatchObject({ usableMinor: 1_333n, limits: [{ reason: 'ORDER_SHARE', amountMinor: 1_333n }] });
    expect(await ask(2_000n)).toMatchObject({ usableMinor: 0n, restMinor: 2_000n });
    expect((await ask(2_000n)).limits.map(({ reason }) => reason)).toEqual(['ORDER_SHARE', 'BELOW_MINIMUM']);
  });
});
