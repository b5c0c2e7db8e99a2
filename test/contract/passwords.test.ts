import { hash } from '@node-rs/argon2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import { changePassword, considerPassword, considerRemoval, removePassword } from '../../src/capabilities/passwords/change.ts';
import { fitsPassword, hashPassword } from '../../src/capabilities/passwords/hash.ts';
import { provePassword } from '../../src/capabilities/passwords/prove.ts';
import { checkPassword } from '../../src/capabilities/passwords/rules.ts';
import { signInProven } from '../../src/capabilities/passwords/sign-in.ts';
import { deleteStorefrontToken, renewStorefrontToken } from '../../src/capabilities/passwords/storefront-token.ts';
import { openSession, openStorefrontSession } from '../../src/capabilities/sessions/open.ts';
import { backends, openTestApp, type TestApp } from '../support/backends.ts';
import { classicOf, givenPassword, mailTo, somePassword, useAccounts } from '../support/classic.ts';
import { givenCustomer, someAddress, someEmail } from '../support/given.ts';

const MINUTE_S = 60;
const DAY_S = 24 * 60 * MINUTE_S;

describe.each(backends)('passwords on $name', (kind) => {
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
  const device = { address: '127.0.0.1', userAgent: 'test' };
  const viewerOf = (token: string) => app.authenticate(token);
  const stored = (customerId: string) => app.backend.database.prisma.customerPassword.findUnique({ where: { customerId } });

  describe('signing in', () => {
    it('lets in whoever knows the password, in any case of the address, and enables her', async () => {
      const { customerId, email, password } = await givenPassword(app);
      const { token } = await classic.signIn(` ${email.toUpperCase()}`, password);
      expect(await viewerOf(token.accessToken)).toMatchObject({ kind: 'customer', customerId });
      expect(await app.backend.database.prisma.customer.findUnique({ where: { id: customerId } })).toMatchObject({ state: 'ENABLED' });
    });

    it('says the same of a wrong password, an unknown address, no address and a customer without a password', async () => {
      const known = await givenPassword(app);
      const without = await givenCustomer(app);
      const refusal = (email: string, password: string) =>
        classic.signIn(email, password).catch(({ code, field, params }) => ({ code, field, params }));
      const said = await Promise.all([
        refusal(known.email, somePassword()),
        refusal(someEmail(), known.password),
        refusal('no address', known.password),
        refusal(without.email, ''),
        refusal(without.email, known.password),
      ]);
      for (const refused of said) expect(refused).toEqual({ code: 'UNIDENTIFIED_CUSTOMER', field: ['input'], params: {} });
    });

    it('takes passwords byte by byte', async () => {
      const { customerId, email } = await givenCustomer(app);
      const password = ' ﬁxed pässwörd\u0301 ';
      const phc = await hashPassword(password);
      await app.transact('system', (tx) => tx.db.customerPassword.create({ data: { customerId, hash: phc, updatedAt: tx.now } }));
      await expect(classic.signIn(email, password.trim())).rejects.toMatchObject({ code: 'UNIDENTIFIED_CUSTOMER' });
      await expect(classic.signIn(email, password.normalize('NFKC'))).rejects.toMatchObject({ code: 'UNIDENTIFIED_CUSTOMER' });
      await expect(classic.signIn(email, password)).resolves.toMatchObject({ customerId });
    });

    it('keeps a password of another cost at today’s once it was right, for two who sign in at once too', async () => {
      const { customerId, email } = await givenCustomer(app);
      const password = somePassword();
      const old = await hash(password, { memoryCost: 8_192, timeCost: 1, parallelism: 1 });
      await app.transact('system', (tx) => tx.db.customerPassword.create({ data: { customerId, hash: old, updatedAt: tx.now } }));
      await expect(classic.signIn(email, somePassword())).rejects.toMatchObject({ code: 'UNIDENTIFIED_CUSTOMER' });
      expect(await stored(customerId)).toMatchObject({ hash: old });
      await Promise.all([classic.signIn(email, password), classic.signIn(email, password)]);
      expect((await stored(customerId))?.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
      await expect(classic.signIn(email, password)).resolves.toMatchObject({ customerId });
    });

    it('does not let in with a password that was changed while it was checked', async () => {
      const { customerId, email, password } = await givenPassword(app);
      const proven = await provePassword(classic.tools, { email, password, address: someAddress() });
      advance(1);
      const other = await hashPassword(somePassword());
      await app.transactSql('system', (tx) => changePassword(tx, classic.writing, { customerId, sessionId: customerId }, other));
      await expect(app.transactSql('anonymous', (tx) => signInProven(tx, proven))).rejects.toMatchObject({ code: 'UNIDENTIFIED_CUSTOMER' });
    });

    it('refuses whom staff have blocked, once she has proven who she is', async () => {
      const { customerId, email, password } = await givenPassword(app);
      await app.backend.database.prisma.customer.update({ where: { id: customerId }, data: { blockedAt: now } });
      await expect(classic.signIn(email, somePassword())).rejects.toMatchObject({ code: 'UNIDENTIFIED_CUSTOMER' });
      await expect(classic.signIn(email, password)).rejects.toMatchObject({ code: 'CUSTOMER_DISABLED' });
    });

    it('counts ten wrong guesses at an address, known or not, and tells the right password no more than the wrong', async () => {
      const { email, password } = await givenPassword(app);
      for (const guessed of [email, someEmail()]) {
        const guesses = await Promise.all(Array.from({ length: 12 }, () => classic.signIn(guessed, 'wrong password').catch(({ code }) => code)));
        expect(guesses.filter((code) => code === 'UNIDENTIFIED_CUSTOMER')).toHaveLength(10);
        expect(guesses.filter((code) => code === 'TOO_MANY_ATTEMPTS')).toHaveLength(2);
        await expect(classic.signIn(guessed, password)).rejects.toMatchObject({
          code: 'TOO_MANY_ATTEMPTS',
          params: { detail: 'TOO_MANY_PASSWORDS' },
        });
      }
    });

    it('does not count what was right', async () => {
      const { email, password } = await givenPassword(app);
      for (let count = 0; count < 12; count += 1) await classic.signIn(email, password);
      for (let count = 0; count < 10; count += 1) await classic.signIn(email, 'wrong password').catch(() => {});
      await expect(classic.signIn(email, password)).rejects.toMatchObject({ code: 'TOO_MANY_ATTEMPTS' });
    });

    it('counts all addresses of one /64 as one network, and no more', async () => {
      const network = someAddress().replace(/::1$/, '');
      const guess = (address: string) => classic.signIn(someEmail(), 'wrong password', address).catch(({ code }) => code);
      for (let host = 1; host <= 100; host += 1) expect(await guess(`${network}::${host.toString(16)}`)).toBe('UNIDENTIFIED_CUSTOMER');
      expect(await guess(`${network}::ffff`)).toBe('TOO_MANY_ATTEMPTS');
      expect(await guess(someAddress())).toBe('UNIDENTIFIED_CUSTOMER');
    });
  });

  describe('a flood', () => {
    it('waits in a line of bounded length and is turned away beyond it, while the shop’s own work waits as long as it takes', async () => {
      const stranger = () => fitsPassword(null, 'x').catch(({ code }) => code);
      const own = fitsPassword(await hashPassword('own'), 'own', { isPatient: true });
      const answers = await Promise.all(Array.from({ length: 150 }, stranger));
      expect(answers.filter((answer) => answer === 'BUSY').length).toBeGreaterThan(70);
      expect(answers.filter((answer) => answer === false).length).toBeGreaterThan(60);
      expect(await own).toBe(true);
      expect(await stranger()).toBe(false);
    });
  });

  describe('choosing one', () => {
    const check = (password: string, about: string[] = []) => checkPassword(password, about, ['password']);

    it.each([
      ['', 'BLANK'],
      ['        ', 'BLANK'],
      ['a1b2c3d', 'TOO_SHORT'],
      ['🦊🦊🦊🦊', 'TOO_SHORT'],
      [`v${'ivid harbour '.repeat(10)}`, 'TOO_LONG'],
      [' vivid harbour', 'PASSWORD_STARTS_OR_ENDS_WITH_WHITESPACE'],
      ['vivid harbour\u00a0', 'PASSWORD_STARTS_OR_ENDS_WITH_WHITESPACE'],
      ['password', 'PASSWORD_TOO_COMMON'],
      ['P@ssw0rd', 'PASSWORD_TOO_COMMON'],
      ['qwertyuiop', 'PASSWORD_TOO_COMMON'],
      ['aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'PASSWORD_TOO_COMMON'],
      ['12345678', 'PASSWORD_TOO_COMMON'],
    ])('refuses %j as %s', async (password, code) => {
      await expect(check(password)).rejects.toMatchObject({ code, field: ['password'] });
    });

    it('does not take long over any password, so that strangers cannot keep the process busy with them', async () => {
      await check('vivid harbour');
      const signs = '0134578@$!|()<>aeostilg.-_2026';
      for (let count = 0; count < 40; count += 1) {
        const password = Array.from({ length: 128 }, () => signs[Math.floor(Math.random() * signs.length)]).join('');
        const begun = performance.now();
        await check(password);
        expect(performance.now() - begun).toBeLessThan(1_000);
      }
    });

    it('refuses the customer’s own address and name', async () => {
      await expect(check('anna.lindqvist', ['anna.lindqvist@example.com'])).rejects.toMatchObject({ code: 'PASSWORD_TOO_COMMON' });
      await expect(check('Lindqvist1', ['x@example.com', 'Anna', 'Lindqvist'])).rejects.toMatchObject({ code: 'PASSWORD_TOO_COMMON' });
    });

    it.each(['vivid harbour', 'nur kleine buchstaben', 'æøå passer fint', '🦊🦊🐙🐙🦉🦉🐌🐌 hi'])(
      'asks for no digits, capitals or signs: %j',
      async (password) => {
        await expect(check(password)).resolves.toBeUndefined();
      },
    );
  });

  describe('a signed-in customer', () => {
    const given = async () => {
      const customer = await givenPassword(app);
      const mine = (await classic.signIn(customer.email, customer.password)).token;
      const other = (await classic.signIn(customer.email, customer.password)).token;
      const claim = (currentPassword: string | null) => ({
        customerId: customer.customerId,
        sessionId: mine.sessionId,
        currentPassword,
        address: someAddress(),
        now,
      });
      return { ...customer, mine, other, claim };
    };
    const change = async (claim: Parameters<typeof considerPassword>[1], password: string) => {
      const { hash: phc } = await considerPassword(classic.tools, claim, password);
      return app.transactSql('customer', (tx) => changePassword(tx, classic.writing, claim, phc));
    };

    it('changes her password: her other sessions end, hers stays, and a mail tells her', async () => {
      const { email, password, mine, other, claim } = await given();
      advance(MINUTE_S);
      const next = somePassword();
      await change(claim(password), next);
      expect(await viewerOf(mine.accessToken)).toMatchObject({ kind: 'customer' });
      expect(await viewerOf(other.accessToken)).toMatchObject({ rejectedToken: true });
      await expect(classic.signIn(email, password)).rejects.toMatchObject({ code: 'UNIDENTIFIED_CUSTOMER' });
      await expect(classic.signIn(email, next)).resolves.toMatchObject({ token: { accessToken: expect.any(String) } });
      expect((await mailTo(test, email)).subject).toBe('Your password at Test Shop was changed');
    });

    it('must say the current one when she signed in more than ten minutes ago', async () => {
      const { password, claim } = await given();
      await expect(considerPassword(classic.tools, claim(null), somePassword())).resolves.toMatchObject({ hash: expect.any(String) });
      await expect(considerPassword(classic.tools, claim('not it'), somePassword())).rejects.toMatchObject({ code: 'INVALID_PASSWORD' });
      advance(10 * MINUTE_S + 1);
      await expect(considerPassword(classic.tools, claim(null), somePassword())).rejects.toMatchObject({ code: 'REAUTHENTICATION_REQUIRED' });
      await expect(considerPassword(classic.tools, claim(password), somePassword())).resolves.toMatchObject({ hash: expect.any(String) });
      await expect(considerPassword(classic.tools, claim(password), 'password1')).rejects.toMatchObject({ code: 'PASSWORD_TOO_COMMON' });
    });

    it('gives a thief of her session no more guesses than signing in does', async () => {
      const { claim } = await given();
      const guesses = [];
      for (let count = 0; count < 11; count += 1) {
        guesses.push(await considerPassword(classic.tools, claim('a guess'), somePassword()).catch(({ code }) => code));
      }
      expect(guesses.slice(0, 10)).toEqual(Array(10).fill('INVALID_PASSWORD'));
      expect(guesses[10]).toBe('TOO_MANY_ATTEMPTS');
    });

    it('removes her password and is told so', async () => {
      const { customerId, email, password, claim } = await given();
      await considerRemoval(classic.tools, claim(password));
      await app.transactSql('customer', (tx) => removePassword(tx, classic.writing, customerId));
      expect(await stored(customerId)).toBeNull();
      await expect(classic.signIn(email, password)).rejects.toMatchObject({ code: 'UNIDENTIFIED_CUSTOMER' });
      expect((await mailTo(test, email)).subject).toBe('Your password at Test Shop was removed');
      await expect(app.transactSql('customer', (tx) => removePassword(tx, classic.writing, customerId))).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });
  });

  describe('a storefront’s token', () => {
    const given = async () => {
      const { customerId } = await givenCustomer(app);
      return app.transactSql('system', (tx) => openStorefrontSession(tx, customerId, device, 'password'));
    };
    const renew = (token: string) => app.transactSql('anonymous', (tx) => renewStorefrontToken(tx, token));

    it('is good for thirty days, and for thirty more once renewed before they are over', async () => {
      const { accessToken } = await given();
      advance(29 * DAY_S);
      expect(await renew(accessToken)).toEqual({ accessToken, expiresAt: new Date(now.getTime() + 30 * DAY_S * 1000) });
      advance(29 * DAY_S);
      expect(await viewerOf(accessToken)).toMatchObject({ kind: 'customer' });
      advance(2 * DAY_S);
      expect(await viewerOf(accessToken)).toMatchObject({ rejectedToken: true });
      await expect(renew(accessToken)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    });

    it('ends half a year after the sign-in however often it is renewed', async () => {
      const { accessToken } = await given();
      for (let month = 0; month < 6; month += 1) {
        advance(29 * DAY_S);
        await renew(accessToken);
      }
      advance(6 * DAY_S + 1);
      await expect(renew(accessToken)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    });

    it('is the only kind that can be renewed or deleted so', async () => {
      const { customerId } = await givenCustomer(app);
      const tokens = await app.transactSql('system', (tx) => openSession(tx, customerId, device, 'email_code'));
      await expect(renew(tokens.accessToken)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
      await expect(renew(tokens.refreshToken)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
      await expect(app.transactSql('anonymous', (tx) => deleteStorefrontToken(tx, tokens.accessToken))).rejects.toMatchObject({
        code: 'TOKEN_INVALID',
      });
      expect(await viewerOf(tokens.accessToken)).toMatchObject({ kind: 'customer' });
    });

    it('stops working when it is deleted', async () => {
      const { accessToken } = await given();
      await app.transactSql('anonymous', (tx) => deleteStorefrontToken(tx, accessToken));
      expect(await viewerOf(accessToken)).toMatchObject({ rejectedToken: true });
      await expect(renew(accessToken)).rejects.toMatchObject({ code: 'TOKEN_INVALID' });
    });
  });
});
