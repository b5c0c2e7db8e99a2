import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCredit, givenSession } from '../support/given.ts';
import { watchByEvents, watchBySocket } from '../support/watch.ts';

const DEBIT = `mutation ($id: ID!, $note: String) {
  storeCreditAccountDebit(id: $id, debitInput: { debitAmount: { amount: "1", currencyCode: EUR }, note: $note }) {
    storeCreditAccountTransaction { id } userErrors { code }
  }
}`;
const EACH = 20;
const IDLE_CLOSE_MS = 2_500;

describe.each(backends)('a gateway that closes on $name', (kind) => {
  const start = async () => {
    const test = await startTestGateway(kind);
    const { customerId, tokens } = await givenSession(test.app);
    const { gid, accountId } = await givenCredit(test.app, customerId, 1_000_00n);
    return { test, gid, accountId, token: tokens.accessToken };
  };

  /** Holds the account's row, so that what is asked meanwhile is under way until it is let go. */
  const hold = async ({ app }: TestGateway, accountId: string): Promise<() => void> => {
    let held = (): void => {};
    let letGo = (): void => {};
    const holding = new Promise<void>((resolve) => {
      held = resolve;
    });
    const over = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    void app.backend.database.prisma.$transaction(
      async (tx) => {
        await tx.$queryRaw`select 1 from store_credit_account where id = ${accountId}::uuid for update`;
        held();
        await over;
      },
      { timeout: 20_000 },
    );
    await holding;
    return letGo;
  };

  const notesOf = async ({ app }: TestGateway, accountId: string): Promise<string[]> => {
    const rows = await app.backend.database.prisma.storeCreditTransaction.findMany({ where: { accountId, kind: 'DEBIT' }, select: { note: true } });
    return rows.map(({ note }) => note ?? '').sort();
  };

  it('answers every debit that is under way, and applies none that it did not answer', async () => {
    const { test, gid, accountId } = await start();
    const answered: string[] = [];
    const debit = async (note: string): Promise<boolean> => {
      try {
        const { data } = await test.graphql(DEBIT, { id: gid, note }, test.staffToken, { connection: 'close' });
        expect(data.storeCreditAccountDebit.userErrors).toEqual([]);
        answered.push(note);
        return true;
      } catch {
        return false;
      }
    };
    const often = (name: string): Promise<boolean[]> => Promise.all(Array.from({ length: EACH }, (_, index) => debit(`${name} ${index}`)));
    let received = 0;
    test.gateway.server.on('request', () => {
      received += 1;
    });
    const letGo = await hold(test, accountId);
    const underWay = often('under way');
    await expect.poll(() => received).toBe(EACH);
    const stopping = test.stop();
    const late = await often('late');
    letGo();
    await stopping;
    expect(await underWay).toEqual(Array.from({ length: EACH }, () => true));
    expect(late).toEqual(Array.from({ length: EACH }, () => false));
    expect(await notesOf(test, accountId)).toEqual(answered.sort());
  });

  it('answers a debit that is under way on a WebSocket before it closes it, and takes no other', async () => {
    const { test, gid, accountId } = await start();
    const socket = new WebSocket(test.graphqlUrl.replace('http', 'ws'), 'graphql-transport-ws');
    const heard: { type: string; id?: string; payload?: object }[] = [];
    socket.on('message', (text) => heard.push(JSON.parse(String(text))));
    const closed = once(socket, 'close');
    await once(socket, 'open');
    socket.send(JSON.stringify({ type: 'connection_init', payload: { authorization: test.staffToken } }));
    await expect.poll(() => heard.length).toBe(1);
    const letGo = await hold(test, accountId);
    const debit = (id: string) => socket.send(JSON.stringify({ type: 'subscribe', id, payload: { query: DEBIT, variables: { id: gid, note: id } } }));
    debit('under way');
    socket.send(JSON.stringify({ type: 'ping' }));
    await expect.poll(() => heard.some(({ type }) => type === 'pong')).toBe(true);
    const stopping = test.stop();
    debit('too late');
    await expect.poll(() => heard.some(({ id }) => id === 'too late')).toBe(true);
    letGo();
    await stopping;
    expect((await closed)[0]).toBe(1001);
    expect(heard.find(({ id, type }) => id === 'under way' && type === 'next')).toMatchObject({
      payload: { data: { storeCreditAccountDebit: { userErrors: [] } } },
    });
    expect(heard.find(({ id, type }) => id === 'too late' && type === 'error')).toMatchObject({
      payload: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }],
    });
    expect(await notesOf(test, accountId)).toEqual(['under way']);
  });

  it('cuts subscriptions instead of completing them, so that clients come back elsewhere', async () => {
    const { test, gid, token } = await start();
    const watched = { graphqlUrl: test.graphqlUrl, token, accountId: gid };
    const bySocket = watchBySocket(watched);
    const byEvents = watchByEvents(watched);
    await Promise.all([bySocket.take(1), byEvents.take(1)]);
    const ends = [bySocket.next(), byEvents.next()].map((end) =>
      end.then(
        () => 'completed',
        (error: unknown) => error,
      ),
    );
    const start_ = Date.now();
    await test.stop();
    const [socketEnd, eventsEnd] = await Promise.all(ends);
    expect(String(socketEnd)).toContain('1001 Going away');
    expect(eventsEnd).toBeInstanceOf(Error);
    expect(Date.now() - start_).toBeLessThan(IDLE_CLOSE_MS);
  });

  it('brings a client with retries to the next gateway without a gap', async () => {
    const first = await start();
    const { test, gid, token } = first;
    const next = await startTestGateway(kind);
    let url = test.graphqlUrl;
    const client = createClient({
      url: () => url.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      connectionParams: { authorization: token },
      retryAttempts: 5,
      retryWait: () => sleep(50),
    });
    const query = 'subscription ($id: ID!) { storeCreditAccountUpdated(accountId: $id) { account { version } } }';
    const updates = client.iterate<{ storeCreditAccountUpdated: { account: { version: string } } }>({ query, variables: { id: gid } });
    expect((await updates.next()).value?.data?.storeCreditAccountUpdated.account.version).toBe('1');
    url = next.graphqlUrl;
    await test.stop();
    await next.graphql(DEBIT, { id: gid, note: 'after' }, next.staffToken);
    for (let version = '1'; version !== '2'; ) version = (await updates.next()).value?.data?.storeCreditAccountUpdated.account.version ?? '2';
    await client.dispose();
    await next.stop();
  });

  it('waits neither for connections that are merely kept alive nor for clients that answer nothing', async () => {
    const { test, token } = await start();
    const agent = new Agent({ keepAlive: true });
    await new Promise<void>((resolve, reject) => {
      httpRequest(`${test.url}/health/live`, { agent }, (response) => {
        response.resume();
        response.once('end', resolve);
      })
        .once('error', reject)
        .end();
    });
    const deaf = new WebSocket(test.graphqlUrl.replace('http', 'ws'), 'graphql-transport-ws', { headers: { authorization: token } });
    await once(deaf, 'open');
    // It reads nothing any more, the close least of all.
    deaf.pause();
    const start_ = Date.now();
    await test.stop();
    expect(Date.now() - start_).toBeLessThan(IDLE_CLOSE_MS);
    agent.destroy();
    deaf.terminate();
  });

  it('takes no new connections afterwards, of either kind', async () => {
    const { test } = await start();
    await test.stop();
    await expect(fetch(test.graphqlUrl)).rejects.toThrow();
    const socket = new WebSocket(test.graphqlUrl.replace('http', 'ws'), 'graphql-transport-ws');
    const [error] = await once(socket, 'error');
    expect(error).toMatchObject({ code: 'ECONNREFUSED' });
    await test.stop();
  });
});
