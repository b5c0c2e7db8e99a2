import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import { capture } from '../../src/capabilities/store-credit/capture.ts';
import { changeExpiry } from '../../src/capabilities/store-credit/change-expiry.ts';
import { debit } from '../../src/capabilities/store-credit/debit.ts';
import { hold } from '../../src/capabilities/store-credit/hold.ts';
import { type Reconciled, reconcile } from '../../src/capabilities/store-credit/reconcile.ts';
import { revert } from '../../src/capabilities/store-credit/revert.ts';
import { transfer } from '../../src/capabilities/store-credit/transfer.ts';
import { backends, openTestApp } from '../support/backends.ts';
import { givenCredit, givenCustomer } from '../support/given.ts';

const EUR = (amountMinor: bigint) => ({ amountMinor, currency: 'EUR' });

describe.each(backends)('reconciliation on $name', (kind) => {
  let app: App;
  beforeAll(async () => {
    ({ app } = await openTestApp(kind));
  });
  const why = { actor: 'system', idempotency: null };

  /** An account that has seen every kind of movement; and where its rows are. */
  const account = async () => {
    const expiresAt = new Date(Date.now() + 3_600_000);
    const { customerId } = await givenCustomer(app);
    const other = await givenCredit(app, (await givenCustomer(app)).customerId, 10n);
    const { accountId, transactionId } = await givenCredit(app, customerId, 100n, { expiresAt });
    await givenCredit(app, customerId, 50n);
    const ref = { account: { accountId }, ...why };
    const spent = await debit(app.ledger, { amount: EUR(30n), ...ref });
    const { holdId } = await hold(app.ledger, new Date(), { amount: EUR(40n), ...ref });
    await capture(app.ledger, { holdId, amount: EUR(15n), ...why });
    await revert(app.ledger, 0, { transactionId: spent.transactionId, amount: EUR(5n), ...why });
    await changeExpiry(app.ledger, { transactionId, expiresAt: new Date(expiresAt.getTime() + 1), ...why });
    await transfer(app.ledger, { from: { accountId }, to: { accountId: other.accountId }, currency: 'EUR', amount: EUR(7n), ...why });
    return { accountId, otherId: other.accountId };
  };

  /** What is found after a superuser, whom no trigger stops, has changed something; it is undone. */
  const after = async (statement: string, accountId: string): Promise<Reconciled> => {
    const found: Reconciled[] = [];
    const undone = new Error('undone');
    await app
      .transact('system', async (tx) => {
        await tx.db.$executeRawUnsafe(`set local session_replication_role = 'replica'`);
        expect(await tx.db.$executeRawUnsafe(statement, accountId)).toBeGreaterThan(0);
        found.push(await reconcile(tx.sql, { accountId, limit: 1 }));
        throw undone;
      })
      .catch((error: unknown) => {
        if (error !== undone) throw error;
      });
    return found[0] as Reconciled;
  };

  it('finds nothing wrong with what the ledger wrote', async () => {
    const { accountId, otherId } = await account();
    for (const id of [accountId, otherId]) expect((await reconcile(app.backend.database.sql, { accountId: id, limit: 1 })).faults).toEqual([]);
    const found = await reconcile(app.backend.database.sql, { accountId, limit: 1 });
    expect(found).toMatchObject({ accounts: 1, transactions: 6, changes: 2, totals: [{ currency: 'EUR', balanceMinor: 103n, heldMinor: 25n }] });
  });

  it.each([
    ['a note', 'HASH', 3n, `update store_credit_transaction set note = 'x' where account_id = $1::text::uuid and number = 3`],
    ['a memo that was not there', 'HASH', 5n, `update store_credit_transaction set memo = 'x' where account_id = $1::text::uuid and number = 4`],
    ['who made a hold', 'HASH', 4n, `update store_credit_change set actor = 'x' where account_id = $1::text::uuid and version = 4`],
    ['an amount', 'HASH', 2n, `update store_credit_transaction set amount_minor = 51 where account_id = $1::text::uuid and number = 2`],
    ['a row that is gone', 'VERSION', 3n, `delete from store_credit_transaction where account_id = $1::text::uuid and number = 2`],
    ['a change that is gone', 'VERSION', 5n, `delete from store_credit_change where account_id = $1::text::uuid and version = 4`],
    [
      'an allocation',
      'ALLOCATION',
      3n,
      `update store_credit_allocation set amount_minor = 29 where transaction_id = (select id from store_credit_transaction where account_id = $1::text::uuid and number = 3)`,
    ],
    ['what is left of a credit', 'LOT', 2n, `update store_credit_lot set remaining_minor = 49 where account_id = $1::text::uuid and number = 2`],
    [
      'an expiry',
      'EXPIRY',
      1n,
      `update store_credit_lot set expires_at = expires_at + interval '1 day' where account_id = $1::text::uuid and number = 1`,
    ],
    ['what is left of a hold', 'HOLD', 5n, `update store_credit_hold set remaining_minor = 24 where account_id = $1::text::uuid`],
    ['a balance', 'ACCOUNT', 8n, `update store_credit_account set balance_minor = balance_minor + 1 where id = $1::text::uuid`],
    ['what is held', 'ACCOUNT', 8n, `update store_credit_account set held_minor = 0 where id = $1::text::uuid`],
  ] as const)('names the first bad row when someone whom no trigger stops changes %s', async (_what, what, version, statement) => {
    const { accountId } = await account();
    const { faults } = await after(statement, accountId);
    expect(faults).toEqual([{ accountId, what, version, rowId: expect.any(String) }]);
  });

  it('goes through the accounts in pages', async () => {
    const made = await Promise.all([account(), account(), account(), account(), account()]);
    const [first = ''] = made.flatMap(({ accountId, otherId }) => [accountId, otherId]).sort();
    const { id: before } = await app.backend.database.prisma.storeCreditAccount.findFirstOrThrow({
      where: { id: { lt: first } },
      orderBy: { id: 'desc' },
      select: { id: true },
    });
    const pages: number[] = [];
    for (let next: string | null = before; next; ) {
      const page = await reconcile(app.backend.database.sql, { after: next, limit: 3 });
      pages.push(page.accounts);
      next = page.next;
    }
    expect(pages).toEqual([3, 3, 3, 1]);
  });
});

describe('npm run ledger:verify', () => {
  it('says what the books hold, and that every sum and hash agrees', { timeout: 120_000 }, async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'clientele-verify-'));
    const env = { PATH: process.env.PATH ?? '', DATA_DIR: folder };
    const out = await new Promise<string>((resolve, reject) => {
      execFile(process.execPath, ['dist/verify.js'], { env }, (error, stdout, stderr) => (error ? reject(new Error(stderr)) : resolve(stdout)));
    });
    expect(out).toContain('0 accounts, 0 transactions, 0 changes: every sum and every hash agrees');
    rmSync(folder, { recursive: true, force: true });
  });
});
