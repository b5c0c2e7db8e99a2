import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '../backend/backend.ts';
import { DomainError } from '../core/errors.ts';
import { type DomainEvent, isDelivered, topicOf } from '../core/events.ts';
import { gather } from '../core/gather.ts';
import type { Database, PrismaTransaction, Sql } from './client.ts';

/** What a verb works with that says itself in SQL: one transaction, who acts, its moment, and the only way to tell the world. */
export interface SqlTx {
  readonly sql: Sql;
  readonly actor: string;
  /** The transaction's moment, the same for all that happens in it. */
  readonly now: Date;
  /** Whether anything is in it yet, or it has its connection already. */
  isBegun(): boolean;
  /** Records an event in the outbox; it leaves when the transaction commits, or not at all. */
  emit(event: DomainEvent): void;
  /** Wakes a topic's listeners after commit, for facts that SQL recorded itself. */
  announce(topic: string): void;
}

/** The same with Prisma at hand. */
export interface Tx extends SqlTx {
  readonly db: PrismaTransaction;
  /** Runs a part whose refusal undoes that part alone, its events included, and is thrown on. */
  attempt<Result>(run: () => Promise<Result>): Promise<Result>;
}

export type Transact = <Result>(actor: string, run: (tx: Tx) => Promise<Result>, limits?: TransactLimits) => Promise<Result>;

interface TransactLimits {
  /** After so long the transaction is given up; 30 seconds unless told, which is for work in the background alone. */
  readonly timeoutMs: number;
}
export type TransactSql = <Result>(actor: string, run: (tx: SqlTx) => Promise<Result>) => Promise<Result>;

const ATTEMPTS_MAX = 5;

/** Serialization failure, deadlock, and a unique key that a concurrent transaction took first: run again, the next look sees it. */
const RETRIED_STATES = new Set(['40001', '40P01', '23505']);
const RETRIED_PRISMA = new Set(['P2002', 'P2034']);

const isRetried = (error: unknown): boolean => {
  for (let cause: unknown = error, depth = 0; cause && depth < 5; depth += 1) {
    const { code, originalCode, meta } = cause as { code?: string; originalCode?: string; meta?: { code?: string } };
    if (code && (RETRIED_PRISMA.has(code) || RETRIED_STATES.has(code))) return true;
    if (originalCode && RETRIED_STATES.has(originalCode)) return true;
    if (meta?.code && RETRIED_STATES.has(meta.code)) return true;
    cause = (cause as { cause?: unknown }).cause ?? (cause as { meta?: { driverAdapterError?: unknown } }).meta?.driverAdapterError;
  }
  return false;
};

interface Done<Result> {
  readonly result: Result;
  readonly events: readonly DomainEvent[];
  readonly announced: Set<string>;
}

/** Runs again what lost a race, and tells of what was done. */
const untilDone = async <Result>(
  attempt: () => Promise<Done<Result>>,
  bus: Bus,
  onCommit: (events: readonly DomainEvent[]) => void,
): Promise<Result> => {
  for (let count = 1; ; count += 1) {
    try {
      const { result, events, announced } = await attempt();
      for (const event of events) announced.add(topicOf(event));
      for (const topic of announced) bus.publish(topic);
      if (events.length > 0) onCommit(events);
      return result;
    } catch (error) {
      if (count === ATTEMPTS_MAX || !isRetried(error)) throw error;
      await sleep(Math.random() * 10 * 2 ** count);
    }
  }
};

export interface TransactOptions {
  readonly clock: () => Date;
  readonly onCommit: (events: readonly DomainEvent[]) => void;
}

/**
 * Opens transactions for the edges. Runs again, up to five times, after a deadlock, a serialization failure or a unique key
 * lost to a race; so a verb never touches the outside world. Events are written with the effect and announced after commit;
 * the announcement is not awaited.
 */
