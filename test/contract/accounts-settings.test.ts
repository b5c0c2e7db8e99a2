import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import { previewAccounts } from '../../src/capabilities/accounts-settings/preview.ts';
import { accountsSettings } from '../../src/capabilities/accounts-settings/settings.ts';
import { updateAccountsSettings } from '../../src/capabilities/accounts-settings/update.ts';
import { changePassword, considerPassword, considerRemoval, removePassword } from '../../src/capabilities/passwords/change.ts';
import { makeActivationUrl } from '../../src/capabilities/passwords/invite.ts';
import { considerRegistration } from '../../src/capabilities/passwords/register.ts';
import { confirmCode, requestCode } from '../../src/capabilities/sign-in/code.ts';
import { backends, openTestApp, type TestApp } from '../support/backends.ts';
import { classicOf, givenPassword, linkTo, mailTo, somePassword, useAccounts } from '../support/classic.ts';
import { givenCustomer, givenSession, openAny, someAddress, someEmail } from '../support/given.ts';

const IN_USE_NO_MORE = { code: 'PASSWORDS_NOT_IN_USE' };

describe.each(backends)('the switch between accounts on $name', (kind) => {
  let test: TestApp;
  let app: App;
  let classic: ReturnType<typeof classicOf>;
  beforeAll(async () => {
    test = await openTestApp(kind);
    ({ app } = test);
    classic = classicOf(app);
  });
  afterAll(() => useAccounts(app, 'NEW_CUSTOMER_ACCOUNTS'));
  const codeSignIn = async (email: string) => {
    const tools = { codes: app.backend.codes, keyring: app.keyring };
    await app.transact('anonymous', requestCode(tools, { email, language: 'en', shopName: 'Test Shop', address: someAddress() }));
    const { code = '' } = await mailTo(test, email, (mail) => mail.code !== undefined);
    return app.transact('anonymous', confirmCode(tools, { email, code, locale: null, address: someAddress() }, openAny));
  };
  const proven = (customerId: string) =>
    app.backend.database.prisma.customer.update({ where: { id: customerId }, data: { emailVerifiedAt: new Date(), state: 'ENABLED' } });
  const claimOf = ({ customerId, tokens }: Awaited<ReturnType<typeof givenSession>>) => ({
    customerId,
    sessionId: tokens.sessionId,
    currentPassword: null,
    address: someAddress(),
    now: app.clock(),
  });

  it('is at new accounts before anybody has touched it', async () => {
    await app.backend.database.sql(`delete from setting where name = 'customer_accounts'`, []);
    expect(await accountsSettings(app.backend.database.sql)).toEqual({
      customerAccountsVersion: 'NEW_CUSTOMER_ACCOUNTS',
      loginLinksVisibleOnStorefrontAndCheckout: true,
      loginRequiredAtCheckout: false,
    });
  });

  it('changes what is named, for two who change different fields at once too', async () => {
    const update = (input: object) => app.transactSql('staff', (tx) => updateAccountsSettings(tx, input));
    await Promise.all([update({ loginRequiredAtCheckout: true }), update({ loginLinksVisibleOnStorefrontAndCheckout: false })]);
    expect(await accountsSettings(app.backend.database.sql)).toMatchObject({
      loginRequiredAtCheckout: true,
      loginLinksVisibleOnStorefrontAndCheckout: false,
    });
    await update({ loginRequiredAtCheckout: false, loginLinksVisibleOnStorefrontAndCheckout: true });
    await expect(update({ loginRequiredAtCheckout: null })).rejects.toMatchObject({ code: 'BLANK' });
  });

  it('keeps every customer able to sign in, whichever way it goes and however often', async () => {
    const withPassword = await givenPassword(app);
    await proven(withPassword.customerId);
    const without = await givenCustomer(app);
    await proven(without.customerId);
    const signedIn = await givenSession(app);
    for (const version of ['CLASSIC', 'NEW_CUSTOMER_ACCOUNTS', 'CLASSIC'] as const) {
      await useAccounts(app, version);
      test.mails.length = 0;
      await expect(codeSignIn(withPassword.email)).resolves.toMatchObject({ customerId: withPassword.customerId });
      await expect(codeSignIn(without.email)).resolves.toMatchObject({ customerId: without.customerId });
      expect(await app.authenticate(signedIn.tokens.accessToken)).toMatchObject({ kind: 'customer' });
    }
    await expect(classic.signIn(withPassword.email, withPassword.password)).resolves.toMatchObject({ customerId: withPassword.customerId });
    await classic.recover(without.email);
    await expect(classic.reset(await linkTo(test, without.email), somePassword())).resolves.toMatchObject({ customerId: without.customerId });
  });

  it('says beforehand how many customers would need what', async () => {
    const count = async (version: 'CLASSIC' | 'NEW_CUSTOMER_ACCOUNTS') => previewAccounts(app.backend.database.sql, version, app.clock());
    const before = await count('CLASSIC');
    const settings = await accountsSettings(app.backend.database.sql);
    await givenPassword(app);
    await proven((await givenCustomer(app)).customerId);
    await givenCustomer(app, { email: '' });
    const { customerId } = await givenSession(app);
    await app.backend.database.prisma.customer.update({ where: { id: customerId }, data: { blockedAt: new Date() } });
    const after = await count('CLASSIC');
    const grown = Object.fromEntries(Object.entries(after).map(([name, value]) => [name, Number(value) - Number(before[name as 'customers'])]));
    expect(grown).toMatchObject({
      customers: 4,
      withPassword: 1,
      withoutPassword: 2,
      withUnprovenEmail: 2,
      withoutEmail: 1,
      blocked: 1,
      openSessions: 1,
    });
    expect(await count('NEW_CUSTOMER_ACCOUNTS')).toEqual({ ...after, version: 'NEW_CUSTOMER_ACCOUNTS' });
    expect(await accountsSettings(app.backend.database.sql)).toEqual(settings);
  });

  describe('at new accounts', () => {
    beforeEach(() => useAccounts(app, 'NEW_CUSTOMER_ACCOUNTS'));

    it('neither asks for passwords nor takes them, right or wrong, known or unknown', async () => {
      const { email, password } = await givenPassword(app);
      for (const [address, guess] of [
        [email, password],
        [email, 'wrong password'],
        [someEmail(), password],
      ] as const) {
        await expect(classic.signIn(address, guess)).rejects.toMatchObject(IN_USE_NO_MORE);
      }
    });

    it('sends no invitation, no recovery and no registration, and gives no first password', async () => {
      const customer = await givenSession(app);
      await expect(classic.invite(customer.customerId)).rejects.toMatchObject(IN_USE_NO_MORE);
      await expect(app.transactSql('staff', (tx) => makeActivationUrl(tx, app.publicUrl, customer.customerId))).rejects.toMatchObject(IN_USE_NO_MORE);
      await expect(classic.recover(customer.email)).rejects.toMatchObject(IN_USE_NO_MORE);
      const registration = considerRegistration(
        classic.tools,
        { email: someEmail(), password: somePassword() },
        { address: someAddress(), now: app.clock() },
      );
      await expect(registration).rejects.toMatchObject(IN_USE_NO_MORE);
      await expect(considerPassword(classic.tools, claimOf(customer), somePassword())).rejects.toMatchObject(IN_USE_NO_MORE);
    });

    it('keeps a link that was mailed before for when it is classic again', async () => {
      await useAccounts(app, 'CLASSIC');
      const { customerId, email } = await givenCustomer(app);
      await classic.invite(customerId);
      const link = await linkTo(test, email);
      await useAccounts(app, 'NEW_CUSTOMER_ACCOUNTS');
      await expect(classic.activate(link, somePassword())).rejects.toMatchObject(IN_USE_NO_MORE);
      await useAccounts(app, 'CLASSIC');
      await expect(classic.activate(link, somePassword())).resolves.toMatchObject({ customerId });
    });

    it('lets a customer remove a password that is kept and not asked for', async () => {
      const customer = await givenSession(app);
      await app.transact('system', (tx) =>
        tx.db.customerPassword.create({ data: { customerId: customer.customerId, hash: 'none that fits', updatedAt: tx.now } }),
      );
      await considerRemoval(classic.tools, claimOf(customer));
      await expect(app.transactSql('customer', (tx) => removePassword(tx, classic.writing, customer.customerId))).resolves.toMatchObject({
        customerId: customer.customerId,
      });
    });
  });

  describe('at classic accounts', () => {
    beforeEach(() => useAccounts(app, 'CLASSIC'));

    it('lets a customer without a password in by a code, and choose one', async () => {
      const { email, customerId } = await givenCustomer(app);
      const { session } = await codeSignIn(email);
      const claim = { customerId, sessionId: session.sessionId, currentPassword: null, address: someAddress(), now: app.clock() };
      const password = somePassword();
      const { hash } = await considerPassword(classic.tools, claim, password);
      await app.transactSql('customer', (tx) => changePassword(tx, classic.writing, claim, hash));
      await expect(classic.signIn(email, password)).resolves.toMatchObject({ customerId });
    });

    it('makes a customer of an unknown address by a code', async () => {
      await expect(codeSignIn(someEmail())).resolves.toMatchObject({ customerId: expect.any(String) });
    });
  });
});
