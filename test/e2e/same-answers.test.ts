import { Pool } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createServer } from '../../src/http/server.ts';
import { backends, openTestApp } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCredit, givenSession, someEmail } from '../support/given.ts';
import { randomFrom, randomOperations, type Pool as Things } from '../support/random-operations.ts';

/** `SAME_ANSWERS=20000` for a long run; `SAME_ANSWERS_SEED` gives the same operations again. */
const OPERATIONS = Number(process.env.SAME_ANSWERS ?? 600);
const SIDE_BY_SIDE = 8;
const SEED = Number(process.env.SAME_ANSWERS_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** Errors come in the order in which they happen, which for parts read side by side is nobody's. */
const inOrder = (body: string): string => {
  const answer = JSON.parse(body) as { errors?: object[] };
  return answer.errors ? JSON.stringify({ ...answer, errors: answer.errors.map((error) => JSON.stringify(error)).sort() }) : body;
};

type Path = readonly (string | number)[];

/** Whether something above the place that an error names is null: it, or another beside it, was answered there. */
const isSwallowed = (data: unknown, path: Path): boolean => {
  let value = data;
  for (const step of path) {
    if (value === null) return true;
    value = (value as Record<string | number, unknown>)[step];
  }
  return false;
};

/**
 * An answer less those of its errors that the other may lack: what goes wrong beside an error that has already made everything around it
 * null is told or not, as time has it, and GraphQL allows both. One error at least is told on either side.
 */
const less = (answer: string, other: string): string => {
  const [mine, theirs] = [answer, other].map((text) => JSON.parse(text.slice(4)) as { data?: unknown; errors?: string[] });
  if (!mine?.errors || !theirs?.errors) return answer;
  const kept = mine.errors.filter(
    (error) => theirs.errors?.includes(error) || !isSwallowed(mine.data, (JSON.parse(error) as { path?: Path }).path ?? []),
  );
  return kept.length === 0 ? answer : `${answer.slice(0, 4)}${JSON.stringify({ ...mine, errors: kept })}`;
};

const maybe = <Value>(random: () => number, value: Value): Value | undefined => (random() < 0.6 ? value : undefined);

/** A hold that is captured in part, a credit with another expiry, and a debit that is given back in part when there is one. */
const givenMovements = async (test: TestGateway, account: string, currency: string, latest: string): Promise<string[]> => {
  const amount = { amount: '2', currencyCode: currency };
  const about = { memo: 'Ł "x"', reason: 'R', reference: 'ref\u2028', metadata: [{ key: 'k', value: 'v' }], note: 'n' };
  const held = await test.graphql(
    'mutation ($id: ID!, $holdInput: StoreCreditHoldInput!) { storeCreditHoldCreate(id: $id, holdInput: $holdInput) { storeCreditHold { id } } }',
    { id: account, holdInput: { amount: { amount: '5', currencyCode: currency }, ...about } },
    test.staffToken,
  );
  const { id } = held.data.storeCreditHoldCreate.storeCreditHold;
  const captured = await test.graphql(
    `mutation ($id: ID!, $captureInput: StoreCreditHoldCaptureInput) {
      storeCreditHoldCapture(id: $id, captureInput: $captureInput) { storeCreditAccountTransaction { id } } }`,
    { id, captureInput: { amount, originId: 'gid://shopify/OrderTransaction/17', ...about } },
    test.staffToken,
  );
  const moved = { id, capture: captured.data.storeCreditHoldCapture.storeCreditAccountTransaction.id };
  if (latest.includes('Debit')) {
    const revert = 'mutation ($id: ID!) { storeCreditDebitRevert(id: $id) { storeCreditAccountTransaction { id } } }';
    const { data } = await test.graphql(revert, { id: latest }, test.staffToken);
    return [moved.id, moved.capture, data.storeCreditDebitRevert.storeCreditAccountTransaction.id];
  }
  const change =
    'mutation ($id: ID!) { storeCreditCreditExpiryUpdate(id: $id, expiryInput: { expiresAt: "2033-01-01T00:00:00Z" }) { userErrors { code } } }';
  await test.graphql(change, { id: latest }, test.staffToken);
  return [moved.id, moved.capture];
};

/** Customers with and without everything, and what names them. */
const givenShop = async (test: TestGateway, random: () => number): Promise<Things & { readonly tokens: string[] }> => {
  const ids: string[] = ['gid://clientele/Customer/0190d998-0000-7000-8000-000000000000'];
  const emails: string[] = ['nobody@example.com'];
  const tokens: string[] = [];
  for (let number = 0; number < 12; number += 1) {
    const email = someEmail();
    const {
      gid,
      customerId,
      tokens: session,
    } = await givenSession(test.app, {
      email,
      firstName: maybe(random, random() < 0.5 ? 'Anna' : 'Łucja "Lux" \\ Ø'),
      lastName: maybe(random, 'Holm\u2028🙂'),
      tags: random() < 0.5 ? ['vip', 'a,b "c"'] : [],
      note: maybe(random, 'a note'),
      birthDate: maybe(random, new Date('1961-07-23')),
    });
    tokens.push(session.accessToken);
    emails.push(email);
    ids.push(gid);
    for (let place = 0; place < Math.floor(random() * 4); place += 1) {
      const address = { address1: `Street ${place}`, city: maybe(random, 'Ålborg'), territoryCode: maybe(random, 'DE'), zip: maybe(random, '0042') };
      const { data } = await test.graphql(
        'mutation ($id: ID!, $address: CustomerAddressInput!) { customerAddressCreate(customerId: $id, address: $address) { customerAddress { id } } }',
        { id: gid, address },
        test.staffToken,
      );
      ids.push(data.customerAddressCreate.customerAddress.id);
    }
    for (const currency of ['EUR', 'JPY', 'KWD'].filter(() => random() < 0.5)) {
      const expiresAt = random() < 0.4 ? new Date('2031-02-03T04:05:06.700Z') : null;
      const account = await givenCredit(test.app, customerId, 123_456n, { currency, expiresAt });
      await givenCredit(test.app, customerId, 1n, { currency });
      ids.push(account.gid, `gid://clientele/StoreCreditAccountCreditTransaction/${account.transactionId}`);
      for (let debit = 0; debit < Math.floor(random() * 8); debit += 1) {
        const { data } = await test.graphql(
          `mutation ($id: ID!, $currency: CurrencyCode!) {
            storeCreditAccountDebit(id: $id, debitInput: { debitAmount: { amount: "3", currencyCode: $currency } }) { storeCreditAccountTransaction { id } }
          }`,
          { id: account.gid, currency },
          test.staffToken,
        );
        ids.push(data.storeCreditAccountDebit.storeCreditAccountTransaction.id);
      }
      if (random() < 0.7) ids.push(...(await givenMovements(test, account.gid, currency, ids.at(-1) as string)));
    }
  }
  return { ids, emails, tokens, cursors: await cursorsOf(test) };
};

/** The cursors of every list, by its name. */
const cursorsOf = async (test: TestGateway): Promise<Record<string, string[]>> => {
  const { data } = await test.graphql(
    `{ customers(last: 12) { edges { cursor node { addresses { edges { cursor } } storeCreditAccounts { edges { cursor node {
      transactions { edges { cursor } } byExpiry: transactions(sortKey: EXPIRES_AT) { edges { cursor } } } } } } } } }`,
    {},
    test.staffToken,
  );
  const found: Record<string, string[]> = {};
  const look = (value: unknown, name: string): void => {
    if (Array.isArray(value)) for (const item of value) look(item, name);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) {
        if (key === 'cursor') found[name] = [...(found[name] ?? []), inner as string];
        else look(inner, key === 'edges' || key === 'node' ? name : key === 'byExpiry' ? 'transactions' : key);
      }
    }
  };
  look(data, '');
  return found;
};

