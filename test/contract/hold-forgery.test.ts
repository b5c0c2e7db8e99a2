import { beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import { debit } from '../../src/capabilities/store-credit/debit.ts';
import { hold } from '../../src/capabilities/store-credit/hold.ts';
import { backends, openTestApp } from '../support/backends.ts';
import { givenCredit, givenCustomer } from '../support/given.ts';

/** The parts of a change written by hand; each can be written wrongly. `h` is the account's hold of 50, `l` its lot, `d` its debit. */
interface Parts {
  readonly version: string;
  readonly kind: string;
  readonly hold: string;
  readonly lot: string;
  readonly amount: string;
  readonly balance: string;
  readonly held: string;
  readonly previous: string;
  readonly expires: string;
  readonly hash: string;
  readonly accountHeld: string;
  readonly accountFrom: string;
  /** A hold that is made: amount, remaining, expiry. */
  readonly made: readonly [string, string, string] | null;
  /** What the hold at hand becomes. */
  readonly changed: string | null;
  readonly lotExpires: string | null;
  readonly copied: boolean;
}

const SOON = `a.updated_at + interval '1 hour'`;

const CREATE: Parts = {
  version: 'a.version + 1',
  kind: 'HOLD_CREATED',
  hold: 'gen_random_uuid()',
  lot: 'null',
  amount: '20',
  balance: 'a.balance_minor',
  held: 'a.held_minor + 20',
  previous: 'null',
  expires: SOON,
  hash: 'store_credit_change_hash(last_hash, c)',
  accountHeld: '(c).held_after_minor',
  accountFrom: 'a.version',
  made: ['20', '20', '(c).expires_at'],
  changed: null,
  lotExpires: null,
  copied: true,
};

const RELEASE: Parts = {
  ...CREATE,
  kind: 'HOLD_RELEASED',
  hold: 'h.id',
  amount: '50',
  held: 'a.held_minor - 50',
  expires: 'null',
  made: null,
  changed: `remaining_minor = 0, state = 'RELEASED', version = (c).version`,
};

const EXPIRY: Parts = {
  ...CREATE,
  kind: 'EXPIRY_CHANGED',
  hold: 'null',
  lot: 'l.id',
  amount: '0',
  held: 'a.held_minor',
  made: null,
  lotExpires: '(c).expires_at',
};

/** All of a change in one statement, as the door writes it; $1 is the account. */
const statementOf = (parts: Parts): string => `
  with first as (
    select a.last_hash, h.id as hold_id, l.id as lot_id, row(gen_random_uuid(), a.id, ${parts.version}, '${parts.kind}', a.currency, ${parts.hold}, ${parts.lot}, ${parts.amount},
      ${parts.balance}, ${parts.held}, 0, ${parts.previous}, ${parts.expires}, null, null, null, null, null, 'me', a.updated_at, null)::store_credit_change as c
    from store_credit_account a left join store_credit_hold h on h.account_id = a.id left join store_credit_lot l on l.account_id = a.id and l.number = 1
    where a.id = $1::text::uuid
  ), made as materialized (
    select last_hash, hold_id, lot_id, jsonb_populate_record(c, jsonb_build_object('hash', ${parts.hash})) as c from first
  ), told as (
    insert into store_credit_change select (c).* from made
  )${
    parts.made
      ? `, held as (insert into store_credit_hold (id, account_id, currency, amount_minor, remaining_minor, expires_at, version, actor, created_at, updated_at)
      select (c).hold_id, (c).account_id, (c).currency, ${parts.made[0]}, ${parts.made[1]}, ${parts.made[2]}, (c).version, 'me', (c).created_at, (c).created_at from made)`
      : ''
  }${parts.changed ? `, released as (update store_credit_hold h set ${parts.changed} from made where h.id = made.hold_id)` : ''}${
    parts.lotExpires
      ? `, moved as (update store_credit_lot l set expires_at = ${parts.lotExpires}, last_number = a.last_number from made join store_credit_account a on a.id = (c).account_id where l.id = lot_id)`
      : ''
  }${parts.lotExpires && parts.copied ? `, copied as (update store_credit_transaction t set lot_expires_at = ${parts.lotExpires} from made where t.id = lot_id)` : ''}
  update store_credit_account a set version = (c).version, previous_version = ${parts.accountFrom}, previous_number = a.last_number, held_minor = ${parts.accountHeld},
      last_hash = (c).hash
    from made where a.id = (c).account_id`;

describe.each(backends)('holds and expiries on $name, with the door open for forgers', (kind) => {
  let app: App;
  beforeAll(async () => {
    ({ app } = await openTestApp(kind));
  });

  const pretend = (statements: readonly string[], accountId: string): Promise<void> =>
    app.backend.database.prisma.$transaction(async (db) => {
      await db.$executeRawUnsafe(`select set_config('clientele.ledger_door', 'open', true)`);
      for (const statement of statements) await db.$executeRawUnsafe(statement, accountId);
    });

  /** 100 in one lot, of which 10 are spent and 50 held. */
  const account = async (): Promise<string> => {
    const { accountId } = await givenCredit(app, (await givenCustomer(app)).customerId, 110n);
    const why = { account: { accountId }, actor: 'system', idempotency: null };
    await debit(app.ledger, { amount: { amountMinor: 10n, currency: 'EUR' }, ...why });
    await hold(app.ledger, new Date(), { amount: { amountMinor: 50n, currency: 'EUR' }, ...why });
    return accountId;
  };

  const booksOf = async (accountId: string) => {
    const { prisma } = app.backend.database;
    const where = { accountId };
    return [
      await prisma.storeCreditAccount.findUniqueOrThrow({ where: { id: accountId } }),
      await prisma.storeCreditLot.findMany({ where }),
      await prisma.storeCreditHold.findMany({ where }),
      await prisma.storeCreditChange.findMany({ where, orderBy: { version: 'asc' } }),
      await prisma.storeCreditTransaction.findMany({ where, orderBy: { number: 'asc' }, include: { allocations: true } }),
    ];
  };

  it.each([
    ['hold that is made', CREATE],
    ['hold that is let go', RELEASE],
    ['expiry that moves', EXPIRY],
  ])('take a %s in which everything agrees: what follows is refused for its one fault', async (_what, parts) => {
    const accountId = await account();
    await pretend([statementOf(parts)], accountId);
    expect((await app.backend.database.prisma.storeCreditAccount.findUniqueOrThrow({ where: { id: accountId } })).version).toBe(4n);
  });

  const wrong = (what: string, why: string, parts: Parts, fault: Partial<Parts>): [string, string, string[]] => [
    what,
    why,
    [statementOf({ ...parts, ...fault })],
  ];
  const more = (amount: string): Partial<Parts> => ({ amount, held: `a.held_minor + ${amount}`, made: [amount, amount, '(c).expires_at'] });
  const HOLD = `(select id from store_credit_hold where account_id = $1::text::uuid)`;

  it.each([
    wrong('a hold of more than there is', 'no_overdraft', CREATE, more('51')),
    wrong('a hold larger than was said', 'not what', CREATE, { made: ['21', '21', '(c).expires_at'] }),
    wrong('a hold that is partly gone', 'not what', CREATE, { made: ['20', '19', '(c).expires_at'] }),
    wrong('a hold for longer than was said', 'not what', CREATE, { made: ['20', '20', `(c).expires_at + interval '1 day'`] }),
    wrong('a change that says it holds, with no hold', 'hold_id_fkey', CREATE, { made: null }),
    wrong('a hold that the account does not count', 'does not agree', CREATE, { accountHeld: 'a.held_minor' }),
    wrong('a hold that its change does not count', 'not what became of it', CREATE, { held: 'a.held_minor' }),
    wrong('a version left out', 'not what became of it', CREATE, { version: 'a.version + 2' }),
    wrong('a version that a transaction has', 'does not continue', CREATE, { version: '2' }),
    wrong('another balance', 'not what became of it', CREATE, { balance: 'a.balance_minor + 1' }),
    wrong('another hash', 'not what became of it', CREATE, { hash: `sha256('x')` }),
    wrong('an account whose write begins earlier', 'does not continue', CREATE, { accountFrom: '0' }),
    wrong('a release of more than is left', 'no_overdraft', RELEASE, { amount: '51', held: 'a.held_minor - 51', accountHeld: 'a.held_minor - 51' }),
    wrong('a release of less than is let go', 'not agree', RELEASE, { amount: '49', held: 'a.held_minor - 49' }),
    wrong('a release that the hold does not know', 'not what became of it', RELEASE, { changed: null }),
    wrong('a release that counts as captured', 'not agree', RELEASE, {
      changed: `remaining_minor = 0, captured_minor = 50, state = 'CAPTURED', version = (c).version`,
    }),
    wrong('a release called a capture', 'not agree', RELEASE, { changed: `remaining_minor = 0, state = 'CAPTURED', version = (c).version` }),
    wrong('a time-out before its moment', 'not what became of it', RELEASE, {
      kind: 'HOLD_EXPIRED',
      changed: `remaining_minor = 0, state = 'EXPIRED', version = (c).version`,
    }),
    wrong('an expiry that the lot does not have', 'not what became of it', EXPIRY, { lotExpires: null }),
    wrong('a lot with another expiry than was said', 'does not agree', EXPIRY, { lotExpires: `(c).expires_at + interval '1 day'` }),
    wrong('a former expiry that never was', 'does not agree', EXPIRY, { previous: 'a.updated_at' }),
    wrong('an expiry that lists do not follow', 'does not agree', EXPIRY, { copied: false }),
    wrong('an expiry that moves money', 'amount', EXPIRY, { amount: '1' }),
    [
      'an ended hold that lives again',
      'does not agree',
      [statementOf(RELEASE), `update store_credit_hold set remaining_minor = 50, state = 'ACTIVE' where account_id = $1::text::uuid`],
    ],
    ['a hold that grows', 'keeps its rows', [`update store_credit_hold set amount_minor = 60 where account_id = $1::text::uuid`]],
    [
      'a hold that lasts longer',
      'keeps its rows',
      [`update store_credit_hold set expires_at = expires_at + interval '1 day' where account_id = $1::text::uuid`],
    ],
    ['a hold that shrinks by itself', 'does not agree', [`update store_credit_hold set remaining_minor = 10 where account_id = $1::text::uuid`]],
    ['a hold that is gone', 'keeps its rows', [`delete from store_credit_hold where account_id = $1::text::uuid`]],
    ['a change that is gone', 'keeps its rows', [`delete from store_credit_change where account_id = $1::text::uuid`]],
    ['a change with another actor', 'keeps its rows', [`update store_credit_change set actor = 'you' where account_id = $1::text::uuid`]],
    ['a transaction with another memo', 'keeps its rows', [`update store_credit_transaction set memo = 'x' where account_id = $1::text::uuid`]],
    [
      'a transaction that lists put elsewhere',
      'another expiry than its lot',
      [`update store_credit_transaction set lot_expires_at = now() where account_id = $1::text::uuid and kind = 'CREDIT'`],
    ],
    ['an account that holds nothing', 'does not agree', [`update store_credit_account set held_minor = 0 where id = $1::text::uuid`]],
    [
      'a debit said to be a capture',
      'keeps its rows',
      [`update store_credit_transaction set hold_id = ${HOLD} where account_id = $1::text::uuid and kind = 'DEBIT'`],
    ],
  ] as [string, string, string[]][])('refuse %s: %s', async (_what, why, statements) => {
    const accountId = await account();
    const before = await booksOf(accountId);
    await expect(pretend(statements, accountId)).rejects.toThrow(why);
    expect(await booksOf(accountId)).toEqual(before);
  });

  it('refuse a hold of what has run out', async () => {
    const accountId = await account();
    const { customerId } = await app.backend.database.prisma.storeCreditAccount.findUniqueOrThrow({ where: { id: accountId } });
    await givenCredit(app, customerId, 100n, { expiresAt: new Date(Date.now() + 1_500) });
    await new Promise((resolve) => setTimeout(resolve, 1_600));
    await expect(
      pretend([statementOf({ ...CREATE, ...more('51') }).replace('a.updated_at, null)', 'clock_timestamp(), null)')], accountId),
    ).rejects.toThrow('not what became of it');
  });
});
