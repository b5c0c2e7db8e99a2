import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { connect as connectTcp, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import type { Listener } from '../../src/backend/backend.ts';
import { service } from '../../src/backend/service.ts';
import { credit } from '../../src/capabilities/store-credit/credit.ts';
import { debit } from '../../src/capabilities/store-credit/debit.ts';
import { topics } from '../../src/core/events.ts';
import { createServer } from '../../src/http/server.ts';
import { backends, createDatabase, services, TEST_SECRET } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCredit, givenSession } from '../support/given.ts';
import { type Update, type Watcher, watchByEvents, watchBySocket } from '../support/watch.ts';

const WATCHERS = [
  ['graphql-ws', watchBySocket],
  ['server-sent events', watchByEvents],
] as const;
const MOVEMENTS = 100;
const OPENING = 1_000n;

const move = (app: App, accountId: string, index: number): Promise<unknown> => {
  const why = { account: { accountId }, actor: 'system', idempotency: null };
  return index % 5 < 3
    ? credit(app.ledger, { ...why, amount: { amountMinor: BigInt(index + 1), currency: 'EUR' } })
    : debit(app.ledger, { ...why, amount: { amountMinor: BigInt((index % 7) + 1), currency: 'EUR' } });
};
const moveOften = (app: App, accountId: string, count = MOVEMENTS): Promise<unknown> =>
  Promise.all(Array.from({ length: count }, (_, index) => move(app, accountId, index)));

const minor = (amount: string): number => Math.round(Number(amount) * 100);

/** That these updates follow each other without gap or repeat from a version on, each with the account as its transaction left it. */
const expectChain = (updates: readonly Update[], from: { version: number; balance: number }): void => {
  let { version, balance } = from;
  for (const { account, transaction } of updates) {
    version += 1;
    balance += minor(transaction?.amount.amount ?? 'none');
    expect({ version: account.version, balance: minor(account.balance.amount), available: minor(account.available.amount) }).toEqual({
      version: String(version),
      balance,
      available: balance,
    });
    expect(transaction).toMatchObject({
      version: String(version),
      number: String(version),
      balanceAfterTransaction: { amount: account.balance.amount },
    });
  }
};

const givenAccount = async (app: App) => {
  const { customerId, tokens } = await givenSession(app);
  const { accountId, gid } = await givenCredit(app, customerId, OPENING);
  return { customerId, tokens, accountId, gid };
};

/** How a stream ends: the error in its last message, or the code of the close that cut it. */
const endOf = async (watcher: Watcher): Promise<string> => {
  for (;;) {
    const told = await watcher.next().catch((error: unknown) => ({ errors: String(error) }));
    if (!told || told.errors) return JSON.stringify(told);
  }
};

const soon = (ms: number): Promise<'nothing'> => new Promise((resolve) => setTimeout(() => resolve('nothing'), ms));

