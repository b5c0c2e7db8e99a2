import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { consentOf } from '../../src/capabilities/marketing/record.ts';
import { setMetafields } from '../../src/capabilities/metafields/set.ts';
import { givenBrowser, givenVisitor } from '../support/account.ts';
import { backends } from '../support/backends.ts';
import { startPublicGateway, type TestGateway } from '../support/gateway.ts';
import { someEmail, somePhone } from '../support/given.ts';
import { begin, CALLBACK, discover, givenClient } from '../support/oidc.ts';
import { givenFields, givenProfile } from '../support/profile.ts';
import { createVisitor, type Shown, signInOn } from '../support/visitor.ts';

/** What a page says, without its markup. */
const said = ({ text }: Shown): string =>
  text
    .replace(/<head>.*<\/head>/s, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#(\d+);/g, (_whole, code: string) => String.fromCharCode(Number(code)))
    .replace(/[\s\u00a0\u202f]+/g, ' ');

describe.each(backends)('the profile’s pages ($name)', (kind) => {
  let test: TestGateway;
  let account: string;
  beforeAll(async () => {
    test = await startPublicGateway(kind);
    account = `${test.url}/account`;
  });
  afterAll(() => test.stop());

  const consent = (customerId: string, channel: 'EMAIL' | 'SMS' | 'WHATSAPP' = 'EMAIL') =>
    test.app.transact('system', (tx) => consentOf(tx, customerId, channel)).then(({ state }) => state);

  it('show subscriptions and payment methods as the shop tells of them', async () => {
    const { visitor, customerId } = await givenVisitor(test);
    expect(said(await visitor.open(account))).not.toContain('Payment methods');
    await givenProfile(test.app, customerId);
    const page = await visitor.open(account);
    const text = said(page);
    for (const words of [
      'Tea for two',
      '€9.90 · every 2 weeks',
      'Next payment on March 1, 2031',
      'Active',
      'Visa ending in 4242',
      'Valid to 09/2031',
      'Bank account',
      'Expired',
    ])
      expect(text).toContain(words);
    expect(page.text).toContain('href="https://shop.example/tea"');
    const german = said(await visitor.open(`${account}?ui_locales=de`));
    for (const words of ['Abonnements', 'jeweils nach 2 Wochen', 'Visa mit den Endziffern 4242', 'Gültig bis 09/2031'])
      expect(german).toContain(words);
  });

  it('show what was saved, and take it away', async () => {
    const { visitor, customerId } = await givenVisitor(test);
    expect(said(await visitor.open(`${account}/favourites`))).toContain('You have not saved anything yet.');
    await givenProfile(test.app, customerId);
    const page = await visitor.open(`${account}/favourites`);
    expect(page.headers.get('content-security-policy')).toContain('img-src data: https://cdn.example;');
    for (const words of ['Favourites', 'Stoneware cup with a handle', 'Linen tea towel', 'Recently viewed', 'Teapot'])
      expect(said(page)).toContain(words);
    // The newest stands first.
    const removed = await visitor.post(page, {}, '/favourites/remove');
    expect(said(removed)).toContain('Removed.');
    expect(said(removed)).not.toContain('Linen tea towel');
    const forgotten = await visitor.post(removed, {}, '/favourites/forget');
    expect(said(forgotten)).not.toContain('Teapot');
    const refused = await visitor.post(forgotten, { name: 'favourites' }, '/favourites/create');
    expect([refused.status, said(refused)]).toEqual([400, expect.stringContaining('Another of these lists has this name.')]);
    expect(refused.text).toContain('aria-invalid="true"');
    const added = await visitor.post(refused, { name: 'Birthday' }, '/favourites/create');
    expect(said(added)).toContain('Birthday');
    const gone = await visitor.post(added, {}, '/favourites/delete');
    expect(said(gone)).not.toContain('Stoneware cup');
  });

  it('let nobody take away what is another’s', async () => {
    const { customerId } = await givenVisitor(test);
    await givenProfile(test.app, customerId);
    const { id } = await test.app.backend.database.prisma.wishlist.findFirstOrThrow({ where: { customerId } });
    const other = await givenVisitor(test);
    const { browserToken } = await givenBrowser(test, other.customerId);
    const answer = await fetch(`${account}/favourites/delete`, {
      method: 'POST',
      body: new URLSearchParams({ id }),
      headers: { cookie: `clientele_session=${browserToken}`, 'sec-fetch-site': 'same-origin' },
      redirect: 'manual',
    });
    expect(answer.status).toBe(404);
    expect(await test.app.backend.database.prisma.wishlist.count({ where: { customerId } })).toBe(1);
  });

  it('begin and end the shop’s news by each channel', async () => {
    const { visitor, customerId, email } = await givenVisitor(test, { profile: { phone: somePhone() } });
    const page = await visitor.open(account);
    expect(said(page)).toContain('You get no news by e-mail.');
    expect(page.text).not.toContain('/news/sms/');
    const asked = await visitor.post(page, {}, '/news/email/start');
    expect(said(asked)).toContain(`We have sent a mail to ${email}`);
    expect(await consent(customerId)).toBe('PENDING');
    const hasty = await visitor.post(asked, {}, '/news/email/start');
    expect(hasty.status).toBe(400);
    await expect.poll(() => test.mails.filter(({ to }) => to === email).length, { timeout: 20_000 }).toBe(1);
    const { link = '' } = test.mails.findLast(({ to }) => to === email) ?? {};
    const confirm = await visitor.open(link);
    await visitor.post(confirm, {});
    expect(await consent(customerId)).toBe('SUBSCRIBED');
    const stopped = await visitor.post(await visitor.open(account), {}, '/news/email/stop');
    expect(said(stopped)).toContain('You get no news by e-mail.');
    expect(await consent(customerId)).toBe('UNSUBSCRIBED');
    await visitor.post(stopped, {}, '/news/whatsapp/start');
    expect(await consent(customerId, 'WHATSAPP')).toBe('SUBSCRIBED');
    await test.app.backend.database.prisma.customerMarketing.update({ where: { customerId }, data: { smsState: 'SUBSCRIBED' } });
    await visitor.post(await visitor.open(account), {}, '/news/sms/stop');
    expect(await consent(customerId, 'SMS')).toBe('UNSUBSCRIBED');
  });

  it('ask for the shop’s own fields, refuse beside the field, and keep what is right', async () => {
    const { visitor, customerId } = await givenVisitor(test);
    const fields = await givenFields(test.app, [
      {
        key: 'shoe',
        name: 'Shoe size',
        type: 'number_integer',
        description: 'European',
        validations: [{ name: 'max', value: '60' }],
        customerAccess: 'READ_WRITE',
        pages: { account: true },
      },
      { key: 'news', name: 'Paper catalogue', type: 'boolean', customerAccess: 'READ_WRITE', pages: { account: true } },
      {
        key: 'tone',
        name: 'Tone',
        type: 'single_line_text_field',
        validations: [{ name: 'choices', value: '["Warm","Cold"]' }],
        customerAccess: 'READ_WRITE',
        pages: { account: true },
      },
      { key: 'level', name: 'Level', type: 'single_line_text_field', customerAccess: 'READ', pages: { account: true } },
      { key: 'hidden', name: 'Hidden', type: 'single_line_text_field', customerAccess: 'READ_WRITE' },
    ]);
    try {
      const { namespace } = fields;
      await test.app.transact('system', (tx) => setMetafields(tx, [{ customerId, namespace, key: 'level', value: 'Gold' }], 'staff'));
      const page = await visitor.open(account);
      for (const words of ['More about you', 'Shoe size', 'European', 'Paper catalogue', 'Tone', 'Warm', 'Level Gold'])
        expect(said(page)).toContain(words);
      expect(said(page)).not.toContain('Hidden');
      const shoe = `${namespace}.shoe`;
      const typed = { [shoe]: '99', [`${namespace}.news`]: 'true', [`${namespace}.tone`]: 'Warm' };
      const refused = await visitor.post(page, typed, '/account/about');
      expect(refused.status).toBe(400);
      expect(refused.text).toMatch(new RegExp(`name="${shoe}" aria-invalid="true"[^>]*value="99"`, 's'));
      expect(await test.app.backend.database.prisma.customerMetafield.count({ where: { customerId } })).toBe(1);
      // What is not asked for here is not written here, whatever is posted.
      const saved = await visitor.post(
        refused,
        { ...typed, [shoe]: '38', [`${namespace}.level`]: 'Platinum', [`${namespace}.hidden`]: 'x' },
        '/account/about',
      );
      expect(said(saved)).toContain('Saved.');
      const values = await test.app.backend.database.prisma.customerMetafield.findMany({ where: { customerId }, orderBy: { key: 'asc' } });
      expect(values.map(({ key, value }) => [key, value])).toEqual([
        ['level', 'Gold'],
        ['news', 'true'],
        ['shoe', '38'],
        ['tone', 'Warm'],
      ]);
      await visitor.post(saved, { ...typed, [shoe]: '' }, '/account/about');
      expect(await test.app.backend.database.prisma.customerMetafield.count({ where: { customerId, key: 'shoe' } })).toBe(0);
    } finally {
      await fields.remove();
    }
  });

  it('ask a new customer on her way in, once, and let her go on without', async () => {
    const fields = await givenFields(test.app, [
      { key: 'shoe', name: 'Shoe size', type: 'number_integer', customerAccess: 'READ_WRITE', pages: { signUp: true } },
    ]);
    try {
      const shoe = `${fields.namespace}.shoe`;
      const email = someEmail();
      const visitor = createVisitor(test);
      const asked = await signInOn(test, visitor, await visitor.open(`${account}/orders`), email);
      expect(asked.url).toBe(`${account}/login/about`);
      const refused = await visitor.post(asked, { [shoe]: 'big' }, '/about');
      expect(refused.text).toContain('aria-invalid="true"');
      const kept = await visitor.post(refused, { [shoe]: '38' }, '/about');
      expect(kept.url).toBe(`${account}/orders`);
      const { customerId } = await test.app.backend.database.prisma.customerMetafield.findFirstOrThrow({
        where: { namespace: fields.namespace, value: '38' },
      });
      expect(customerId).toBe((await test.app.backend.database.prisma.customer.findFirstOrThrow({ where: { email } })).id);
      // The page is for whoever has just signed in, and over then.
      expect((await visitor.open(`${account}/login/about`)).url).toBe(account);

      const second = createVisitor(test);
      const later = await signInOn(test, second, await second.open(`${account}/login`), someEmail());
      const skipped = await fetchLater(second, later);
      expect(skipped.url).toBe(account);
      const known = createVisitor(test);
      expect((await signInOn(test, known, await known.open(`${account}/login`), email)).url).toBe(account);
    } finally {
      await fields.remove();
    }
  });

  /** Presses the second button of the page. */
  const fetchLater = (visitor: ReturnType<typeof createVisitor>, page: Shown): Promise<Shown> =>
    visitor.post({ ...page, text: page.text.slice(page.text.lastIndexOf('<form')) }, {});

  it('ask her between a client and its sign-in too, which nobody ends who has not just signed in', async () => {
    const fields = await givenFields(test.app, [
      { key: 'shoe', name: 'Shoe size', type: 'number_integer', customerAccess: 'READ_WRITE', pages: { signUp: true } },
    ]);
    try {
      const client = await givenClient(test);
      const config = await discover(test, client);
      const { url } = await begin(config);
      const visitor = createVisitor(test);
      const asked = await signInOn(test, visitor, await visitor.open(url.href), someEmail());
      expect(new URL(asked.url).pathname).toMatch(/^\/account\/login\/[\w-]{21,64}\/about$/);
      // Still on the page, with its cookie.
      const midway = visitor.twin();
      const back = await visitor.post(asked, { [`${fields.namespace}.shoe`]: '40' }, '/about');
      expect(back.url.startsWith(`${CALLBACK}?code=`)).toBe(true);

      // Signed in already, she is asked to prove it again: the page of fields is no way around that.
      const again = await begin(config, { prompt: 'login' });
      const login = await midway.open(again.url.href);
      expect(new URL(login.url).pathname).toMatch(/^\/account\/login\/[\w-]+$/);
      const around = await midway.open(`${login.url}/about`);
      expect(around.url).toBe(login.url);
      const forced = await visitor.post(
        { ...login, text: `<form method="post" action="${new URL(login.url).pathname}/about"></form>` },
        { later: '1' },
      );
      expect(forced.url.startsWith(CALLBACK)).toBe(false);
    } finally {
      await fields.remove();
    }
  });
});
