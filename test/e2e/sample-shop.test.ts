import { describe, expect, it } from 'vitest';
import type { App } from '../../src/app.ts';
import { createCustomer } from '../../src/capabilities/customers/create.ts';
import { authenticating } from '../../src/capabilities/sessions/authenticate.ts';
import { SAMPLE_CUSTOMERS, SAMPLE_MOVEMENTS } from '../../src/capabilities/transfer/sample-customers.ts';
import {
  hasSampleCustomer,
  loadSampleShop,
  openSampleSession,
  SAMPLE_ACCOUNT_ID,
  SAMPLE_CUSTOMER,
} from '../../src/capabilities/transfer/sample-shop.ts';
import { backends } from '../support/backends.ts';
import { openEmptyApp } from '../support/sample-gateway.ts';

const shopOf = async ({ backend }: App) => {
  const { prisma } = backend.database;
  const [customers, addresses, accounts, transactions, events] = await Promise.all([
    prisma.customer.count(),
    prisma.address.count(),
    prisma.storeCreditAccount.count(),
    prisma.storeCreditTransaction.count(),
    prisma.outboxEvent.count(),
  ]);
  return { customers, addresses, accounts, transactions, events };
};

describe.each(backends)('the sample shop on $name', (kind) => {
  it('is loaded once, also by processes that start at once, and its books add up', { timeout: 60_000 }, async () => {
    const { app, close } = await openEmptyApp(kind);
    await Promise.all([loadSampleShop(app), loadSampleShop(app), loadSampleShop(app)]);
    const loaded = await shopOf(app);
    expect(loaded.customers).toBe(48);
    expect(loaded.transactions).toBe(SAMPLE_MOVEMENTS.length);
    expect(loaded.addresses).toBe(SAMPLE_CUSTOMERS.flatMap(({ addresses }) => addresses).length);
    await loadSampleShop(app);
    expect(await shopOf(app)).toEqual(loaded);

    const { prisma } = app.backend.database;
    const homeless = await prisma.customer.count({ where: { defaultAddressId: null, addresses: { some: {} } } });
    expect(homeless).toBe(0);
    const account = await prisma.storeCreditAccount.findUniqueOrThrow({
      where: { id: SAMPLE_ACCOUNT_ID },
      include: { customer: true, transactions: { orderBy: { number: 'asc' } } },
    });
    expect(account.customer.email).toBe('anna.holm@example.com');
    expect(account.balanceMinor).toBe(6500n);
    const days = account.transactions.map(({ createdAt }) => Math.round((Date.now() - createdAt.getTime()) / 86_400_000));
    expect(days).toEqual([410, 232, 201, 48, 12]);
    await close();
  });

  it('stays out of a database that has customers, for good', { timeout: 60_000 }, async () => {
    const { app, close } = await openEmptyApp(kind);
    const { customerId } = await app.transact('system', (tx) => createCustomer(tx, { email: 'someone@example.com' }));
    await loadSampleShop(app);
    expect((await shopOf(app)).customers).toBe(1);
    await app.backend.database.prisma.customer.delete({ where: { id: customerId } });
    await loadSampleShop(app);
    expect((await shopOf(app)).customers).toBe(0);
    expect(await openSampleSession(app)).toBeNull();
    expect(await hasSampleCustomer(app)).toBe(false);
    await close();
  });

  it('signs its first customer in for trying out, and tidies such sessions away when they have run out', { timeout: 60_000 }, async () => {
    let now = new Date();
    const { app, close } = await openEmptyApp(kind, () => now);
    await loadSampleShop(app);
    const sessions = () => app.backend.database.prisma.session.count({ where: { customerId: SAMPLE_CUSTOMER.id } });
    const viewerOf = (token: string | null) => authenticating(app.backend.database, () => now)(token);
    const first = await openSampleSession(app);
    expect(await viewerOf(first)).toMatchObject({ kind: 'customer', customerId: SAMPLE_CUSTOMER.id });
    const second = await openSampleSession(app);
    expect(await viewerOf(first)).toMatchObject({ kind: 'customer' });
    expect(await sessions()).toBe(2);
    now = new Date(now.getTime() + 2 * 60 * 60 * 1000);
    expect(await viewerOf(second)).toMatchObject({ kind: 'anonymous' });
    await openSampleSession(app);
    expect(await sessions()).toBe(1);
    await close();
  });
});

describe("the sample shop's people", () => {
  it('are nobody: mail to them goes nowhere, and their numbers are kept for fiction', () => {
    const emails = SAMPLE_CUSTOMERS.flatMap(({ email }) => email ?? []);
    expect(emails.length).toBeGreaterThan(40);
    expect(new Set(emails).size).toBe(emails.length);
    for (const email of emails) expect(email).toMatch(/^[a-z.]+@example\.(?:com|net|org)$/);
    const fiction =
      /^(?:\+44 (?:20 7946 0|1\d1 496 0|117 496 0)\d{3}|\+1 \d{3} 555 01\d\d|\+49 (?:30 23125|40 66969|69 90009|89 99998|221 4710) \d{3})$/;
    for (const { phone } of SAMPLE_CUSTOMERS) if (phone) expect(phone).toMatch(fiction);
  });

  it('come from seven countries and are given and spend nothing before they joined', () => {
    expect(new Set(SAMPLE_CUSTOMERS.flatMap(({ addresses }) => addresses.map(({ territoryCode }) => territoryCode)))).toEqual(
      new Set(['DK', 'DE', 'IT', 'NO', 'PL', 'GB', 'US']),
    );
    const joined = new Map(SAMPLE_CUSTOMERS.map(({ id, joinedDaysAgo }) => [id, joinedDaysAgo]));
    for (const { customerId, daysAgo } of SAMPLE_MOVEMENTS) expect(joined.get(customerId)).toBeGreaterThanOrEqual(daysAgo);
  });
});
