import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import type { Backend } from '../../src/backend/backend.ts';
import { embedded } from '../../src/backend/embedded.ts';
import { service } from '../../src/backend/service.ts';
import { postDue } from '../../src/capabilities/store-credit/due.ts';
import { hold } from '../../src/capabilities/store-credit/hold.ts';
import { createDatabase, services, TEST_SECRET } from '../support/backends.ts';
import { givenCredit, givenCustomer } from '../support/given.ts';

/** Databases of their own: what is due anywhere in one is posted. */
const KINDS: readonly (readonly [string, () => Promise<Backend>])[] = [
  ['embedded', () => embedded({ dataDir: 'memory' })],
  ...(services
    ? [
        [
          'service',
          async () =>
            service({
              databaseUrl: await createDatabase(services?.databaseUrl as string),
              redisUrl: services?.redisUrl as string,
              redisPrefix: `${randomBytes(6).toString('hex')}:`,
            }),
        ] as const,
      ]
    : []),
];

describe.each(KINDS)('what is due on %s', (_name, open) => {
  let backend: Backend;
  let apps: App[];
  let now = new Date();
  beforeAll(async () => {
    backend = await open();
    const options = {
      secretKeys: [TEST_SECRET],
      publicUrl: 'http://localhost',
      shopName: 'Test',
      mail: async () => {},
      log: pino({ level: 'silent' }),
    };
    apps = [0, 1].map(() => createApp(backend, { ...options, clock: () => now }));
  });
  afterAll(async () => {
    for (const app of apps) await app.close();
    await backend.close();
  });
  const app = (): App => apps[0] as App;
  const at = (moment: string, ms = 0): void => {
    now = new Date(Date.parse(moment) + ms);
  };
  const expirationsOf = (accountId: string) =>
    backend.database.prisma.storeCreditTransaction.findMany({
      where: { accountId, kind: 'EXPIRATION' },
      orderBy: { number: 'asc' },
      select: { amountMinor: true, event: true, actor: true, createdAt: true },
    });

  it.each([
    ['when summer time begins, in the hour that clocks leave out', '2027-03-28T02:30:00+01:00'],
    ['when summer time ends, in the first of the two hours of one name', '2027-10-31T02:30:00+02:00'],
    ['when summer time ends, in the second of them', '2027-10-31T02:30:00+01:00'],
    ['on a leap day', '2028-02-29T23:59:59.999+14:00'],
    ['at a month’s end, when it is another day elsewhere', '2028-04-30T23:59:59.999-11:00'],
    ['at a year’s end', '2028-12-31T23:59:59.999Z'],
  ])('is posted once, at its instant and not a millisecond before: %s', async (_when, moment) => {
    at(moment, -3_600_000);
    const { customerId } = await givenCustomer(app());
    const expiresAt = new Date(moment);
    const { accountId } = await givenCredit(app(), customerId, 100n, { expiresAt });
    await givenCredit(app(), customerId, 7n);
    at(moment, -1);
    expect(await postDue(app())).toBe(0);
    at(moment);
    const posted = await Promise.all(apps.flatMap((each) => [postDue(each), postDue(each)]));
    expect(posted.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(await expirationsOf(accountId)).toEqual([{ amountMinor: -100n, event: 'EXPIRATION', actor: 'system', createdAt: expiresAt }]);
  });

  it('ends holds at their moment, then the credit that waited for them', async () => {
    at('2029-05-01T12:00:00Z');
    const { customerId } = await givenCustomer(app());
    const { accountId } = await givenCredit(app(), customerId, 100n, { expiresAt: new Date('2029-05-01T13:00:00Z') });
    const why = { actor: 'system', idempotency: null };
    const amount = { amountMinor: 10n, currency: 'EUR' };
    const { holdId } = await hold(app().ledger, now, { account: { accountId }, amount, expiresAt: new Date('2029-05-01T14:00:00Z'), ...why });
    at('2029-05-01T13:30:00Z');
    expect(await postDue(app())).toBe(0);
    at('2029-05-01T14:00:00Z', -1);
    expect(await postDue(app())).toBe(0);
    at('2029-05-01T14:00:00Z');
    expect(await postDue(app())).toBeGreaterThan(0);
    await postDue(app());
    expect(await backend.database.prisma.storeCreditHold.findUniqueOrThrow({ where: { id: holdId } })).toMatchObject({ state: 'EXPIRED' });
    expect(await expirationsOf(accountId)).toHaveLength(1);
    const { balanceMinor, heldMinor } = await backend.database.prisma.storeCreditAccount.findUniqueOrThrow({ where: { id: accountId } });
    expect([balanceMinor, heldMinor]).toEqual([0n, 0n]);
  });

  it('posts hundreds of one instant, in rounds', async () => {
    at('2030-01-01T00:00:00Z');
    const expiresAt = new Date('2030-01-02T00:00:00Z');
    const accounts: string[] = [];
    for (let count = 0; count < 6; count += 1) {
      const { customerId } = await givenCustomer(app());
      for (let lot = 0; lot < 40; lot += 1) accounts.push((await givenCredit(app(), customerId, 1n, { expiresAt })).accountId);
    }
    now = expiresAt;
    let posted = 0;
    for (let count = await postDue(app()); count > 0; count = await postDue(app())) posted += count;
    expect(posted).toBe(240);
    const left = await backend.database.prisma.storeCreditAccount.aggregate({ where: { id: { in: accounts } }, _sum: { balanceMinor: true } });
    expect(left._sum.balanceMinor).toBe(0n);
  });
});
