import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import { capture } from '../../src/capabilities/store-credit/capture.ts';
import { credit } from '../../src/capabilities/store-credit/credit.ts';
import { debit } from '../../src/capabilities/store-credit/debit.ts';
import { hold } from '../../src/capabilities/store-credit/hold.ts';
import { loadStandings } from '../../src/capabilities/store-credit/loaders.ts';
import { release } from '../../src/capabilities/store-credit/release.ts';
import { backends, openTestApp } from '../support/backends.ts';
import { givenCredit, givenCustomer } from '../support/given.ts';

const EUR = (amountMinor: bigint) => ({ amountMinor, currency: 'EUR' });
const MINUTE_MS = 60_000;
const START = Date.parse('2031-03-01T12:00:00Z');

describe.each(backends)('holds on $name', (kind) => {
  let app: App;
  let now = START;
  beforeAll(async () => {
    ({ app } = await openTestApp(kind, () => new Date(now)));
  });
  const inMinutes = (minutes: number): Date => new Date(now + minutes * MINUTE_MS);
  const post = { actor: 'system', idempotency: null };

  const account = async (amountMinor: bigint, expiresAt: Date | null = null): Promise<string> => {
    const { customerId } = await givenCustomer(app);
    return (await givenCredit(app, customerId, amountMinor, { expiresAt })).accountId;
  };
  const more = (accountId: string, amountMinor: bigint, expiresAt: Date | null = null) =>
    credit(app.ledger, { account: { accountId }, amount: EUR(amountMinor), expiresAt, ...post });
  const holdOf = (accountId: string, amountMinor: bigint, minutes = 60) =>
    hold(app.ledger, new Date(now), { account: { accountId }, amount: EUR(amountMinor), expiresAt: inMinutes(minutes), ...post });
  const take = (accountId: string, amountMinor: bigint) => debit(app.ledger, { account: { accountId }, amount: EUR(amountMinor), ...post });
  const standing = async (accountId: string) => (await loadStandings(app.backend.database.sql, [accountId], new Date(now))).get(accountId);
  const stateOf = (id: string) =>
    app.backend.database.prisma.storeCreditHold.findUniqueOrThrow({
      where: { id },
      select: { state: true, amountMinor: true, capturedMinor: true, remainingMinor: true },
    });
  const balanceOf = async (id: string): Promise<bigint> =>
    (await app.backend.database.prisma.storeCreditAccount.findUniqueOrThrow({ where: { id } })).balanceMinor;

  it('set aside what others then cannot spend, and leave the balance', async () => {
    const accountId = await account(100n);
    await holdOf(accountId, 60n);
    expect(await standing(accountId)).toEqual({ availableMinor: 40n, heldMinor: 60n });
    expect(await balanceOf(accountId)).toBe(100n);
    await expect(take(accountId, 41n)).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    await expect(holdOf(accountId, 41n)).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    await take(accountId, 40n);
  });

  it('are captured in parts, soonest-expiring credit first, and the last part lets go of the rest', async () => {
    const accountId = await account(100n);
    const soon = await more(accountId, 30n, inMinutes(90));
    const { holdId } = await holdOf(accountId, 80n);
    const first = await capture(app.ledger, { holdId, amount: EUR(50n), ...post });
    expect(await stateOf(holdId)).toEqual({ state: 'ACTIVE', amountMinor: 80n, capturedMinor: 50n, remainingMinor: 30n });
    expect(await standing(accountId)).toEqual({ availableMinor: 50n, heldMinor: 30n });
    await capture(app.ledger, { holdId, amount: EUR(10n), isFinal: true, ...post });
    expect(await stateOf(holdId)).toEqual({ state: 'CAPTURED', amountMinor: 80n, capturedMinor: 60n, remainingMinor: 0n });
    expect(await standing(accountId)).toEqual({ availableMinor: 70n, heldMinor: 0n });
    const { prisma } = app.backend.database;
    const allocations = await prisma.storeCreditAllocation.findMany({
      where: { transactionId: first.transactionId },
      orderBy: { amountMinor: 'desc' },
    });
    expect(allocations.map(({ lotId, amountMinor }) => [lotId === soon.transactionId, amountMinor])).toEqual([
      [true, 30n],
      [false, 20n],
    ]);
    const row = await prisma.storeCreditTransaction.findUniqueOrThrow({ where: { id: first.transactionId } });
    expect(row).toMatchObject({ kind: 'DEBIT', holdId, amountMinor: -50n, heldAfterMinor: 30n, availableAfterMinor: 50n });
  });

  it('are captured whole when no amount is named', async () => {
    const { holdId } = await holdOf(await account(100n), 80n);
    await capture(app.ledger, { holdId, ...post });
    expect(await stateOf(holdId)).toMatchObject({ state: 'CAPTURED', capturedMinor: 80n });
  });

  it('refuse more than is left, another currency, and anything once they have ended', async () => {
    const { holdId } = await holdOf(await account(100n), 80n);
    await expect(capture(app.ledger, { holdId, amount: EUR(81n), ...post })).rejects.toMatchObject({ code: 'AMOUNT_EXCEEDS_HOLD' });
    await expect(capture(app.ledger, { holdId, amount: EUR(0n), ...post })).rejects.toMatchObject({ code: 'NEGATIVE_OR_ZERO_AMOUNT' });
    await expect(capture(app.ledger, { holdId, amount: { amountMinor: 1n, currency: 'SEK' }, ...post })).rejects.toMatchObject({
      code: 'MISMATCHING_CURRENCY',
    });
    await release(app.ledger, { holdId, ...post });
    await expect(capture(app.ledger, { holdId, ...post })).rejects.toMatchObject({ code: 'HOLD_ENDED' });
    await expect(release(app.ledger, { holdId, ...post })).rejects.toMatchObject({ code: 'HOLD_ENDED' });
    await expect(release(app.ledger, { holdId: randomUUID(), ...post })).rejects.toMatchObject({ code: 'HOLD_NOT_FOUND' });
  });

  it('refuse moments that have passed or are too far away', async () => {
    const accountId = await account(100n);
    await expect(holdOf(accountId, 1n, 0)).rejects.toMatchObject({ code: 'EXPIRES_AT_IN_PAST' });
    await expect(holdOf(accountId, 1n, 401 * 24 * 60)).rejects.toMatchObject({ code: 'EXPIRES_AT_TOO_LATE' });
  });

  it('count no more from their moment on, whether or not anyone has posted it', async () => {
    const accountId = await account(100n);
    const { holdId } = await holdOf(accountId, 60n, 30);
    now += 30 * MINUTE_MS - 1;
    expect(await standing(accountId)).toEqual({ availableMinor: 40n, heldMinor: 60n });
    now += 1;
    expect(await standing(accountId)).toEqual({ availableMinor: 100n, heldMinor: 0n });
    expect(await stateOf(holdId)).toMatchObject({ state: 'ACTIVE' });
    await expect(capture(app.ledger, { holdId, ...post })).rejects.toMatchObject({ code: 'HOLD_EXPIRED' });
    await take(accountId, 100n);
    expect(await stateOf(holdId)).toMatchObject({ state: 'EXPIRED', remainingMinor: 0n });
    expect(await balanceOf(accountId)).toBe(0n);
  });

  it('may still spend credit that ran out after they were made, which nobody else can', async () => {
    const accountId = await account(100n, inMinutes(10));
    const { holdId } = await holdOf(accountId, 60n);
    now += 20 * MINUTE_MS;
    expect(await standing(accountId)).toEqual({ availableMinor: 0n, heldMinor: 60n });
    await expect(take(accountId, 1n)).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    await more(accountId, 50n);
    const captured = await capture(app.ledger, { holdId, ...post });
    expect(captured).toMatchObject({ balanceMinor: '90', availableMinor: '50', heldMinor: '0' });
    await take(accountId, 50n);
  });

  it('may not spend credit that had run out before they were made', async () => {
    const accountId = await account(100n, inMinutes(10));
    await more(accountId, 50n);
    now += 20 * MINUTE_MS;
    await expect(holdOf(accountId, 51n)).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
    const { holdId } = await holdOf(accountId, 50n);
    await capture(app.ledger, { holdId, ...post });
    expect(await balanceOf(accountId)).toBe(100n);
    expect(await standing(accountId)).toEqual({ availableMinor: 0n, heldMinor: 0n });
  });

  it('never hold together more than there is, however many come at once', async () => {
    const accountId = await account(100n);
    const results = await Promise.allSettled(Array.from({ length: 50 }, () => holdOf(accountId, 3n)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(33);
    expect(await standing(accountId)).toEqual({ availableMinor: 1n, heldMinor: 99n });
  });

  it('are one for one key, fifty times at once, and answer the same after they and their credit have run out', async () => {
    const accountId = await account(100n, inMinutes(10));
    const idempotency = { scope: 'test', key: randomUUID(), fingerprint: '00' };
    const attempt = () =>
      hold(app.ledger, new Date(now), {
        account: { accountId },
        amount: EUR(10n),
        expiresAt: new Date(now + MINUTE_MS),
        actor: 'system',
        idempotency,
      });
    const answers = await Promise.all(Array.from({ length: 50 }, attempt));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await standing(accountId)).toEqual({ availableMinor: 90n, heldMinor: 10n });
    now += 20 * MINUTE_MS;
    expect(await attempt()).toEqual(answers[0]);
    await expect(
      hold(app.ledger, new Date(now), {
        account: { accountId },
        amount: EUR(10n),
        expiresAt: inMinutes(1),
        actor: 'system',
        idempotency: { ...idempotency, fingerprint: '01' },
      }),
    ).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_PARAMETER_MISMATCH' });
  });
});
