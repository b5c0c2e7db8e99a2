import { expect, it } from 'vitest';
import { lazyRows, placesOf, plainCopy } from '../../src/db/read/rows.ts';

it('a lazy row is copied with its columns decoded, as a plain object that may be changed', () => {
  const make = lazyRows([
    { name: 'id', sql: '', decode: null, type: 'uuid' },
    { name: 'balanceMinor', sql: '', decode: (text: string) => BigInt(text), type: 'int8' },
  ]);
  const row = make(['a', '5'] as never) as { id: string; balanceMinor: bigint };
  const changed = { ...plainCopy(row), balanceMinor: 4n };
  expect(changed).toEqual({ id: 'a', balanceMinor: 4n });
  // Whoever reads columns as they came must not find the old ones.
  expect(placesOf(changed)).toBeNull();
  expect(row.balanceMinor).toBe(5n);
  expect(plainCopy({ id: 'b' })).toEqual({ id: 'b' });
});