describe.each(backends)('live balance on $name', (kind) => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await startTestGateway(kind);
  });
  afterAll(() => test.stop());

  describe.each(WATCHERS)('over %s', (_name, watch) => {
    it('tells the present state, then each of 100 concurrent movements once and in order', async () => {
      const { tokens, accountId, gid } = await givenAccount(test.app);
      const watcher = watch({ graphqlUrl: test.graphqlUrl, token: tokens.accessToken, accountId: gid });
      const [present] = await watcher.take(1);
      expect(present).toEqual({
        account: { id: gid, version: '1', balance: { amount: '10.00' }, available: { amount: '10.00' }, held: { amount: '0.00' } },
        transaction: null,
        change: null,
      });
      await moveOften(test.app, accountId);
      expectChain(await watcher.take(MOVEMENTS), { version: 1, balance: Number(OPENING) });
      expect(await Promise.race([watcher.next(), soon(300)])).toBe('nothing');
      await watcher.stop();
    });

    it('resumes by `after` without gap or repeat, however often the connection breaks meanwhile', async () => {
      const { tokens, accountId, gid } = await givenAccount(test.app);
      const moving = moveOften(test.app, accountId);
      const seen: Update[] = [];
      for (const count of [1, 7, 30, 50, MOVEMENTS - 88]) {
        const watcher = watch({ graphqlUrl: test.graphqlUrl, token: tokens.accessToken, accountId: gid, after: String(1 + seen.length) });
        const updates = await watcher.take(count);
        // Nothing may have happened yet when the first look is taken: then the present state comes first.
        const changes = updates.filter(({ transaction }) => transaction !== null);
        seen.push(...changes, ...(await watcher.take(count - changes.length)));
        await watcher.stop();
      }
      await moving;
      expectChain(seen, { version: 1, balance: Number(OPENING) });
      expect(seen).toHaveLength(MOVEMENTS);
    });

    it('tells the present state when there is nothing after `after`, also when it is beyond', async () => {
      const { tokens, gid } = await givenAccount(test.app);
      for (const after of ['1', '2', '18446744073709551615']) {
        const watcher = watch({ graphqlUrl: test.graphqlUrl, token: tokens.accessToken, accountId: gid, after });
        expect((await watcher.take(1))[0]).toMatchObject({ account: { version: '1' }, transaction: null });
        await watcher.stop();
      }
    });

    it('tells staff who may read, and refuses strangers’ accounts and accounts that are not there alike', async () => {
      const { gid } = await givenAccount(test.app);
      const other = await givenSession(test.app);
      const staff = watch({ graphqlUrl: test.graphqlUrl, token: test.staffToken, accountId: gid });
      expect((await staff.take(1))[0]?.account.id).toBe(gid);
      await staff.stop();
      for (const accountId of [gid, 'gid://clientele/StoreCreditAccount/01900000-0000-7000-8000-000000000000']) {
        const foreign = watch({ graphqlUrl: test.graphqlUrl, token: other.tokens.accessToken, accountId });
        const refusal = await endOf(foreign);
        expect(refusal).toContain('FORBIDDEN');
        expect(refusal).not.toContain('balance');
        await foreign.stop();
      }
    });

    it('keeps many readers of one account apart', async () => {
      const { tokens, accountId, gid } = await givenAccount(test.app);
      const watchers = Array.from({ length: 10 }, () => watch({ graphqlUrl: test.graphqlUrl, token: tokens.accessToken, accountId: gid }));
      await Promise.all(watchers.map((watcher) => watcher.take(1)));
      await moveOften(test.app, accountId, 20);
      for (const updates of await Promise.all(watchers.map((watcher) => watcher.take(20))))
        expectChain(updates, { version: 1, balance: Number(OPENING) });
      await Promise.all(watchers.map((watcher) => watcher.stop()));
    });
  });
});

