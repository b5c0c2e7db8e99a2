import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Limiter } from '../../src/backend/backend.ts';
import { redisLimiter } from '../../src/backend/redis.ts';
import { backends, openTestApp, services } from '../support/backends.ts';

describe.each(backends)('limits on $name', (kind) => {
  let limiter: Limiter;
  beforeAll(async () => {
    ({ limiter } = (await openTestApp(kind)).app.backend);
  });
  const counted = (name: string, max: number, windowSeconds = 60) => ({ name, max, windowSeconds });

  it('let exactly so many of those who come at once pass, and say how long to wait', async () => {
    const name = randomUUID();
    const waits = await Promise.all(Array.from({ length: 20 }, () => limiter.take([counted(name, 7)])));
    expect(waits.filter((seconds) => seconds === 0)).toHaveLength(7);
    for (const seconds of waits.filter((wait) => wait > 0)) expect(seconds).toBeGreaterThan(55);
  });

  it('count against none when one is spent', async () => {
    const [narrow, wide] = [randomUUID(), randomUUID()];
    expect(await limiter.take([counted(narrow, 1), counted(wide, 3)])).toBe(0);
    for (let count = 0; count < 5; count += 1) expect(await limiter.take([counted(narrow, 1), counted(wide, 3)])).toBeGreaterThan(0);
    expect(await limiter.take([counted(wide, 3)])).toBe(0);
    expect(await limiter.take([counted(wide, 3)])).toBe(0);
    expect(await limiter.take([counted(wide, 3)])).toBeGreaterThan(0);
  });

  it('give a try back, never more than was taken, and begin anew when told to', async () => {
    const name = randomUUID();
    await limiter.take([counted(name, 1)]);
    await limiter.giveBack([name]);
    await limiter.giveBack([name]);
    await limiter.giveBack([name]);
    expect(await limiter.take([counted(name, 1)])).toBe(0);
    expect(await limiter.take([counted(name, 1)])).toBeGreaterThan(0);
    await limiter.forget([name]);
    expect(await limiter.take([counted(name, 1)])).toBe(0);
  });

  it('are over with their window', async () => {
    const name = randomUUID();
    await limiter.take([counted(name, 1, 0.05)]);
    await sleep(90);
    expect(await limiter.take([counted(name, 1, 0.05)])).toBe(0);
  });
});

describe.runIf(services)('limits of several processes', () => {
  it('limiter stays correct with two processes', async () => {
    const connections = [0, 1].map(() => new Redis(services?.redisUrl ?? ''));
    const prefix = `${randomUUID()}:`;
    const limiters = connections.map((redis) => redisLimiter(redis, prefix));
    const waits = await Promise.all(
      Array.from({ length: 40 }, (_, index) => (limiters[index % 2] as Limiter).take([{ name: 'shared', max: 10, windowSeconds: 60 }])),
    );
    for (const redis of connections) redis.disconnect();
    expect(waits.filter((seconds) => seconds === 0)).toHaveLength(10);
  });
});
