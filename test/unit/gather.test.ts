import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { gather, together } from '../../src/core/gather.ts';

/** A promise that is settled from outside. */
const gate = () => {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
};

describe('gathering', () => {
  it('takes what comes in one turn together, and what comes meanwhile together in the next go', async () => {
    const goes: number[][] = [];
    const { open, opened } = gate();
    const double = gather(async (items: readonly number[]) => {
      goes.push([...items]);
      await opened;
      return items.map((item) => item * 2);
    });
    const first = [1, 2].map((item) => double(item));
    await nextTurn();
    expect(goes).toEqual([[1, 2]]);
    const meanwhile = [double(3)];
    await nextTurn();
    meanwhile.push(double(4));
    expect(goes).toEqual([[1, 2]]);
    open();
    expect(await Promise.all([...first, ...meanwhile])).toEqual([2, 4, 6, 8]);
    expect(goes).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('goes twice at a time where it may, and no more', async () => {
    const goes: number[][] = [];
    const { open, opened } = gate();
    const same = gather(async (items: readonly number[]) => {
      goes.push([...items]);
      await opened;
      return items;
    }, 2);
    const answers: Promise<number>[] = [];
    for (const item of [1, 2, 3, 4]) {
      answers.push(same(item));
      await nextTurn();
    }
    expect(goes).toEqual([[1], [2]]);
    open();
    expect(await Promise.all(answers)).toEqual([1, 2, 3, 4]);
    expect(goes).toEqual([[1], [2], [3, 4]]);
  });

  it('lets a failed go fail for those who went with it, and goes on', async () => {
    const { open, opened } = gate();
    const run = gather(async (items: readonly string[]) => {
      await opened;
      if (items.includes('bad')) throw new Error('no');
      return items;
    });
    const first = run('good');
    await nextTurn();
    const second = [run('bad'), run('beside it')];
    open();
    expect(await first).toBe('good');
    expect(await Promise.allSettled(second)).toMatchObject([{ reason: { message: 'no' } }, { reason: { message: 'no' } }]);
    expect(await run('after')).toBe('after');
  });

  it('looks equal keys up once, and never before they were asked for', async () => {
    const looks: string[][] = [];
    let value = 'old';
    const { open, opened } = gate();
    const look = together(async (keys) => {
      looks.push([...keys]);
      const seen = value;
      await opened;
      return new Map(keys.filter((key) => key !== 'missing').map((key) => [key, `${seen} ${key}`]));
    });
    const first = look('a');
    await nextTurn();
    value = 'new';
    const rest = [look('a'), look('a'), look('missing')];
    open();
    expect(await first).toBe('old a');
    // The look under way began before these were asked for: what it found is not for them.
    expect(await Promise.all(rest)).toEqual(['new a', 'new a', null]);
    expect(looks).toEqual([['a'], ['a', 'missing']]);
  });
});
