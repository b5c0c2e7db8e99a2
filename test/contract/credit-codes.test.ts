import { beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import { deleteCustomer } from '../../src/capabilities/customers/delete.ts';
import { claimCode, giveGuessBack, guessCode } from '../../src/capabilities/store-credit/claim-code.ts';
import { creditCodeDigests, mintCreditCode, readCreditCode } from '../../src/capabilities/store-credit/code-text.ts';
import { type CodesInput, createCodes } from '../../src/capabilities/store-credit/create-codes.ts';
import { debit } from '../../src/capabilities/store-credit/debit.ts';
import { disableCode } from '../../src/capabilities/store-credit/disable-code.ts';
import { regenerateCode } from '../../src/capabilities/store-credit/regenerate-code.ts';
import { updateRules } from '../../src/capabilities/store-credit/update-rules.ts';
import { Keyring } from '../../src/core/secret.ts';
import { backends, openTestApp, TEST_SECRET } from '../support/backends.ts';
import { givenCustomer, someAddress } from '../support/given.ts';

const DAY_MS = 86_400_000;

describe('the text of a credit code', () => {
  it('is read as it was minted, however it was typed', () => {
    for (let run = 0; run < 200; run += 1) {
      const code = mintCreditCode();
      expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/);
      const plain = code.replaceAll('-', '');
      const typed = ` ${code.toLowerCase().replaceAll('0', 'o').replaceAll('1', 'l').replaceAll('-', ' ')}\n`;
      expect([readCreditCode(code), readCreditCode(typed)]).toEqual([plain, plain]);
    }
  });

  it('is nothing when it cannot be one', () => {
    for (const typed of ['', 'ABCD', 'U'.repeat(16), '0'.repeat(17), '٠'.repeat(16), '-'.repeat(10_000)]) expect(readCreditCode(typed)).toBeNull();
  });

  it('is found under keys that have been replaced', () => {
    const code = mintCreditCode();
    const [made] = creditCodeDigests(new Keyring(['an older key']), code);
    expect(creditCodeDigests(new Keyring(['a newer key', 'an older key']), code)).toContain(made);
  });
});

