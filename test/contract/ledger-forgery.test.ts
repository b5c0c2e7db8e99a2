import { beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import { backends, openTestApp } from '../support/backends.ts';
import { givenCredit, givenCustomer } from '../support/given.ts';

/** The parts of a debit or credit of 40 written by hand; each can be written wrongly. */
interface Parts {
  readonly kind: string;
  readonly related: string;
  readonly hold: string;
  readonly memo: string;
  readonly lotExpiry: string;
  readonly number: string;
  readonly version: string;
  readonly amount: string;
  readonly balance: string;
  readonly currency: string;
  readonly createdAt: string;
  readonly hash: string;
  readonly allocated: string;
  readonly allocatedTo: string;
  readonly taken: string;
  readonly takenAt: string;
  readonly opened: string;
  readonly openedExpiry: string;
  readonly accountBalance: string;
  readonly accountNumber: string;
  readonly accountFrom: string;
  readonly accountHash: string;
}

const DEBIT: Parts = {
  kind: 'DEBIT',
  related: 'null',
  hold: 'null',
  memo: 'null',
  lotExpiry: 'null',
  number: 'a.last_number + 1',
  version: 'a.version + 1',
  amount: '-40',
  balance: 'a.balance_minor - 40',
  currency: 'a.currency',
  createdAt: 'a.updated_at',
  hash: 'store_credit_hash(last_hash, t)',
  allocated: '40',
  allocatedTo: 'l.id',
  taken: '40',
  takenAt: '(t).number',
  opened: 'null::bigint',
  openedExpiry: 'null::timestamptz',
  accountBalance: 'a.balance_minor + (t).amount_minor',
  accountNumber: '(t).number',
  accountFrom: 'a.last_number',
  accountHash: 'store_credit_hash(made.last_hash, t)',
};

const CREDIT: Parts = {
  ...DEBIT,
  kind: 'CREDIT',
  amount: '40',
  balance: 'a.balance_minor + 40',
  allocated: 'null::bigint',
  taken: 'null::bigint',
  opened: '40',
};

/** All of a movement in one statement, as store_credit_post() writes it; $1 is the account, $2 one of somebody else. */
const statementOf = (parts: Parts): string => `
  with made as (
    select a.last_hash, $2::text as other, row(gen_random_uuid(), a.id, ${parts.number}, ${parts.version}, '${parts.kind}'::store_credit_transaction_kind,
      'ADJUSTMENT', ${parts.currency}, ${parts.amount}, ${parts.balance}, ${parts.balance}, null, ${parts.related}, null, 'me', ${parts.createdAt}, null, a.held_minor, ${parts.hold}, ${parts.lotExpiry}, null, ${parts.memo}, null, null, null, 2)::store_credit_transaction as t
    from store_credit_account a where a.id = $1::text::uuid
  ), moved as (
    insert into store_credit_transaction (id, account_id, number, version, kind, event, currency, amount_minor, balance_after_minor,
        available_after_minor, related_id, hold_id, lot_expires_at, memo, actor, created_at, held_after_minor, hash_version, hash)
      select (t).id, (t).account_id, (t).number, (t).version, (t).kind, (t).event, (t).currency, (t).amount_minor, (t).balance_after_minor,
        (t).available_after_minor, (t).related_id, (t).hold_id, (t).lot_expires_at, (t).memo, (t).actor, (t).created_at, (t).held_after_minor, (t).hash_version, ${parts.hash} from made
  ), allocated as (
    insert into store_credit_allocation (transaction_id, lot_id, amount_minor)
      select (t).id, ${parts.allocatedTo}, ${parts.allocated} from made join store_credit_lot l on l.account_id = (t).account_id where ${parts.allocated} is not null
  ), taken as (
    update store_credit_lot l set remaining_minor = l.remaining_minor - ${parts.taken}, last_number = ${parts.takenAt}
      from made where l.account_id = (t).account_id and ${parts.taken} is not null
  ), opened as (
    insert into store_credit_lot (id, account_id, number, amount_minor, remaining_minor, expires_at, last_number)
      select (t).id, (t).account_id, (t).number, ${parts.opened}, ${parts.opened}, ${parts.openedExpiry}, (t).number from made where ${parts.opened} is not null
  )
  update store_credit_account a set balance_minor = ${parts.accountBalance}, version = (t).version, last_number = ${parts.accountNumber},
      previous_number = ${parts.accountFrom}, previous_version = a.version, last_hash = ${parts.accountHash}
    from made where a.id = (t).account_id`;

/** The first two transactions of an account: the credit that it was opened with, and what came next. */
const FIRST = `(select id from store_credit_transaction where account_id = a.id and number = 1)`;
const SECOND = `(select id from store_credit_transaction where account_id = a.id and number = 2)`;

const REVERT: Parts = { ...DEBIT, kind: 'DEBIT_REVERT', related: SECOND, amount: '40', balance: 'a.balance_minor + 40', taken: '-40' };

/** The lot of the account $2. */
const OTHER_LOT = `(select o.id from store_credit_lot o where o.account_id = other::uuid)`;

describe.each(backends)('the ledger’s tables on $name, with the door open for forgers', (kind) => {
  let app: App;
  beforeAll(async () => {
    ({ app } = await openTestApp(kind));
  });

  /** Runs statements as if they were store_credit_post(), in one transaction. */
  const pretend = (statements: readonly string[], accountId: string, otherId: string): Promise<void> =>
    app.backend.database.prisma.$transaction(async (db) => {
      await db.$executeRawUnsafe(`select set_config('clientele.ledger_door', 'open', true)`);
      for (const statement of statements) {
        const values = [accountId, otherId].slice(0, statement.includes('$2') ? 2 : 1);
        await db.$executeRawUnsafe(statement, ...values);
      }
    });

  const twoAccounts = async (): Promise<[string, string]> => {
    const ids: string[] = [];
    for (const _ of [1, 2]) ids.push((await givenCredit(app, (await givenCustomer(app)).customerId, 100n)).accountId);
    return ids as [string, string];
  };

  const booksOf = async (accountId: string) => {
    const { prisma } = app.backend.database;
    return [
      await prisma.storeCreditAccount.findUniqueOrThrow({ where: { id: accountId } }),
      await prisma.storeCreditLot.findMany({ where: { accountId }, orderBy: { number: 'asc' } }),
      await prisma.storeCreditTransaction.findMany({ where: { accountId }, orderBy: { number: 'asc' }, include: { allocations: true } }),
    ];
  };

  it.each([
    ['debit', DEBIT],
    ['credit', CREDIT],
    ['reversal of a credit', { ...DEBIT, related: FIRST }],
    ['debit with a memo', { ...DEBIT, memo: `repeat('x', 500)` }],
  ])('take a %s in which everything agrees: what follows is refused for its one fault', async (_what, parts) => {
    const [accountId, otherId] = await twoAccounts();
    await pretend([statementOf(parts), statementOf(parts)], accountId, otherId);
    const account = await app.backend.database.prisma.storeCreditAccount.findUniqueOrThrow({ where: { id: accountId } });
    expect(account.lastNumber).toBe(3n);
  });

  it('take a revert in which everything agrees', async () => {
    const [accountId, otherId] = await twoAccounts();
    await pretend([statementOf(DEBIT), statementOf(REVERT)], accountId, otherId);
    expect((await app.backend.database.prisma.storeCreditAccount.findUniqueOrThrow({ where: { id: accountId } })).balanceMinor).toBe(100n);
  });

  const wrong = (what: string, why: string, parts: Parts, fault: Partial<Parts>): [string, string, string[]] => [
    what,
    why,
    [statementOf({ ...parts, ...fault })],
  ];
  const followedBy = (what: string, why: string, parts: Parts, statement: string): [string, string, string[]] => [
    what,
    why,
    [statementOf(parts), statement],
  ];
  const LATEST = '(select id from store_credit_transaction where account_id = $1::text::uuid order by number desc limit 1)';

  it.each([
    wrong('a number left out', 'does not follow', DEBIT, { number: 'a.last_number + 2', version: 'a.version + 2' }),
    wrong('a version that does not grow', 'counters', DEBIT, { version: '1' }),
    wrong('a balance that is not the one before plus the amount', 'not the one before plus the amount', DEBIT, {
      balance: 'a.balance_minor - 39',
      accountBalance: '61',
    }),
    wrong('another currency', 'is in another currency', CREDIT, { currency: `'JPY'` }),
    wrong('a moment before the last', 'goes back in time', DEBIT, { createdAt: `a.updated_at - interval '1 day'` }),
    wrong('another hash', 'has another hash', DEBIT, { hash: `sha256('x')`, accountHash: `sha256('x')` }),
    wrong('a debit without allocations', 'stands without its lots', DEBIT, { allocated: 'null::bigint', taken: 'null::bigint' }),
    wrong('a debit whose allocations are less', 'not what its lots lost', DEBIT, { allocated: '39', taken: '39' }),
    wrong('a lot that keeps what was taken', 'not what its lots lost', DEBIT, { taken: 'null::bigint' }),
    wrong('a lot that loses less than was taken', 'its allocations', DEBIT, { taken: '39' }),
    wrong('a lot that loses more than was taken', 'its allocations', DEBIT, { taken: '41' }),
    wrong('a lot written without its number', 'its allocations', DEBIT, { takenAt: 'l.last_number' }),
    wrong('a debit from a lot of somebody else', 'not what its lots lost', DEBIT, { allocatedTo: OTHER_LOT, taken: 'null::bigint' }),
    wrong('a debit from a lot that is not there', 'lot_id_fkey', DEBIT, { allocatedTo: 'gen_random_uuid()', taken: 'null::bigint' }),
    wrong('a credit without a lot', 'stands without its lots', CREDIT, { opened: 'null::bigint' }),
    wrong('a credit with a larger lot', 'is not its credit', CREDIT, { opened: '41' }),
    wrong('a lot with another expiry than its credit', 'is not its credit', CREDIT, { openedExpiry: 'now()' }),
    wrong('a credit that takes from a lot as well', 'its allocations', CREDIT, { taken: '40' }),
    wrong('an account with another balance', 'does not agree with its transactions', DEBIT, { accountBalance: '61' }),
    wrong('an account with another hash', 'does not agree with its transactions', DEBIT, { accountHash: `sha256('x')` }),
    wrong('an account that stays behind', 'does not agree with its transactions', DEBIT, {
      accountNumber: 'a.last_number',
    }),
    wrong('an account whose write begins earlier', 'does not continue', DEBIT, { accountFrom: '0' }),
    wrong('a memo that is too long', 'carries what it may not', DEBIT, { memo: `repeat('x', 501)` }),
    wrong('a debit that expires', 'carries what it may not', DEBIT, { lotExpiry: 'now()' }),
    wrong('a revert of a credit', 'lot_remaining', REVERT, { related: FIRST }),
    wrong('an expiration of what does not expire', 'ends no credit that has run out', DEBIT, { kind: 'EXPIRATION', related: FIRST }),
    wrong('an expiration of nothing', 'transaction_related', DEBIT, { kind: 'EXPIRATION' }),
    wrong('a capture of no hold', 'hold_id_fkey', DEBIT, { hold: 'gen_random_uuid()' }),
    wrong('a credit said to be transferred', 'is not what was transferred', CREDIT, { related: FIRST }),
    ['a reversal of a debit', 'reverses no credit', [statementOf(DEBIT), statementOf({ ...DEBIT, related: SECOND })]],
    ['a revert of a credit after a debit', 'reverts no debit', [statementOf(DEBIT), statementOf({ ...REVERT, related: FIRST })]],
    [
      'a revert of more than the debit',
      'gives back more than was spent',
      [
        statementOf(DEBIT),
        statementOf(DEBIT),
        statementOf({ ...REVERT, amount: '41', balance: 'a.balance_minor + 41', allocated: '41', taken: '-41' }),
      ],
    ],
    ['a debit reverted twice', 'gives back more than was spent', [statementOf(DEBIT), statementOf(DEBIT), statementOf(REVERT), statementOf(REVERT)]],
    ['a revert that takes', 'transaction_sign', [statementOf(DEBIT), statementOf({ ...DEBIT, kind: 'DEBIT_REVERT', related: SECOND })]],
    followedBy(
      'taking from a lot once more',
      'its allocations',
      DEBIT,
      'update store_credit_lot set remaining_minor = remaining_minor - 40 where account_id = $1::text::uuid',
    ),
    followedBy(
      'giving back to a lot in the next number',
      'its allocations',
      DEBIT,
      'update store_credit_lot set remaining_minor = remaining_minor + 40, last_number = last_number + 1 where account_id = $1::text::uuid',
    ),
    followedBy(
      'one more allocation',
      'not what its lots lost',
      CREDIT,
      `insert into store_credit_allocation select ${LATEST}, id, 40 from store_credit_lot where account_id = $1::text::uuid and number = 1`,
    ),
    followedBy(
      'going back to an earlier write',
      'does not continue',
      DEBIT,
      'update store_credit_account set previous_number = 0 where id = $1::text::uuid',
    ),
    followedBy(
      'going back to an earlier number',
      'does not continue',
      DEBIT,
      'update store_credit_account set last_number = 1 where id = $1::text::uuid',
    ),
    followedBy(
      'a later expiry',
      'its allocations',
      CREDIT,
      `update store_credit_lot set expires_at = now() + interval '1 year' where account_id = $1::text::uuid`,
    ),
    followedBy(
      'a second lot',
      'is not its credit',
      DEBIT,
      `insert into store_credit_lot (id, account_id, number, amount_minor, remaining_minor, last_number) select ${LATEST}, $1::text::uuid, 2, 40, 40, 2`,
    ),
    followedBy(
      'a gift',
      'does not agree with its transactions',
      DEBIT,
      'update store_credit_account set balance_minor = balance_minor + 1 where id = $1::text::uuid',
    ),
  ])('refuse %s: %s', async (_what, why, statements) => {
    const [accountId, otherId] = await twoAccounts();
    const before = [await booksOf(accountId), await booksOf(otherId)];
    await expect(pretend(statements, accountId, otherId)).rejects.toThrow(why);
    expect([await booksOf(accountId), await booksOf(otherId)]).toEqual(before);
  });
});
