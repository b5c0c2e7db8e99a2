import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import { confirmCode, requestCode } from '../../src/capabilities/sign-in/code.ts';
import { backends, openTestApp, type TestApp } from '../support/backends.ts';
import { classicOf, givenPassword, mailTo, useAccounts } from '../support/classic.ts';
import { openAny, someAddress } from '../support/given.ts';

/** `GUESSES=10000` is what docs/accounts.md promises. */
const GUESSES = Number(process.env.GUESSES ?? 500);
const ADDRESSES = 100;
const AT_ONCE = 20;

describe.each(backends)(`${GUESSES} guesses from ${ADDRESSES} addresses on $name`, (kind) => {
  let test: TestApp;
  let app: App;
  let classic: ReturnType<typeof classicOf>;
  const addresses = Array.from({ length: ADDRESSES }, someAddress);
  beforeAll(async () => {
    test = await openTestApp(kind);
    ({ app } = test);
    classic = classicOf(app);
    await useAccounts(app, 'CLASSIC');
  });
  afterAll(() => useAccounts(app, 'NEW_CUSTOMER_ACCOUNTS'));

  const tools = () => ({ codes: app.backend.codes, keyring: app.keyring });
  const askForCode = (email: string, address: string) =>
    app.transact('anonymous', requestCode(tools(), { email, language: 'en', shopName: 'Test Shop', address }));
  const confirm = (email: string, code: string, address: string) =>
    app.transact('anonymous', confirmCode(tools(), { email, code, locale: null, address }, openAny));

  /** What became of all guesses, some at once. */
  const flood = async (guess: (index: number, address: string) => Promise<unknown>): Promise<Record<string, number>> => {
    const outcomes: Record<string, number> = {};
    let next = 0;
    const work = async (): Promise<void> => {
      for (let index = next++; index < GUESSES; index = next++) {
        const outcome = await guess(index, addresses[index % ADDRESSES] as string).then(
          () => 'in',
          ({ code }) => String(code),
        );
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    return outcomes;
  };

  const given = async () => {
    const customer = await givenPassword(app);
    await app.backend.database.prisma.customer.update({
      where: { id: customer.customerId },
      data: { emailVerifiedAt: new Date(), state: 'ENABLED' },
    });
    return customer;
  };

  it('never sign in by password, and lock no other method', async () => {
    const { email, password, customerId } = await given();
    const outcomes = await flood((index, address) => classic.signIn(email, `vivid guess ${index}`, address));
    expect(outcomes).toEqual({ UNIDENTIFIED_CUSTOMER: 10, TOO_MANY_ATTEMPTS: GUESSES - 10 });
    await expect(classic.signIn(email, password)).rejects.toMatchObject({ code: 'TOO_MANY_ATTEMPTS' });
    await askForCode(email, someAddress());
    const { code = '' } = await mailTo(test, email, (mail) => mail.code !== undefined);
    await expect(confirm(email, code, someAddress())).resolves.toMatchObject({ customerId });
  }, 600_000);

  it('never sign in by code, and lock no other method', async () => {
    const { email, password, customerId } = await given();
    await askForCode(email, someAddress());
    const { code = '' } = await mailTo(test, email, (mail) => mail.code !== undefined);
    const wrong = () => String((Number(code) + randomInt(1, 1_000_000)) % 1_000_000).padStart(6, '0');
    const outcomes = await flood((_index, address) => confirm(email, wrong(), address));
    expect(outcomes).toEqual({ INVALID_CODE: 10, TOO_MANY_ATTEMPTS: GUESSES - 10 });
    await expect(confirm(email, code, someAddress())).rejects.toMatchObject({ code: 'TOO_MANY_ATTEMPTS' });
    await expect(classic.signIn(email, password)).resolves.toMatchObject({ customerId });
  }, 600_000);
});