describe.each(backends)('credit codes on $name', (kind) => {
  let app: App;
  let now = Date.parse('2035-05-01T12:00:00Z');
  beforeAll(async () => {
    ({ app } = await openTestApp(kind, () => new Date(now)));
  });

  const EUR = { amountMinor: 2_500n, currency: 'EUR' };
  const customer = async (): Promise<string> => (await givenCustomer(app)).customerId;
  const make = (more: Partial<CodesInput> = {}) => app.transact('staff:maker', (tx) => createCodes(tx, app.keyring, { amount: EUR, ...more }));
  const one = async (more: Partial<CodesInput> = {}) => {
    const { codes, codeIds } = await make(more);
    return { code: codes[0] as string, id: codeIds[0] as string };
  };
  const claim = (customerId: string, code: string) => app.transactSql(`customer:${customerId}`, (tx) => claimCode(tx, app.keyring, customerId, code));
  const refused = async (run: Promise<unknown>): Promise<string> =>
    run.then(
      () => 'none',
      (error: { code: string }) => error.code,
    );
  const balanceOf = async (customerId: string): Promise<bigint> =>
    (await app.backend.database.prisma.storeCreditAccount.findFirst({ where: { customerId } }))?.balanceMinor ?? 0n;

  it('are kept as keyed hashes alone', async () => {
    const { code, id } = await one();
    const row = await app.backend.database.prisma.storeCreditCode.findUniqueOrThrow({ where: { id } });
    const plain = code.replaceAll('-', '');
    expect(JSON.stringify({ ...row, amountMinor: 0, digest: Buffer.from(row.digest).toString('latin1') })).not.toContain(plain.slice(0, 8));
    expect(Buffer.from(row.digest).toString('hex')).toBe(creditCodeDigests(new Keyring([TEST_SECRET]), code)[0]);
    expect(row.hint).toBe(code.slice(-4));
  });

  it('give their credit once, to whoever comes first', async () => {
    const { code, id } = await one({ creditExpiresAfterDays: 10, memo: 'From the fair' });
    const racers = await Promise.all(Array.from({ length: 6 }, customer));
    const answers = await Promise.allSettled(racers.map((racer) => claim(racer, code)));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const answer of answers) if (answer.status === 'rejected') expect(answer.reason.code).toBe('CODE_CLAIMED');
    expect((await Promise.all(racers.map(balanceOf))).filter((balance) => balance > 0n)).toEqual([2_500n]);
    const row = await app.backend.database.prisma.storeCreditCode.findUniqueOrThrow({ where: { id }, include: { transaction: true } });
    expect(row.transaction).toMatchObject({
      event: 'ISSUE',
      memo: 'From the fair',
      reference: id,
      expiresAt: new Date(now + 10 * DAY_MS),
      actor: expect.stringMatching(/^customer:/),
    });
  });

  it('come in batches, each another', async () => {
    const { codes, codeIds } = await make({ count: 50, batch: 'fair' });
    expect(new Set(codes).size).toBe(50);
    const ordered = await app.backend.database.prisma.storeCreditCode.findMany({ where: { id: { in: codeIds } }, orderBy: { id: 'asc' } });
    expect(ordered.map(({ hint }) => hint)).toEqual(codes.map((code) => code.slice(-4)));
    const customerId = await customer();
    for (const code of codes.slice(0, 3)) await claim(customerId, code);
    expect(await balanceOf(customerId)).toBe(7_500n);
  });

  it('are not told from nothing when they are another customer’s', async () => {
    const [hers, other] = [await customer(), await customer()];
    const { code } = await one({ customerId: hers });
    expect(await refused(claim(other, code))).toBe('CODE_NOT_FOUND');
    expect(await refused(claim(other, mintCreditCode()))).toBe('CODE_NOT_FOUND');
    expect(await refused(claim(other, 'no code at all'))).toBe('CODE_NOT_FOUND');
    await claim(hers, code);
    expect(await refused(claim(other, code))).toBe('CODE_NOT_FOUND');
    expect(await refused(claim(hers, code))).toBe('CODE_CLAIMED');
  });

  it('end when they are disabled or their time is over', async () => {
    const customerId = await customer();
    const [disabled, late] = [await one(), await one({ expiresAt: new Date(now + DAY_MS) })];
    await app.transactSql('staff:maker', (tx) => disableCode(tx, disabled.id));
    expect(await refused(claim(customerId, disabled.code))).toBe('CODE_DISABLED');
    now += DAY_MS;
    expect(await refused(claim(customerId, late.code))).toBe('CODE_EXPIRED');
    expect(await refused(app.transactSql('staff:maker', (tx) => disableCode(tx, disabled.id)))).toBe('CODE_DISABLED');
    expect(await balanceOf(customerId)).toBe(0n);
  });

  it('are regenerated when they are lost, and the old one is worth nothing', async () => {
    const [hers, other] = [await customer(), await customer()];
    const { code, id } = await one({ customerId: hers });
    const again = (who: 'staff' | { customerId: string }) => app.transactSql('customer', (tx) => regenerateCode(tx, app.keyring, id, who));
    expect(await refused(again({ customerId: other }))).toBe('CODE_NOT_FOUND');
    const { codes } = await again({ customerId: hers });
    expect(await refused(claim(hers, code))).toBe('CODE_NOT_FOUND');
    const { codes: newest } = await again('staff');
    expect(await refused(claim(hers, codes[0] as string))).toBe('CODE_NOT_FOUND');
    await claim(hers, newest[0] as string);
    expect(await balanceOf(hers)).toBe(2_500n);
    expect(await refused(again('staff'))).toBe('CODE_CLAIMED');
  });

  it('keep the rules, and can be claimed once these allow it', async () => {
    const money = (amountMinor: bigint) => ({ amount: { amountMinor, currency: 'BMD' } });
    const rules = (input: object) => app.transact('system', (tx) => updateRules(tx, 'BMD', input));
    await rules({ maximumIssue: '100', approvalAbove: '50', maximumBalance: '60' });
    expect(await refused(make(money(10_001n)))).toBe('CREDIT_LIMIT_EXCEEDED');
    expect(await refused(make(money(5_001n)))).toBe('APPROVAL_REQUIRED');
    const customerId = await customer();
    const [first, second] = (await make({ ...money(5_000n), count: 2 })).codes as [string, string];
    await claim(customerId, first);
    expect(await refused(claim(customerId, second))).toBe('CREDIT_LIMIT_EXCEEDED');
    await rules({ maximumBalance: '100' });
    await claim(customerId, second);
    expect(await balanceOf(customerId)).toBe(10_000n);
    await rules({ enabled: false });
    expect(await refused(make(money(1n)))).toBe('UNSUPPORTED_CURRENCY');
  });

  it('refuse what makes no code', async () => {
    expect(await refused(make({ amount: { amountMinor: 0n, currency: 'EUR' } }))).toBe('NEGATIVE_OR_ZERO_AMOUNT');
    expect(await refused(make({ count: 0 }))).toBe('INVALID');
    expect(await refused(make({ count: 1_001 }))).toBe('TOO_MANY');
    expect(await refused(make({ expiresAt: new Date(now) }))).toBe('EXPIRES_AT_IN_PAST');
    expect(await refused(make({ creditExpiresAfterDays: 0 }))).toBe('INVALID');
    expect(await refused(make({ batch: 'x'.repeat(101) }))).toBe('TOO_LONG');
    expect(await refused(make({ customerId: '0190d998-0000-7000-8000-000000000000' }))).toBe('CUSTOMER_DOES_NOT_EXIST');
  });

  it('stay claimed, also when somebody changes the table by hand', async () => {
    const { code, id } = await one();
    await claim(await customer(), code);
    const { sql } = app.backend.database;
    for (const statement of [
      'update store_credit_code set claimed_at = null, transaction_id = null where id = $1::text::uuid',
      'update store_credit_code set amount_minor = 1 where id = $1::text::uuid',
      'delete from store_credit_code where id = $1::text::uuid',
    ])
      await expect(sql(statement, [id])).rejects.toThrow();
    expect(await refused(claim(await customer(), code))).toBe('CODE_CLAIMED');
  });

  it('go with the customer whose they were, where nobody has claimed them', async () => {
    const [fresh, known] = [await customer(), await customer()];
    const [hers, open, claimed] = [await one({ customerId: fresh }), await one({ customerId: known }), await one({ customerId: known })];
    const { accountId } = await claim(known, claimed.code);
    await debit(app.ledger, { account: { accountId }, amount: EUR, actor: 'system', idempotency: null });
    for (const customerId of [fresh, known]) await app.transact('system', (tx) => deleteCustomer(tx, customerId));
    const left = await app.backend.database.prisma.storeCreditCode.findMany({ where: { id: { in: [hers.id, open.id, claimed.id] } } });
    expect(left.map(({ id }) => id)).toEqual([claimed.id]);
  });

  it('are guessed at ten times an hour, and those that were right do not count', async () => {
    const guess = { limiter: app.backend.limiter, keyring: app.keyring, customerId: await customer(), address: someAddress() };
    for (let run = 0; run < 30; run += 1) {
      await guessCode(guess);
      await giveGuessBack(guess);
    }
    const racing = await Promise.allSettled(Array.from({ length: 20 }, () => guessCode(guess)));
    expect(racing.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    expect(await refused(guessCode(guess))).toBe('TOO_MANY_ATTEMPTS');
    await guessCode({ ...guess, customerId: await customer() });
  });
});
