import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { capture } from '../../src/capabilities/store-credit/capture.ts';
import { changeExpiry } from '../../src/capabilities/store-credit/change-expiry.ts';
import { credit } from '../../src/capabilities/store-credit/credit.ts';
import { debit } from '../../src/capabilities/store-credit/debit.ts';
import { postDue } from '../../src/capabilities/store-credit/due.ts';
import { hold } from '../../src/capabilities/store-credit/hold.ts';
import { release } from '../../src/capabilities/store-credit/release.ts';
import { reverse } from '../../src/capabilities/store-credit/reverse.ts';
import { revert } from '../../src/capabilities/store-credit/revert.ts';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCredit, givenCustomer } from '../support/given.ts';

const NOW = 'query ($id: ID!) { storeCreditAccount(id: $id) { available { amount } balance { amount } } }';
const THEN = 'query ($id: ID!, $at: DateTime) { storeCreditAccount(id: $id) { available(at: $at) { amount } balance(at: $at) { amount } } }';
const STEPS = 60;

describe.each(backends)('what could be spent in the past on $name', (kind) => {
  let test: TestGateway;
  let now = Date.parse('2036-07-01T12:00:00Z');
  beforeAll(async () => {
    test = await startTestGateway(kind, () => new Date(now));
  });
  afterAll(() => test.stop());

  it('is what was told when it was the present, whatever has happened since', async () => {
    const { app } = test;
    const { customerId } = await givenCustomer(app);
    const { accountId, gid, transactionId } = await givenCredit(app, customerId, 500n);
    const of = { account: { accountId }, actor: 'system', idempotency: null };
    const why = { actor: 'system', idempotency: null };
    const [credits, debits, holds] = [[transactionId], [] as string[], [] as string[]];
    const any = (items: readonly string[]): string => items[Math.floor(Math.random() * items.length)] ?? randomUUID();
    const some = (max: number): number => 1 + Math.floor(Math.random() * max);
    const eur = (max: number) => ({ amountMinor: BigInt(some(max)), currency: 'EUR' });
    const until = (minutes: number): Date => new Date(now + some(minutes) * 60_000);
    const actions = [
      async () => credits.push((await credit(app.ledger, { ...of, amount: eur(300), expiresAt: until(30) })).transactionId),
      async () => credits.push((await credit(app.ledger, { ...of, amount: eur(300), expiresAt: null })).transactionId),
      async () => debits.push((await debit(app.ledger, { ...of, amount: eur(150) })).transactionId),
      async () => holds.push((await hold(app.ledger, new Date(now), { ...of, amount: eur(150), expiresAt: until(20) })).holdId),
      async () =>
        debits.push((await capture(app.ledger, { holdId: any(holds), amount: eur(60), isFinal: Math.random() < 0.5, ...why })).transactionId),
      async () => void (await release(app.ledger, { holdId: any(holds), ...why })),
      async () => void (await revert(app.ledger, 0, { transactionId: any(debits), ...why })),
      async () => void (await reverse(app.ledger, { transactionId: any(credits), amount: eur(40), ...why })),
      async () => void (await changeExpiry(app.ledger, { transactionId: any(credits), expiresAt: until(30), ...why })),
      async () => void (await postDue(app)),
    ];
    const told: { at: string; available: object; balance: object }[] = [];
    const look = async (): Promise<void> => {
      const { data } = await test.graphql(NOW, { id: gid }, test.staffToken);
      told.push({ at: new Date(now).toISOString(), ...data.storeCreditAccount });
    };
    for (let step = 0; step < STEPS; step += 1) {
      const action = actions[Math.floor(Math.random() * actions.length)] as () => Promise<unknown>;
      // What has run out or timed out by now may not be posted yet.
      await look();
      now += 1;
      // What is refused, changes nothing.
      await action().catch((error: { code?: string }) => {
        if (!error.code || error.code.length < 6) throw error;
      });
      await look();
      now += Math.random() < 0.5 ? 60_000 * some(4) : 1;
    }
    expect(new Set(told.map(({ available }) => JSON.stringify(available))).size).toBeGreaterThan(5);
    expect(told.some(({ available, balance }) => JSON.stringify(available) !== JSON.stringify(balance))).toBe(true);
    for (const { at, ...then } of told) {
      const { data } = await test.graphql(THEN, { id: gid, at }, test.staffToken);
      expect({ at, ...data.storeCreditAccount }).toEqual({ at, ...then });
    }
    const before = await test.graphql(THEN, { id: gid, at: '2001-01-01T00:00:00Z' }, test.staffToken);
    expect(before.data.storeCreditAccount).toEqual({ available: { amount: '0.00' }, balance: { amount: '0.00' } });
  });
});
