import { setImmediate as nextTurn } from 'node:timers/promises';
import { v7 as uuid } from 'uuid';
import { topics } from '../../core/events.ts';
import type { Sql } from '../../db/client.ts';
import type { SqlTx } from '../../db/transact.ts';
import type { PostRefusal } from './errors.ts';
import type { Held, Movement, Posted } from './movement.ts';

export type PostAnswer =
  | { readonly ok: Posted | Held; readonly replayed?: true }
  | { readonly refused: { readonly code: PostRefusal }; readonly replayed?: true };

/** The ledger's interface: a movement in, its answer out, after it is durable. */
export interface Ledger {
  post(movement: Movement): Promise<PostAnswer>;
}

const POST = 'select store_credit_post_followed($1::text::jsonb, $2::text::timestamptz) as answers';

const statementValues = (movements: readonly Movement[], moment: Date | null): [string, string | null] => [
  JSON.stringify(
    movements.map((movement) => ({
      newAccountId: uuid(),
      ...movement,
      id: uuid(),
      ...('amountMinor' in movement && movement.amountMinor !== undefined ? { amountMinor: movement.amountMinor.toString() } : {}),
    })),
  ),
  moment?.toISOString() ?? null,
];

/** The accounts that an answer says were written. */
const accountsIn = (answer: PostAnswer): string[] => {
  if (!('ok' in answer)) return [];
  const { ok } = answer;
  return 'to' in ok && ok.to ? [ok.accountId, ok.to.accountId] : [ok.accountId];
};

/** Posts inside a transaction that is already open: everything in it commits together. */
export const postWithin = async (tx: SqlTx, movements: readonly Movement[]): Promise<PostAnswer[]> => {
  const [batch, moment] = statementValues(movements, tx.now);
  const [row] = await tx.sql<{ answers: PostAnswer[] }>(POST, [batch, moment]);
  const answers = row?.answers ?? [];
  const accounts = answers.flatMap(accountsIn);
  for (const accountId of accounts) tx.announce(topics.storeCreditAccount(accountId));
  if (accounts.length > 0) tx.announce(topics.storeCreditTransactions);
  return answers;
};

/** The same as a ledger, for verbs that post as a part of something larger. */
export const ledgerWithin = (tx: SqlTx): Ledger => ({ post: async (movement) => (await postWithin(tx, [movement]))[0] as PostAnswer });

interface Waiting {
  readonly movement: Movement;
  readonly resolve: (answer: PostAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/** More in one statement gain little: what a statement costs whatever its size is then a small part of a movement. */
const BATCH_MAX = 128;
const ATTEMPTS_MAX = 5;

/** The server said no, so nothing was committed. A connection that broke says neither yes nor no: such a batch is not run again. */
const isRolledBack = (error: unknown): boolean => {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && !code.startsWith('08') && !code.startsWith('57');
};

/** Deadlock, serialization failure, and a key that another account's batch took in the same instant: the next run sees what happened. */
const isTransient = (error: unknown): boolean => ['40001', '40P01', '23505'].includes((error as { code?: string }).code ?? '');

/**
 * The ledger at the edge: each movement commits on its own. Those that arrive in one turn of the event loop go together, and so do those
 * that arrive while a statement is under way. No timer: a lone movement waits for nothing. One statement is in flight at a time, so an account's order is the order of arrival.
 * A statement that fails as a whole is run again item by item, so that one bad item harms no other.
 */
export const batchingLedger = (
  sql: Sql,
  { clock, onCommit }: { clock: (() => Date) | null; onCommit: (movement: Movement, posted: Posted | Held) => void },
): Ledger => {
  let queue: Waiting[] = [];
  let running = false;

  const run = async (movements: readonly Movement[]): Promise<PostAnswer[]> => {
    const [row] = await sql<{ answers: PostAnswer[] }>(POST, statementValues(movements, clock?.() ?? null));
    return row?.answers ?? [];
  };

  const settle = async (batch: readonly Waiting[], attempt = 1): Promise<void> => {
    try {
      const answers = await run(batch.map(({ movement }) => movement));
      batch.forEach(({ movement, resolve }, index) => {
        const answer = answers[index] as PostAnswer;
        resolve(answer);
        if ('ok' in answer && !answer.replayed) onCommit(movement, answer.ok);
      });
    } catch (error) {
      if (isTransient(error) && attempt < ATTEMPTS_MAX) return settle(batch, attempt + 1);
      if (batch.length > 1 && isRolledBack(error)) {
        for (const waiting of batch) await settle([waiting]);
      } else {
        for (const waiting of batch) waiting.reject(error);
      }
    }
  };

  const drain = async (): Promise<void> => {
    if (running) return;
    running = true;
    while (queue.length > 0) {
      await nextTurn();
      const batch = queue.slice(0, BATCH_MAX);
      queue = queue.slice(BATCH_MAX);
      await settle(batch);
    }
    running = false;
  };

  return {
    post: (movement) =>
      new Promise((resolve, reject) => {
        queue.push({ movement, resolve, reject });
        void drain();
      }),
  };
};
