interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

/** More in one go would keep the first waiting for the last. */
const ITEMS_MAX = 64;

/**
 * Does a thing for many at once: the items that come while `side` goes are under way go together in the next. No timer: a lone one waits
 * for nothing. Each gets its own result; when a go fails, all that went with it do.
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
    underWay -= 1;
    next();
  };

  const next = (): void => {
    if (waiting.length === 0 || underWay >= side) return;
    underWay += 1;
    void go(waiting.splice(0, ITEMS_MAX));
  };

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      next();
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
