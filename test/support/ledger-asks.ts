import fc from 'fast-check';

/** What the ledger is asked to do; numbers of lots, holds and debits count round. */
export type Ask =
  | { do: 'credit'; account: number; amount: number; lives: number | null }
  | { do: 'debit'; account: number; amount: number }
  | { do: 'hold'; account: number; amount: number; lives: number }
  | { do: 'capture'; which: number; amount: number | null; final: boolean }
  | { do: 'release'; which: number }
  | { do: 'timeOut'; which: number }
  | { do: 'revert'; which: number; amount: number | null; grace: number }
  | { do: 'reverse'; which: number; amount: number | null }
  | { do: 'expire'; which: number }
  | { do: 'move'; which: number; lives: number | null }
  | { do: 'transfer'; account: number; amount: number | null }
  | { do: 'refund'; amount: number }
  | { do: 'claim'; account: number; which: number }
  | { do: 'wait'; minutes: number }
  | { do: 'again'; which: number };

const amount = fc.integer({ min: -1, max: 40 });
const part = fc.option(fc.integer({ min: 0, max: 30 }), { freq: 2 });
const which = fc.nat(20);
const account = fc.constantFrom(0, 1);
const lives = fc.option(fc.integer({ min: 0, max: 40 }), { freq: 4 });

/** Anything that the ledger may be asked, with more of what leads to more. */
export const ask: fc.Arbitrary<Ask> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('credit' as const), account, amount, lives }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('debit' as const), account, amount }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('hold' as const), account, amount, lives: fc.integer({ min: 0, max: 60 }) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('capture' as const), which, amount: part, final: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('release' as const, 'timeOut' as const), which }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('revert' as const), which, amount: part, grace: fc.constantFrom(0, 0, 15) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('reverse' as const), which, amount: part }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('expire' as const), which }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('move' as const), which, lives }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('transfer' as const), account, amount: part }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('refund' as const), amount }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('claim' as const), account, which: fc.nat(2) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('wait' as const), minutes: fc.integer({ min: 1, max: 25 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('again' as const), which }) },
);
