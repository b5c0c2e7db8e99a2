import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import { blockCustomer } from '../../src/capabilities/customers/block.ts';
import type { Mail } from '../../src/capabilities/mail/deliver.ts';
import { mergeCustomers } from '../../src/capabilities/merges/merge.ts';
import { changeExpiry } from '../../src/capabilities/store-credit/change-expiry.ts';
import { credit } from '../../src/capabilities/store-credit/credit.ts';
import { debit } from '../../src/capabilities/store-credit/debit.ts';
import { postDue } from '../../src/capabilities/store-credit/due.ts';
import { type CreditMailInput, updateCreditMailSettings } from '../../src/capabilities/store-credit/mail-settings.ts';
import { remindOfExpiry } from '../../src/capabilities/store-credit/remind.ts';
import { LANGUAGES } from '../../src/core/language.ts';
import { backends, openTestApp } from '../support/backends.ts';
import { givenCustomer } from '../support/given.ts';

const DAY_MS = 86_400_000;
const OFF: CreditMailInput = {
  credited: false,
  debited: false,
  expired: false,
  expiring: false,
  expiringDays: [30, 7, 1],
  expiringToEveryone: false,
};

describe.each(backends)('mail about store credit on $name', (kind) => {
  let app: App;
  let twin: App;
  let mails: Mail[];
  let now = Date.parse('2035-01-10T12:00:00Z');
  beforeAll(async () => {
    ({ app, mails } = await openTestApp(kind, () => new Date(now)));
    // A second process on the same database: its mail is the same inbox.
    ({ app: twin } = await openTestApp(kind, () => new Date(now), undefined, { mail: async (mail) => void mails.push(mail) }));
  });
  // Settings are the shop's: other files leave theirs.
  beforeEach(async () => {
    await set(OFF);
  });
  afterAll(async () => {
    await set(OFF);
  });

  const set = (input: CreditMailInput) => app.transactSql('system', (tx) => updateCreditMailSettings(tx, input));
  const why = { actor: 'staff:mail', idempotency: null };
  const give = (customerId: string, more: object = {}) =>
    credit(app.ledger, { account: { customerId }, amount: { amountMinor: 1_250n, currency: 'EUR' }, expiresAt: null, ...why, ...more });
  const take = (customerId: string, amountMinor: bigint, more: object = {}) =>
    debit(app.ledger, { account: { customerId }, amount: { amountMinor, currency: 'EUR' }, ...why, ...more });
  /** Waits until everything ordered for a customer has been carried. */
  const carried = async (customerId: string): Promise<void> => {
    for (let tries = 0; tries < 200; tries += 1) {
      app.outbox.wake();
      const waiting = await app.backend.database.prisma.outboxEvent.count({
        where: { customerId, type: 'store_credit_mail.requested', deliveredAt: null, failedAt: null },
      });
      if (waiting === 0) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('Nothing was carried.');
  };
  const subjects = async ({ customerId, email }: { customerId: string; email: string }): Promise<string[]> => {
    await carried(customerId);
    return mails.filter(({ to }) => to === email).map(({ subject }) => subject);
  };
  const subscribe = (customerId: string) =>
    app.backend.database.prisma.customerMarketing.create({ data: { customerId, emailState: 'SUBSCRIBED', emailAt: new Date(now) } });
  const reminded = async () => {
    // Both processes at once, until neither finds anything.
    while ((await Promise.all([remindOfExpiry(app), remindOfExpiry(twin)])).some((count) => count > 0));
  };

  it('is sent in her language, as text and HTML, when a credit asks for it, once for a key', async () => {
    const sent = new Set<string>();
    for (const locale of LANGUAGES) {
      const who = await givenCustomer(app, { locale });
      const idempotency = { scope: 'staff:mail', key: randomUUID(), fingerprint: '00' };
      for (let times = 0; times < 3; times += 1)
        await give(who.customerId, { notify: true, memo: 'For <you>', expiresAt: new Date(now + 40 * DAY_MS), idempotency });
      expect(await subjects(who)).toHaveLength(1);
      const mail = mails.find(({ to }) => to === who.email) as Mail;
      expect(mail.html).toContain(`<html lang="${locale}">`);
      expect(mail.html).toContain('For &#60;you&#62;');
      for (const text of [mail.subject, mail.text]) expect(text.replace(/\u00a0/g, ' ')).toMatch(/12[.,]50/);
      expect(mail.text).toContain('For <you>');
      expect(mail.text).toContain('2035');
      expect(mail.text).toContain('/account/store-credit');
      expect(`${mail.subject}${mail.text}`).not.toMatch(/\{\w+\}/);
      sent.add(mail.subject.replace(/[\d.,\s]/g, ''));
    }
    expect(sent.size).toBe(LANGUAGES.length);
  });

  it('is sent as the settings say where nothing is said, and never of what moves between accounts', async () => {
    const [who, other] = [await givenCustomer(app, { locale: 'en' }), await givenCustomer(app, { locale: 'en' })];
    await give(who.customerId);
    await take(who.customerId, 50n);
    expect(await subjects(who)).toEqual([]);
    await set({ credited: true, debited: true });
    await give(who.customerId);
    await give(who.customerId, { notify: false });
    await give(who.customerId, { event: 'OPENING_BALANCE' });
    await take(who.customerId, 100n);
    await take(who.customerId, 100n, { notify: false });
    await credit(app.ledger, {
      account: { customerId: who.customerId },
      amount: { amountMinor: 1n, currency: 'EUR' },
      ...why,
      actor: `customer:${who.customerId}`,
    });
    // The shop's name is the shop's too; mails ordered together may overtake each other.
    expect((await subjects(who)).sort()).toEqual([
      expect.stringMatching(/^You have €12\.50 of store credit at ./),
      '€1.00 of your store credit was used',
    ]);
    expect(mails.find(({ to, subject }) => to === who.email && subject.includes('used'))?.text).toContain('You can spend €47.51 now');
    await app.transact('system', (tx) =>
      mergeCustomers(tx, { customerOneId: who.customerId, customerTwoId: other.customerId, customerIdToKeep: other.customerId }, { undoDays: 30 }),
    );
    expect(await subjects(other)).toEqual([]);
    // The survivor is written to about what an old id is given.
    await give(who.customerId);
    expect(await subjects(other)).toHaveLength(1);
    await set(OFF);
  });

  it('is sent to nobody who is blocked, gone or without an address', async () => {
    const blocked = await givenCustomer(app);
    await app.transact('system', (tx) => blockCustomer(tx, blocked.customerId));
    await give(blocked.customerId, { notify: true });
    const erased = await givenCustomer(app);
    await give(erased.customerId);
    await app.backend.database.prisma.customer.update({ where: { id: erased.customerId }, data: { deletedAt: new Date(now) } });
    await app.backend.database.prisma.outboxEvent.create({
      data: {
        type: 'store_credit_mail.requested',
        topic: 'store_credit_mail',
        customerId: erased.customerId,
        payload: { kind: 'CREDITED', customerId: erased.customerId, transactionId: (await give(blocked.customerId)).transactionId },
        actor: 'system',
        createdAt: new Date(now),
      },
    });
    expect(await subjects(blocked)).toEqual([]);
    expect(await subjects(erased)).toEqual([]);
  });

  it('reminds those who want its mail of credit that runs out, at each step once, with what is still there', async () => {
    await set({ expiring: true });
    now += DAY_MS;
    const [saver, spender, silent] = [
      await givenCustomer(app, { locale: 'en' }),
      await givenCustomer(app, { locale: 'en' }),
      await givenCustomer(app, { locale: 'en' }),
    ];
    await subscribe(saver.customerId);
    await subscribe(spender.customerId);
    const expiresAt = new Date(now + 31 * DAY_MS);
    for (const { customerId } of [saver, spender, silent]) {
      await give(customerId, { expiresAt });
      await give(customerId, { expiresAt: new Date(expiresAt.getTime() + 60_000) });
      // Too short-lived for the first step, and never to run out.
      await give(customerId, { expiresAt: new Date(now + 20 * DAY_MS) });
      await give(customerId);
    }
    await reminded();
    expect(await subjects(saver)).toEqual([]);
    now += DAY_MS + 120_000;
    await reminded();
    await reminded();
    const date = new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' }).format(expiresAt);
    expect(await subjects(saver)).toEqual([`€25.00 of your store credit expires on ${date}`]);
    const mail = mails.find(({ to }) => to === saver.email);
    expect(mail?.headers?.['List-Unsubscribe']).toContain('/marketing/unsubscribe/');
    expect(mail?.text).toContain('/marketing/unsubscribe/');
    expect(await subjects(silent)).toEqual([]);

    // She spends all that expires soonest, and a part of what follows.
    await take(spender.customerId, 2_000n);
    await set({ expiringToEveryone: true });
    now = expiresAt.getTime() - 7 * DAY_MS + 180_000;
    await reminded();
    expect((await subjects(saver)).slice(1)).toEqual([`€25.00 of your store credit expires on ${date}`]);
    expect((await subjects(spender)).slice(1)).toEqual([`€17.50 of your store credit expires on ${date}`]);
    expect(await subjects(silent)).toEqual([`€25.00 of your store credit expires on ${date}`]);
    expect(mails.find(({ to }) => to === silent.email)?.headers).toBeUndefined();

    // What was spent between order and delivery is not written about; an expiry that has moved is.
    await take(spender.customerId, 1_750n);
    now = expiresAt.getTime() - DAY_MS + 180_000;
    await reminded();
    expect(await subjects(spender)).toHaveLength(2);
    expect(await subjects(saver)).toHaveLength(3);
    await set(OFF);
  });

  it('makes up for nothing that was due before it was switched on, nor long ago', async () => {
    const early = await givenCustomer(app);
    await give(early.customerId, { expiresAt: new Date(now + 35 * DAY_MS) });
    now += 10 * DAY_MS;
    await set({ expiring: true, expiringToEveryone: true });
    await reminded();
    expect(await subjects(early)).toEqual([]);
    const late = await givenCustomer(app, { locale: 'en' });
    const { transactionId } = await give(late.customerId, { expiresAt: new Date(now + 31 * DAY_MS) });
    now += 5 * DAY_MS;
    await reminded();
    expect(await subjects(late)).toEqual([]);
    // Moved: its steps begin anew.
    await changeExpiry(app.ledger, { transactionId, expiresAt: new Date(now + 60 * DAY_MS), ...why } as never);
    now += 30 * DAY_MS + 60_000;
    await reminded();
    expect(await subjects(late)).toHaveLength(1);
    await set(OFF);
  });

  it('tells of credit that has run out, once, however many look', async () => {
    await set({ expired: true });
    const who = await givenCustomer(app, { locale: 'en' });
    await give(who.customerId, { expiresAt: new Date(now + 60_000) });
    await take(who.customerId, 250n);
    now += 120_000;
    while ((await Promise.all([postDue(app), postDue(twin)])).some((count) => count > 0));
    expect(await subjects(who)).toEqual(['€10.00 of your store credit has expired']);
    await set(OFF);
  });

  it('refuses days that are none', async () => {
    for (const expiringDays of [[], [0], [366], [1, 2, 3, 4, 5, 6]])
      await expect(set({ expiringDays })).rejects.toMatchObject({ code: 'INVALID', field: ['input', 'expiringDays'] });
  });
});
