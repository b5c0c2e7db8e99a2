import type { Database } from '../db/client.ts';

/** What a message may carry: the same object for every listener of a process, and plain JSON between processes. */
export type News = Readonly<Record<string, string | null>>;

/**
 * Publish and subscribe by topic. A message says «look again», for it may be lost, come twice or overtake another; news spare the look
 * of a listener who can tell that nothing is missing between what it knows and them.
 */
export interface Bus {
  /** Returns at once; what cannot be published now is dropped, and listeners look again after a reconnect. */
  publish(topic: string, news?: News): void;
  /** Tells `listener` of each message, and once without news after a gap in which messages may have been lost. */
  subscribe(topic: string, listener: Listener): void;
  unsubscribe(topic: string, listener: Listener): void;
}

export interface Listener {
  hear(news?: News): void;
}

/** At most `max` under one name in a window of `windowSeconds`. Names are hashes: what they stand for is not kept. */
export interface Limit {
  readonly name: string;
  readonly max: number;
  readonly windowSeconds: number;
}

export interface CodeIssue {
  /** Hash of whom the code is for. */
  readonly identifier: string;
  /** Keyed hashes of what redeems it, once: the code, and the secret of a link that was sent with it. */
  readonly digests: readonly string[];
  readonly ttlSeconds: number;
  readonly cooldownSeconds: number;
  /** On sending. */
  readonly limits: readonly Limit[];
}

export type CodeIssued = { readonly status: 'ISSUED' } | { readonly status: 'COOLDOWN' | 'LIMITED'; readonly retryAfterSeconds: number };

export interface CodeGuess {
  readonly identifier: string;
  /** The guess under every key that may have signed the code. */
  readonly digests: readonly string[];
  readonly guessesPerCode: number;
  /** On wrong guesses. */
  readonly limits: readonly Limit[];
}

export type CodeRedeemed =
  | { readonly status: 'REDEEMED' }
  | { readonly status: 'WRONG' }
  | { readonly status: 'LIMITED'; readonly retryAfterSeconds: number };

/**
 * Codes that are good once, with the limits on asking and guessing kept beside them, each call one atomic round trip.
 * A new code replaces the old one and its guesses, but resets none of the limits.
 */
export interface OneTimeCodes {
  issue(request: CodeIssue): Promise<CodeIssued>;
  redeem(guess: CodeGuess): Promise<CodeRedeemed>;
}

/** Limits on what strangers may try, shared by all processes of a gateway. */
export interface Limiter {
  /**
   * Counts one try against every limit and answers 0; when one of them is spent, counts against none and answers how many seconds to
   * wait. One atomic round trip, made before what it guards: tries that come at once cannot all pass.
   */
  take(limits: readonly Limit[]): Promise<number>;
  /** Takes one try back, for those that turned out to be good. */
  giveBack(names: readonly string[]): Promise<void>;
  /** Begins to count anew. */
  forget(names: readonly string[]): Promise<void>;
}

/** All that differs between the two modes. */
export interface Backend {
  readonly mode: 'embedded' | 'service';
  readonly database: Database;
  readonly bus: Bus;
  readonly codes: OneTimeCodes;
  readonly limiter: Limiter;
  /** Rejects, naming the part, when the database or Redis does not answer. */
  check(): Promise<void>;
  close(): Promise<void>;
}
