import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import type { OrderInput } from '../../src/capabilities/orders/input.ts';
import { setOrder } from '../../src/capabilities/orders/set.ts';
import { type Refunded, type RefundInput, refund } from '../../src/capabilities/store-credit/refund.ts';
import { loadRefundable } from '../../src/capabilities/store-credit/refundable.ts';
import { updateRules } from '../../src/capabilities/store-credit/update-rules.ts';
import { backends, openTestApp } from '../support/backends.ts';
import { givenCustomer } from '../support/given.ts';

describe.each(backends)('refunds to credit on $name', (kind) => {
  let app: App;
  const now = Date.parse('2034-05-01T12:00:00Z');
  beforeAll(async () => {
    ({ app } = await openTestApp(kind, () => new Date(now)));
  });

  const ordered = async (more: Partial<OrderInput> = {}) => {
    const externalId = randomUUID();
    const customerId = (await givenCustomer(app)).customerId;
    const input: OrderInput = {
      externalId,
      name: '#1001',
      currencyCode: 'EUR',
      totalPrice: '100.00',
      financialStatus: 'PAID',
      processedAt: new Date(now),
      customer: { id: customerId },
      ...more,
    };
    const tell = (again: Partial<OrderInput> = {}) => app.transact('system', (tx) => setOrder(tx, { ...input, ...again }));
    const { orderId } = await tell();
    const { currencyCode: currency } = input;
    const back = (amountMinor: bigint, how: Partial<RefundInput> = {}, actor = 'system'): Promise<Refunded> =>
      app.transact(actor, (tx) => refund(tx, { order: { id: orderId }, amount: { amountMinor, currency }, ...how }));
    const creditsOf = () =>
      app.backend.database.prisma.storeCreditTransaction.findMany({ where: { account: { customerId } }, orderBy: { number: 'asc' } });
    return { orderId, customerId, externalId, tell, back, creditsOf };
  };
  const refused = async (run: Promise<unknown>): Promise<[string, readonly string[] | null]> => {
    const error = await run.then(
      () => ({ code: 'none', field: null }),
      (thrown: { code: string; field: readonly string[] | null }) => thrown,
    );
    return [error.code, error.field];
  };

  it('gives back what was paid, in parts, and no more', async () => {
    const { back, creditsOf, externalId } = await ordered();
    await back(6_000n, { reason: 'RETURN', memo: 'For your return' });
    await back(3_999n, { order: { externalId } });
    expect(await refused(back(2n))).toEqual(['REFUND_EXCEEDS_PAID', ['refundInput', 'amount']]);
    await back(1n);
    expect(await refused(back(1n))).toEqual(['REFUND_EXCEEDS_PAID', ['refundInput', 'amount']]);
    expect(await creditsOf()).toMatchObject([
      { kind: 'CREDIT', event: 'ORDER_REFUND', amountMinor: 6_000n, reason: 'RETURN', memo: 'For your return' },
      { amountMinor: 3_999n },
      { amountMinor: 1n },
    ]);
  });

  it('never gives back more than was paid, however many refunds race', async () => {
    const { back, creditsOf } = await ordered();
    const racing = await Promise.allSettled(Array.from({ length: 8 }, () => back(3_000n)));
    expect(racing.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    for (const answer of racing) if (answer.status === 'rejected') expect(answer.reason.code).toBe('REFUND_EXCEEDS_PAID');
    expect((await creditsOf()).map(({ amountMinor }) => amountMinor)).toEqual([3_000n, 3_000n, 3_000n]);
  });

  it('makes a refund of the backend’s once, also when it comes at the same time', async () => {
    const { back, creditsOf } = await ordered();
    const externalId = 'refund-1';
    const answers = await Promise.all(Array.from({ length: 4 }, () => back(2_500n, { externalId, bonusHundredths: 1_000 })));
    expect(new Set(answers.map(({ refundId }) => refundId)).size).toBe(1);
    expect((await creditsOf()).map(({ amountMinor }) => amountMinor)).toEqual([2_500n, 250n]);
    expect(await refused(back(2_501n, { externalId }))).toEqual(['REFUND_EXISTS', ['refundInput', 'externalId']]);
  });

  it('counts what the backend gave back, and its account of a refund made here only once', async () => {
    const { orderId, tell, back } = await ordered({ totalRefunded: '20.00', financialStatus: 'PARTIALLY_REFUNDED' });
    const left = async () => (await loadRefundable(app.backend.database.sql, [orderId])).get(orderId)?.amountMinor;
    expect(await left()).toBe(8_000n);
    await back(3_000n, { externalId: 'r-1' });
    expect(await left()).toBe(5_000n);
    await tell({
      totalRefunded: '50.00',
      financialStatus: 'PARTIALLY_REFUNDED',
      refunds: [{ externalId: 'r-1', createdAt: new Date(now), totalRefunded: '30.00' }],
    });
    expect(await left()).toBe(5_000n);
    await tell({ totalRefunded: '100.00', financialStatus: 'REFUNDED' });
    expect(await left()).toBe(0n);
  });

  it('adds a bonus as a credit of its own, rounded down, with the same expiry', async () => {
    const { back, creditsOf } = await ordered();
    const expiresAt = new Date(now + 86_400_000);
    await back(999n, { bonusHundredths: 1_250, expiresAt });
    expect(await creditsOf()).toMatchObject([
      { event: 'ORDER_REFUND', amountMinor: 999n, expiresAt },
      { event: 'PROMOTION', amountMinor: 124n, expiresAt, reason: 'REFUND_BONUS' },
    ]);
    await back(1n, { bonusHundredths: 1_000 });
    expect(await creditsOf()).toHaveLength(3);
  });

  it('refuses an order that was not paid, is nobody’s or is not there, and another currency', async () => {
    for (const financialStatus of ['PENDING', 'AUTHORIZED', 'PARTIALLY_PAID', 'VOIDED', null] as const) {
      const { back } = await ordered({ financialStatus });
      expect(await refused(back(1n))).toEqual(['ORDER_NOT_PAID', ['order']]);
    }
    const { back, creditsOf } = await ordered();
    expect(await refused(back(1n, { order: { id: randomUUID() } }))).toEqual(['ORDER_NOT_FOUND', ['order']]);
    expect(await refused(back(1n, { order: { externalId: randomUUID() } }))).toEqual(['ORDER_NOT_FOUND', ['order']]);
    expect(await refused(back(1n, { amount: { amountMinor: 1n, currency: 'DKK' } }))).toEqual([
      'MISMATCHING_CURRENCY',
      ['refundInput', 'amount', 'currencyCode'],
    ]);
    expect(await refused(back(0n))).toEqual(['NEGATIVE_OR_ZERO_AMOUNT', ['refundInput', 'amount']]);
    expect(await refused(back(1n, { expiresAt: new Date(now) }))).toEqual(['EXPIRES_AT_IN_PAST', ['refundInput', 'expiresAt']]);
    const nobodys = await ordered({ customer: null });
    expect(await refused(nobodys.back(1n))).toEqual(['ORDER_HAS_NO_CUSTOMER', ['order']]);
    expect(await creditsOf()).toEqual([]);
  });

  it('stays, also when somebody changes the table by hand', async () => {
    const { back } = await ordered();
    const { refundId } = await back(100n);
    const { sql } = app.backend.database;
    await expect(sql('update store_credit_refund set amount_minor = 1 where id = $1::text::uuid', [refundId])).rejects.toThrow();
    await expect(sql('delete from store_credit_refund where id = $1::text::uuid', [refundId])).rejects.toThrow();
  });

  it('keeps the rules: no refund where it is no method, and four eyes on the bonus alone', async () => {
    await app.transact('system', (tx) => updateRules(tx, 'BIF', { approvalAbove: '10', maximumBalance: '100' }));
    const { back, creditsOf } = await ordered({ currencyCode: 'BIF', totalPrice: '200' });
    await back(60n, {}, 'staff:clerk');
    expect(await refused(back(20n, { bonusHundredths: 10_000 }, 'staff:clerk'))).toEqual(['APPROVAL_REQUIRED', ['refundInput', 'amount']]);
    expect(await refused(back(41n))).toEqual(['CREDIT_LIMIT_EXCEEDED', ['refundInput', 'amount']]);
    expect(await creditsOf()).toHaveLength(1);
    await app.transact('system', (tx) => updateRules(tx, 'BIF', { refundMethodEnabled: false }));
    expect(await refused(back(1n))).toEqual(['REFUND_METHOD_NOT_ENABLED', ['refundInput', 'amount', 'currencyCode']]);
  });
});
