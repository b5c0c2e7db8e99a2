import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';

/** Work that is done again and again until it is stopped. */
export interface Rounds {
  /** Finishes the round under way and ends. */
  stop(): Promise<void>;
}

/** Kinds of rounds, and processes that start together, do not all ask for a connection in the same instant. */
const FIRST_WITHIN_MS = 1_000;

/**
 * Runs a round, and the next at once when this one did something, else after `everyMs`. A round that fails is run again later: what it
 * does must be safe to do again, here and in any other process.
 */
export const startRounds = (name: string, everyMs: number, log: Logger, round: () => Promise<number>): Rounds => {
  const stopping = new AbortController();
  const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal: stopping.signal }).catch(() => {});
  const run = async (): Promise<void> => {
    await pause(Math.random() * Math.min(everyMs, FIRST_WITHIN_MS));
    while (!stopping.signal.aborted) {
      try {
        if ((await round()) > 0) continue;
      } catch (error) {
        if (!stopping.signal.aborted) log.warn({ job: name, reason: (error as Error).message }, 'round failed');
      }
      await pause(everyMs);
    }
  };
  const running = run();
  return {
    stop: async () => {
      stopping.abort();
      await running;
    },
  };
};
