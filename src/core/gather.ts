import { setImmediate as nextTurn } from 'node:timers/promises';

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** More in one go would keep the first waiting for the last. */
const ITEMS_MAX = 64;

/**
 * Does a thing for many at once: what is asked for in one turn of the event loop goes together, and what comes while `side` goes are under
 * way goes together in the next. No timer: a lone one waits for nothing but what has arrived with it. Each gets its own result; when a go
 * fails, all that went with it do.
 */
export const gather = <Item, Result>(run: (items: readonly Item[]) => Promise<readonly Result[]>, side = 1): ((item: Item) => Promise<Result>) => {
  const waiting: Waiting<Item, Result>[] = [];
  let underWay = 0;

  const go = async (batch: readonly Waiting<Item, Result>[]): Promise<void> => {
    try {
      const results = await run(batch.map(({ item }) => item));
      batch.forEach(({ resolve }, place) => {
        resolve(results[place] as Result);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  };

  const drain = async (): Promise<void> => {
    underWay += 1;
    while (waiting.length > 0) {
      // Requests that lay ready together are read one after the other.
      await nextTurn();
      const batch = waiting.splice(0, ITEMS_MAX);
      if (batch.length > 0) await go(batch);
    }
    underWay -= 1;
  };

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (underWay < side) void drain();
    });
};

/**
 * Looks things up by key, many with one look and equal keys once. Every look begins after its keys were asked for, so what it finds is
 * never older than the question.
 */
export const together = <Value>(
  look: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>,
  side = 1,
): ((key: string) => Promise<Value | null>) =>
  gather(async (keys) => {
    const found = await look([...new Set(keys)]);
    return keys.map((key) => found.get(key) ?? null);
  }, side);
