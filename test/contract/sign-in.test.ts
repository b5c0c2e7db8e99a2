import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import { authenticating } from '../../src/capabilities/sessions/authenticate.ts';
import { endSessions } from '../../src/capabilities/sessions/end.ts';
import { openSessionByEmail } from '../../src/capabilities/sessions/open.ts';
import { refreshSession } from '../../src/capabilities/sessions/refresh.ts';
import { confirmCode, confirmLink, requestCode } from '../../src/capabilities/sign-in/code.ts';
import { Keyring } from '../../src/core/secret.ts';
import { backends, openTestApp, TEST_SECRET, type TestApp } from '../support/backends.ts';
import { givenCustomer, givenSession, openAny, someEmail } from '../support/given.ts';

const MINUTE_S = 60;

describe.each(backends)('signing in on $name', (kind) => {
  let test: TestApp;
  let app: App;
  let now: Date;
  beforeAll(async () => {
    test = await openTestApp(kind, () => now);
    ({ app } = test);
  });
  const advance = (seconds: number) => {
    now = new Date(now.getTime() + seconds * 1000);
  };
  now = new Date();

  const tools = () => ({ codes: app.backend.codes, keyring: app.keyring });
  const address = () => `203.0.113.${Math.floor(Math.random() * 250)}`;
  const ask = (email: string, from = address()) =>
    app.transact('anonymous', requestCode(tools(), { email, language: 'en', shopName: 'Test Shop', address: from }));
  const confirm = (email: string, code: string, keyring = app.keyring) =>
    app.transact('anonymous', confirmCode({ codes: app.backend.codes, keyring }, { email, code, locale: 'en', address: address() }, openAny));
  const mailedCode = async (email: string): Promise<string> => {
    for (let tries = 0; tries < 100; tries += 1) {
      const mail = test.mails.findLast(({ to }) => to === email);
      if (mail?.code) return mail.code;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error(`No code came to ${email}`);
  };

  it('mails a code, makes the customer at the first sign-in and finds her at the next', async () => {
    const email = someEmail();
    await ask(email.toUpperCase());
    const first = await confirm(email, await mailedCode(email));
    const customer = await app.backend.database.prisma.customer.findUniqueOrThrow({ where: { id: first.customerId } });
    expect(customer).toMatchObject({ email, state: 'ENABLED' });
    expect(customer.emailVerifiedAt).not.toBeNull();
    test.mails.length = 0;
    await ask(email);
    const second = await confirm(email, await mailedCode(email));
    expect(second.customerId).toBe(first.customerId);
    expect(second.session.accessToken).not.toBe(first.session.accessToken);
  });

  it('blanks the sealed code once it was mailed', async () => {
    const email = someEmail();
    await ask(email);
    const code = await mailedCode(email);
    for (let tries = 0; tries < 40; tries += 1) {
      const waiting = await app.backend.database.prisma.outboxEvent.count({ where: { type: 'sign_in_code.requested', deliveredAt: null } });
      if (waiting === 0) break;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const events = await app.backend.database.prisma.outboxEvent.findMany({ where: { type: 'sign_in_code.requested' } });
    expect(events.length).toBeGreaterThan(0);
    expect(JSON.stringify(events.map(({ payload }) => payload))).not.toContain('sealed');
    expect(JSON.stringify(events.map(({ payload }) => payload))).not.toContain(code);
  });

  it('does not take a code for one address at another', async () => {
    const email = someEmail();
    await ask(email);
    await expect(confirm(someEmail(), await mailedCode(email))).rejects.toMatchObject({ code: 'INVALID_CODE' });
  });

  it('takes a code once', async () => {
    const email = someEmail();
    await ask(email);
    const code = await mailedCode(email);
    const answers = await Promise.allSettled(Array.from({ length: 8 }, () => confirm(email, code)));
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await expect(confirm(email, code)).rejects.toMatchObject({ code: 'INVALID_CODE' });
  });

  it('takes a code with the space or hyphen that people type', async () => {
    const email = someEmail();
    await ask(email);
    const code = await mailedCode(email);
    await expect(confirm(email, ` ${code.slice(0, 3)}-${code.slice(3)} `)).resolves.toMatchObject({ customerId: expect.any(String) });
  });

  it('makes one customer when two new devices confirm at once', async () => {
    const email = someEmail();
    const made = await Promise.all(
      Array.from({ length: 10 }, async () =>
        app.transact('anonymous', async (tx) => {
          const { findOrCreateByEmail } = await import('../../src/capabilities/customers/find-or-create.ts');
          return findOrCreateByEmail(tx, email, null);
        }),
      ),
    );
    expect(new Set(made.map(({ customerId }) => customerId)).size).toBe(1);
  });

  it('refuses what is no address, and a second request within half a minute', async () => {
    await expect(async () => ask('not an address')).rejects.toMatchObject({ code: 'INVALID', field: ['email'] });
    const email = someEmail();
    await ask(email);
    await expect(ask(email)).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS', params: { seconds: 30 } });
  });

  it('still knows a code after the secret key was replaced', async () => {
    const email = someEmail();
    await ask(email);
    const code = await mailedCode(email);
    await expect(confirm(email, code, new Keyring(['the new key, long enough to be one', TEST_SECRET]))).resolves.toBeTruthy();
  });

  describe('a link', () => {
    const LINK_URL = 'https://shop.example/sign-in?token=';
    const askLink = async (email: string) => {
      test.mails.length = 0;
      const { deviceToken } = await app.transact(
        'anonymous',
        requestCode(tools(), { email, language: 'en', shopName: 'Test Shop', address: address(), linkUrl: LINK_URL }),
      );
      const code = await mailedCode(email);
      const link = test.mails.findLast(({ to }) => to === email)?.link ?? '';
      expect(link.startsWith(LINK_URL)).toBe(true);
      return { deviceToken, code, token: link.slice(LINK_URL.length) };
    };
    const follow = (token: string, deviceToken: string | null) =>
      app.transact('anonymous', async (tx) => confirmLink(tools(), { token, deviceToken, locale: 'en', address: address() }, openAny)(tx));

    it('signs the browser that asked in, once, and ends the code that came with it', async () => {
      const email = someEmail();
      const { deviceToken, code, token } = await askLink(email);
      const answers = await Promise.allSettled(Array.from({ length: 8 }, () => follow(token, deviceToken)));
      expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      await expect(follow(token, deviceToken)).rejects.toMatchObject({ code: 'INVALID_LINK' });
      await expect(confirm(email, code)).rejects.toMatchObject({ code: 'INVALID_CODE' });
    });

    it('is ended by the code', async () => {
      const email = someEmail();
      const { deviceToken, code, token } = await askLink(email);
      await confirm(email, code);
      await expect(follow(token, deviceToken)).rejects.toMatchObject({ code: 'INVALID_LINK' });
    });

    it('gives no other browser a session, and stays good for the one that asked', async () => {
      const { deviceToken, token } = await askLink(someEmail());
      for (const other of [null, 'not it']) await expect(follow(token, other)).rejects.toMatchObject({ code: 'OTHER_DEVICE' });
      await expect(follow(token, deviceToken)).resolves.toMatchObject({ customerId: expect.any(String) });
    });

    it('is none when it was changed or made up', async () => {
      const { deviceToken, token } = await askLink(someEmail());
      const changed = `${token.slice(0, -2)}${token.endsWith('AA') ? 'BB' : 'AA'}`;
      for (const wrong of [changed, '', 'x', token.repeat(20)])
        await expect(follow(wrong, deviceToken)).rejects.toMatchObject({ code: 'INVALID_LINK' });
    });
  });

  it('counts an inbox once, however its address is written', async () => {
    const name = randomUUID().replaceAll('-', '');
    for (let count = 0; count < 10; count += 1) await ask(`${name}+${count}@example.com`);
    await expect(ask(`${name}@example.com`)).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
    const dotted = (count: number) => `${name.slice(0, count + 1)}.${name.slice(count + 1)}@gmail.com`;
    for (let count = 0; count < 10; count += 1) await ask(dotted(count));
    await expect(ask(`${name}@googlemail.com`)).rejects.toMatchObject({ code: 'TOO_MANY_REQUESTS' });
  });

  it('sends nothing where the shop wants to see a person and sees none', async () => {
    const email = someEmail();
    let isPerson = false;
    const request = () =>
      app.transact(
        'anonymous',
        requestCode(tools(), { email, language: 'en', shopName: 'Test Shop', address: address(), isPerson: async () => isPerson }),
      );
    await expect(request()).rejects.toMatchObject({ code: 'CHALLENGE_FAILED', field: ['proof'] });
    expect(test.mails.filter(({ to }) => to === email)).toEqual([]);
    isPerson = true;
    await expect(request()).resolves.toMatchObject({ expiresAt: expect.any(Date) });
  });

  it('opens no session for a customer whom staff have blocked', async () => {
    const { email, customerId } = await givenSession(app);
    await app.backend.database.prisma.customer.update({ where: { id: customerId }, data: { blockedAt: now } });
    await ask(email);
    await expect(confirm(email, await mailedCode(email))).rejects.toMatchObject({ code: 'CUSTOMER_DISABLED' });
  });

  describe('by an address that is known', () => {
    const device = { address: '203.0.113.9', userAgent: 'test' };
    const open = (email: string, isBegun = false) =>
      openSessionByEmail({ now, actor: 'anonymous', isBegun: () => isBegun }, app.openByEmail, email, device, 'email_code');
    const givenKnown = async () => {
      const customer = await givenCustomer(app);
      await inColumns(customer.customerId, { emailVerifiedAt: now, state: 'ENABLED' });
      return customer;
    };
    const inColumns = (customerId: string, data: object) => app.backend.database.prisma.customer.update({ where: { id: customerId }, data });

    it('opens the sessions of many at once, each with her own tokens and her own event', async () => {
      const known = await Promise.all(Array.from({ length: 12 }, () => givenKnown()));
      const strangers = Array.from({ length: 4 }, () => someEmail());
      const addresses = [...known.map(({ email }) => email), ...strangers, (known[0] as { email: string }).email];
      const opened = await Promise.all(addresses.map((email) => open(email)));
      expect(opened.map((session) => session?.customerId ?? null)).toEqual([
        ...known.map(({ customerId }) => customerId),
        ...strangers.map(() => null),
        known[0]?.customerId,
      ]);
      const sessions = opened.flatMap((session) => (session ? [session] : []));
      expect(new Set(sessions.map(({ session }) => session.accessToken)).size).toBe(13);
      for (const { customerId, session } of sessions) {
        expect(await app.authenticate(session.accessToken)).toMatchObject({ kind: 'customer', customerId, sessionId: session.sessionId });
        const events = await app.backend.database.prisma.outboxEvent.findMany({ where: { topic: `session:${session.sessionId}` } });
        expect(events).toMatchObject([
          { type: 'session.opened', customerId, actor: 'anonymous', payload: { customerId, sessionId: session.sessionId, method: 'email_code' } },
        ]);
        expect(events[0]?.deliveredAt).not.toBeNull();
      }
    });

    it.each([
      ['not proven', { emailVerifiedAt: null }],
      ['not signed up', { state: 'DISABLED' as const }],
      ['deleted', { deletedAt: new Date() }],
      ['blocked', { blockedAt: new Date() }],
    ])('leaves whoever is %s to a transaction', async (_why, change) => {
      const { email, customerId } = await givenKnown();
      await inColumns(customerId, change);
      expect(await open(email)).toBeNull();
    });

    it('leaves to a transaction what is in one', async () => {
      const { email } = await givenKnown();
      expect(await open(email, true)).toBeNull();
    });
  });

  describe('a session', () => {
    const viewerOf = (token: string) => authenticating(app.backend.database, () => now)(token);
    const refresh = (token: string, keyring = app.keyring) => app.transact('anonymous', (tx) => refreshSession(tx, keyring, token));

    it('is good for an hour, and its tokens are kept as hashes', async () => {
      const { tokens, customerId } = await givenSession(app);
      expect(await viewerOf(tokens.accessToken)).toMatchObject({ kind: 'customer', customerId });
      const row = await app.backend.database.prisma.session.findUniqueOrThrow({ where: { id: tokens.sessionId } });
      expect(JSON.stringify(row)).not.toContain(tokens.accessToken.slice(7));
      advance(61 * MINUTE_S);
      expect(await viewerOf(tokens.accessToken)).toEqual({ kind: 'anonymous', rejectedToken: true });
    });

    it('rotates: the new pair works, the old access token does not', async () => {
      const { tokens } = await givenSession(app);
      const next = await refresh(tokens.refreshToken);
      expect(await viewerOf(next?.accessToken ?? '')).toMatchObject({ kind: 'customer' });
      expect(await viewerOf(tokens.accessToken)).toMatchObject({ rejectedToken: true });
    });

    it('gives two tabs that refresh at once the same successor', async () => {
      const { tokens } = await givenSession(app);
      const pairs = await Promise.all(Array.from({ length: 6 }, () => refresh(tokens.refreshToken)));
      expect(new Set(pairs.map((pair) => pair?.refreshToken)).size).toBe(1);
      advance(20);
      expect((await refresh(tokens.refreshToken))?.refreshToken).toBe(pairs[0]?.refreshToken);
    });

    it('gives the same successor also after the secret key was replaced', async () => {
      const { tokens } = await givenSession(app);
      const next = await refresh(tokens.refreshToken);
      const rotated = new Keyring(['the new key, long enough to be one', TEST_SECRET]);
      expect((await refresh(tokens.refreshToken, rotated))?.refreshToken).toBe(next?.refreshToken);
    });

    it('ends when an exchanged token is shown after the grace, for both who hold it', async () => {
      const { tokens } = await givenSession(app);
      const next = await refresh(tokens.refreshToken);
      advance(31);
      expect(await refresh(tokens.refreshToken)).toBeNull();
      expect(await refresh(next?.refreshToken ?? '')).toBeNull();
      expect(await viewerOf(next?.accessToken ?? '')).toMatchObject({ rejectedToken: true });
    });

    it('ends when a token of an older generation is shown, grace or not', async () => {
      const { tokens } = await givenSession(app);
      const second = await refresh(tokens.refreshToken);
      const third = await refresh(second?.refreshToken ?? '');
      expect(await refresh(tokens.refreshToken)).toBeNull();
      expect(await refresh(third?.refreshToken ?? '')).toBeNull();
    });

    it('does not end for a token that was never ours', async () => {
      const { tokens } = await givenSession(app);
      expect(await refresh(`clt_rt_${randomUUID()}`)).toBeNull();
      expect(await refresh(tokens.refreshToken)).not.toBeNull();
    });

    it('cannot be refreshed after thirty days', async () => {
      const { tokens } = await givenSession(app);
      advance(30 * 24 * 60 * MINUTE_S + 1);
      expect(await refresh(tokens.refreshToken)).toBeNull();
    });

    it('is over at once when it is ended', async () => {
      const { tokens } = await givenSession(app);
      await app.transact('system', (tx) => endSessions(tx, { id: tokens.sessionId }, 'signed_out'));
      expect(await viewerOf(tokens.accessToken)).toMatchObject({ rejectedToken: true });
      expect(await refresh(tokens.refreshToken)).toBeNull();
    });
  });
});
