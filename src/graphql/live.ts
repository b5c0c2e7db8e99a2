import { GraphQLError } from 'graphql';
import type { App } from '../app.ts';
import type { Listener, News } from '../backend/backend.ts';
import { topics } from '../core/events.ts';
import { type Member, Rounds } from '../core/rounds.ts';
import type { Viewer } from '../core/viewer.ts';
import type { Context } from './context.ts';

/*
 * Whoever watches waits nearly always, and by thousands. So those who wait are objects whose methods are shared, and no function is left
 * suspended meanwhile: with the closures and suspended functions went half of what a subscriber kept.
 */

/** A message may be lost with the process that should have sent it; everyone looks again this often without being told. */
const LOOK_AGAIN_MS = 30_000;
/** The same for the end of a session or token. */
const DOUBT_AGAIN_MS = 60_000;
/** How long before a token runs out it gets a timer of its own: there is a turn in between. */
const EXPIRY_IN_SIGHT_MS = 2 * DOUBT_AGAIN_MS;
/** How much earlier than the clock setTimeout may ring. */
const TIMEOUT_EARLY_MS = 5;

const lookAgain = new Rounds(LOOK_AGAIN_MS);
const doubtAgain = new Rounds(DOUBT_AGAIN_MS);

/** The topic on which the end of a viewer's session or token is announced. */
const endTopicOf = (viewer: Viewer): string | null => {
  switch (viewer.kind) {
    case 'customer':
      return topics.session(viewer.sessionId);
    case 'staff':
      return topics.staffToken(viewer.tokenId);
    case 'anonymous':
      return null;
  }
};

/** Who wants to know when it must be asked again whether a viewer may go on: `mayGoOn` answers. */
export interface Doubter {
  suspect(): void;
}

/** Hears when a viewer may have to stop, for her connection and its subscriptions together. */
class Watch implements Listener, Member {
  readonly #app: App;
  readonly #viewer: Viewer;
  readonly #place: number;
  #doubters: readonly Doubter[] = [];
  #expiry: NodeJS.Timeout | undefined;

  constructor(app: App, viewer: Viewer) {
    this.#app = app;
    this.#viewer = viewer;
    this.#place = doubtAgain.join(this);
    app.backend.bus.subscribe(endTopicOf(viewer) as string, this);
    this.#awaitExpiry();
  }

  add(doubter: Doubter): void {
    this.#doubters = [...this.#doubters, doubter];
  }

