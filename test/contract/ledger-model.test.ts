import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import { setOrder } from '../../src/capabilities/orders/set.ts';
import { claimCode } from '../../src/capabilities/store-credit/claim-code.ts';
import { createCodes } from '../../src/capabilities/store-credit/create-codes.ts';
import type { Movement, Posted } from '../../src/capabilities/store-credit/movement.ts';
import type { PostAnswer } from '../../src/capabilities/store-credit/post.ts';
import { type Refunded, refund } from '../../src/capabilities/store-credit/refund.ts';
import type { Tx } from '../../src/db/transact.ts';
import { backends, openTestApp } from '../support/backends.ts';
import { givenCredit, givenCustomer } from '../support/given.ts';
import { type Ask, ask } from '../support/ledger-asks.ts';
import { LedgerModel } from '../support/ledger-model.ts';

/** `LEDGER_MODEL_RUNS=10000` for a long run; `LEDGER_MODEL_SEED` gives the same runs again, `LEDGER_MODEL_MS` an end. */
const RUNS = Number(process.env.LEDGER_MODEL_RUNS ?? 50);
const SEED = process.env.LEDGER_MODEL_SEED ? { seed: Number(process.env.LEDGER_MODEL_SEED) } : {};
const MS_MAX = process.env.LEDGER_MODEL_MS ? { interruptAfterTimeLimit: Number(process.env.LEDGER_MODEL_MS), markInterruptAsFailure: false } : {};

const START = Date.parse('2036-02-29T23:00:00Z');
const MINUTE_MS = 60_000;
const any = <Item>(items: readonly Item[], place: number): Item | undefined => items[place % Math.max(1, items.length)];

/** All that an account's rows must agree on, whatever was asked; and what the model is compared with. One row for each account. */
const BOOKS = `
select a.balance_minor::int as balance, s.available::int as available, s.held::int as held,
  a.balance_minor = (select coalesce(sum(amount_minor), 0) from store_credit_transaction where account_id = a.id) as is_sum,
  a.balance_minor = (select coalesce(sum(remaining_minor), 0) from store_credit_lot where account_id = a.id) as is_lots,
  a.held_minor = (select coalesce(sum(remaining_minor), 0) from store_credit_hold where account_id = a.id) as is_holds,
  a.version = (select count(*) from store_credit_transaction where account_id = a.id) + (select count(*) from store_credit_change where account_id = a.id) as is_gapless,
  (select bool_and(is_next) from (
    select coalesce(t.hash = store_credit_hash(coalesce(p.hash, q.hash, decode(repeat('00', 32), 'hex')), t), false) as is_next from store_credit_transaction t
      left join store_credit_transaction p on p.account_id = t.account_id and p.version = t.version - 1
      left join store_credit_change q on q.account_id = t.account_id and q.version = t.version - 1 where t.account_id = a.id
    union all
    select coalesce(c.hash = store_credit_change_hash(coalesce(p.hash, q.hash), c), false) from store_credit_change c
      left join store_credit_transaction p on p.account_id = c.account_id and p.version = c.version - 1
      left join store_credit_change q on q.account_id = c.account_id and q.version = c.version - 1 where c.account_id = a.id) chain) as is_chained,
  (select coalesce(json_agg(json_build_array(id, remaining_minor, extract(epoch from expires_at)) order by id), '[]') from store_credit_lot where account_id = a.id) as lots,
  (select coalesce(json_agg(json_build_array(id, captured_minor, case when state = 'ACTIVE' and expires_at > $2::text::timestamptz then remaining_minor else 0 end) order by id), '[]')
    from store_credit_hold where account_id = a.id) as holds
from unnest($1::text[]::uuid[]) with ordinality ids(id, place)
join store_credit_account a on a.id = ids.id, store_credit_standing(a.id, $2::text::timestamptz) s
order by ids.place`;

interface Books {
  readonly balance: number;
  readonly available: number;
  readonly held: number;
  readonly is_sum: boolean;
  readonly is_lots: boolean;
  readonly is_holds: boolean;
  readonly is_gapless: boolean;
  readonly is_chained: boolean;
  readonly lots: [string, number, number | null][];
  readonly holds: [string, number, number][];
}

