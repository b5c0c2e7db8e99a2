/** So fine that the members of one step are no burst, with thousands of them. */
const ROUND_STEP_MS = 100;

/** Who is called once in a period. */
export interface Member {
  takeTurn(): void;
}

/**
 * Calls its members in turn, each once in a period: one timer for all, and their looks spread over the time. Members are objects, and
 * leave by their place: with thousands of them, a function made for each would be most of what is kept.
 */
export class Rounds {
  readonly #groups: readonly Set<Member>[];
  #size = 0;
  #at = 0;
  #joined = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(periodMs: number) {
    this.#groups = Array.from({ length: periodMs / ROUND_STEP_MS }, () => new Set<Member>());
  }

  /** Answers with the member's place. */
  join(member: Member): number {
    // Those who come at once are not called at once.
    this.#joined = (this.#joined + 1) % this.#groups.length;
    this.#groups[this.#joined]?.add(member);
    this.#size += 1;
    this.#timer ??= setInterval(() => this.#step(), ROUND_STEP_MS).unref();
    return this.#joined;
  }

  leave(member: Member, place: number): void {
    if (!this.#groups[place]?.delete(member)) return;
    this.#size -= 1;
    if (this.#size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #step(): void {
    this.#at = (this.#at + 1) % this.#groups.length;
    for (const member of [...(this.#groups[this.#at] as Set<Member>)]) member.takeTurn();
  }
}
