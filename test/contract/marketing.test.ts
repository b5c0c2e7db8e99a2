import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deleteCustomer } from '../../src/capabilities/customers/delete.ts';
import { updateCustomer } from '../../src/capabilities/customers/update.ts';
import { confirmSubscription } from '../../src/capabilities/marketing/confirm.ts';
import { readUnsubscribe, unsubscribeUrl } from '../../src/capabilities/marketing/links.ts';
import { Keyring } from '../../src/core/secret.ts';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCustomer, givenSession, someEmail } from '../support/given.ts';

const SUBSCRIBE = 'mutation { customerEmailMarketingSubscribe { emailAddress { marketingState marketingOptInLevel } userErrors { code message } } }';
const UNSUBSCRIBE = 'mutation { customerEmailMarketingUnsubscribe { emailAddress { marketingState } userErrors { code } } }';
const STAFF_EMAIL = `mutation ($id: ID!, $consent: CustomerEmailMarketingConsentInput!) {
  customerEmailMarketingConsentUpdate(input: { customerId: $id, emailMarketingConsent: $consent }) {
    customer { emailAddress { marketingState marketingOptInLevel marketingUpdatedAt } emailMarketingConsent { marketingState } } userErrors { code field message } } }`;
const SEND = `mutation ($id: ID!, $email: MarketingEmailInput!) { customerSendMarketingEmail(customerId: $id, email: $email) { userErrors { code field } } }`;
const LOG = `query ($id: ID!) { customer(id: $id) { marketingConsentLog(first: 20) {
  nodes { channel stateBefore state optInLevel origin detail address actor occurredAt } } } }`;

