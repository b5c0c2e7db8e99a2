/** Too many wait already. */
export class NoTurnLeft extends Error {
  override readonly name = 'NoTurnLeft';
}

/**
 * Lets so many pieces of work go at once; the others wait their turn in the order in which they came. Whoever would be one too many is
 * turned away with NoTurnLeft at once, unless it is patient: a flood of strangers may wait in a bounded line, the shop's own work as long
 * as it takes.
 */
export const turns = (atOnceMax: number, waitingMax: number) => {
  const waiting: (() => void)[] = [];
  let underWay = 0;
  return async <Result>(work: () => Promise<Result>, { isPatient = false }: { isPatient?: boolean } = {}): Promise<Result> => {
    if (underWay >= atOnceMax) {
      if (!isPatient && waiting.length >= waitingMax) throw new NoTurnLeft();
      await new Promise<void>((resolve) => void waiting.push(resolve));
    } else underWay += 1;
    try {
      return await work();
    } finally {
      // The turn is handed on, so that nobody who comes in between takes it.
      const next = waiting.shift();
      if (next) next();
      else underWay -= 1;
    }
  };
};