export const createTransact = ({ prisma }: Database, bus: Bus, { clock, onCommit }: TransactOptions): Transact => {
  const attempt = async <Result>(actor: string, run: (tx: Tx) => Promise<Result>, timeoutMs: number): Promise<Done<Result>> => {
    const events: DomainEvent[] = [];
    const announced = new Set<string>();
    const result = await prisma.$transaction(
      async (db) => {
        const now = clock();
        const sql: Sql = (text, values) => db.$queryRawUnsafe(text, ...values);
        const answer = await run({
          db,
          sql,
          actor,
          now,
          isBegun: () => true,
          emit: (event) => void events.push(event),
          attempt: async (part) => {
            const before = events.length;
            await db.$executeRawUnsafe('savepoint attempt');
            try {
              const done = await part();
              await db.$executeRawUnsafe('release savepoint attempt');
              return done;
            } catch (error) {
              // A fault of the database has already ended the transaction; only a refusal leaves one to go on with.
              if (error instanceof DomainError) await db.$executeRawUnsafe('rollback to savepoint attempt');
              events.length = before;
              throw error;
            }
          },
          announce: (topic) => void announced.add(topic),
        });
        await writeEvents(sql, rowsOf(events, actor, now));
        return answer;
      },
      { maxWait: 10_000, timeout: timeoutMs },
    );
    return { result, events, announced };
  };
  return (actor, run, { timeoutMs } = { timeoutMs: 30_000 }) => untilDone(() => attempt(actor, run, timeoutMs), bus, onCommit);
};

/**
 * The same for verbs that say themselves in SQL, at a fifth of the cost: Prisma's transactions are made for longer work. A verb that
 * only emits opens none, and its events are written together with those of its neighbours.
 */
export const createTransactSql = ({ sql: outside, transaction }: Database, bus: Bus, { clock, onCommit }: TransactOptions): TransactSql => {
  const write = gather(async (groups: readonly OutboxRow[][]) => {
    await writeEvents(outside, groups.flat());
    return groups;
  }, 2);
  const attempt = async <Result>(actor: string, run: (tx: SqlTx) => Promise<Result>): Promise<Done<Result>> => {
    const events: DomainEvent[] = [];
    const announced = new Set<string>();
    let alone: OutboxRow[] = [];
    const result = await transaction(async (sql, isBegun) => {
      const now = clock();
      const answer = await run({
        sql,
        actor,
        now,
        isBegun,
        emit: (event) => void events.push(event),
        announce: (topic) => void announced.add(topic),
      });
      const rows = rowsOf(events, actor, now);
      if (isBegun()) await writeEvents(sql, rows);
      else alone = rows;
      return answer;
    });
    if (alone.length > 0) await write(alone);
    return { result, events, announced };
  };
  return (actor, run) => untilDone(() => attempt(actor, run), bus, onCommit);
};

/** Rows go in as JSON: an import writes hundreds at once. Ids follow the order of the events. */
const WRITE_EVENTS = `
insert into outbox_event (type, topic, customer_id, payload, actor, created_at, delivered_at)
select v.type, v.topic, v."customerId", v.payload, v.actor, v."createdAt", v."deliveredAt"
from jsonb_to_recordset($1::text::jsonb) as v(
  type text, topic text, "customerId" uuid, payload jsonb, actor text, "createdAt" timestamptz, "deliveredAt" timestamptz)`;

const writeEvents = async (sql: Sql, rows: readonly OutboxRow[]): Promise<void> => {
  if (rows.length > 0) await sql(WRITE_EVENTS, [JSON.stringify(rows)]);
};

type OutboxRow = ReturnType<typeof outboxRow>;

const rowsOf = (events: readonly DomainEvent[], actor: string, now: Date): OutboxRow[] => events.map((event) => outboxRow(event, actor, now));

const outboxRow = (event: DomainEvent, actor: string, now: Date) => {
  const { type, ...payload } = event;
  return {
    type,
    topic: topicOf(event),
    customerId: 'customerId' in event ? event.customerId : null,
    payload: payload as object,
    actor,
    createdAt: now,
    deliveredAt: isDelivered(event.type) ? null : now,
  };
};
