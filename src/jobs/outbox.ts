import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { DomainEvent, EventType } from '../core/events.ts';
import { gather } from '../core/gather.ts';
import type { Database } from '../db/client.ts';

/** Carries one kind of event out of the gateway. Called outside any transaction; a throw means: again later. */
export type Deliver = (event: DomainEvent, at: Date) => Promise<void>;

export interface Outbox {
  /** Looks at once instead of at the next round. */
  wake(): void;
  /** Finishes the delivery under way and ends. */
  stop(): Promise<void>;
}

const POLL_MS = 1_000;
const BATCH_MAX = 20;
const LEASE_SECONDS = 60;
const ATTEMPTS_MAX = 10;

interface Claimed {
  id: string;
  type: EventType;
  payload: object;
  attempts: number;
  created_at: Date;
}

// Claim and settle are two short statements with the delivery between them: no mail server is waited for inside a transaction,
// and a process that dies in between lets its lease run out.
const CLAIM = `
update outbox_event set leased_until = clock_timestamp() + make_interval(secs => ${LEASE_SECONDS}), attempts = attempts + 1
where id in (
  select id from outbox_event
  where delivered_at is null and failed_at is null and type = any($1::text[]) and (leased_until is null or leased_until < clock_timestamp())
  order by id limit ${BATCH_MAX} for update skip locked)
returning id::text, type, payload, attempts, created_at`;

// What was sealed has been delivered or given up: it is blanked in the same statement.
const SETTLE = `update outbox_event set delivered_at = clock_timestamp(), payload = payload - 'sealed' where id = any($1::text[]::bigint[])`;
const GIVE_UP = `update outbox_event set failed_at = clock_timestamp(), payload = payload - 'sealed' where id = $1::bigint`;
const LATER = `update outbox_event set leased_until = clock_timestamp() + make_interval(secs => $2::int) where id = $1::bigint`;

/**
 * Delivers outbox events at least once, those of a claim side by side; any number of processes may run it. Each outbox carries the kinds
 * that it is given, so that what waits for strangers' servers does not hold up the mail.
 */
export const startOutbox = ({
  database: { sql },
  deliver,
  log,
}: {
  database: Database;
  deliver: Partial<Record<EventType, Deliver>>;
  log: Logger;
}): Outbox => {
  const types = Object.keys(deliver);
  const stopping = new AbortController();
  let nap = new AbortController();

  const settle = gather(async (ids: readonly string[]) => {
    await sql(SETTLE, [ids]);
    return ids;
  });

  const carry = async ({ id, type, payload, attempts, created_at }: Claimed): Promise<void> => {
    try {
      await deliver[type]?.({ type, ...payload } as DomainEvent, created_at);
      await settle(id);
    } catch (error) {
      const isLast = attempts >= ATTEMPTS_MAX;
      log.warn({ event: type, outboxId: id, attempts, isLast, reason: (error as Error).message }, 'delivery failed');
      await (isLast ? sql(GIVE_UP, [id]) : sql(LATER, [id, Math.min(2 ** attempts, 600)]));
    }
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      nap = new AbortController();
      try {
        const claimed = await sql<Claimed>(CLAIM, [types]);
        await Promise.all(claimed.sort((a, b) => Number(a.id) - Number(b.id)).map(carry));
        if (claimed.length > 0) continue;
      } catch (error) {
        log.warn({ reason: (error as Error).message }, 'outbox could not be read');
      }
      await sleep(POLL_MS, undefined, { signal: AbortSignal.any([nap.signal, stopping.signal]) }).catch(() => {});
    }
  };

  const running = run();
  return {
    wake: () => nap.abort(),
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
};
