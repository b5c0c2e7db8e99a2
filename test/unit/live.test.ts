import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { memoryBus } from '../../src/backend/memory.ts';
import type { Viewer } from '../../src/core/viewer.ts';
import { createContext } from '../../src/graphql/context.ts';
import { type Look, live } from '../../src/graphql/live.ts';

const MINUTE_MS = 60_000;
const TOPIC = 'store_credit_account:1';

/** Somebody who may go on until then, unless it is revoked; what is new; and how often it was looked. */
const givenReader = ({ leftMs = null as number | null } = {}) => {
  const closing = new AbortController();
  const bus = memoryBus();
  const expiresAt = leftMs === null ? null : new Date(Date.now() + leftMs);
  const viewer: Viewer = { kind: 'staff', tokenId: 'token', scopes: new Set(), expiresAt };
  let isRevoked = false;
  const found: Look<string>[] = [];
  let looks = 0;
  let onLook = (): void => {};
  const app = { backend: { bus }, closing: closing.signal, clock: () => new Date(), isLive: async () => !isRevoked };
  const context = createContext(app as never, viewer, {} as never);
  const stream = live(context, TOPIC, async () => {
    looks += 1;
    const look = found.shift() ?? { items: [], more: false };
    const act = onLook;
    onLook = () => {};
    act();
    // What is said meanwhile is heard before this is answered.
    await new Promise<void>((resolve) => queueMicrotask(resolve));
    return look;
  });
  return {
    stream,
    bus,
    close: () => closing.abort(),
    looks: () => looks,
    /** Once, in the middle of the next look. */
    onLook: (act: () => void) => {
      onLook = act;
    },
    find: (...items: string[]) => void found.push({ items, more: false }),
    revoke: () => {
      isRevoked = true;
      bus.publish('staff_token:token');
    },
  };
};

/** What the next message is, once there is one. */
const whenTold = (next: Promise<unknown>) => {
  const told = { value: undefined as unknown, isThere: false };
  next.then(
    (value) => Object.assign(told, { value, isThere: true }),
    (error) => Object.assign(told, { value: error, isThere: true }),
  );
  return told;
};

const passMs = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe('a reader of what is new', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => {
    // Nothing rings for somebody who has gone.
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('is told in order what was found, and waits for the next announcement', async () => {
    const { stream, bus, find, looks } = givenReader();
    find('a', 'b');
    expect(await stream.next()).toEqual({ value: 'a', done: false });
    expect(await stream.next()).toEqual({ value: 'b', done: false });
    const next = whenTold(stream.next());
    await passMs(0);
    expect(next.isThere).toBe(false);
    const before = looks();
    find('c');
    bus.publish(TOPIC);
    await passMs(0);
    expect(next.value).toEqual({ value: 'c', done: false });
    expect(looks()).toBe(before + 1);
    await stream.return();
  });

  it('misses no announcement that comes while it looks', async () => {
    const { stream, bus, find, onLook } = givenReader();
    find('a');
    onLook(() => {
      find('b');
      bus.publish(TOPIC);
    });
    expect(await stream.next()).toEqual({ value: 'a', done: false });
    const next = whenTold(stream.next());
    await passMs(0);
    expect(next.value).toEqual({ value: 'b', done: false });
    await stream.return();
  });

  it('misses no announcement that comes while nobody asks', async () => {
    const { stream, bus, find } = givenReader();
    find('a');
    expect(await stream.next()).toEqual({ value: 'a', done: false });
    await passMs(0);
    find('b');
    bus.publish(TOPIC);
    await passMs(0);
    const next = whenTold(stream.next());
    await passMs(0);
    expect(next.value).toEqual({ value: 'b', done: false });
    await stream.return();
  });

  it('looks again by itself within half a minute', async () => {
    const { stream, find } = givenReader();
    const next = whenTold(stream.next());
    await passMs(0);
    find('a');
    await passMs(MINUTE_MS / 2);
    expect(next.value).toEqual({ value: 'a', done: false });
    await stream.return();
  });

  it.each([1, 45, 90, 10 * 60])('ends when the token runs out, in %i s', async (seconds) => {
    const { stream } = givenReader({ leftMs: seconds * 1_000 });
    const next = whenTold(stream.next());
    await passMs(seconds * 1_000 - 1);
    expect(next.isThere).toBe(false);
    await passMs(10);
    expect(next.value).toMatchObject({ extensions: { code: 'UNAUTHENTICATED' } });
    expect(await stream.next()).toEqual({ value: undefined, done: true });
  });

  it('ends as soon as the token is revoked', async () => {
    const { stream, revoke } = givenReader();
    const next = whenTold(stream.next());
    await passMs(0);
    revoke();
    await passMs(0);
    expect(next.value).toMatchObject({ extensions: { code: 'UNAUTHENTICATED' } });
  });

  it('hears of a revocation that nobody told within a minute', async () => {
    const { stream, bus, revoke } = givenReader();
    const next = whenTold(stream.next());
    await passMs(0);
    vi.spyOn(bus, 'publish').mockImplementation(() => {});
    revoke();
    await passMs(MINUTE_MS);
    expect(next.value).toMatchObject({ extensions: { code: 'UNAUTHENTICATED' } });
  });

  it('ends quietly when the gateway closes, and when its client leaves while it waits', async () => {
    for (const leave of ['close', 'return'] as const) {
      const { stream, close } = givenReader();
      const next = whenTold(stream.next());
      await passMs(0);
      if (leave === 'close') close();
      else await stream.return();
      await passMs(0);
      expect(next.value).toEqual({ value: undefined, done: true });
    }
  });

  it('says a break in its teller’s words, and then ends', async () => {
    const { stream, revoke } = givenReader();
    const told = stream.toldBy({ tell: async (item) => `told ${item}`, broken: (error) => `broken: ${(error as Error).name}` });
    const next = told.next();
    await passMs(0);
    revoke();
    expect(await next).toEqual({ value: 'broken: GraphQLError', done: false });
    expect(await told.next()).toEqual({ value: undefined, done: true });
  });
});
