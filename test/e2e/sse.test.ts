import { createClient } from 'graphql-sse';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { debit } from '../../src/capabilities/store-credit/debit.ts';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCredit, givenSession } from '../support/given.ts';

const query = `subscription ($id: ID!) {
  storeCreditAccountUpdated(accountId: $id) { account { version balance { amount } } transaction { amount { amount } } }
}`;

interface Live {
  readonly storeCreditAccountUpdated: {
    account: { version: string; balance: { amount: string } };
    transaction: { amount: { amount: string } } | null;
  };
}

describe.each(backends)('server-sent events on $name', (kind) => {
  let test: TestGateway;
  beforeAll(async () => {
    test = await startTestGateway(kind);
  });
  afterAll(() => test.stop());

  const givenAccount = async () => {
    const { customerId, tokens } = await givenSession(test.app);
    const { gid, accountId } = await givenCredit(test.app, customerId, 50_00n);
    return { token: tokens.accessToken, gid, accountId };
  };
  const clientOf = (token: string) =>
    createClient({ url: test.graphqlUrl, singleConnection: false, retryAttempts: 0, headers: { authorization: `Bearer ${token}` } });
  const spend = (accountId: string) =>
    debit(test.app.ledger, { account: { accountId }, amount: { amountMinor: 5_00n, currency: 'EUR' }, actor: 'system', idempotency: null });
  const open = (id: string, headers: Record<string, string>) =>
    fetch(test.graphqlUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
      body: JSON.stringify({ query, variables: { id } }),
    });

  it('run the live balance under graphql-sse’s own client', async () => {
    const { token, gid, accountId } = await givenAccount();
    const client = clientOf(token);
    const updates = client.iterate<Live>({ query, variables: { id: gid } });
    expect((await updates.next()).value?.data?.storeCreditAccountUpdated).toEqual({
      account: { version: '1', balance: { amount: '50.00' } },
      transaction: null,
    });
    await spend(accountId);
    expect((await updates.next()).value?.data?.storeCreditAccountUpdated).toEqual({
      account: { version: '2', balance: { amount: '45.00' } },
      transaction: { amount: { amount: '-5.00' } },
    });
    await updates.return?.();
    client.dispose();
  });

  it('run queries and mutations under it too', async () => {
    const { token, gid } = await givenAccount();
    const client = clientOf(token);
    const answers = client.iterate<{ storeCreditAccount: { id: string } }>({
      query: 'query ($id: ID!) { storeCreditAccount(id: $id) { id } }',
      variables: { id: gid },
    });
    expect((await answers.next()).value).toEqual({ data: { storeCreditAccount: { id: gid } } });
    expect((await answers.next()).done).toBe(true);
    client.dispose();
  });

  const endsWithinASecond = async (token: string, gid: string, end: () => Promise<unknown>): Promise<void> => {
    const client = clientOf(token);
    const updates = client.iterate<Live>({ query, variables: { id: gid } });
    await updates.next();
    await end();
    const start = Date.now();
    const last = await updates.next();
    expect(last.value).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    expect(last.value).not.toHaveProperty('data');
    expect((await updates.next()).done).toBe(true);
    expect(Date.now() - start).toBeLessThan(1_000);
    client.dispose();
  };

  it('end within a second of signing out, and say why', async () => {
    const { token, gid } = await givenAccount();
    await endsWithinASecond(token, gid, () => test.graphql('mutation { signOut { userErrors { code } } }', {}, token));
  });

  it('end within a second of the staff token’s end', async () => {
    const { gid } = await givenAccount();
    const make = 'mutation ($input: StaffTokenInput!) { staffTokenCreate(input: $input) { token staffToken { id } } }';
    const made = await test.graphql(make, { input: { name: 'watcher', scopes: ['store_credit:read'] } }, test.staffToken);
    const { token, staffToken } = made.data.staffTokenCreate;
    const revoke = 'mutation ($id: ID!) { staffTokenRevoke(id: $id) { userErrors { code } } }';
    await endsWithinASecond(token, gid, () => test.graphql(revoke, { id: staffToken.id }, test.staffToken));
  });

  it('end when the access token runs out', async () => {
    const { token, gid, accountId } = await givenAccount();
    const { prisma } = test.app.backend.database;
    const { customerId } = await prisma.storeCreditAccount.findUniqueOrThrow({ where: { id: accountId }, select: { customerId: true } });
    await prisma.session.updateMany({ where: { customerId }, data: { accessExpiresAt: new Date(Date.now() + 600) } });
    await endsWithinASecond(token, gid, () => new Promise((resolve) => setTimeout(resolve, 500)));
  });

  it('are what a subscription is answered with, and nothing else is', async () => {
    const { token, gid } = await givenAccount();
    const events = await open(gid, { authorization: token });
    expect([events.status, events.headers.get('content-type'), events.headers.get('cache-control')]).toEqual([200, 'text/event-stream', 'no-cache']);
    await events.body?.cancel();
    expect((await open(gid, { authorization: token, accept: 'application/json' })).status).toBe(406);
  });

  it('refuse a token that is no good before anything streams', async () => {
    const { gid } = await givenAccount();
    const told = await open(gid, { authorization: 'clt_at_nothing' });
    expect(told.status).toBe(401);
    expect(await told.text()).toContain('UNAUTHENTICATED');
  });
});
