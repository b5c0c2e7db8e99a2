import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CodeGuess, CodeIssue, OneTimeCodes } from '../../src/backend/backend.ts';
import { backends, openTestApp } from '../support/backends.ts';

const plenty = { max: 1_000, windowSeconds: 60 };

describe.each(backends)('one-time codes on $name', (kind) => {
  let codes: OneTimeCodes;
  beforeAll(async () => {
    codes = (await openTestApp(kind)).app.backend.codes;
  });

  const issue = (over: Partial<CodeIssue> & { identifier: string }) =>
    codes.issue({
      network: randomUUID(),
      digest: 'right',
      ttlSeconds: 60,
      cooldownSeconds: 0.001,
      perIdentifier: plenty,
      perNetwork: plenty,
      ...over,
    });
  const guess = (over: Partial<CodeGuess> & { identifier: string }) =>
    codes.redeem({ network: randomUUID(), digests: ['right'], guessesPerCode: 5, perIdentifier: plenty, perNetwork: plenty, ...over });
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
    const perIdentifier = { max: 10, windowSeconds: 60 };
    for (let round = 0; round < 3; round += 1) {
      await issue({ identifier });
      for (let count = 0; count < 4; count += 1) await guess({ identifier, digests: ['wrong'], perIdentifier });
      await pause();
    }
    await issue({ identifier });
    expect(await guess({ identifier, perIdentifier })).toMatchObject({ status: 'LIMITED' });
  });

  it('limits guesses from one network across identifiers', async () => {
    const network = randomUUID();
    const perNetwork = { max: 3, windowSeconds: 60 };
    for (let count = 0; count < 3; count += 1) await guess({ identifier: randomUUID(), network, digests: ['wrong'], perNetwork });
    const identifier = randomUUID();
    await issue({ identifier });
    const limited = await guess({ identifier, network, perNetwork });
    expect(limited).toMatchObject({ status: 'LIMITED' });
    expect('retryAfterSeconds' in limited && limited.retryAfterSeconds).toBeGreaterThan(0);
    expect(await guess({ identifier })).toEqual({ status: 'REDEEMED' });
  });

  it('replaces the old code by the new one', async () => {
    const identifier = randomUUID();
    await issue({ identifier, digest: 'old' });
    await pause();
    await issue({ identifier, digest: 'new' });
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
    const perIdentifier = { max: 3, windowSeconds: 60 };
    for (let count = 0; count < 3; count += 1) {
      expect(await issue({ identifier: flooded, perIdentifier })).toEqual({ status: 'ISSUED' });
      await pause();
    }
    expect(await issue({ identifier: flooded, perIdentifier })).toMatchObject({ status: 'LIMITED' });
  });

  it('stops one network that asks for many inboxes', async () => {
    const network = randomUUID();
    const perNetwork = { max: 2, windowSeconds: 60 };
    for (let count = 0; count < 2; count += 1) await issue({ identifier: randomUUID(), network, perNetwork });
    expect(await issue({ identifier: randomUUID(), network, perNetwork })).toMatchObject({ status: 'LIMITED' });
  });

  it('takes a code that an older key signed', async () => {
    const identifier = randomUUID();
    await issue({ identifier, digest: 'by the old key' });
    expect(await guess({ identifier, digests: ['by the new key', 'by the old key'] })).toEqual({ status: 'REDEEMED' });
  });
});
