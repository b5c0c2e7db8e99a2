import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { updateBranding } from '../../src/capabilities/branding/update.ts';
import { givenBrowser, givenConnection, givenFullAccount, givenOrder, givenPasskey, givenVisitor } from '../support/account.ts';
import { backends } from '../support/backends.ts';
import { givenPassword, somePassword, useAccounts } from '../support/classic.ts';
import { startPublicGateway, type TestGateway } from '../support/gateway.ts';
import { givenCredit, givenCustomer, someEmail } from '../support/given.ts';
import { createVisitor, mailedCode, type Shown, signInOn } from '../support/visitor.ts';

const PATHS = ['', '/orders', '/store-credit', '/addresses', '/addresses/new', '/security', '/security/email', '/privacy'];

/** What a page says, without its markup. */
const said = ({ text }: Shown): string =>
  text
    .replace(/<head>.*<\/head>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#(\d+);/g, (_whole, code: string) => String.fromCharCode(Number(code)))
    .replace(/[\s\u00a0\u202f]+/g, ' ');

describe.each(backends)('the account’s pages ($name)', (kind) => {
  let test: TestGateway;
  let account: string;

  beforeAll(async () => {
    test = await startPublicGateway(kind);
    account = `${test.url}/account`;
  });
  afterAll(() => test.stop());

  const customer = (id: string) =>
    test.app.backend.database.read.customer.findUniqueOrThrow({
      where: { id },
      select: { id: true, firstName: true, lastName: true, locale: true, email: true, defaultAddressId: true },
    });

  it('send a stranger to sign in, and then where she was going', async () => {
    const visitor = createVisitor(test);
    const login = await visitor.open(`${account}/orders?after=abc&evil=1`);
    expect(login.url).toBe(`${account}/login`);
    const back = await signInOn(test, visitor, login, someEmail());
    expect([back.url, back.status]).toEqual([`${account}/orders?after=abc`, 200]);
    expect((await visitor.open(`${account}/login`)).url).toBe(account);
  });

  it.each([
    'https://evil.example/',
    '//evil.example',
    '/account/../graphql',
    '/account//evil.example',
    '/account/logout',
    '/account/orders@evil.example',
    '/account/orders\\evil',
    '%E0%A4%A',
  ])('lead to no other place than the account after signing in: %s', async (place) => {
    const value = place.startsWith('%') ? place : encodeURIComponent(place);
    const visitor = createVisitor(test, [['clientele_return@/', { value, path: '/' }]]);
    expect((await signInOn(test, visitor, await visitor.open(`${account}/login`), someEmail())).url).toBe(account);
  });

  it('are kept by no cache, run no script but the one for passkeys, and load pictures from nowhere but where her orders have them', async () => {
    const { visitor, customerId } = await givenVisitor(test);
    const { orderId } = await givenFullAccount(test, customerId);
    for (const path of [...PATHS, `/orders/${orderId}`]) {
      const { status, headers, text } = await visitor.open(`${account}${path}`);
      const policy = headers.get('content-security-policy') ?? '';
      expect([path, status, headers.get('cache-control')]).toEqual([path, 200, 'no-store']);
      const scripts = path === '/security' ? "script-src 'self'; connect-src 'self'; " : '';
      expect(policy).toContain(
        `default-src 'none'; ${scripts}style-src 'self'; img-src data:${path.startsWith('/orders/') ? ' https://cdn.example' : ''};`,
      );
      expect(text.match(/<script[^>]*>/g) ?? []).toEqual(
        scripts ? [expect.stringMatching(/^<script defer src="\/account\/assets\/passkeys-\w+\.js">$/)] : [],
      );
      expect(text).not.toMatch(/\son\w+=|style="/);
    }
  });

  it('take no form of another site, and none without a session', async () => {
    const { customerId } = await givenVisitor(test);
    const { browserToken } = await givenBrowser(test, customerId);
    const send = (path: string, headers: Record<string, string>) =>
      fetch(`${account}${path}`, { method: 'POST', body: new URLSearchParams({ firstName: 'Mallory' }), headers, redirect: 'manual' });
    const cookie = `clientele_session=${browserToken}`;
    for (const path of [
      '/profile',
      '/addresses/new',
      '/security/email',
      '/security/devices',
      '/security/devices/others',
      '/security/passkeys/options',
      '/security/passkeys/add',
      '/security/passkeys/remove',
      '/privacy/download',
      '/privacy/erase',
      '/privacy/keep',
    ]) {
      const statuses = await Promise.all([
        send(path, { cookie, 'sec-fetch-site': 'cross-site' }),
        send(path, { cookie, origin: 'https://evil.example' }),
      ]);
      expect([path, ...statuses.map(({ status }) => status)]).toEqual([path, 403, 403]);
      const stranger = await send(path, { 'sec-fetch-site': 'same-origin' });
      expect([stranger.status, stranger.headers.get('location')]).toEqual([303, '/account/login']);
    }
    expect((await customer(customerId)).firstName).toBe('Test');
  });

  it('change names and language, in which they then speak, and escape what she is called', async () => {
    const { visitor, customerId } = await givenVisitor(test);
    const name = `O'Hara & "Sons" > co`;
    const saved = await visitor.post(await visitor.open(account), { firstName: name, lastName: 'Holm', locale: 'da' }, '/profile');
    expect([saved.url, saved.status]).toEqual([`${account}?done=saved`, 200]);
    expect(saved.text).toContain('<html lang="da">');
    expect(said(saved)).toContain(`Hej ${name} Holm`);
    expect(said(saved)).toContain('Gemt.');
    expect(saved.text).not.toContain('"Sons" >');
    expect(await customer(customerId)).toMatchObject({ firstName: name, lastName: 'Holm', locale: 'da' });
    const refused = await visitor.post(saved, { firstName: '<script>alert(1)</script>', lastName: 'Holm', locale: 'da' }, '/profile');
    expect(refused.status).toBe(400);
    expect(refused.text).toMatch(/<input id="profile-firstName"[^>]*aria-invalid="true"[^>]*aria-describedby="profile-firstName-refusal"/);
    expect(refused.text).not.toContain('<script>');
    expect((await customer(customerId)).firstName).toBe(name);
    const broken = await visitor.post(saved, { locale: 'not a locale' }, '/profile');
    expect([broken.status, /<select [^>]*aria-invalid="true"/.test(broken.text)]).toEqual([400, true]);
  });

  it('list orders newest first, page by page, and show one with all its parts', async () => {
    const { visitor, customerId } = await givenVisitor(test);
    for (let day = 1; day <= 22; day += 1) {
      await givenOrder(test.app, customerId, { name: `#20${String(day).padStart(2, '0')}`, processedAt: new Date(Date.UTC(2026, 0, day, 12)) });
    }
    const first = await visitor.open(`${account}/orders`);
    const names = (page: Shown) => [...page.text.matchAll(/<strong>(#\d+)<\/strong>/g)].map(([, name]) => name);
    expect(names(first)).toEqual(Array.from({ length: 20 }, (_, index) => `#20${String(22 - index).padStart(2, '0')}`));
    const link = (page: Shown, rel: string): string => {
      const [, href = ''] = new RegExp(`rel="${rel}"\\s+href="([^"]*)"`).exec(page.text) ?? [];
      return new URL(href.replace(/&#38;/g, '&'), test.url).href;
    };
    const second = await visitor.open(link(first, 'next'));
    expect(names(second)).toEqual(['#2002', '#2001']);
    expect(second.text).not.toContain('rel="next"');
    expect(names(await visitor.open(link(second, 'prev')))).toEqual(names(first));
    expect(names(await visitor.open(`${account}/orders?after=forged`))).toEqual(names(first));

    const order = await visitor.open(`${account}/orders/${/\/account\/orders\/([\da-f-]{36})/.exec(first.text)?.[1]}`);
    const text = said(order);
    for (const part of [
      'Order #2022',
      'January 22, 2026',
      'Stoneware cup with a handle Blue 2 × €25.00 SPRING -€5.00 €50.00 €45.00',
      'Partly refunded',
    ])
      expect(text).toContain(part);
    expect(text).toContain('Subtotal €85.00 Shipping (GLS) €7.90 Total €92.90 Tax included €15.63 Refunded -€10.00');
    expect(text).toContain('Refund on April 3, 2026 €10.00');
    expect(text).toContain('Ida Holm Vestergade 1 8000 Aarhus Denmark');
    expect(order.text).toContain('<a class="link" href="https://gls.example/track?match=00370712345678" rel="noopener noreferrer">');
  });

  it('show credit exactly, with its history and what expires next', async () => {
    const { visitor, customerId } = await givenVisitor(test);
    const expiresAt = new Date(Date.now() + 40 * 86_400_000);
    await givenCredit(test.app, customerId, 999_999_999_999_999n, { currency: 'KWD' });
    await givenCredit(test.app, customerId, 1_001n, { currency: 'JPY', expiresAt });
    for (let count = 0; count < 27; count += 1) await givenCredit(test.app, customerId, 1n, { currency: 'EUR' });
    const page = said(await visitor.open(`${account}/store-credit`));
    expect(page).toContain('Available KWD 999,999,999,999.999');
    expect(page).toContain('Available ¥1,001');
    const day = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' }).format(expiresAt);
    expect(page).toContain(`¥1,001 expires on ${day} .`);
    expect(page).toContain('Credit from the shop');
    const history = await visitor.open(`${account}/store-credit/EUR`);
    expect(history.text.match(/<tr><td>/g)).toHaveLength(25);
    expect(said(history)).toContain('+€0.01 Balance €0.27');
    const [, older = ''] = /rel="next"\s+href="([^"]*)"/.exec(history.text) ?? [];
    expect((await visitor.open(new URL(older, test.url).href)).text.match(/<tr><td>/g)).toHaveLength(2);
    expect((await visitor.open(`${account}/store-credit/USD`)).status).toBe(404);
    const german = await visitor.open(`${account}/store-credit?ui_locales=de-DE`);
    expect(said(german)).toContain('Verfügbar 999.999.999.999,999 KWD');
  });

  it('keep the address book', async () => {
    const { visitor, customerId } = await givenVisitor(test);
    const home = { firstName: 'Ida', lastName: 'Holm', address1: 'Vestergade 1', zip: '8000', city: 'Aarhus', territoryCode: 'DK' };
    const form = await visitor.open(`${account}/addresses/new?ui_locales=it`);
    expect(said(form)).toContain('Danimarca');
    const unknown = await visitor.post(form, { ...home, territoryCode: 'XX' });
    expect([unknown.status, /<select id="address-territoryCode"[^>]*aria-invalid/.test(unknown.text)]).toEqual([400, true]);
    expect(unknown.text).toContain('value="Vestergade 1"');
    expect((await visitor.post(form, { ...home, phoneNumber: 'ring bare' })).text).toMatch(/id="address-phoneNumber"[^>]*aria-invalid/);
    const empty = await visitor.post(form, { firstName: '', lastName: '' });
    expect([empty.status, empty.text.includes('role="alert"')]).toEqual([400, true]);

    const one = await visitor.post(form, home);
    expect(one.url).toBe(`${account}/addresses?done=saved`);
    expect(said(one)).toContain('Default address Ida Holm Vestergade 1 8000 Aarhus Denmark');
    expect((await visitor.post(form, home)).status).toBe(400);
    await visitor.post(form, { ...home, address1: 'Havnealle 4' });
    const book = await test.app.backend.database.read.address.findMany({ where: { customerId }, orderBy: { id: 'asc' } });
    const [first, second] = book.map(({ id }) => id) as [string, string];
    expect((await customer(customerId)).defaultAddressId).toBe(first);

    const page = await visitor.open(`${account}/addresses`);
    await visitor.post(page, {}, `${second}/default`);
    expect((await customer(customerId)).defaultAddressId).toBe(second);
    const edited = await visitor.post(await visitor.open(`${account}/addresses/${first}`), { territoryCode: 'NO', city: 'Oslo' });
    expect(said(edited)).toContain('8000 Oslo Norway');
    // The default cannot go while another is there: an old page still has its button.
    const old = `<form method="post" action="/account/addresses/${second}/delete"></form>`;
    const kept = await visitor.post({ ...page, text: old }, {});
    expect(kept.status).toBe(400);
    const gone = await visitor.post(await visitor.open(`${account}/addresses`), {}, `${first}/delete`);
    expect(said(gone)).toContain('The address is deleted.');
    expect(await test.app.backend.database.read.address.count({ where: { customerId } })).toBe(1);
  });

  it('know nothing of what is another customer’s', async () => {
    const other = await givenCustomer(test.app);
    const { orderId, passkeyId, subjectId } = await givenFullAccount(test, other.customerId);
    const theirs = await givenBrowser(test, other.customerId);
    const { id: addressId } = await test.app.backend.database.read.address
      .findMany({ where: { customerId: other.customerId }, take: 1 })
      .then(([row]) => row as { id: string });
    const { visitor, customerId } = await givenVisitor(test);
    await givenPasskey(test, customerId, 'Mine');
    await givenConnection(test, customerId, 'Mine');
    await givenBrowser(test, customerId);
    for (const path of [`/orders/${orderId}`, `/orders/${randomUUID()}`, '/orders/1042', `/addresses/${addressId}`, '/store-credit/EUR'])
      expect([path, (await visitor.open(`${account}${path}`)).status]).toEqual([path, 404]);
    const security = await visitor.open(`${account}/security`);
    for (const id of ['x', randomUUID()]) expect((await visitor.post(security, { id }, '/devices')).status).toBe(404);
    expect((await visitor.post(security, { id: theirs.sessionId }, '/devices')).status).toBe(404);
    expect((await visitor.post(security, { id: passkeyId, name: 'Stolen' }, '/passkeys/rename')).status).toBe(404);
    expect((await visitor.post(security, { id: passkeyId }, '/passkeys/remove')).status).toBe(404);
    expect((await visitor.post(security, { id: subjectId }, '/providers')).status).toBe(404);
    const form = `<form method="post" action="/account/addresses/${addressId}/delete"></form>`;
    expect((await visitor.post({ ...security, text: form }, {})).status).toBe(404);
    const { read } = test.app.backend.database;
    expect(await read.address.count({ where: { id: addressId } })).toBe(1);
    expect(await read.passkey.findUnique({ where: { id: passkeyId }, select: { name: true } })).toEqual({ name: 'My phone' });
    expect(await read.identityProviderSubject.count({ where: { id: subjectId } })).toBe(1);
    expect(await read.session.count({ where: { id: theirs.sessionId, revokedAt: null } })).toBe(1);
  });

  it('change the e-mail address by a code that was sent to the new one', async () => {
    const { visitor, customerId } = await givenVisitor(test);
    const taken = await givenCustomer(test.app);
    const form = await visitor.open(`${account}/security/email`);
    const wrong = await visitor.post(form, { email: 'nobody@nowhere' });
    expect([wrong.status, /id="email-email"[^>]*aria-invalid/.test(wrong.text)]).toEqual([400, true]);
    expect((await visitor.open(`${account}/security/email/code`)).url).toBe(`${account}/security/email`);
    const email = someEmail();
    const asked = await visitor.post(form, { email });
    expect(asked.url).toBe(`${account}/security/email/code`);
    const code = await mailedCode(test, email);
    const refused = await visitor.post(asked, { code: code === '111111' ? '222222' : '111111' }, '/code');
    expect([refused.status, /id="email-code"[^>]*aria-invalid/.test(refused.text)]).toEqual([400, true]);
    const soon = await visitor.post({ ...asked, text: asked.text.replace(/<form.*?<\/form>/s, '') }, {}, '/code');
    expect([soon.status, said(soon).includes('Wait')]).toEqual([400, true]);
    const done = await visitor.post(asked, { code: ` ${code.slice(0, 3)} ${code.slice(3)}` }, '/code');
    expect(done.url).toBe(`${account}/security?done=saved`);
    expect((await customer(customerId)).email).toBe(email);
    expect((await visitor.open(`${account}/security/email/code`)).url).toBe(`${account}/security/email`);

    const second = await visitor.post(await visitor.open(`${account}/security/email`), { email: taken.email });
    const known = await visitor.post(second, { code: await mailedCode(test, taken.email) }, '/code');
    expect([known.status, said(known).includes('Another customer has this already.')]).toEqual([400, true]);
  });

  it('ask for a new sign-in where the last is long ago, and come back', async () => {
    const { visitor, email } = await givenVisitor(test, { minutesAgo: 11 });
    const login = await visitor.open(`${account}/security/email`);
    expect([login.url, said(login).includes('Confirm that it is you')]).toEqual([`${account}/login`, true]);
    const back = await signInOn(test, visitor, login, email);
    expect(back.url).toBe(`${account}/security/email?done=confirmed`);
    expect((await visitor.post(back, { email: someEmail() })).url).toBe(`${account}/security/email/code`);

    const stale = await givenVisitor(test, { minutesAgo: 11 });
    // Her address is proven: the first proof of one unties what was tied before.
    await test.app.backend.database.prisma.customer.update({ where: { id: stale.customerId }, data: { emailVerifiedAt: new Date() } });
    await givenConnection(test, stale.customerId, 'Google');
    const passkeyId = await givenPasskey(test, stale.customerId, 'Old phone');
    expect((await stale.visitor.post(await stale.visitor.open(`${account}/security`), {}, '/passkeys/remove')).url).toBe(`${account}/login`);
    expect(await test.app.backend.database.read.passkey.count({ where: { id: passkeyId } })).toBe(1);
    const again = await stale.visitor.post(await stale.visitor.open(`${account}/security`), {}, '/providers');
    expect(again.url).toBe(`${account}/login`);
    const security = await signInOn(test, stale.visitor, again, stale.email);
    expect(security.url).toBe(`${account}/security?done=confirmed`);
    expect((await stale.visitor.post(security, {}, '/providers')).url).toBe(`${account}/security?done=saved`);
    expect(await test.app.backend.database.read.identityProviderSubject.count({ where: { customerId: stale.customerId } })).toBe(0);
  });

  it('name, rename and remove passkeys, the last way in only knowingly', async () => {
    const { visitor, customerId } = await givenVisitor(test);
    const id = await givenPasskey(test, customerId, '<i>Phone</i>');
    const page = await visitor.open(`${account}/security`);
    expect(said(page)).toContain('<i>Phone</i>');
    expect(page.text).not.toContain('<i>');
    expect(page.text).toContain('<div class="apart" hidden><form method="post" action="/account/security/passkeys/add">');
    const blank = await visitor.post(page, { name: ' ' }, '/passkeys/rename');
    expect([blank.status, new RegExp(`id="rename-${id}-name"[^>]*aria-invalid`).test(blank.text)]).toEqual([400, true]);
    expect(blank.text).toContain('<details class="ask" open>');
    expect(said(await visitor.post(page, { name: 'Work laptop' }, '/passkeys/rename'))).toContain('Work laptop');
    await test.app.transact('system', (tx) => tx.db.customer.update({ where: { id: customerId }, data: { email: null } }));
    const last = await visitor.post(page, {}, '/passkeys/remove');
    expect([last.status, said(last).includes('This is the only way to sign in')]).toEqual([400, true]);
    expect(await test.app.backend.database.read.passkey.count({ where: { id } })).toBe(1);
    expect((await visitor.post(last, {}, '/passkeys/remove')).url).toBe(`${account}/security?done=saved`);
    expect(await test.app.backend.database.read.passkey.count({ where: { id } })).toBe(0);
  });

  it('sign one device out, and all others', async () => {
    const { visitor, customerId, sessionId } = await givenVisitor(test);
    const others = [await givenBrowser(test, customerId), await givenBrowser(test, customerId), await givenBrowser(test, customerId)];
    const isLive = async (id: string): Promise<boolean> =>
      (await test.app.backend.database.read.session.count({ where: { id, revokedAt: null } })) === 1;
    const page = await visitor.open(`${account}/security?ui_locales=de`);
    expect(said(page)).toContain('Safari auf iPhone Dieses Gerät');
    expect(said(page)).toContain('aus 203.0.113.0/24');
    const one = await visitor.post(page, { id: others[0]?.sessionId ?? '' }, '/devices');
    expect(said(one)).toContain('The device is signed out.');
    expect(await Promise.all(others.map((other) => isLive(other.sessionId)))).toEqual([false, true, true]);
    // One of them was a storefront's: it is told.
    const clientId = randomUUID();
    const third = others[2]?.sessionId ?? '';
    await test.app.transact('system', (tx) => tx.db.session.update({ where: { id: third }, data: { clientId } }));
    expect(said(await visitor.post(one, {}, '/devices/others'))).toContain('All other devices are signed out.');
    const told = await test.app.backend.database.read.outboxEvent.findMany({ where: { customerId, type: 'back_channel_logout.requested' } });
    expect(told.map(({ payload }) => payload)).toMatchObject([{ sessionId: third, oidcClientId: clientId }]);
    expect(await Promise.all(others.map((other) => isLive(other.sessionId)))).toEqual([false, false, false]);
    expect(await isLive(sessionId)).toBe(true);
  });

  it('change and remove the password where the shop has classic accounts', async () => {
    const { customerId, password } = await givenPassword(test.app);
    const { browserToken } = await givenBrowser(test, customerId, 60);
    const other = await givenBrowser(test, customerId);
    const visitor = createVisitor(test, [['clientele_session@/', { value: browserToken, path: '/' }]]);
    expect((await visitor.open(`${account}/security`)).text).not.toContain('/account/security/password');
    await useAccounts(test.app, 'CLASSIC');
    try {
      const page = await visitor.open(`${account}/security`);
      const wrong = await visitor.post(page, { currentPassword: 'not this one', password: somePassword() }, '/password');
      expect([wrong.status, /id="change-currentPassword"[^>]*aria-invalid/.test(wrong.text)]).toEqual([400, true]);
      expect(wrong.text).not.toContain('not this one');
      const common = await visitor.post(page, { currentPassword: password, password: 'password1' }, '/password');
      expect(common.text).toMatch(/id="change-password"[^>]*aria-invalid/);
      const unsaid = await visitor.post(page, { password: somePassword() }, '/password');
      expect([unsaid.status, said(unsaid).includes('Give the current password')]).toEqual([400, true]);
      const next = somePassword();
      const changed = await visitor.post(page, { currentPassword: password, password: next }, '/password');
      expect(changed.url).toBe(`${account}/security?done=saved`);
      expect(await test.app.backend.database.read.session.count({ where: { id: other.sessionId, revokedAt: null } })).toBe(0);
      expect((await visitor.post(page, { currentPassword: password }, '/password/remove')).status).toBe(400);
      const removed = await visitor.post(page, { currentPassword: next }, '/password/remove');
      expect([removed.url, removed.text.includes('/account/security/password')]).toEqual([`${account}/security?done=saved`, false]);
    } finally {
      await useAccounts(test.app, 'NEW_CUSTOMER_ACCOUNTS');
    }
  });

  it('say what the shop keeps, and whom to ask', async () => {
    const { visitor } = await givenVisitor(test);
    await test.app.transact('system', (tx) => updateBranding(tx, { privacyPolicyUrl: 'https://shop.example/privacy' }));
    const page = await visitor.open(`${account}/privacy`);
    await test.app.transact('system', (tx) => updateBranding(tx, { privacyPolicyUrl: null }));
    expect(said(page)).toContain('What Test Shop keeps about you');
    expect(page.text).toContain('<a class="link" href="https://shop.example/privacy">Privacy policy</a>');
  });

  it('give her data, and delete her account when she has had time to think', async () => {
    const { visitor, customerId, email } = await givenVisitor(test);
    await givenCredit(test.app, customerId, 1_250n);
    const page = await visitor.open(`${account}/privacy`);
    const file = await visitor.post(page, {}, '/download');
    expect([file.status, file.headers.get('content-disposition')]).toEqual([200, 'attachment; filename="my-data.zip"']);
    expect(file.text).toContain('profile.json');
    expect(said(page)).toContain('After 10 days your account and all that it knows about you are deleted.');
    expect(said(page)).toContain('Your store credit of €12.50 is lost with it.');
    const asked = await visitor.post(page, {}, '/erase');
    expect(said(asked)).toContain('Your account will be deleted. We have sent you a mail.');
    expect(said(asked)).toMatch(/Your account will be deleted on \w+ \d+, \d{4}/);
    await expect
      .poll(() => test.mails.filter(({ to }) => to === email).map(({ subject }) => subject), { timeout: 20_000 })
      .toEqual([expect.stringContaining('will be deleted')]);
    const kept = await visitor.post(asked, {}, '/keep');
    expect(said(kept)).toContain('Your account stays.');
    expect(kept.text).toContain('action="/account/privacy/erase"');

    const stale = await givenVisitor(test, { minutesAgo: 11 });
    for (const form of ['/download', '/erase'])
      expect((await stale.visitor.post(await stale.visitor.open(`${account}/privacy`), {}, form)).url).toBe(`${account}/login`);
    expect(await test.app.backend.database.read.customer.count({ where: { id: stale.customerId, erasureDueAt: null } })).toBe(1);
  });
});
