import type { Bus, Limit, Limiter, Listener, News, OneTimeCodes } from './backend.ts';

/** Publish and subscribe inside one process. Listeners run in their own turn, so that a publisher is never inside a listener. */
export const memoryBus = (): Bus => {
  const listeners = new Listeners();
  return {
    publish: (topic, news) => queueMicrotask(() => listeners.call(topic, news)),
    subscribe: (topic, listener) => listeners.add(topic, listener),
    unsubscribe: (topic, listener) => listeners.remove(topic, listener),
  };
};

/** Who listens to what in this process; the service mode's bus fans out through it too. */
export class Listeners {
  /** Nearly every topic has one listener, who needs no set. */
  readonly #byTopic = new Map<string, Listener | Set<Listener>>();

  add(topic: string, listener: Listener): void {
    const there = this.#byTopic.get(topic);
    if (there instanceof Set) there.add(listener);
    else this.#byTopic.set(topic, there ? new Set([there, listener]) : listener);
  }

  remove(topic: string, listener: Listener): void {
    const there = this.#byTopic.get(topic);
    if (there instanceof Set) there.delete(listener);
    if (there === listener || (there instanceof Set && there.size === 0)) this.#byTopic.delete(topic);
  }

  call(topic: string, news?: News): void {
    const there = this.#byTopic.get(topic);
    for (const listener of there instanceof Set ? [...there] : there ? [there] : []) listener.hear(news);
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

/** How often something was done under each name. */
class Counters {
  readonly #counters = new Expiring<number>();

  /** Seconds until every limit has room again; 0 when all have. */
  wait(limits: readonly Limit[], use = ''): number {
    const spent = limits.map(({ name, max }) => {
      const counter = this.#counters.get(use + name);
      return counter && counter.value >= max ? secondsUntil(counter.until) : 0;
    });
    return Math.max(0, ...spent);
  }

  count(limits: readonly Limit[], use = ''): void {
    for (const { name, windowSeconds } of limits) {
      const counter = this.#counters.get(use + name);
      this.#counters.set(use + name, (counter?.value ?? 0) + 1, counter?.until ?? Date.now() + windowSeconds * 1000);
    }
  }

  giveBack(name: string): void {
    const counter = this.#counters.get(name);
    if (counter && counter.value > 0) this.#counters.set(name, counter.value - 1, counter.until);
  }

  forget(name: string): void {
    this.#counters.delete(name);
  }
}

/** One-time codes in this process, by the same rules as the Lua scripts in `redis.ts`. */
export const memoryCodes = (): OneTimeCodes => {
  const codes = new Expiring<{ digests: readonly string[]; guesses: number }>();
  const cooldowns = new Expiring<true>();
  const counters = new Counters();

  return {
    issue: async ({ identifier, digests, ttlSeconds, cooldownSeconds, limits }) => {
      const cooldown = cooldowns.get(identifier);
      if (cooldown) return { status: 'COOLDOWN', retryAfterSeconds: secondsUntil(cooldown.until) };
      const wait = counters.wait(limits, 'send:');
      if (wait > 0) return { status: 'LIMITED', retryAfterSeconds: wait };
      counters.count(limits, 'send:');
      cooldowns.set(identifier, true, Date.now() + cooldownSeconds * 1000);
      codes.set(identifier, { digests, guesses: 0 }, Date.now() + ttlSeconds * 1000);
      return { status: 'ISSUED' };
    },
    redeem: async ({ identifier, digests, guessesPerCode, limits }) => {
      const wait = counters.wait(limits, 'guess:');
      if (wait > 0) return { status: 'LIMITED', retryAfterSeconds: wait };
      const code = codes.get(identifier);
      if (code && digests.some((digest) => code.value.digests.includes(digest))) {
        codes.delete(identifier);
        cooldowns.delete(identifier);
        return { status: 'REDEEMED' };
      }
      counters.count(limits, 'guess:');
      if (code) {
        code.value.guesses += 1;
        if (code.value.guesses >= guessesPerCode) codes.delete(identifier);
      }
      return { status: 'WRONG' };
    },
  };
};

/** Limits in this process, by the same rules as the Lua scripts in `redis.ts`. */
export const memoryLimiter = (): Limiter => {
  const counters = new Counters();
  return {
    take: async (limits) => {
      const wait = counters.wait(limits);
      if (wait === 0) counters.count(limits);
      return wait;
    },
    giveBack: async (names) => {
      for (const name of names) counters.giveBack(name);
    },
    forget: async (names) => {
      for (const name of names) counters.forget(name);
    },
  };
};

const secondsUntil = (moment: number): number => Math.max(1, Math.ceil((moment - Date.now()) / 1000));
