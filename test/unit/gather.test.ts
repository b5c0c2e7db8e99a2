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
  it('takes a lone item at once, and those that come meanwhile together in the next go', async () => {
    const goes: number[][] = [];
    const { open, opened } = gate();
    const double = gather(async (items: readonly number[]) => {
      goes.push([...items]);
      await opened;
      return items.map((item) => item * 2);
    });
    const answers = [1, 2, 3].map((item) => double(item));
    expect(goes).toEqual([[1]]);
    open();
    expect(await Promise.all(answers)).toEqual([2, 4, 6]);
    expect(goes).toEqual([[1], [2, 3]]);
  });

  it('lets a failed go fail for those who went with it, and goes on', async () => {
    const { open, opened } = gate();
    const run = gather(async (items: readonly string[]) => {
      await opened;
      if (items.includes('bad')) throw new Error('no');
      return items;
    });
    const first = run('good');
    const second = [run('bad'), run('beside it')];
    open();
    expect(await first).toBe('good');
    for (const failed of second) await expect(failed).rejects.toThrow('no');
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
    value = 'new';
    const rest = [look('a'), look('a'), look('missing')];
    open();
    expect(await first).toBe('old a');
    // The look under way began before these were asked for: what it found is not for them.
    expect(await Promise.all(rest)).toEqual(['new a', 'new a', null]);
    expect(looks).toEqual([['a'], ['a', 'missing']]);
  });
});