describe.each(backends)('any operation on $name', (kind) => {
  let fast: TestGateway;
  let plain: { url: string; close: () => Promise<void> };

  beforeAll(async () => {
    fast = await startTestGateway(kind);
    const { app } = await openTestApp(kind);
    const { database } = app.backend;
    // Prisma itself has the reader's methods.
    const slow = { ...app, backend: { ...app.backend, database: { ...database, read: database.prisma as never } } };
    const server = createServer(slow, { isProduction: false, allowedOrigins: [], trustedProxyHops: 0, showInbox: false, isFast: false });
    plain = { url: `http://127.0.0.1:${await server.listen(0, '127.0.0.1')}`, close: () => server.close() };
  });
  afterAll(async () => {
    await fast?.stop();
    await plain?.close();
  });

  it(`is answered as Prisma and graphql-js answer it, byte for byte (seed ${SEED})`, { timeout: 60_000 + OPERATIONS * 200 }, async () => {
    const random = randomFrom(SEED);
    const things = await givenShop(fast, random);
    const next = randomOperations(random, things);
    const [ours, theirs] = [new Pool(fast.url), new Pool(plain.url)];
    const send = async (pool: Pool, operation: object, token: string | null): Promise<string> => {
      const headers = { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) };
      const { statusCode, body } = await pool.request({ path: '/graphql', method: 'POST', headers, body: JSON.stringify(operation) });
      return `${statusCode} ${inOrder(await body.text())}`;
    };
    let withData = 0;
    const compare = async (): Promise<void> => {
      const operation = next();
      const token = random() < 0.65 ? fast.staffToken : (things.tokens[Math.floor(random() * (things.tokens.length + 1))] ?? null);
      const expected = await send(theirs, operation, token);
      // The first time a document is executed, the second time it is compiled.
      const told = `${operation.query}\n${JSON.stringify(operation.variables)}`;
      for (const time of ['first', 'second']) {
        const received = await send(ours, operation, token);
        if (received !== expected) expect(less(received, expected), `${time} time: ${told}`).toBe(less(expected, received));
      }
      if (expected.startsWith('200 {"data":{') && !expected.includes('"errors"')) withData += 1;
    };
    // Side by side, so that neighbours are read together.
    for (let count = 0; count < OPERATIONS; count += SIDE_BY_SIDE) await Promise.all(Array.from({ length: SIDE_BY_SIDE }, compare));
    await Promise.all([ours.close(), theirs.close()]);
    // Mostly refusals would prove little.
    expect(withData).toBeGreaterThan(OPERATIONS / 3);
  });
});
