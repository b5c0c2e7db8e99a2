import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import { updateCustomer } from '../../src/capabilities/customers/update.ts';
import { keepAccountToken, tokenInUrl } from '../../src/capabilities/passwords/account-token.ts';
import { declineInvitation } from '../../src/capabilities/passwords/decline.ts';
import { inviteCustomer, makeActivationUrl } from '../../src/capabilities/passwords/invite.ts';
import { considerRegistration, registerCustomer } from '../../src/capabilities/passwords/register.ts';
import { confirmCode, requestCode } from '../../src/capabilities/sign-in/code.ts';
import { LANGUAGES } from '../../src/core/language.ts';
import { backends, openTestApp, type TestApp } from '../support/backends.ts';
import { classicOf, givenPassword, linkTo, mailTo, somePassword, useAccounts } from '../support/classic.ts';
import { givenCustomer, givenSession, openAny, someAddress, someEmail } from '../support/given.ts';

const MINUTE_S = 60;
const DAY_S = 24 * 60 * MINUTE_S;

describe.each(backends)('links to choose a password with on $name', (kind) => {
  let test: TestApp;
  let app: App;
  let classic: ReturnType<typeof classicOf>;
  let now = new Date();
  beforeAll(async () => {
    test = await openTestApp(kind, () => now);
    ({ app } = test);
    classic = classicOf(app);
    await useAccounts(app, 'CLASSIC');
  });
  afterAll(() => useAccounts(app, 'NEW_CUSTOMER_ACCOUNTS'));
  const advance = (seconds: number) => {
    now = new Date(now.getTime() + seconds * 1000);
  };
  const customerOf = (customerId: string) => app.backend.database.prisma.customer.findUniqueOrThrow({ where: { id: customerId } });
  const viewerOf = (token: string) => app.authenticate(token);
  const codeSignIn = async (email: string) => {
    const tools = { codes: app.backend.codes, keyring: app.keyring };
    await app.transact('anonymous', requestCode(tools, { email, language: 'en', shopName: 'Test Shop', address: someAddress() }));
    const { code = '' } = await mailTo(test, email, (mail) => mail.code !== undefined);
    return app.transact('anonymous', confirmCode(tools, { email, code, locale: null, address: someAddress() }, openAny));
  };

  describe('an invitation', () => {
    it('is mailed, makes the customer INVITED, and lets her choose her password once', async () => {
      const { customerId, email } = await givenCustomer(app);
      await classic.invite(customerId);
      expect(await customerOf(customerId)).toMatchObject({ state: 'INVITED' });
      const link = await linkTo(test, email);
      expect(link).toMatch(new RegExp(`^http://localhost:4000/account/activate/${customerId}/clt_ac_`));
      const password = somePassword();
      const { token } = await classic.activate(link, password);
      expect(await viewerOf(token.accessToken)).toMatchObject({ kind: 'customer', customerId });
      const customer = await customerOf(customerId);
      expect(customer.state).toBe('ENABLED');
      expect(customer.emailVerifiedAt).not.toBeNull();
      await expect(classic.signIn(email, password)).resolves.toMatchObject({ customerId });
      await expect(classic.activate(link, somePassword())).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
      await expect(classic.invite(customerId)).rejects.toMatchObject({ code: 'ALREADY_ENABLED' });
    });

    it('is kept as a hash', async () => {
      const { customerId, email } = await givenCustomer(app);
      await classic.invite(customerId);
      const token = tokenInUrl(await linkTo(test, email));
      const rows = await app.backend.database.sql<{ whole: string }>(
        'select t::text as whole from account_token t where customer_id = $1::text::uuid',
        [customerId],
      );
      expect(rows).toHaveLength(1);
      expect(rows[0]?.whole).not.toContain(token.slice(8, 24));
      expect(rows[0]?.whole).not.toContain(Buffer.from(token).toString('hex'));
    });

    it('lets exactly one of many who follow it at once in', async () => {
      const { customerId, email } = await givenCustomer(app);
      await classic.invite(customerId);
      const link = await linkTo(test, email);
      const answers = await Promise.allSettled(Array.from({ length: 6 }, () => classic.activate(link, somePassword())));
      expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    });

    it('works for thirty days, and a new one kills the old', async () => {
      const { customerId, email } = await givenCustomer(app);
      await classic.invite(customerId);
      const first = await linkTo(test, email);
      const { accountActivationUrl } = await app.transactSql('staff', (tx) => makeActivationUrl(tx, app.publicUrl, customerId));
      await expect(classic.activate(first, somePassword())).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
      advance(30 * DAY_S);
      await expect(classic.activate(accountActivationUrl, somePassword())).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
      const again = await app.transactSql('staff', (tx) => makeActivationUrl(tx, app.publicUrl, customerId));
      advance(30 * DAY_S - 1);
      await expect(classic.activate(again.accountActivationUrl, somePassword())).resolves.toMatchObject({ customerId });
    });

    it('does not prove the address when staff handed its link over themselves', async () => {
      const { customerId, email } = await givenCustomer(app);
      const { accountActivationUrl } = await app.transactSql('staff', (tx) => makeActivationUrl(tx, app.publicUrl, customerId));
      const password = somePassword();
      await classic.activate(accountActivationUrl, password);
      expect(await customerOf(customerId)).toMatchObject({ state: 'ENABLED', emailVerifiedAt: null });
      await expect(classic.signIn(email, password)).resolves.toMatchObject({ customerId });
    });

    it('is void once the customer has another address', async () => {
      const { customerId, email } = await givenCustomer(app);
      await classic.invite(customerId);
      const link = await linkTo(test, email);
      await app.transact('staff', (tx) => updateCustomer(tx, customerId, { email: someEmail() }));
      await expect(classic.activate(link, somePassword())).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    });

    it('is no good for another customer, as a recovery, or by a token that was made up', async () => {
      const [one, other] = [await givenCustomer(app), await givenCustomer(app)];
      await classic.invite(one.customerId);
      const token = tokenInUrl(await linkTo(test, one.email));
      const choose = (shown: Parameters<typeof classic.choose>[0]) => classic.choose(shown, somePassword());
      await expect(choose({ token, purposes: ['ACTIVATION'], customerId: other.customerId })).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
      await expect(choose({ token, purposes: ['RECOVERY'] })).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
      await expect(choose({ token: `clt_ac_${randomUUID()}`, purposes: ['ACTIVATION'] })).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
      await expect(choose({ token: '', purposes: ['ACTIVATION'] })).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
      await expect(choose({ token, purposes: ['ACTIVATION'], customerId: one.customerId })).resolves.toMatchObject({ customerId: one.customerId });
    });

    it('can be declined once, and the customer invited anew', async () => {
      const { customerId, email } = await givenCustomer(app);
      await classic.invite(customerId);
      const token = tokenInUrl(await linkTo(test, email));
      const decline = () => app.transactSql('anonymous', (tx) => declineInvitation(tx, token, ['activationUrl']));
      await decline();
      expect(await customerOf(customerId)).toMatchObject({ state: 'DECLINED' });
      await expect(decline()).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
      await classic.invite(customerId);
      expect(await customerOf(customerId)).toMatchObject({ state: 'INVITED' });
    });

    it('carries staff’s own subject and message, and goes to no other address', async () => {
      const { customerId, email } = await givenCustomer(app, { locale: 'da-DK' });
      const invite = (mail: object) => app.transactSql('staff', (tx) => inviteCustomer(tx, classic.writing, customerId, mail));
      await expect(invite({ to: someEmail() })).rejects.toMatchObject({ code: 'INVALID', field: ['email', 'to'] });
      await expect(invite({ subject: 'a\r\nBcc: x@example.com' })).rejects.toMatchObject({ code: 'INVALID', field: ['email', 'subject'] });
      await invite({ to: email.toUpperCase(), subject: 'Velkommen', customMessage: 'Kære <b>kunde</b>,\n\ntak.' });
      const mail = await mailTo(test, email);
      expect(mail).toMatchObject({ subject: 'Velkommen', text: expect.stringMatching(/^Kære <b>kunde<\/b>,\n\ntak\.\n\nTest Shop inviterer dig/) });
      expect(mail.html).not.toContain('<b>');
      expect(mail.html).toContain('lang="da"');
    });

    it('is refused for nobody, for somebody without an address, and for one whom staff have blocked', async () => {
      const { customerId } = await givenCustomer(app, { email: '', firstName: 'No', lastName: 'Address' });
      await expect(classic.invite(customerId)).rejects.toMatchObject({ code: 'INVALID', params: { detail: 'CUSTOMER_HAS_NO_EMAIL' } });
      await expect(classic.invite(randomUUID())).rejects.toMatchObject({ code: 'CUSTOMER_DOES_NOT_EXIST' });
      const blocked = await givenCustomer(app);
      await classic.invite(blocked.customerId);
      const link = await linkTo(test, blocked.email);
      await app.backend.database.prisma.customer.update({ where: { id: blocked.customerId }, data: { blockedAt: now } });
      await expect(classic.invite(blocked.customerId)).rejects.toMatchObject({ code: 'CUSTOMER_DISABLED' });
      await expect(classic.activate(link, somePassword())).rejects.toMatchObject({ code: 'CUSTOMER_DISABLED' });
    });
  });

  describe('a recovery', () => {
    it('lets a customer choose a new password: the old one, every session and every other link are void, and a mail tells her', async () => {
      const { customerId, email, password } = await givenPassword(app);
      const before = await classic.signIn(email, password);
      await classic.recover(email);
      const link = await linkTo(test, email);
      expect(link).toMatch(new RegExp(`^http://localhost:4000/account/reset/${customerId}/clt_ac_`));
      const next = somePassword();
      const { token } = await classic.reset(link, next);
      expect(await viewerOf(before.token.accessToken)).toMatchObject({ rejectedToken: true });
      expect(await viewerOf(token.accessToken)).toMatchObject({ customerId });
      await expect(classic.signIn(email, password)).rejects.toMatchObject({ code: 'UNIDENTIFIED_CUSTOMER' });
      await expect(classic.signIn(email, next)).resolves.toMatchObject({ customerId });
      await expect(classic.reset(link, somePassword())).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
      expect((await mailTo(test, email, ({ link: any }) => any === undefined)).subject).toBe('Your password at Test Shop was changed');
      expect((await customerOf(customerId)).emailVerifiedAt).not.toBeNull();
    });

    it('works for an hour', async () => {
      const { email } = await givenPassword(app);
      await classic.recover(email);
      const link = await linkTo(test, email);
      advance(60 * MINUTE_S);
      await expect(classic.reset(link, somePassword())).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    });

    it('gives a customer without a password her first', async () => {
      const { customerId, email } = await givenCustomer(app);
      await classic.recover(email);
      const password = somePassword();
      await classic.reset(await linkTo(test, email), password);
      await expect(classic.signIn(email, password)).resolves.toMatchObject({ customerId });
      expect(await customerOf(customerId)).toMatchObject({ state: 'ENABLED' });
    });

    it('writes the same and mails nothing for an address that is nobody’s, or of somebody who is blocked', async () => {
      const blocked = await givenPassword(app);
      await app.backend.database.prisma.customer.update({ where: { id: blocked.customerId }, data: { blockedAt: now } });
      const known = await givenPassword(app);
      const rowsOf = async (email: string) => {
        await classic.recover(email);
        return app.backend.database.sql<{ count: number }>(`select count(*)::int as count from account_token where email = $1::text`, [email]);
      };
      const strange = someEmail();
      expect(await rowsOf(strange)).toEqual([{ count: 1 }]);
      expect(await rowsOf(known.email)).toEqual([{ count: 1 }]);
      await rowsOf(blocked.email);
      await linkTo(test, known.email);
      await classic.recover((await givenPassword(app)).email);
      for (let tries = 0; tries < 100; tries += 1) {
        const waiting = await app.backend.database.prisma.outboxEvent.count({ where: { type: 'mail.requested', deliveredAt: null } });
        if (waiting === 0) break;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(test.mails.filter(({ to }) => to === strange || to === blocked.email)).toEqual([]);
    });

    it('is mailed once in half a minute and five times an hour, to known and unknown alike', async () => {
      for (const email of [(await givenCustomer(app)).email, someEmail()]) {
        const answers = await Promise.all(Array.from({ length: 4 }, () => classic.recover(email).catch(({ code }) => code)));
        expect(answers.filter((answer) => answer === 'TOO_MANY_REQUESTS')).toHaveLength(3);
      }
      const network = someAddress();
      const answers: unknown[] = [];
      for (let count = 0; count < 61; count += 1) answers.push(await classic.recover(someEmail(), network).catch(({ code }) => code));
      expect(answers.slice(0, 60)).toEqual(Array(60).fill({}));
      expect(answers[60]).toBe('TOO_MANY_REQUESTS');
    });

    it('says nothing of a refused password before the link is found to be good, and keeps the link for a better one', async () => {
      const { email } = await givenPassword(app);
      await classic.recover(email);
      const link = await linkTo(test, email);
      await expect(classic.reset(link, 'password1')).rejects.toMatchObject({ code: 'PASSWORD_TOO_COMMON' });
      await expect(classic.reset(link, 'short')).rejects.toMatchObject({ code: 'TOO_SHORT' });
      await expect(classic.reset(link, somePassword())).resolves.toMatchObject({ token: { accessToken: expect.any(String) } });
    });
  });

  describe('a registration', () => {
    const register = async (email: string, over: object = {}) => {
      const input = { email, password: somePassword(), firstName: 'Ines', lastName: 'Duarte', locale: 'de', ...over };
      const registration = await considerRegistration(classic.tools, input, { address: someAddress(), now });
      return app.transactSql('anonymous', (tx) => registerCustomer(tx, classic.writing, registration));
    };

    it('makes no customer before its mail is followed, and then her, with what she said of herself', async () => {
      const email = someEmail();
      expect(await register(email)).toEqual({});
      expect(await app.backend.database.prisma.customer.findUnique({ where: { email } })).toBeNull();
      const password = somePassword();
      const { customerId } = await classic.activate(await linkTo(test, email), password);
      expect(await customerOf(customerId)).toMatchObject({ email, firstName: 'Ines', lastName: 'Duarte', locale: 'de', state: 'ENABLED' });
      await expect(classic.signIn(email, password)).resolves.toMatchObject({ customerId });
    });

    it('signup while account exists looks the same, and its mail tells the owner', async () => {
      const known = await givenPassword(app);
      expect(await register(known.email, { firstName: 'Mallory' })).toEqual(await register(someEmail()));
      const mail = await mailTo(test, known.email);
      expect(mail).toMatchObject({ subject: 'You have an account at Test Shop', link: 'http://localhost:4000/account' });
      expect(mail.text).not.toContain('clt_ac_');
      await expect(classic.signIn(known.email, known.password)).resolves.toMatchObject({ customerId: known.customerId });
      expect(await customerOf(known.customerId)).toMatchObject({ firstName: 'Test' });
    });

    it('plants no password: whoever follows the mail chooses it', async () => {
      const email = someEmail();
      const planted = somePassword();
      await register(email, { password: planted });
      await expect(classic.signIn(email, planted)).rejects.toMatchObject({ code: 'UNIDENTIFIED_CUSTOMER' });
      await classic.activate(await linkTo(test, email), somePassword());
      await expect(classic.signIn(email, planted)).rejects.toMatchObject({ code: 'UNIDENTIFIED_CUSTOMER' });
    });

    it('does not tell whose a phone number is, and takes none from anybody', async () => {
      const phone = `+49151${String(Math.floor(Math.random() * 100_000_000)).padStart(8, '0')}`;
      const holder = await givenCustomer(app, { phone });
      const email = someEmail();
      expect(await register(email, { phone })).toEqual({});
      const { customerId } = await classic.activate(await linkTo(test, email), somePassword());
      expect(await customerOf(customerId)).toMatchObject({ phone: null });
      expect(await customerOf(holder.customerId)).toMatchObject({ phone });
    });

    it('is refused for what can be said without looking whether there is an account', async () => {
      await expect(register(someEmail(), { password: 'password1' })).rejects.toMatchObject({ code: 'PASSWORD_TOO_COMMON' });
      await expect(register(someEmail(), { firstName: '<b>x</b>' })).rejects.toMatchObject({ code: 'CONTAINS_HTML_TAGS' });
      await expect(register('no address')).rejects.toMatchObject({ code: 'INVALID', field: ['input', 'email'] });
    });
  });

  describe('somebody who lay in wait', () => {
    it('unverified account’s password cleared on adoption', async () => {
      const { customerId, email, password } = await givenPassword(app);
      const planted = await classic.signIn(email, password);
      const { session } = await codeSignIn(email);
      await expect(classic.signIn(email, password)).rejects.toMatchObject({ code: 'UNIDENTIFIED_CUSTOMER' });
      expect(await viewerOf(planted.token.accessToken)).toMatchObject({ rejectedToken: true });
      expect(await viewerOf(session.accessToken)).toMatchObject({ kind: 'customer', customerId });
    });

    it('keeps nothing after an activation or a recovery either', async () => {
      const { customerId, email, password } = await givenPassword(app);
      const planted = await classic.signIn(email, password);
      await classic.recover(email);
      await classic.reset(await linkTo(test, email), somePassword());
      await expect(classic.signIn(email, password)).rejects.toMatchObject({ code: 'UNIDENTIFIED_CUSTOMER' });
      expect(await viewerOf(planted.token.accessToken)).toMatchObject({ rejectedToken: true });
      expect(await app.backend.database.prisma.accountToken.count({ where: { OR: [{ customerId }, { email }] } })).toBe(0);
    });

    it('is not the customer who has proven her address before: her password stays', async () => {
      const { customerId, email, password } = await givenPassword(app);
      await app.backend.database.prisma.customer.update({ where: { id: customerId }, data: { emailVerifiedAt: now, state: 'ENABLED' } });
      await codeSignIn(email);
      await expect(classic.signIn(email, password)).resolves.toMatchObject({ customerId });
    });

    it('leaves sessions that a proof of the address opened', async () => {
      const { email, tokens } = await givenSession(app);
      await codeSignIn(email);
      expect(await viewerOf(tokens.accessToken)).toMatchObject({ kind: 'customer' });
    });
  });

  it('sweeps what has run out', async () => {
    const email = someEmail();
    await app.transactSql('system', (tx) => keepAccountToken(tx, { purpose: 'RECOVERY', email, customerId: null, isMailed: true }));
    advance(60 * MINUTE_S + 1);
    const left = () => app.backend.database.prisma.accountToken.count({ where: { email } });
    for (let round = 0; round < 20 && (await left()) > 0; round += 1) await classic.recover(someEmail());
    expect(await left()).toBe(0);
  });

  it.each(LANGUAGES)('writes every mail in %s', async (language) => {
    const { TEMPLATES } = await import('../../src/capabilities/mail/templates.ts');
    for (const template of [
      'account_confirm',
      'account_exists',
      'account_invite',
      'password_recovery',
      'password_changed',
      'password_removed',
    ] as const) {
      const letter = TEMPLATES[template]({ template, to: 'a@example.com', language, shopName: 'Shop', values: { link: 'https://shop.example/x' } });
      const text = [letter.subject, ...letter.paragraphs, ...letter.small].join('\n');
      expect(text).not.toMatch(/[{}]/);
      expect(text).toContain('Shop');
      expect(letter.button === undefined).toBe(template === 'password_changed' || template === 'password_removed');
    }
  });
});