describe.each(backends)('the ledger on $name', (kind) => {
  let app: App;
  let now = START;
  beforeAll(async () => {
    ({ app } = await openTestApp(kind, () => new Date(now)));
  });

  /** What of credit comes through other verbs: an order that can be refunded, and codes, as the model has them. */
  const givenOrderAndCodes = (customerId: string, { refundable, codes }: LedgerModel) =>
    app.transact('system', async (tx) => {
      const { orderId } = await setOrder(tx, {
        externalId: randomUUID(),
        name: '#1',
        currencyCode: 'EUR',
        totalPrice: (refundable / 100).toFixed(2),
        financialStatus: 'PAID',
        processedAt: new Date(now),
        customer: { id: customerId },
      });
      const made: string[] = [];
      for (const worth of codes)
        made.push(...(await createCodes(tx, app.keyring, { amount: { amountMinor: BigInt(worth), currency: 'EUR' } })).codes);
      return { orderId, codes: made };
    });

  /** One run: the same is asked of the ledger and of the model, and both are compared after every step. */
  const run = async (asks: readonly Ask[], met: Map<string, number>): Promise<void> => {
    const { sql } = app.backend.database;
    const model = new LedgerModel();
    now = START;
    const accounts: string[] = [];
    const owners: string[] = [];
    for (const place of [0, 1]) {
      const { customerId } = await givenCustomer(app);
      const { accountId, transactionId } = await givenCredit(app, customerId, 20n);
      owners.push(customerId);
      accounts.push(accountId);
      model.credit(transactionId, place, 20, null);
    }
    const { orderId, codes } = await givenOrderAndCodes(owners[0] as string, model);
    const asked: { movement: Movement; answer: PostAnswer }[] = [];
    const until = (minutes: number | null): Date | null => (minutes === null ? null : new Date(now + minutes * MINUTE_MS));
    const minor = (value: number | null) => (value === null ? {} : { amountMinor: BigInt(value), currency: 'EUR' });

    /** What goes through a verb of its own: the credit's id, and what the model makes of it. */
    const byVerb = async (what: Ask & { do: 'refund' | 'claim' }): Promise<void> => {
      const verb = async (tx: Tx): Promise<Posted | Refunded> =>
        what.do === 'refund'
          ? refund(tx, { order: { id: orderId }, amount: { amountMinor: BigInt(what.amount), currency: 'EUR' }, expiresAt: null })
          : claimCode(tx, app.keyring, owners[what.account] as string, codes[what.which] as string);
      const [outcome, id] = await app.transact('system', verb).then(
        ({ transactionId }) => ['ok', transactionId] as const,
        (error: { code: string }) => [error.code, ''] as const,
      );
      expect([what, outcome]).toEqual([what, what.do === 'refund' ? model.refund(id, what.amount) : model.claim(id, what.account, what.which)]);
      met.set(`${what.do} ${outcome}`, (met.get(`${what.do} ${outcome}`) ?? 0) + 1);
    };

    /** The movement that is meant, and what the model makes of it once the ledger has given it an id; null when there is nothing to ask for. */
    const meaning = (what: Ask): { movement: object; expected: (id: string) => string } | null => {
      const of = 'account' in what ? { accountId: accounts[what.account], customerId: null, currency: 'EUR' } : {};
      if (what.do === 'credit' || what.do === 'debit') {
        const { account: place, amount: value } = what;
        const movement = { kind: what.do.toUpperCase(), ...of, ...minor(value), ...(what.do === 'credit' ? { expiresAt: until(what.lives) } : {}) };
        return { movement, expected: (id) => (what.do === 'credit' ? model.credit(id, place, value, what.lives) : model.debit(id, place, value)) };
      }
      if (what.do === 'hold') {
        const movement = { kind: 'HOLD', ...of, ...minor(what.amount), expiresAt: until(what.lives) };
        return { movement, expected: (id) => model.hold(id, what.account, what.amount, what.lives) };
      }
      if (what.do === 'transfer') {
        const movement = { kind: 'TRANSFER', ...of, ...minor(what.amount), toAccountId: accounts[1 - what.account], toCustomerId: null };
        return { movement, expected: (id) => model.transfer(id, what.account, what.amount) };
      }
      if (what.do === 'capture' || what.do === 'release' || what.do === 'timeOut') {
        const hold = any(model.holds, what.which);
        if (!hold) return null;
        if (what.do === 'capture') {
          const movement = { kind: 'CAPTURE', holdId: hold.id, ...minor(what.amount), isFinal: what.final };
          return { movement, expected: (id) => model.capture(id, hold, what.amount, what.final) };
        }
        const kindOf = what.do === 'release' ? 'RELEASE' : 'TIME_OUT';
        return { movement: { kind: kindOf, holdId: hold.id }, expected: () => (what.do === 'release' ? model.release(hold) : model.timeOut(hold)) };
      }
      if (what.do === 'revert') {
        const debit = any(model.debits, what.which);
        const movement = { kind: 'DEBIT_REVERT', transactionId: debit?.id, ...minor(what.amount), graceSeconds: what.grace * 60 };
        return debit ? { movement, expected: () => model.revert(debit, what.amount, what.grace) } : null;
      }
      if (what.do === 'wait' || what.do === 'again' || what.do === 'refund' || what.do === 'claim') return null;
      const runOut = model.lots.filter(({ remaining, expires }) => remaining > 0 && expires <= model.now);
      const lot = any(what.do === 'expire' && runOut.length > 0 ? runOut : model.lots, what.which);
      if (!lot) return null;
      const transactionId = lot.id;
      if (what.do === 'reverse') {
        const movement = { kind: 'CREDIT_REVERSAL', transactionId, ...minor(what.amount) };
        return { movement, expected: (id) => model.reverse(id, lot, what.amount) };
      }
      if (what.do === 'expire') return { movement: { kind: 'EXPIRATION', transactionId }, expected: () => model.expire(lot) };
      return { movement: { kind: 'EXPIRY_CHANGE', transactionId, expiresAt: until(what.lives) }, expected: () => model.move(lot, what.lives) };
    };

    const compare = async (): Promise<void> => {
      const rows = await sql<Books>(BOOKS, [accounts, new Date(now).toISOString()]);
      rows.forEach((row, place) => {
        const { is_sum, is_lots, is_holds, is_gapless, is_chained, lots, holds, ...left } = row;
        expect({ is_sum, is_lots, is_holds, is_gapless, is_chained }).toEqual(
          Object.fromEntries(['is_sum', 'is_lots', 'is_holds', 'is_gapless', 'is_chained'].map((name) => [name, true])),
        );
        expect(left).toEqual({ balance: model.balance(place), available: model.available(place), held: model.held(place) });
        const moment = (minutes: number): number | null => (Number.isFinite(minutes) ? START / 1000 + minutes * 60 : null);
        const inOrder = <Row extends readonly unknown[]>(list: readonly Row[]): Row[] =>
          [...list].sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));
        const mine = <Item extends { account: number }>(items: readonly Item[]): Item[] => items.filter((item) => item.account === place);
        expect(inOrder(lots.map(([id, rest, expires]) => [id, rest, expires === null ? null : Number(expires)] as const))).toEqual(
          inOrder(mine(model.lots).map(({ id, remaining, expires }) => [id, remaining, moment(expires)] as const)),
        );
        expect(inOrder(holds)).toEqual(
          inOrder(
            mine(model.holds).map(
              ({ id, captured, state, remaining, expires }) => [id, captured, state === 'ACTIVE' && expires > model.now ? remaining : 0] as const,
            ),
          ),
        );
      });
    };

    for (const what of asks) {
      if (what.do === 'wait') {
        now += what.minutes * MINUTE_MS;
        model.now += what.minutes;
      } else if (what.do === 'again') {
        const before = any(asked, what.which);
        if (before) expect(await app.ledger.post(before.movement)).toEqual({ ...before.answer, replayed: true });
      } else if (what.do === 'refund' || what.do === 'claim') {
        await byVerb(what);
      } else {
        const meant = meaning(what);
        if (!meant) continue;
        const idempotency = { scope: accounts[0], key: randomUUID(), fingerprint: '00' };
        const movement = { event: 'ADJUSTMENT', actor: 'system', idempotency, ...meant.movement } as Movement;
        const answer = await app.ledger.post(movement);
        asked.push({ movement, answer });
        const ok = 'ok' in answer ? answer.ok : null;
        const id = ok ? ('transactionId' in ok ? ok.transactionId : ok.holdId) : '';
        const outcome = 'ok' in answer ? 'ok' : answer.refused.code;
        // Whether a time-out was posted before, by a movement of the same account, is not the model's business.
        const expected = meant.expected(id);
        if (what.do !== 'timeOut') expect([what, outcome]).toEqual([what, expected]);
        met.set(`${what.do} ${outcome}`, (met.get(`${what.do} ${outcome}`) ?? 0) + 1);
        const unnamed = model.lots.filter((lot) => lot.id === '');
        if (unnamed.length > 0) {
          const rows = await sql<{ id: string }>('select id::text from store_credit_transaction where related_id = $1::text::uuid order by number', [
            id,
          ]);
          for (const [place, row] of rows.entries()) Object.assign(unnamed[place] ?? {}, row);
        }
      }
      await compare();
    }
  };

  it('does what anyone would expect of it, whatever it is asked', { timeout: 3_600_000 }, async () => {
    const met = new Map<string, number>();
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(ask, { minLength: 4, maxLength: 30, size: 'max' }), async (asks) => {
        runs += 1;
        await run(asks, met);
      }),
      { numRuns: RUNS, ...SEED, ...MS_MAX },
    );
    if (process.env.LEDGER_MODEL_RUNS) console.log(kind.name, runs, 'runs', Object.fromEntries([...met].sort()));
    // Mostly refusals would prove little.
    for (const what of ['credit', 'debit', 'hold', 'capture', 'release', 'revert', 'reverse', 'expire', 'move', 'transfer', 'refund', 'claim']) {
      expect(met.get(`${what} ok`) ?? 0, what).toBeGreaterThan(0);
    }
  });
});