describe.each(backends)('marketing consent on $name', (kind) => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await startTestGateway(kind);
  });
  afterAll(() => test.stop());

  const staff = async (query: string, variables: object) => {
    const { data, errors } = await test.graphql(query, variables, test.staffToken);
    expect(errors).toBeUndefined();
    return data;
  };
  const setByStaff = async (id: string, consent: object) => (await staff(STAFF_EMAIL, { id, consent })).customerEmailMarketingConsentUpdate;
  const logOf = async (id: string) => (await staff(LOG, { id })).customer.marketingConsentLog.nodes;
  const stateOf = async (id: string) =>
    (await staff('query ($id: ID!) { customer(id: $id) { emailAddress { marketingState } } }', { id })).customer.emailAddress.marketingState;
  const mailTo = async (email: string, count = 1) => {
    await expect.poll(() => test.mails.filter(({ to }) => to === email).length, { timeout: 20_000 }).toBe(count);
    return test.mails.filter(({ to }) => to === email).at(-1) as (typeof test.mails)[number];
  };
  const onGateway = (link: string | undefined): string => {
    const { pathname, search } = new URL(link as string);
    return `${test.url}${pathname}${search}`;
  };
  const setDoubleOptIn = (isOn: boolean) =>
    staff('mutation ($on: Boolean!) { marketingSettingsUpdate(input: { emailDoubleOptIn: $on }) { marketingSettings { emailDoubleOptIn } } }', {
      on: isOn,
    });

  it('is pending until the mailed link is posted; opening it changes nothing', async () => {
    const { tokens, email, gid, customerId } = await givenSession(test.app);
    expect(await stateOf(gid)).toBe('NOT_SUBSCRIBED');
    const { data } = await test.graphql(SUBSCRIBE, {}, tokens.accessToken, { 'accept-language': 'de' });
    expect(data.customerEmailMarketingSubscribe).toEqual({
      emailAddress: { marketingState: 'PENDING', marketingOptInLevel: 'CONFIRMED_OPT_IN' },
      userErrors: [],
    });
    const mail = await mailTo(email);
    expect(mail.subject).toContain('Bitte bestätigen');
    expect(mail.headers).toBeUndefined();
    const page = await fetch(onGateway(mail.link));
    expect(page.status).toBe(200);
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    expect(await page.text()).toContain('Ja, Neuigkeiten senden');
    expect(await stateOf(gid)).toBe('PENDING');
    const post = () => fetch(onGateway(mail.link), { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: '' });
    expect((await post()).status).toBe(200);
    expect(await stateOf(gid)).toBe('SUBSCRIBED');
    // Again is no error, and no second line in the log.
    expect((await post()).status).toBe(200);
    expect(await logOf(gid)).toMatchObject([
      { channel: 'EMAIL', stateBefore: 'NOT_SUBSCRIBED', state: 'PENDING', origin: 'CUSTOMER', actor: `customer:${customerId}`, address: email },
      { stateBefore: 'PENDING', state: 'SUBSCRIBED', optInLevel: 'CONFIRMED_OPT_IN', origin: 'CONFIRMATION_LINK', actor: 'anonymous' },
    ]);
    const twice = await test.graphql(SUBSCRIBE, {}, tokens.accessToken);
    expect(twice.data.customerEmailMarketingSubscribe.userErrors).toMatchObject([{ code: 'CUSTOMER_ALREADY_SUBSCRIBED' }]);
  });

  it('sends one such mail a minute', async () => {
    const { tokens, email } = await givenSession(test.app);
    await test.graphql(SUBSCRIBE, {}, tokens.accessToken);
    const again = await test.graphql(SUBSCRIBE, {}, tokens.accessToken);
    expect(again.data.customerEmailMarketingSubscribe.userErrors).toEqual([
      { code: 'FAILED_TO_SUBSCRIBE', message: expect.stringMatching(/Wait \d+ seconds/) },
    ]);
    await mailTo(email);
  });

  it('refuses a confirmation that is over: taken back, asked anew, of another address, or not whole', async () => {
    const confirm = (token: string) => test.app.transact('anonymous', (tx) => confirmSubscription(tx, test.app.keyring, token));
    const tokenIn = (link: string | undefined) => new URL(link as string).pathname.split('/').at(-1) as string;
    const over = { code: 'INVALID_LINK' };

    const first = await givenSession(test.app);
    await test.graphql(SUBSCRIBE, {}, first.tokens.accessToken);
    const taken = tokenIn((await mailTo(first.email)).link);
    await test.graphql(UNSUBSCRIBE, {}, first.tokens.accessToken);
    await expect(confirm(taken)).rejects.toMatchObject(over);
    expect(await stateOf(first.gid)).toBe('UNSUBSCRIBED');
    await expect(confirm(`${taken.slice(0, -4)}AAAA`)).rejects.toMatchObject(over);
    expect((await fetch(`${test.url}/marketing/confirm/nothing`)).status).toBe(410);

    const second = await givenCustomer(test.app);
    await setByStaff(second.gid, { marketingState: 'PENDING', consentUpdatedAt: '2026-01-01T00:00:00Z' });
    const older = tokenIn((await mailTo(second.email)).link);
    await setByStaff(second.gid, { marketingState: 'PENDING', consentUpdatedAt: '2026-01-02T00:00:00Z' });
    const newer = tokenIn((await mailTo(second.email, 2)).link);
    await expect(confirm(older)).rejects.toMatchObject(over);
    await confirm(newer);
    expect(await stateOf(second.gid)).toBe('SUBSCRIBED');

    const third = await givenSession(test.app);
    await test.graphql(SUBSCRIBE, {}, third.tokens.accessToken);
    const other = tokenIn((await mailTo(third.email)).link);
    await test.app.transact('staff', (tx) => updateCustomer(tx, third.customerId, { email: someEmail() }));
    await expect(confirm(other)).rejects.toMatchObject(over);
  });

  it('subscribes at once where the shop wants no confirmation', async () => {
    await setDoubleOptIn(false);
    try {
      const { tokens } = await givenSession(test.app);
      const { data } = await test.graphql(SUBSCRIBE, {}, tokens.accessToken);
      expect(data.customerEmailMarketingSubscribe.emailAddress).toEqual({ marketingState: 'SUBSCRIBED', marketingOptInLevel: 'SINGLE_OPT_IN' });
    } finally {
      await setDoubleOptIn(true);
    }
  });

  it('keeps what staff tell, the newer over the older, and each once', async () => {
    const { gid, email } = await givenCustomer(test.app);
    const told = { marketingState: 'SUBSCRIBED', consentUpdatedAt: '2026-02-01T00:00:00Z', source: 'Checkout' };
    for (const _again of [1, 2]) {
      expect(await setByStaff(gid, told)).toEqual({
        customer: {
          emailAddress: { marketingState: 'SUBSCRIBED', marketingOptInLevel: 'SINGLE_OPT_IN', marketingUpdatedAt: '2026-02-01T00:00:00.000Z' },
          emailMarketingConsent: { marketingState: 'SUBSCRIBED' },
        },
        userErrors: [],
      });
    }
    const late = await setByStaff(gid, { marketingState: 'UNSUBSCRIBED', consentUpdatedAt: '2026-01-31T00:00:00Z' });
    expect(late.customer.emailAddress.marketingState).toBe('SUBSCRIBED');
    expect(await logOf(gid)).toEqual([
      {
        channel: 'EMAIL',
        stateBefore: 'NOT_SUBSCRIBED',
        state: 'SUBSCRIBED',
        optInLevel: 'SINGLE_OPT_IN',
        origin: 'STAFF',
        detail: 'Checkout',
        address: email,
        actor: expect.stringMatching(/^staff:/),
        occurredAt: '2026-02-01T00:00:00.000Z',
      },
    ]);
  });

  it.each([
    ['a state that cannot be told', { marketingState: 'NOT_SUBSCRIBED' }, 'INCLUSION', 'marketingState'],
    ['a moment to come', { marketingState: 'SUBSCRIBED', consentUpdatedAt: '2999-01-01T00:00:00Z' }, 'INVALID', 'consentUpdatedAt'],
    ['what is pending and not confirmed', { marketingState: 'PENDING', marketingOptInLevel: 'SINGLE_OPT_IN' }, 'INVALID', 'marketingOptInLevel'],
  ])('refuses %s', async (_what, consent, code, field) => {
    const { gid } = await givenCustomer(test.app);
    const { userErrors } = await setByStaff(gid, consent);
    expect(userErrors).toEqual([{ code, field: ['input', 'emailMarketingConsent', field], message: expect.any(String) }]);
    expect(await logOf(gid)).toEqual([]);
  });

  it('needs an address or a number, and keeps SMS and WhatsApp apart', async () => {
    const { gid } = await givenCustomer(test.app, { phone: `+49151${String(Math.floor(Math.random() * 1e8)).padStart(8, '0')}` });
    const bare = await givenCustomer(test.app);
    const SMS = `mutation ($id: ID!) { customerSmsMarketingConsentUpdate(input: { customerId: $id, smsMarketingConsent: { marketingState: SUBSCRIBED } }) {
      customer { phoneNumber { marketingState marketingOptInLevel whatsAppMarketingConsent { state } } } userErrors { code field } } }`;
    expect((await staff(SMS, { id: gid })).customerSmsMarketingConsentUpdate.customer.phoneNumber).toEqual({
      marketingState: 'SUBSCRIBED',
      marketingOptInLevel: 'SINGLE_OPT_IN',
      whatsAppMarketingConsent: { state: 'NEVER_SUBSCRIBED' },
    });
    expect((await staff(SMS, { id: bare.gid })).customerSmsMarketingConsentUpdate.userErrors).toEqual([
      { code: 'INVALID', field: ['input', 'customerId'] },
    ]);
    const WHATSAPP = `mutation ($id: ID) { customerWhatsAppMarketingConsentUpdate(input: { customerId: $id, whatsAppMarketingConsent: { state: SUBSCRIBED } }) {
      customerPhoneNumber { whatsAppMarketingConsent { state optInLevel } } userErrors { code } } }`;
    expect((await staff(WHATSAPP, { id: gid })).customerWhatsAppMarketingConsentUpdate.customerPhoneNumber).toEqual({
      whatsAppMarketingConsent: { state: 'SUBSCRIBED', optInLevel: 'SINGLE_OPT_IN' },
    });
    expect((await staff(WHATSAPP, { id: bare.gid })).customerWhatsAppMarketingConsentUpdate.userErrors).toEqual([{ code: 'PHONE_NUMBER_REQUIRED' }]);
    const herself = await givenSession(test.app);
    const other = await test.graphql(WHATSAPP, { id: gid }, herself.tokens.accessToken);
    expect(other.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  });

  it('ends when staff give the customer another address, and a refusal stays one', async () => {
    const agreed = await givenCustomer(test.app);
    await setByStaff(agreed.gid, { marketingState: 'SUBSCRIBED' });
    await test.app.transact('staff', (tx) => updateCustomer(tx, agreed.customerId, { email: someEmail() }));
    expect(await stateOf(agreed.gid)).toBe('NOT_SUBSCRIBED');
    expect((await logOf(agreed.gid)).at(-1)).toMatchObject({ origin: 'ADDRESS_CHANGED', address: agreed.email });
    const refused = await givenCustomer(test.app);
    await setByStaff(refused.gid, { marketingState: 'UNSUBSCRIBED' });
    await test.app.transact('staff', (tx) => updateCustomer(tx, refused.customerId, { email: someEmail() }));
    expect(await stateOf(refused.gid)).toBe('UNSUBSCRIBED');
  });

  it('goes into the mails that need it, with the headers of RFC 8058, and one click ends them', async () => {
    const { gid, email, customerId } = await givenCustomer(test.app, { locale: 'da' });
    const message = { subject: 'Autumn', message: 'Hello <b>there</b>\n\nBye' };
    expect((await staff(SEND, { id: gid, email: message })).customerSendMarketingEmail.userErrors).toEqual([
      { code: 'NOT_SUBSCRIBED', field: ['customerId'] },
    ]);
    await setByStaff(gid, { marketingState: 'SUBSCRIBED' });
    await staff(SEND, { id: gid, email: message });
    const mail = await mailTo(email);
    expect(mail.html).toContain('Hello &#60;b&#62;there');
    expect(mail.text).toContain('Vil du ikke have flere');
    expect(mail.headers?.['List-Unsubscribe-Post']).toBe('List-Unsubscribe=One-Click');
    const url = /^<(.+)>$/.exec(mail.headers?.['List-Unsubscribe'] ?? '')?.[1];
    expect(url).toBe(unsubscribeUrl(test.app.keyring, test.app.publicUrl, customerId));

    const page = await fetch(onGateway(url), { headers: { 'accept-language': 'pl' } });
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('Zrezygnuj')]);
    expect(await stateOf(gid)).toBe('SUBSCRIBED');
    for (const form of [new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }), formData()]) {
      const post = await fetch(onGateway(url), { method: 'POST', body: form, redirect: 'manual', headers: { origin: 'https://mail.example' } });
      expect(post.status).toBe(200);
      expect(await stateOf(gid)).toBe('UNSUBSCRIBED');
    }
    expect((await logOf(gid)).at(-1)).toMatchObject({ state: 'UNSUBSCRIBED', origin: 'UNSUBSCRIBE_LINK', actor: 'anonymous' });
    expect((await staff(SEND, { id: gid, email: message })).customerSendMarketingEmail.userErrors).toMatchObject([{ code: 'NOT_SUBSCRIBED' }]);
  });

  const formData = (): FormData => {
    const form = new FormData();
    form.set('List-Unsubscribe', 'One-Click');
    return form;
  };

  it('names a customer in a link that nobody else can write, for as long as the key is kept', async () => {
    const { customerId, gid } = await givenCustomer(test.app);
    await setByStaff(gid, { marketingState: 'SUBSCRIBED' });
    const url = new URL(unsubscribeUrl(test.app.keyring, 'https://x.example', customerId));
    const token = url.pathname.split('/').at(-1) as string;
    const [old, now] = ['old secret key that was', 'new secret key that is'];
    const made = unsubscribeUrl(new Keyring([old]), 'https://x.example', customerId)
      .split('/')
      .at(-1) as string;
    expect(readUnsubscribe(new Keyring([now, old]), made)).toBe(customerId);
    expect(readUnsubscribe(new Keyring([now]), made)).toBeNull();
    const forged = `${token.slice(0, -2)}${token.endsWith('AA') ? 'BB' : 'AA'}`;
    for (const wrong of [forged, 'x', '']) expect(readUnsubscribe(test.app.keyring, wrong)).toBeNull();
    const post = await fetch(`${test.url}/marketing/unsubscribe/${forged}`, { method: 'POST' });
    expect(post.status).toBe(410);
    expect(await stateOf(gid)).toBe('SUBSCRIBED');
    await test.app.transact('system', (tx) => deleteCustomer(tx, customerId));
    expect((await fetch(`${test.url}${url.pathname}`, { method: 'POST' })).status).toBe(200);
  });

  it('is written into a log that nothing changes and nothing shortens', async () => {
    const { customerId, gid } = await givenCustomer(test.app);
    await setByStaff(gid, { marketingState: 'SUBSCRIBED' });
    const { prisma, sql } = test.app.backend.database;
    const where = { customerId };
    await expect(prisma.marketingConsentEvent.updateMany({ where, data: { state: 'UNSUBSCRIBED' } })).rejects.toThrow(/never changes/);
    await expect(prisma.marketingConsentEvent.updateMany({ where, data: { address: 'other@example.com' } })).rejects.toThrow(/never changes/);
    await expect(prisma.marketingConsentEvent.deleteMany({ where })).rejects.toThrow(/never shortened/);
    await expect(sql('truncate marketing_consent_event', [])).rejects.toThrow(/never emptied/);
    // An erasure blanks the address.
    await prisma.marketingConsentEvent.updateMany({ where, data: { address: null } });
    expect(await logOf(gid)).toMatchObject([{ state: 'SUBSCRIBED', address: null }]);
  });
});
