import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { debit } from '../../src/capabilities/store-credit/debit.ts';
import { batchingLedger } from '../../src/capabilities/store-credit/post.ts';
import { backends } from '../support/backends.ts';
import { startTestGateway, type TestGateway } from '../support/gateway.ts';
import { givenCredit, givenSession } from '../support/given.ts';
import { watchByEvents } from '../support/watch.ts';
import { watchStatements } from '../support/watch-statements.ts';

/** As often as everyone who listens looks without being told. */
const LOOK_AGAIN_MS = 30_000;
const READERS = 30;

describe.each(backends)('readers of balances who are told nothing, on $name', (kind) => {
  let test: TestGateway;
  beforeAll(async () => {
    // Before anybody listens, which is when the looks begin to be timed.
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    test = await startTestGateway(kind);
  });
  afterAll(async () => {
    vi.useRealTimers();
    await test?.stop();
  });

  it('look again together, and find what nobody announced', async () => {
    const readers = await Promise.all(
      Array.from({ length: READERS }, async () => {
        const { customerId, tokens } = await givenSession(test.app);
        const { accountId, gid } = await givenCredit(test.app, customerId, 500n);
        const watcher = watchByEvents({ graphqlUrl: test.graphqlUrl, token: tokens.accessToken, accountId: gid });
        await watcher.take(1);
        return { accountId, watcher };
      }),
    );
    // A process that died between writing and telling.
    const untold = batchingLedger(test.app.backend.database.sql, { clock: null, onCommit: () => {} });
    const [{ accountId, watcher }] = readers as [(typeof readers)[number]];
    const movement = { account: { accountId }, amount: { amountMinor: 120n, currency: 'EUR' }, actor: 'system', idempotency: null } as const;
    await debit(untold, movement);
    const statements = await watchStatements(async () => {
      vi.advanceTimersByTime(LOOK_AGAIN_MS);
      const [update] = await watcher.take(1);
      expect(update).toMatchObject({ account: { version: '2' } });
    });
    const looks = statements.filter(({ text }) => /"store_credit_(account|transaction|change)"/.test(text));
    // One for all, and then those of the account that had moved.
    expect(looks.length).toBeGreaterThan(0);
    expect(looks.length).toBeLessThan(READERS / 3);
    await Promise.all(readers.map((reader) => reader.watcher.stop()));
  });
});
