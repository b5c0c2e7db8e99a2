import type { Allowance, Bus, OneTimeCodes } from './backend.ts';

/** Publish and subscribe inside one process. Listeners run in their own turn, so that a publisher is never inside a listener. */
export const memoryBus = (): Bus => {
  const listeners = new Listeners();
  return {
    publish: (topic) => queueMicrotask(() => listeners.call(topic)),
    subscribe: (topic, listener) => listeners.add(topic, listener),
  };
};

/** Who listens to what in this process; the service mode's bus fans out through it too. */
export class Listeners {
  readonly #byTopic = new Map<string, Set<() => void>>();

  add(topic: string, listener: () => void): () => void {
    const existing = this.#byTopic.get(topic);
    const set = existing ?? new Set();
    if (!existing) this.#byTopic.set(topic, set);
    set.add(listener);
    return () => {
      set.delete(listener);
      if (set.size === 0 && this.#byTopic.get(topic) === set) this.#byTopic.delete(topic);
    };
  }

  call(topic: string): void {
    for (const listener of [...(this.#byTopic.get(topic) ?? [])]) listener();
  }

  callAll(): void {
    for (const topic of [...this.#byTopic.keys()]) this.call(topic);
  }
}

/** Values that vanish when their time is over; swept now and then, so that a flood of strangers' keys does not stay. */
class Expiring<Value> {
  readonly #entries = new Map<string, { value: Value; until: number }>();
  #sweepAt = 1024;

  get(key: string): { value: Value; until: number } | undefined {
    const entry = this.#entries.get(key);
    if (entry && entry.until > Date.now()) return entry;
    this.#entries.delete(key);
    return undefined;
  }

  set(key: string, value: Value, until: number): void {
    this.#entries.set(key, { value, until });
    if (this.#entries.size < this.#sweepAt) return;
    const now = Date.now();
    for (const [stale, entry] of this.#entries) if (entry.until <= now) this.#entries.delete(stale);
    this.#sweepAt = Math.max(1024, this.#entries.size * 2);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}

/** One-time codes in this process, by the same rules as the Lua scripts in `redis.ts`. */
export const memoryCodes = (): OneTimeCodes => {
  const codes = new Expiring<{ digest: string; guesses: number }>();
  const cooldowns = new Expiring<true>();
  const counters = new Expiring<number>();

  const spent = (key: string, { max }: Allowance): number => {
    const counter = counters.get(key);
    return counter && counter.value >= max ? secondsUntil(counter.until) : 0;
  };
  const count = (key: string, { windowSeconds }: Allowance): void => {
    const counter = counters.get(key);
    counters.set(key, (counter?.value ?? 0) + 1, counter?.until ?? Date.now() + windowSeconds * 1000);
  };

  return {
    issue: async (request) => {
      const cooldown = cooldowns.get(request.identifier);
      if (cooldown) return { status: 'COOLDOWN', retryAfterSeconds: secondsUntil(cooldown.until) };
      const perIdentifier = `send:${request.identifier}`;
      const perNetwork = `send-from:${request.network}`;
      const wait = Math.max(spent(perIdentifier, request.perIdentifier), spent(perNetwork, request.perNetwork));
      if (wait > 0) return { status: 'LIMITED', retryAfterSeconds: wait };
      count(perIdentifier, request.perIdentifier);
      count(perNetwork, request.perNetwork);
      cooldowns.set(request.identifier, true, Date.now() + request.cooldownSeconds * 1000);
      codes.set(request.identifier, { digest: request.digest, guesses: 0 }, Date.now() + request.ttlSeconds * 1000);
      return { status: 'ISSUED' };
    },
    redeem: async (guess) => {
      const perIdentifier = `guess:${guess.identifier}`;
      const perNetwork = `guess-from:${guess.network}`;
      const wait = Math.max(spent(perIdentifier, guess.perIdentifier), spent(perNetwork, guess.perNetwork));
      if (wait > 0) return { status: 'LIMITED', retryAfterSeconds: wait };
      const code = codes.get(guess.identifier);
      if (code && guess.digests.includes(code.value.digest)) {
        codes.delete(guess.identifier);
        cooldowns.delete(guess.identifier);
        return { status: 'REDEEMED' };
      }
      count(perIdentifier, guess.perIdentifier);
      count(perNetwork, guess.perNetwork);
      if (code) {
        code.value.guesses += 1;
        if (code.value.guesses >= guess.guessesPerCode) codes.delete(guess.identifier);
      }
      return { status: 'WRONG' };
    },
  };
};

const secondsUntil = (moment: number): number => Math.max(1, Math.ceil((moment - Date.now()) / 1000));
