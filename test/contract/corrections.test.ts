import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import { changeExpiry } from '../../src/capabilities/store-credit/change-expiry.ts';
import { credit } from '../../src/capabilities/store-credit/credit.ts';
import { debit } from '../../src/capabilities/store-credit/debit.ts';
import { hold } from '../../src/capabilities/store-credit/hold.ts';
import { loadStandings } from '../../src/capabilities/store-credit/loaders.ts';
import type { Movement } from '../../src/capabilities/store-credit/movement.ts';
import { type PostAnswer, postWithin } from '../../src/capabilities/store-credit/post.ts';
import { reverse } from '../../src/capabilities/store-credit/reverse.ts';
import { revert } from '../../src/capabilities/store-credit/revert.ts';
import { transfer } from '../../src/capabilities/store-credit/transfer.ts';
import { backends, openTestApp } from '../support/backends.ts';
import { givenCredit, givenCustomer } from '../support/given.ts';

const EUR = (amountMinor: bigint) => ({ amountMinor, currency: 'EUR' });
const HOUR_MS = 3_600_000;
const DAY_SECONDS = 86_400;

describe.each(backends)('corrections on $name', (kind) => {
  let app: App;
  let now = Date.parse('2032-02-01T12:00:00Z');
  beforeAll(async () => {
    ({ app } = await openTestApp(kind, () => new Date(now)));
  });
  const post = { actor: 'system', idempotency: null };
  const inHours = (hours: number): Date => new Date(now + hours * HOUR_MS);

  const customer = async (): Promise<string> => (await givenCustomer(app)).customerId;
  const give = async (customerId: string, amountMinor: bigint, expiresAt: Date | null = null) => {
    const { accountId, transactionId } = await givenCredit(app, customerId, amountMinor, { expiresAt });
    return { accountId, creditId: transactionId };
  };
  const spend = async (accountId: string, amountMinor: bigint): Promise<string> =>
    (await debit(app.ledger, { account: { accountId }, amount: EUR(amountMinor), ...post })).transactionId;
  const expire = (creditId: string) =>
    app.ledger.post({ kind: 'EXPIRATION', transactionId: creditId, event: 'EXPIRATION', ...post } satisfies Movement);
  const lotsOf = async (accountId: string) =>
    (await app.backend.database.prisma.storeCreditLot.findMany({ where: { accountId }, orderBy: { number: 'asc' } })).map(
      ({ remainingMinor, expiresAt }) => [remainingMinor, expiresAt],
    );
  const availableOf = async (accountId: string) =>
    (await loadStandings(app.backend.database.sql, [accountId], new Date(now))).get(accountId)?.availableMinor;
  const balanceOf = async (id: string): Promise<bigint> =>
    (await app.backend.database.prisma.storeCreditAccount.findUniqueOrThrow({ where: { id } })).balanceMinor;

  describe('a debit that is taken back', () => {
    it('restores the lots that it spent, the last one first, as if it had been smaller', async () => {
      const [soon, later] = [inHours(1), inHours(2)];
      const customerId = await customer();
      const { accountId } = await give(customerId, 100n);
      await give(customerId, 50n, later);
      await give(customerId, 50n, soon);
      const debitId = await spend(accountId, 120n);
      expect(await lotsOf(accountId)).toEqual([
        [80n, null],
        [0n, later],
        [0n, soon],
      ]);
      await revert(app.ledger, 0, { transactionId: debitId, amount: EUR(30n), ...post });
      expect(await lotsOf(accountId)).toEqual([
        [100n, null],
        [10n, later],
        [0n, soon],
      ]);
      await revert(app.ledger, 0, { transactionId: debitId, amount: EUR(60n), ...post });
      await revert(app.ledger, 0, { transactionId: debitId, ...post });
      expect(await lotsOf(accountId)).toEqual([
        [100n, null],
        [50n, later],
        [50n, soon],
      ]);
      await expect(revert(app.ledger, 0, { transactionId: debitId, ...post })).rejects.toMatchObject({ code: 'DEBIT_ALREADY_REVERTED' });
    });

    it('gives back no more than it took', async () => {
      const { accountId } = await give(await customer(), 100n);
      const debitId = await spend(accountId, 40n);
      await revert(app.ledger, 0, { transactionId: debitId, amount: EUR(30n), ...post });
      await expect(revert(app.ledger, 0, { transactionId: debitId, amount: EUR(11n), ...post })).rejects.toMatchObject({
        code: 'AMOUNT_EXCEEDS_DEBIT',
        field: ['revertInput', 'amount'],
      });
      await expect(revert(app.ledger, 0, { transactionId: randomUUID(), ...post })).rejects.toMatchObject({ code: 'TRANSACTION_NOT_FOUND' });
    });

    it('brings credit that has run out meanwhile back only to run out again, when there is no grace', async () => {
      const { accountId, creditId } = await give(await customer(), 100n, inHours(1));
      const debitId = await spend(accountId, 60n);
      now += 2 * HOUR_MS;
      expect(await expire(creditId)).toMatchObject({ ok: { balanceMinor: '0' } });
      const { balanceMinor, availableMinor } = await revert(app.ledger, 0, { transactionId: debitId, ...post });
      expect([balanceMinor, availableMinor]).toEqual(['60', '0']);
      expect(await expire(creditId)).toMatchObject({ ok: { balanceMinor: '0' } });
      expect(await expire(creditId)).toMatchObject({ refused: { code: 'NOT_DUE' } });
    });

    it('lets it live on for the grace that the shop gives, and says so in the lot’s history', async () => {
      const expiry = inHours(1);
      const { accountId, creditId } = await give(await customer(), 100n, expiry);
      const debitId = await spend(accountId, 60n);
      now += 2 * HOUR_MS;
      await expire(creditId);
      const { availableMinor } = await revert(app.ledger, 7 * DAY_SECONDS, { transactionId: debitId, ...post });
      expect(availableMinor).toBe('60');
      const until = inHours(7 * 24);
      expect(await lotsOf(accountId)).toEqual([[60n, until]]);
      const changes = await app.backend.database.prisma.storeCreditChange.findMany({ where: { lotId: creditId } });
      expect(changes).toMatchObject([{ kind: 'EXPIRY_CHANGED', previousExpiresAt: expiry, expiresAt: until }]);
    });
  });

  describe('a credit that is taken back', () => {
    it('loses what is left of it, and no other', async () => {
      const customerId = await customer();
      const { accountId } = await give(customerId, 100n, inHours(1));
      const { creditId } = await give(customerId, 70n);
      await spend(accountId, 120n);
      const { transactionId } = await reverse(app.ledger, { transactionId: creditId, ...post });
      expect(await lotsOf(accountId)).toEqual([
        [0n, inHours(1)],
        [0n, null],
      ]);
      const row = await app.backend.database.prisma.storeCreditTransaction.findUniqueOrThrow({ where: { id: transactionId } });
      expect(row).toMatchObject({ kind: 'DEBIT', event: 'REVERSAL', relatedId: creditId, amountMinor: -50n });
      await expect(reverse(app.ledger, { transactionId: creditId, ...post })).rejects.toMatchObject({ code: 'CREDIT_USED_UP' });
    });

    it('keeps what is held, and what has run out', async () => {
      const { accountId, creditId } = await give(await customer(), 100n, inHours(1));
      await expect(reverse(app.ledger, { transactionId: creditId, amount: EUR(101n), ...post })).rejects.toMatchObject({
        code: 'AMOUNT_EXCEEDS_CREDIT',
      });
      await hold(app.ledger, new Date(now), { account: { accountId }, amount: EUR(30n), ...post });
      await expect(reverse(app.ledger, { transactionId: creditId, ...post })).rejects.toMatchObject({ code: 'INSUFFICIENT_FUNDS' });
      await reverse(app.ledger, { transactionId: creditId, amount: EUR(70n), ...post });
      now += 2 * HOUR_MS;
      await expect(reverse(app.ledger, { transactionId: creditId, ...post })).rejects.toMatchObject({ code: 'CREDIT_EXPIRED' });
    });
  });

  describe('an expiry', () => {
    it('is posted once, at its moment, by whoever comes first', async () => {
      const { accountId, creditId } = await give(await customer(), 100n, inHours(1));
      now += HOUR_MS - 1;
      expect(await expire(creditId)).toEqual({ refused: { code: 'NOT_DUE' } });
      now += 1;
      const answers = await Promise.all(Array.from({ length: 20 }, () => expire(creditId)));
      expect(answers.filter((answer) => 'ok' in answer)).toHaveLength(1);
      expect(await balanceOf(accountId)).toBe(0n);
    });

    it('waits for the last hold that may still spend the credit', async () => {
      const { accountId, creditId } = await give(await customer(), 100n, inHours(1));
      await hold(app.ledger, new Date(now), { account: { accountId }, amount: EUR(30n), expiresAt: inHours(3), ...post });
      now += 2 * HOUR_MS;
      expect(await expire(creditId)).toEqual({ refused: { code: 'NOT_DUE' } });
      expect(await availableOf(accountId)).toBe(0n);
      now += HOUR_MS;
      expect(await expire(creditId)).toMatchObject({ ok: { balanceMinor: '0', heldMinor: '0' } });
    });

    it('can be moved either way while the credit lives, and lists follow it', async () => {
      const { accountId, creditId } = await give(await customer(), 100n, inHours(5));
      const move = (expiresAt: Date | null) => changeExpiry(app.ledger, { transactionId: creditId, expiresAt, note: 'asked for', ...post });
      await move(inHours(1));
      await expect(move(inHours(1))).rejects.toMatchObject({ code: 'EXPIRES_AT_UNCHANGED' });
      await expect(move(inHours(0))).rejects.toMatchObject({ code: 'EXPIRES_AT_IN_PAST', field: ['expiryInput', 'expiresAt'] });
      const row = await app.backend.database.prisma.storeCreditTransaction.findUniqueOrThrow({ where: { id: creditId } });
      expect([row.expiresAt, row.lotExpiresAt]).toEqual([inHours(5), inHours(1)]);
      await move(null);
      now += 6 * HOUR_MS;
      await spend(accountId, 100n);
      await expect(move(inHours(9))).rejects.toMatchObject({ code: 'CREDIT_USED_UP' });
    });

    it('cannot be moved once it has passed', async () => {
      const { creditId } = await give(await customer(), 100n, inHours(1));
      now += 2 * HOUR_MS;
      await expect(changeExpiry(app.ledger, { transactionId: creditId, expiresAt: null, ...post })).rejects.toMatchObject({ code: 'CREDIT_EXPIRED' });
    });
  });

  describe('a transfer', () => {
    it('moves lots with their expiry, opens the account that is missing, and cannot be reverted into more money', async () => {
      const [from, to] = [await customer(), await customer()];
      const { accountId } = await give(from, 100n);
      await give(from, 50n, inHours(2));
      const moved = await transfer(app.ledger, { from: { accountId }, to: { customerId: to }, currency: 'EUR', amount: EUR(80n), ...post });
      const target = moved.to?.accountId as string;
      expect(await lotsOf(accountId)).toEqual([
        [70n, null],
        [0n, inHours(2)],
      ]);
      expect(await lotsOf(target)).toEqual([
        [50n, inHours(2)],
        [30n, null],
      ]);
      await expect(revert(app.ledger, 0, { transactionId: moved.transactionId, ...post })).rejects.toMatchObject({ code: 'TRANSFER_NOT_REVERTIBLE' });
      await transfer(app.ledger, { from: { accountId: target }, to: { accountId }, currency: 'EUR', ...post });
      expect([await balanceOf(accountId), await balanceOf(target)]).toEqual([150n, 0n]);
    });

    it.each([
      ['what is held', 'INSUFFICIENT_FUNDS', { amount: 61n }],
      ['to itself', 'SAME_ACCOUNT', { amount: 1n, self: true }],
      ['to nobody', 'TARGET_NOT_FOUND', { amount: 1n, nobody: true }],
      ['nothing', 'NEGATIVE_OR_ZERO_AMOUNT', { amount: 0n }],
    ] as const)('refuses %s, and opens no account for it', async (_what, code, { amount, ...which }) => {
      const [from, to] = [await customer(), await customer()];
      const { accountId } = await give(from, 100n);
      await hold(app.ledger, new Date(now), { account: { accountId }, amount: EUR(40n), ...post });
      const target = 'self' in which ? { accountId } : { customerId: 'nobody' in which ? randomUUID() : to };
      await expect(transfer(app.ledger, { from: { accountId }, to: target, currency: 'EUR', amount: EUR(amount), ...post })).rejects.toMatchObject({
        code,
      });
      expect(await app.backend.database.prisma.storeCreditAccount.count({ where: { customerId: to } })).toBe(0);
    });

    it('refuses an account of another currency', async () => {
      const { accountId } = await give(await customer(), 100n);
      const yen = await givenCredit(app, await customer(), 5n, { currency: 'JPY' });
      await expect(
        transfer(app.ledger, { from: { accountId }, to: { accountId: yen.accountId }, currency: 'EUR', amount: EUR(1n), ...post }),
      ).rejects.toMatchObject({ code: 'MISMATCHING_CURRENCY' });
    });

    it('crosses another that goes the other way, without either waiting for ever', async () => {
      const accounts = [(await give(await customer(), 1000n)).accountId, (await give(await customer(), 1000n)).accountId] as const;
      const cross = (from: 0 | 1) =>
        app.transact('system', async (tx) => {
          const ledger = { post: async (movement: Movement) => (await postWithin(tx, [movement]))[0] as PostAnswer };
          return transfer(ledger, {
            from: { accountId: accounts[from] },
            to: { accountId: accounts[1 - from] as string },
            currency: 'EUR',
            amount: EUR(1n),
            ...post,
          });
        });
      await Promise.all(Array.from({ length: 40 }, (_, index) => cross(index % 2 === 0 ? 0 : 1)));
      expect([await balanceOf(accounts[0]), await balanceOf(accounts[1])]).toEqual([1000n, 1000n]);
    });
  });

  it('carry what is said about them, and refuse what is too long or no code', async () => {
    const { accountId } = await give(await customer(), 100n);
    const about = { reason: 'LATE_PARCEL', memo: 'Sorry for the wait', note: 'called twice', reference: 'T-17', metadata: { agent: 'Ida' } };
    const { transactionId } = await credit(app.ledger, { account: { accountId }, amount: EUR(5n), event: 'GOODWILL', ...about, ...post });
    const row = await app.backend.database.prisma.storeCreditTransaction.findUniqueOrThrow({ where: { id: transactionId } });
    expect(row).toMatchObject({ event: 'GOODWILL', ...about });
    const refused = (wrong: object, code: string, field: string) =>
      expect(credit(app.ledger, { account: { accountId }, amount: EUR(5n), ...wrong, ...post })).rejects.toMatchObject({
        code,
        field: ['creditInput', field],
      });
    await refused({ reason: 'two words' }, 'INVALID', 'reason');
    await refused({ memo: 'x'.repeat(501) }, 'TOO_LONG', 'memo');
    await refused({ note: 'x'.repeat(5001) }, 'NOTE_TOO_LONG', 'note');
    await refused({ reference: '\u0000' }, 'INVALID', 'reference');
    await refused({ metadata: { k: 'x'.repeat(251) } }, 'TOO_LONG', 'metadata');
    await refused({ metadata: Object.fromEntries(Array.from({ length: 21 }, (_, place) => [`k${place}`, 'v'])) }, 'TOO_MANY', 'metadata');
  });

  it.each(['DEBIT_REVERT', 'CREDIT_REVERSAL', 'EXPIRY_CHANGE', 'TRANSFER', 'CAPTURE', 'RELEASE'] as const)(
    'of the kind %s are one for one key, fifty times at once, also after everything has run out',
    async (what) => {
      const [from, to] = [await customer(), await customer()];
      const { accountId, creditId } = await give(from, 100n, inHours(2));
      const { holdId } = await hold(app.ledger, new Date(now), { account: { accountId }, amount: EUR(10n), expiresAt: inHours(1), ...post });
      const debitId = await spend(accountId, 20n);
      const movement = (fingerprint: string): Movement => {
        const why = { event: 'ADJUSTMENT' as const, actor: 'system', idempotency: { scope: accountId, key: what, fingerprint } };
        const amount = EUR(5n);
        if (what === 'CAPTURE') return { kind: what, holdId, ...amount, isFinal: true, ...why };
        if (what === 'RELEASE') return { kind: what, holdId, ...why };
        if (what === 'EXPIRY_CHANGE') return { kind: what, transactionId: creditId, expiresAt: inHours(1), ...why };
        if (what === 'TRANSFER') return { kind: what, accountId, customerId: null, toAccountId: null, toCustomerId: to, ...amount, ...why };
        return { kind: what, transactionId: what === 'DEBIT_REVERT' ? debitId : creditId, ...amount, ...why };
      };
      const attempt = movement('00');
      const answers = await Promise.all(Array.from({ length: 50 }, () => app.ledger.post(attempt)));
      expect(answers.every((answer) => 'ok' in answer)).toBe(true);
      expect(new Set(answers.map((answer) => ('ok' in answer ? JSON.stringify(answer.ok) : ''))).size).toBe(1);
      const before = await lotsOf(accountId);
      now += 5 * HOUR_MS;
      expect(await app.ledger.post(attempt)).toEqual({ ...answers[0], replayed: true });
      expect(await lotsOf(accountId)).toEqual(before);
      expect(await app.ledger.post(movement('01'))).toEqual({ refused: { code: 'IDEMPOTENCY_KEY_PARAMETER_MISMATCH' } });
    },
  );
});
