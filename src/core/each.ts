/**
 * Does a thing for one after the other and sums up what it answers. One that fails keeps no other from its turn: the first fault is thrown
 * when all have had theirs.
 */
export const sumOfEach = async <Item>(items: readonly Item[], run: (item: Item) => Promise<number>): Promise<number> => {
  const faults: unknown[] = [];
  let sum = 0;
  for (const item of items) {
    try {
      sum += await run(item);
    } catch (error) {
      faults.push(error);
    }
  }
  if (faults.length > 0) throw faults[0];
  return sum;
};
