import { v7 as uuid } from 'uuid';
import { topics } from '../../core/events.ts';
import type { Sql } from '../../db/client.ts';
import type { StoreCreditSystemEvent } from '../../db/generated/enums.ts';
import type { Tx } from '../../db/transact.ts';
import type { PostRefusal } from './errors.ts';

/** One movement, as store_credit_post() takes it: into or out of an account, named by its id or by its owner and currency. */
export interface Movement {
  readonly kind: 'CREDIT' | 'DEBIT';
  readonly accountId: string | null;
  readonly customerId: string | null;
  /** The id of the account that a first credit opens; made up when absent. */
  readonly newAccountId?: string;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly expiresAt?: Date | null;
  readonly event: StoreCreditSystemEvent;
  readonly note?: string | null;
  readonly actor: string;
  /** The same scope and key give the same answer; another fingerprint is refused. */
  readonly idempotency: { readonly scope: string; readonly key: string; readonly fingerprint: string } | null;
}

export interface Posted {
  readonly transactionId: string;
  readonly accountId: string;
  readonly customerId: string;
  /** The account's version that the movement made. */
  readonly version: string;
}

export type PostAnswer =
  | { readonly ok: Posted; readonly replayed?: true }
  | { readonly refused: { readonly code: PostRefusal }; readonly replayed?: true };

/** The ledger's interface: a movement in, its answer out, after it is durable. */
export interface Ledger {
  post(movement: Movement): Promise<PostAnswer>;
}

const POST = 'select store_credit_post($1::text::jsonb, $2::text::timestamptz) as answers';

const statementValues = (movements: readonly Movement[], moment: Date | null): [string, string | null] => [
  JSON.stringify(movements.map((movement) => ({ newAccountId: uuid(), ...movement, id: uuid(), amountMinor: movement.amountMinor.toString() }))),
  moment?.toISOString() ?? null,
];

/** Posts inside a transaction that is already open: everything in it commits together. */
export const postWithin = async (tx: Tx, movements: readonly Movement[]): Promise<PostAnswer[]> => {
  const [batch, moment] = statementValues(movements, tx.now);
  const [row] = await tx.db.$queryRawUnsafe<{ answers: PostAnswer[] }[]>(POST, batch, moment);
  const answers = row?.answers ?? [];
  for (const answer of answers) if ('ok' in answer) tx.announce(topics.storeCreditAccount(answer.ok.accountId));
  return answers;
};

interface Waiting {
  readonly movement: Movement;
  readonly resolve: (answer: PostAnswer) => void;
  readonly reject: (error: unknown) => void;
}

/** More in one statement gain nothing: a statement of this size is bound by its rows, not by its round trip. */
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
 * The ledger at the edge: each movement commits on its own, and those that arrive while a statement is under way go together in the next.
 * No timer: a lone movement waits for nothing. One statement is in flight at a time, so an account's order is the order of arrival.
 * A statement that fails as a whole is run again item by item, so that one bad item harms no other.
 */
export const batchingLedger = (sql: Sql, { clock, onCommit }: { clock: (() => Date) | null; onCommit: (posted: Posted) => void }): Ledger => {
  let queue: Waiting[] = [];
  let running = false;

  const run = async (movements: readonly Movement[]): Promise<PostAnswer[]> => {
    const [row] = await sql<{ answers: PostAnswer[] }>(POST, statementValues(movements, clock?.() ?? null));
    return row?.answers ?? [];
  };

  const settle = async (batch: readonly Waiting[], attempt = 1): Promise<void> => {
    try {
      const answers = await run(batch.map(({ movement }) => movement));
      batch.forEach(({ resolve }, index) => {
        const answer = answers[index] as PostAnswer;
        resolve(answer);
        if ('ok' in answer && !answer.replayed) onCommit(answer.ok);
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