  remove(doubter: Doubter): void {
    this.#doubters = this.#doubters.filter((other) => other !== doubter);
    if (this.#doubters.length > 0) return;
    watches.delete(this.#viewer);
    doubtAgain.leave(this, this.#place);
    this.#app.backend.bus.unsubscribe(endTopicOf(this.#viewer) as string, this);
    clearTimeout(this.#expiry);
  }

  hear(): void {
    for (const doubter of this.#doubters) doubter.suspect();
  }

  takeTurn(): void {
    this.#awaitExpiry();
    this.hear();
  }

  #awaitExpiry(): void {
    const { expiresAt } = this.#viewer as { expiresAt?: Date | null };
    const leftMs = expiresAt ? Math.max(0, expiresAt.getTime() - this.#app.clock().getTime()) : Number.POSITIVE_INFINITY;
    if (this.#expiry || leftMs > EXPIRY_IN_SIGHT_MS) return;
    this.#expiry = setTimeout(() => this.hear(), leftMs + TIMEOUT_EARLY_MS);
  }
}

const watches = new WeakMap<Viewer, Watch>();

/** Calls the doubter from now on. */
export const onDoubt = (app: App, viewer: Viewer, doubter: Doubter): void => {
  if (viewer.kind === 'anonymous') return;
  const watch = watches.get(viewer) ?? new Watch(app, viewer);
  watches.set(viewer, watch);
  watch.add(doubter);
};

/** Calls the doubter no more. */
export const offDoubt = (viewer: Viewer, doubter: Doubter): void => watches.get(viewer)?.remove(doubter);

/** Whether the viewer's session or token has neither run out nor been revoked. */
export const mayGoOn = async (app: App, viewer: Viewer): Promise<boolean> =>
  viewer.kind === 'anonymous' || (!(viewer.expiresAt && viewer.expiresAt <= app.clock()) && (await app.isLive(viewer)));

/** What was found, and whether there is more at once. */
export interface Look<Item> {
  readonly items: Item[];
  readonly more: boolean;
}

/** What is new on a topic: asked at once and after every announcement for what came since it was last asked. */
type Read<Item> = (news?: News | null) => Promise<Look<Item>>;

const waiting = new WeakMap<AbortSignal, Set<Live<never, never>>>();

/** All who wait for news until the gateway closes: one listener for everyone. */
const waitingUntil = (closing: AbortSignal): Set<Live<never, never>> => {
  const known = waiting.get(closing);
  if (known) return known;
  const all = new Set<Live<never, never>>();
  waiting.set(closing, all);
  closing.addEventListener('abort', () => [...all].forEach((each) => void each.stop()), { once: true });
  return all;
};

const END = { value: undefined, done: true } as const;

/** Makes of what was found what a client is told, and of a break what it is told instead. */
export interface Teller<Item, Told> {
  tell(item: Item): Promise<Told>;
  broken(error: unknown): Told;
}

/** What `live` answers with. One `next` at a time. */
export class Live<Item, Told = Item> implements AsyncIterableIterator<Told>, Listener, Member, Doubter {
  readonly #app: App;
  readonly #viewer: Viewer;
  readonly #topic: string;
  readonly #read: Read<Item>;
  readonly #place: number;
  #teller: Teller<Item, Told> | null = null;
  #items: Item[] = [];
  #isNews = true;
  // Of one message; of several since the last look, only a look can tell.
  #news: News | null | undefined;
  // The token may have been revoked after the request was let in and before this listened.
  #isDoubtful = true;
  #isDone = false;
  #isAtWork = false;
  /** Answers whoever waits for the next. */
  #answer: ((result: IteratorResult<Told> | Promise<never>) => void) | null = null;

  constructor({ app, viewer }: Context, topic: string, read: Read<Item>) {
    this.#app = app;
    this.#viewer = viewer;
    this.#topic = topic;
    this.#read = read;
    this.#place = lookAgain.join(this);
    app.backend.bus.subscribe(topic, this);
    onDoubt(app, viewer, this);
    waitingUntil(app.closing).add(this as never);
    if (app.closing.aborted) this.stop();
  }

  /** The same, told by another; its word on a break is the last. */
  toldBy<Other>(teller: Teller<Item, Other>): Live<Item, Other> {
    const told = this as unknown as Live<Item, Other>;
    told.#teller = teller;
    return told;
  }

  hear(news?: News | null): void {
    if (news === null && this.#isNews) return;
    this.#news = this.#isNews && this.#news !== null ? undefined : news;
    this.#isNews = true;
    void this.#work();
  }

  takeTurn(): void {
    this.hear(null);
  }

  suspect(): void {
    this.#isDoubtful = true;
    void this.#work();
  }

  stop(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    lookAgain.leave(this, this.#place);
    this.#app.backend.bus.unsubscribe(this.#topic, this);
    offDoubt(this.#viewer, this);
    waitingUntil(this.#app.closing).delete(this as never);
    void this.#work();
  }

  next(): Promise<IteratorResult<Told>> {
    return new Promise((resolve) => {
      this.#answer = resolve;
      void this.#work();
    });
  }

  async return(): Promise<IteratorResult<Told>> {
    this.stop();
    return END;
  }

  async throw(error: unknown): Promise<IteratorResult<Told>> {
    this.stop();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Looks for as long as somebody waits and there is reason to. */
  async #work(): Promise<void> {
    if (this.#isAtWork) return;
    this.#isAtWork = true;
    try {
      while (this.#answer && (this.#isDone || this.#isDoubtful || this.#isNews || this.#items.length > 0)) {
        const found = await this.#find();
        if (found) this.#give(found);
      }
    } catch (error) {
      // Whoever reads on after an error gets the end; nothing listens any more.
      this.stop();
      this.#give(this.#teller ? { value: this.#teller.broken(error), done: false } : Promise.reject(error));
    }
    this.#isAtWork = false;
  }

  #give(result: IteratorResult<Told> | Promise<never>): void {
    const answer = this.#answer;
    this.#answer = null;
    answer?.(result);
  }

  async #find(): Promise<IteratorResult<Told> | null> {
    if (this.#isDone) return END;
    if (this.#isDoubtful) {
      this.#isDoubtful = false;
      if (!(await mayGoOn(this.#app, this.#viewer))) throw ended();
      return null;
    }
    const item = this.#items.shift();
    if (item !== undefined) return { value: this.#teller ? await this.#teller.tell(item) : (item as never), done: false };
    await this.#look();
    return null;
  }

  async #look(): Promise<void> {
    const news = this.#news;
    this.#isNews = false;
    this.#news = undefined;
    const { items, more } = await this.#read(news);
    this.#items = items;
    if (more) this.hear();
  }
}

/**
 * What is new on a topic, for as long as the viewer may see it. `read` is asked at once and after every announcement for what came
 * since it was last asked; nothing is queued here but its last answer, so a slow reader costs no memory and misses nothing. It is given
 * the announcement if there was one alone, and null when there was none and it is only time to look again.
 * Ends with an error when the viewer's token is revoked or runs out, and quietly when the gateway closes.
 */
export const live = <Item>(context: Context, topic: string, read: Read<Item>): Live<Item> => new Live(context, topic, read);

const ended = (): GraphQLError =>
  new GraphQLError('The session or token has ended. Refresh the session or sign in again.', { extensions: { code: 'UNAUTHENTICATED' } });
