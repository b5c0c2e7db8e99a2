import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { type App, createApp } from '../../src/app.ts';
import type { Backend } from '../../src/backend/backend.ts';
import { createServer, type Gateway } from '../../src/http/server.ts';
import { backends, TEST_SECRET } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCredit, givenSession } from '../support/given.ts';
import { givenProven, mergeInto } from '../support/merging.ts';

const INIT_MS = 300;
const SLOW_MS = 60;
const WATCH = 'subscription ($id: ID!) { storeCreditAccountUpdated(accountId: $id) { account { id } } }';

interface Ended {
  readonly code: number;
  readonly reason: string;
}

/** A bare connection: what it was told, and how it ended. */
const connect = async (
  url: string,
  { protocol = 'graphql-transport-ws', headers = {} }: { protocol?: string; headers?: Record<string, string> } = {},
) => {
  const socket = new WebSocket(url, protocol, { headers });
  const heard: { type: string; id?: string; payload?: { data?: object; errors?: { message: string; extensions: { code: string } }[] } }[] = [];
  let wake = (): void => {};
  let closed = false;
  socket.on('message', (text) => {
    heard.push(JSON.parse(String(text)));
    wake();
  });
  socket.once('close', () => {
    closed = true;
    wake();
  });
  const ended = new Promise<Ended>((resolve) => socket.once('close', (code, reason) => resolve({ code, reason: String(reason) })));
  await once(socket, 'open');
  return {
    ended,
    socket,
    say: (message: object | string) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    hear: async (type: string, id?: string) => {
      for (;;) {
        const index = heard.findIndex((message) => message.type === type && message.id === id);
        if (index >= 0) return heard.splice(index, 1)[0];
        if (closed) throw new Error(`Closed before ${type} came; heard ${JSON.stringify(heard)}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
};

/** An app of its own on a backend that was tampered with. */
const appOn = (backend: Backend): App =>
  createApp(backend, {
    secretKeys: [TEST_SECRET],
    publicUrl: 'http://localhost:4000',
    shopName: 'Test Shop',
    mail: async () => {},
    log: pino({ level: 'silent' }),
  });

/** The status of a handshake that is refused. */
const refusal = (url: string, headers: Record<string, string>): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(url, 'graphql-transport-ws', { headers });
    socket.once('unexpected-response', (_request, { statusCode }) => resolve(statusCode));
    socket.once('open', () => reject(new Error('The handshake passed.')));
    socket.once('error', () => {});
  });

describe.each(backends)('WebSocket on $name', (kind) => {
  let test: TestGateway;
  let hasty: Gateway;
  let url: string;
  let hastyUrl: string;
  const wsOf = (http: string): string => `${http.replace('http', 'ws')}/graphql`;

  beforeAll(async () => {
    test = await startTestGateway(kind);
    url = wsOf(test.url);
    hasty = createServer(test.app, {
      isProduction: true,
      allowedOrigins: ['https://shop.example'],
      trustedProxyHops: 0,
      showInbox: false,
      waits: { initMs: INIT_MS },
    });
    hastyUrl = `ws://127.0.0.1:${await hasty.listen(0, '127.0.0.1')}/graphql`;
  });
  afterAll(async () => {
    await hasty.close();
    await test.stop();
  });

  const letIn = async (token?: string, address = url) => {
    const connection = await connect(address);
    connection.say({ type: 'connection_init', ...(token ? { payload: { authorization: `Bearer ${token}` } } : {}) });
    await connection.hear('connection_ack');
    return connection;
  };

  const givenAccount = async () => {
    const customer = await givenSession(test.app);
    const { gid } = await givenCredit(test.app, customer.customerId, 10_00n);
    return { ...customer, accountGid: gid };
  };

  describe('closes', () => {
    it.each(['not json', '{}', '{"type":"nothing"}', '{"type":"subscribe","id":"1"}'])('with 4400 on %s', async (message) => {
      const { say, ended } = await connect(url);
      say(message);
      expect((await ended).code).toBe(4400);
    });

    it('with 4401 on subscribe before the acknowledgement', async () => {
      const { say, ended } = await connect(url);
      say({ type: 'subscribe', id: '1', payload: { query: '{ __typename }' } });
      expect(await ended).toEqual({ code: 4401, reason: 'Unauthorized' });
    });

    it('with 4408 when no connection_init comes in time, and not before', async () => {
      const { ended } = await connect(hastyUrl);
      const start = Date.now();
      expect((await ended).code).toBe(4408);
      expect(Date.now() - start).toBeGreaterThanOrEqual(INIT_MS - 20);
    });

    it('with 4409 on an id that is under way', async () => {
      const { tokens, accountGid } = await givenAccount();
      const { say, hear, ended } = await letIn(tokens.accessToken);
      const subscribe = { type: 'subscribe', id: 'same', payload: { query: WATCH, variables: { id: accountGid } } };
      say(subscribe);
      await hear('next', 'same');
      say(subscribe);
      expect(await ended).toEqual({ code: 4409, reason: 'Subscriber for same already exists' });
    });

    it('with 4429 on a second connection_init', async () => {
      const { say, ended } = await letIn();
      say({ type: 'connection_init' });
      expect((await ended).code).toBe(4429);
    });

    it.each(['clt_at_nothing', 'Bearer clt_st_nothing', 'x'.repeat(10_000)])('with 4403 on a token that is no good', async (authorization) => {
      const { say, ended } = await connect(url);
      say({ type: 'connection_init', payload: { authorization } });
      expect(await ended).toEqual({ code: 4403, reason: 'Forbidden' });
    });

    it('with 4406 on another subprotocol, or refuses the handshake', async () => {
      const socket = new WebSocket(url, 'graphql-ws');
      const outcome = await new Promise((resolve) => {
        socket.once('close', (code) => resolve(code));
        socket.once('error', ({ message }) => resolve(message));
      });
      expect([4406, 'Server sent no subprotocol']).toContain(outcome);
    });

    it('with 1009 on a message over the limit', async () => {
      const { say, ended } = await letIn();
      say({ type: 'subscribe', id: '1', payload: { query: `{ __typename } #${'x'.repeat(256 * 1024)}` } });
      expect((await ended).code).toBe(1009);
    });
  });

  describe('checks the Origin at the upgrade', () => {
    it('refuses a foreign one with 403', async () => {
      expect(await refusal(url, { origin: 'https://evil.example' })).toBe(403);
      expect(await refusal(url, { origin: 'null' })).toBe(403);
      expect(await refusal(url, { origin: 'https://shop.example.evil.example' })).toBe(403);
    });

    it('refuses this machine’s other pages in production, where they are no developer’s', async () => {
      expect(await refusal(hastyUrl, { origin: 'http://localhost:3000' })).toBe(403);
    });

    it.each([['https://shop.example'], ['http://localhost:3000'], [undefined]])('lets %s pass', async (origin) => {
      const { socket, ended } = await connect(url, { headers: origin ? { origin } : {} });
      socket.close();
      expect((await ended).code).toBe(1005);
    });

    it('serves no WebSocket off the paths of GraphQL', async () => expect(await refusal(test.url.replace('http', 'ws'), {})).toBe(404));
  });

  it('runs queries and mutations too', async () => {
    const { accountGid } = await givenAccount();
    const { say, hear } = await letIn(test.staffToken);
    const query = 'query ($id: ID!) { storeCreditAccount(id: $id) { balance { amount currencyCode } } }';
    say({ type: 'subscribe', id: 'read', payload: { query, variables: { id: accountGid } } });
    expect(await hear('next', 'read')).toMatchObject({
      payload: { data: { storeCreditAccount: { balance: { amount: '10.00', currencyCode: 'EUR' } } } },
    });
    await hear('complete', 'read');
    const debit =
      'mutation ($id: ID!, $input: StoreCreditAccountDebitInput!) { storeCreditAccountDebit(id: $id, debitInput: $input) { storeCreditAccountTransaction { balanceAfterTransaction { amount } } userErrors { code } } }';
    const input = { debitAmount: { amount: '4', currencyCode: 'EUR' } };
    say({ type: 'subscribe', id: 'write', payload: { query: debit, variables: { id: accountGid, input } } });
    expect(await hear('next', 'write')).toMatchObject({
      payload: {
        data: { storeCreditAccountDebit: { storeCreditAccountTransaction: { balanceAfterTransaction: { amount: '6.00' } }, userErrors: [] } },
      },
    });
  });

  it('holds the same limits as HTTP, and answers what does not parse with an error', async () => {
    const { say, hear } = await letIn();
    const deep = `{ customer ${'{ storeCreditAccounts { nodes { owner '.repeat(6)}{ __typename }${' } } }'.repeat(6)} }`;
    for (const [id, query, message] of [
      ['syntax', '{', 'Syntax Error'],
      ['unknown', '{ nothingOfTheKind }', 'Cannot query field'],
      ['deep', deep, 'depth'],
    ] as const) {
      say({ type: 'subscribe', id, payload: { query } });
      expect(JSON.stringify(await hear('error', id)).toLowerCase()).toContain(message.toLowerCase());
    }
  });

  it.each([
    ['that cannot be kept', { id: 'lone \ud800' }, 'surrogate'],
    ['that does not fit', { id: null }, 'non-null'],
    ['that names nothing', { id: 'nothing' }, 'is not an id'],
  ])('refuses to subscribe with a variable %s', async (_what, variables, message) => {
    const { tokens } = await givenSession(test.app);
    const { say, hear } = await letIn(tokens.accessToken);
    say({ type: 'subscribe', id: '1', payload: { query: WATCH, variables } });
    const refused = { message: expect.stringContaining(message), extensions: { code: 'BAD_USER_INPUT' } };
    expect(await hear('next', '1')).toMatchObject({ payload: { errors: [refused] } });
  });

  it('takes the token of the upgrade request where connection_init brings none', async () => {
    const { gid, tokens } = await givenSession(test.app);
    const { say, hear } = await connect(url, { headers: { authorization: tokens.accessToken } });
    say({ type: 'connection_init' });
    await hear('connection_ack');
    say({ type: 'subscribe', id: '1', payload: { query: '{ customer { id } }' } });
    expect(await hear('next', '1')).toMatchObject({ payload: { data: { customer: { id: gid } } } });
  });

  describe('ends with 4403', () => {
    const within = async (ended: Promise<Ended>, act: () => Promise<unknown>): Promise<void> => {
      await act();
      const start = Date.now();
      expect(await ended).toEqual({ code: 4403, reason: 'Forbidden' });
      expect(Date.now() - start).toBeLessThan(1_000);
    };
    const revoke = (at: TestGateway, tokenId: string) =>
      at.graphql('mutation ($id: ID!) { staffTokenRevoke(id: $id) { userErrors { code } } }', { id: tokenId }, at.staffToken);
    const givenStaffToken = async () => {
      const input = { name: 'watcher', scopes: ['store_credit:read'] };
      const query = 'mutation ($input: StaffTokenInput!) { staffTokenCreate(input: $input) { token staffToken { id } } }';
      const { data } = await test.graphql(query, { input }, test.staffToken);
      return data.staffTokenCreate as { token: string; staffToken: { id: string } };
    };

    it('when its session signs out', async () => {
      const { tokens } = await givenSession(test.app);
      const { ended } = await letIn(tokens.accessToken);
      await within(ended, () => test.graphql('mutation { signOut { userErrors { code } } }', {}, tokens.accessToken));
    });

    it('when its staff token is revoked', async () => {
      const { token, staffToken } = await givenStaffToken();
      const { ended } = await letIn(token);
      await within(ended, () => revoke(test, staffToken.id));
    });

    it('when another gateway on the same backend revokes it', async () => {
      const other = await startTestGateway(kind);
      const { token, staffToken } = await givenStaffToken();
      const { tokens } = await givenSession(test.app);
      const asStaff = await letIn(token);
      const asCustomer = await letIn(tokens.accessToken);
      await within(asStaff.ended, () => revoke(other, staffToken.id));
      await within(asCustomer.ended, () => other.graphql('mutation { signOut { userErrors { code } } }', {}, tokens.accessToken));
      await other.stop();
    });

    it('when its access token runs out', async () => {
      const { tokens } = await givenSession(test.app);
      const endsAt = new Date(Date.now() + 700);
      await test.app.backend.database.prisma.session.update({ where: { id: tokens.sessionId }, data: { accessExpiresAt: endsAt } });
      const { ended } = await letIn(tokens.accessToken);
      expect(await ended).toEqual({ code: 4403, reason: 'Forbidden' });
      expect(Date.now()).toBeGreaterThanOrEqual(endsAt.getTime());
      expect(Date.now() - endsAt.getTime()).toBeLessThan(1_000);
    });

    it('when its session becomes another customer’s, who is who it is from then on', async () => {
      const { customerId, tokens } = await givenSession(test.app);
      await test.app.backend.database.prisma.customer.update({ where: { id: customerId }, data: { emailVerifiedAt: new Date() } });
      const kept = await givenProven(test.app);
      const { ended } = await letIn(tokens.accessToken);
      await within(ended, () => mergeInto(test.app, kept.customerId, customerId));
      const { say, hear } = await letIn(tokens.accessToken);
      say({ type: 'subscribe', id: '1', payload: { query: '{ customer { id } }' } });
      expect(await hear('next', '1')).toMatchObject({ payload: { data: { customer: { id: kept.gid } } } });
    });

    it('and not when another session of the same customer signs out', async () => {
      const { tokens } = await givenSession(test.app);
      const other = await givenSession(test.app);
      const { say, hear } = await letIn(tokens.accessToken);
      await test.graphql('mutation { signOut { userErrors { code } } }', {}, other.tokens.accessToken);
      say({ type: 'ping' });
      await hear('pong');
    });
  });

  it('leaves no listener behind when clients come and go, also while they are let in', async () => {
    const { tokens, accountGid } = await givenAccount();
    let listening = 0;
    const { bus } = test.app.backend;
    const { sql } = test.app.backend.database;
    // Slow enough for a client to leave while its token is looked at.
    const slowly: typeof sql = async (text, values) => {
      await sleep(SLOW_MS);
      return sql(text, values);
    };
    const counted = appOn({
      ...test.app.backend,
      database: { ...test.app.backend.database, sql: slowly },
      bus: {
        ...bus,
        subscribe: (topic, listener) => {
          listening += 1;
          bus.subscribe(topic, listener);
        },
        unsubscribe: (topic, listener) => {
          listening -= 1;
          bus.unsubscribe(topic, listener);
        },
      },
    });
    const counting = createServer(counted, { isProduction: false, allowedOrigins: [], trustedProxyHops: 0, showInbox: false });
    const address = `ws://127.0.0.1:${await counting.listen(0, '127.0.0.1')}/graphql`;
    const stayed = await letIn(tokens.accessToken, address);
    stayed.say({ type: 'subscribe', id: '1', payload: { query: WATCH, variables: { id: accountGid } } });
    await stayed.hear('next', '1');
    expect(listening).toBe(2);
    stayed.say({ type: 'complete', id: '1' });
    await expect.poll(() => listening).toBe(1);
    stayed.socket.terminate();
    await expect.poll(() => listening).toBe(0);
    for (let round = 0; round < 5; round += 1) {
      const hasty = await connect(address);
      hasty.say({ type: 'connection_init', payload: { authorization: tokens.accessToken } });
      await sleep(SLOW_MS / 3);
      hasty.socket.terminate();
      await hasty.ended;
    }
    await sleep(SLOW_MS * 3);
    expect(listening).toBe(0);
    await counting.close();
  });

  it('masks what breaks behind a subscription, naming the request and not the cause', async () => {
    const { tokens, accountGid } = await givenAccount();
    const { backend } = test.app;
    const fails = () => {
      throw new Error('relation "secret_table" is on fire');
    };
    const { read } = backend.database;
    const storeCreditAccount = { ...read.storeCreditAccount, findUniqueOrThrow: fails };
    const broken = appOn({ ...backend, database: { ...backend.database, read: { ...read, storeCreditAccount } } });
    const server = createServer(broken, { isProduction: false, allowedOrigins: [], trustedProxyHops: 0, showInbox: false });
    const address = `ws://127.0.0.1:${await server.listen(0, '127.0.0.1')}/graphql`;
    const { say, hear } = await letIn(tokens.accessToken, address);
    say({ type: 'subscribe', id: '1', payload: { query: WATCH, variables: { id: accountGid } } });
    const message = await hear('next', '1');
    expect(message?.payload?.errors).toMatchObject([
      {
        message: expect.stringMatching(/^Something went wrong on our side\. Quote request [0-9a-f-]{36} when you report it\.$/),
        extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      },
    ]);
    expect(JSON.stringify(message)).not.toContain('fire');
    await hear('complete', '1');
    await server.close();
  });

  it('runs under graphql-ws’s own client', async () => {
    const { tokens, accountGid } = await givenAccount();
    const client = createClient({ url, webSocketImpl: WebSocket, connectionParams: { authorization: `Bearer ${tokens.accessToken}` } });
    const updates = client.iterate<{ storeCreditAccountUpdated: { account: { id: string } } }>({ query: WATCH, variables: { id: accountGid } });
    const first = await updates.next();
    expect(first.value).toEqual({ data: { storeCreditAccountUpdated: { account: { id: accountGid } } } });
    await updates.return?.();
    await client.dispose();
  });
});
