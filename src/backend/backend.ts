import type { Database } from '../db/client.ts';

/** Publish and subscribe by topic. A message says «look again», never what there is to see: it may be lost or come twice. */
export interface Bus {
  /** Returns at once; what cannot be published now is dropped, and listeners look again after a reconnect. */
  publish(topic: string): void;
  /** Calls `listener` for each message, and once after a gap in which messages may have been lost. Returns the way to stop. */
  subscribe(topic: string, listener: () => void): () => void;
}

/** At most `max` in a window of `windowSeconds`. */
export interface Allowance {
  readonly max: number;
  readonly windowSeconds: number;
}

export interface CodeIssue {
  /** Hash of whom the code is for. */
  readonly identifier: string;
  /** Who asks, as `limitedNetwork` gives it, hashed. */
  readonly network: string;
  /** Keyed hash of the code. */
  readonly digest: string;
  readonly ttlSeconds: number;
  readonly cooldownSeconds: number;
  readonly perIdentifier: Allowance;
  readonly perNetwork: Allowance;
}

export type CodeIssued = { readonly status: 'ISSUED' } | { readonly status: 'COOLDOWN' | 'LIMITED'; readonly retryAfterSeconds: number };

export interface CodeGuess {
  readonly identifier: string;
  readonly network: string;
  /** The guess under every key that may have signed the code. */
  readonly digests: readonly string[];
  readonly guessesPerCode: number;
  readonly perIdentifier: Allowance;
  readonly perNetwork: Allowance;
}

export type CodeRedeemed =
  | { readonly status: 'REDEEMED' }
  | { readonly status: 'WRONG' }
  | { readonly status: 'LIMITED'; readonly retryAfterSeconds: number };

/**
 * Codes that are good once, with the limits on asking and guessing kept beside them, each call one atomic round trip.
 * A new code replaces the old one and its guesses, but neither resets the identifier's nor the network's allowance.
 */
export interface OneTimeCodes {
  issue(request: CodeIssue): Promise<CodeIssued>;
  redeem(guess: CodeGuess): Promise<CodeRedeemed>;
}

/** All that differs between the two modes. */
export interface Backend {
  readonly mode: 'embedded' | 'service';
  readonly database: Database;
  readonly bus: Bus;
  readonly codes: OneTimeCodes;
  /** Rejects, naming the part, when the database or Redis does not answer. */
  check(): Promise<void>;
  close(): Promise<void>;
}
