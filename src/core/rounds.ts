/** So fine that the members of one step are no burst, with thousands of them. */
const ROUND_STEP_MS = 100;

/** Calls its members in turn, each once in a period: one timer for all, and their looks spread over the time. */
export const rounds = (periodMs: number) => {
  const groups = Array.from({ length: periodMs / ROUND_STEP_MS }, () => new Set<() => void>());
  let size = 0;
  let at = 0;
  let joined = 0;
  let timer: NodeJS.Timeout | undefined;
  const step = (): void => {
    at = (at + 1) % groups.length;
    for (const call of [...(groups[at] as Set<() => void>)]) call();
  };
  /** Returns the way to leave. */
  return (call: () => void): (() => void) => {
    // Those who come at once are not called at once.
    joined = (joined + 1) % groups.length;
    const group = groups[joined] as Set<() => void>;
    group.add(call);
    size += 1;
    timer ??= setInterval(step, ROUND_STEP_MS).unref();
    return () => {
      if (!group.delete(call)) return;
      size -= 1;
      if (size > 0) return;
      clearInterval(timer);
      timer = undefined;
    };
  };
};