/** A way to Redis that can be cut, as a restart of Redis or a broken network cuts it. */
const breakableWay = async (to: URL) => {
  const sockets = new Set<Socket>();
  let isCut = false;
  const server: Server = createTcpServer((near) => {
    if (isCut) return void near.destroy();
    const far = connectTcp(Number(to.port), to.hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.pipe(other);
      socket.on('error', () => {});
      socket.once('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(to);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    cut: () => {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    mend: () => {
      isCut = false;
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  };
};

if (services) {
  const { databaseUrl: base, redisUrl } = services;
  describe('live balance of two gateways on one PostgreSQL and one Redis', () => {
    const opened: (() => Promise<void>)[] = [];
    let way: Awaited<ReturnType<typeof breakableWay>>;
    let reader: { app: App; graphqlUrl: string };
    let writer: { app: App; graphqlUrl: string };

    beforeAll(async () => {
      way = await breakableWay(new URL(redisUrl));
      const databaseUrl = await createDatabase(base);
      const redisPrefix = `${randomBytes(6).toString('hex')}:`;
      const open = async (redis: string) => {
        const backend = await service({ databaseUrl, redisUrl: redis, redisPrefix });
        const options = { secretKeys: [TEST_SECRET], publicUrl: 'http://localhost:4000', shopName: 'Test Shop', mail: async () => {} };
        const app = createApp(backend, { ...options, log: pino({ level: 'silent' }) });
        const gateway = createServer(app, { isProduction: false, allowedOrigins: [], trustedProxyHops: 0, showInbox: false });
        opened.push(() => gateway.close().then(() => backend.close()));
        return { app, graphqlUrl: `http://127.0.0.1:${await gateway.listen(0, '127.0.0.1')}/graphql` };
      };
      reader = await open(way.url);
      writer = await open(redisUrl);
    });
    afterAll(async () => {
      for (const close of opened) await close();
      await way.close();
    });

    it.each(WATCHERS)('tells a reader of one what the other wrote, over %s', async (_name, watch) => {
      const { tokens, accountId, gid } = await givenAccount(writer.app);
      const watcher = watch({ graphqlUrl: reader.graphqlUrl, token: tokens.accessToken, accountId: gid });
      await watcher.take(1);
      const start = Date.now();
      await moveOften(writer.app, accountId);
      expectChain(await watcher.take(MOVEMENTS), { version: 1, balance: Number(OPENING) });
      expect(Date.now() - start).toBeLessThan(5_000);
      await watcher.stop();
    });

    it('tells of movements on both at once in the one order of the account', async () => {
      const { tokens, accountId, gid } = await givenAccount(writer.app);
      const watcher = watchBySocket({ graphqlUrl: reader.graphqlUrl, token: tokens.accessToken, accountId: gid });
      await watcher.take(1);
      await Promise.all([moveOften(writer.app, accountId, 50), moveOften(reader.app, accountId, 50)]);
      expectChain(await watcher.take(100), { version: 1, balance: Number(OPENING) });
      await watcher.stop();
    });

    it.each(WATCHERS)('ends within a second when the session signs out at the other, over %s', async (_name, watch) => {
      const { tokens, gid } = await givenAccount(writer.app);
      const watcher = watch({ graphqlUrl: reader.graphqlUrl, token: tokens.accessToken, accountId: gid });
      await watcher.take(1);
      const start = Date.now();
      await fetch(writer.graphqlUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: tokens.accessToken },
        body: JSON.stringify({ query: 'mutation { signOut { userErrors { code } } }' }),
      });
      expect(await endOf(watcher)).toMatch(/UNAUTHENTICATED|4403/);
      expect(Date.now() - start).toBeLessThan(1_000);
    });

    it.each(WATCHERS)('loses nothing when the bus loses messages, over %s', async (_name, watch) => {
      const { tokens, accountId, gid } = await givenAccount(writer.app);
      const watcher = watch({ graphqlUrl: reader.graphqlUrl, token: tokens.accessToken, accountId: gid });
      await watcher.take(1);
      // The watcher itself may look at any moment without being told, so it is the bus that is listened to; the opening credit may still be told.
      const heard: unknown[] = [];
      const { bus } = reader.app.backend;
      const listener: Listener = {
        hear: (news) => {
          if (news && (news as { version: string }).version !== '1') heard.push(news);
        },
      };
      bus.subscribe(topics.storeCreditAccount(accountId), listener);
      way.cut();
      await moveOften(writer.app, accountId);
      await soon(500);
      expect(heard).toEqual([]);
      bus.unsubscribe(topics.storeCreditAccount(accountId), listener);
      way.mend();
      await watcher.stop();
      const resumed = watch({ graphqlUrl: reader.graphqlUrl, token: tokens.accessToken, accountId: gid, after: '1' });
      expectChain(await resumed.take(MOVEMENTS), { version: 1, balance: Number(OPENING) });
      await resumed.stop();
    });

    it('catches an open reader up by itself when the bus is back', async () => {
      const { tokens, accountId, gid } = await givenAccount(writer.app);
      const watcher = watchBySocket({ graphqlUrl: reader.graphqlUrl, token: tokens.accessToken, accountId: gid });
      await watcher.take(1);
      for (let round = 0; round < 3; round += 1) {
        way.cut();
        await moveOften(writer.app, accountId, 10);
        await soon(100);
        way.mend();
        await moveOften(writer.app, accountId, 10);
      }
      const start = Date.now();
      expectChain(await watcher.take(60), { version: 1, balance: Number(OPENING) });
      expect(Date.now() - start).toBeLessThan(10_000);
      await watcher.stop();
    });

    it('answers writes at once while the bus is away, and ends a session revoked meanwhile when it is back', async () => {
      const { tokens, accountId, gid } = await givenAccount(reader.app);
      const watcher = watchBySocket({ graphqlUrl: reader.graphqlUrl, token: tokens.accessToken, accountId: gid });
      await watcher.take(1);
      way.cut();
      const start = Date.now();
      await move(reader.app, accountId, 0);
      expect(Date.now() - start).toBeLessThan(1_000);
      await fetch(writer.graphqlUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: tokens.accessToken },
        body: JSON.stringify({ query: 'mutation { signOut { userErrors { code } } }' }),
      });
      way.mend();
      expect(await endOf(watcher)).toMatch(/UNAUTHENTICATED|4403/);
    });
  });
}
