import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CodeGuess, CodeIssue, Limit, OneTimeCodes } from '../../src/backend/backend.ts';
import { backends, openTestApp } from '../support/backends.ts';

describe.each(backends)('one-time codes on $name', (kind) => {
  let codes: OneTimeCodes;
  beforeAll(async () => {
    codes = (await openTestApp(kind)).app.backend.codes;
  });

  const issue = (over: Partial<CodeIssue> & { identifier: string }) =>
    codes.issue({ digests: ['right'], ttlSeconds: 60, cooldownSeconds: 0.001, limits: [], ...over });
  const guess = (over: Partial<CodeGuess> & { identifier: string }) => codes.redeem({ digests: ['right'], guessesPerCode: 5, limits: [], ...over });
  const atMost = (max: number, name: string = randomUUID()): Limit => ({ name, max, windowSeconds: 60 });
  const pause = () => sleep(5);

  it('lets exactly one of many who show the right code at once in', async () => {
    const identifier = randomUUID();
    await issue({ identifier });
    const answers = await Promise.all(Array.from({ length: 20 }, () => guess({ identifier })));
    expect(answers.filter(({ status }) => status === 'REDEEMED')).toHaveLength(1);
  });

  it('does not burn the right code with a wrong guess, and ends it after five', async () => {
    const identifier = randomUUID();
    await issue({ identifier });
    for (let count = 0; count < 4; count += 1) expect(await guess({ identifier, digests: ['wrong'] })).toEqual({ status: 'WRONG' });
    expect(await guess({ identifier })).toEqual({ status: 'REDEEMED' });
    await pause();
    await issue({ identifier });
    for (let count = 0; count < 5; count += 1) await guess({ identifier, digests: ['wrong'] });
    expect(await guess({ identifier })).toEqual({ status: 'WRONG' });
  });

  it('does not give new guesses with a new code', async () => {
    const identifier = randomUUID();
    const limits = [atMost(1_000), atMost(10)];
    for (let round = 0; round < 3; round += 1) {
      await issue({ identifier });
      for (let count = 0; count < 4; count += 1) await guess({ identifier, digests: ['wrong'], limits });
      await pause();
    }
    await issue({ identifier });
    expect(await guess({ identifier, limits })).toMatchObject({ status: 'LIMITED' });
  });

  it('limits guesses from one network across identifiers', async () => {
    const limits = [atMost(3)];
    for (let count = 0; count < 3; count += 1) await guess({ identifier: randomUUID(), digests: ['wrong'], limits });
    const identifier = randomUUID();
    await issue({ identifier });
    const limited = await guess({ identifier, limits });
    expect(limited).toMatchObject({ status: 'LIMITED' });
    expect('retryAfterSeconds' in limited && limited.retryAfterSeconds).toBeGreaterThan(0);
    expect(await guess({ identifier })).toEqual({ status: 'REDEEMED' });
  });

  it('replaces the old code by the new one', async () => {
    const identifier = randomUUID();
    await issue({ identifier, digests: ['old'] });
    await pause();
    await issue({ identifier, digests: ['new'] });
    expect(await guess({ identifier, digests: ['old'] })).toEqual({ status: 'WRONG' });
    expect(await guess({ identifier, digests: ['new'] })).toEqual({ status: 'REDEEMED' });
  });

  it('forgets a code when its time is over', async () => {
    const identifier = randomUUID();
    await issue({ identifier, ttlSeconds: 0.05 });
    await sleep(80);
    expect(await guess({ identifier })).toEqual({ status: 'WRONG' });
  });

  it('waits between codes to one inbox, and stops a flood of them from anywhere', async () => {
    const identifier = randomUUID();
    expect(await issue({ identifier, cooldownSeconds: 30 })).toEqual({ status: 'ISSUED' });
    expect(await issue({ identifier, cooldownSeconds: 30 })).toEqual({ status: 'COOLDOWN', retryAfterSeconds: 30 });
    const flooded = randomUUID();
    const limits = [atMost(3)];
    for (let count = 0; count < 3; count += 1) {
      expect(await issue({ identifier: flooded, limits })).toEqual({ status: 'ISSUED' });
      await pause();
    }
    expect(await issue({ identifier: flooded, limits })).toMatchObject({ status: 'LIMITED' });
  });

  it('stops one network that asks for many inboxes', async () => {
    const limits = [atMost(2)];
    for (let count = 0; count < 2; count += 1) await issue({ identifier: randomUUID(), limits });
    expect(await issue({ identifier: randomUUID(), limits })).toMatchObject({ status: 'LIMITED' });
  });

  it('takes a code that an older key signed', async () => {
    const identifier = randomUUID();
    await issue({ identifier, digests: ['by the old key'] });
    expect(await guess({ identifier, digests: ['by the new key', 'by the old key'] })).toEqual({ status: 'REDEEMED' });
  });

  it('redeems by either of a code and a link, and then by neither', async () => {
    const identifier = randomUUID();
    await issue({ identifier, digests: ['code', 'link'] });
    expect(await guess({ identifier, digests: ['link'] })).toEqual({ status: 'REDEEMED' });
    expect(await guess({ identifier, digests: ['code'] })).toEqual({ status: 'WRONG' });
    await issue({ identifier, digests: ['code', 'link'] });
    expect(await guess({ identifier, digests: ['code'] })).toEqual({ status: 'REDEEMED' });
    expect(await guess({ identifier, digests: ['link'] })).toEqual({ status: 'WRONG' });
  });
});
