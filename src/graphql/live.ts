import { GraphQLError } from 'graphql';
import type { App } from '../app.ts';
import type { News } from '../backend/backend.ts';
import { topics } from '../core/events.ts';
import { rounds } from '../core/rounds.ts';
import type { Viewer } from '../core/viewer.ts';
import type { Context } from './context.ts';

/** A message may be lost with the process that should have sent it; everyone looks again this often without being told. */
const LOOK_AGAIN_MS = 30_000;
/** The same for the end of a session or token, which its expiry bounds anyway. */
const DOUBT_AGAIN_MS = 60_000;
/** setTimeout's longest wait, and how much earlier than the clock it may ring. */
const TIMEOUT_MS_MAX = 2_147_483_647;
const TIMEOUT_EARLY_MS = 5;

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

const endings = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `end` when the gateway closes: one listener for everyone, as there are thousands. Returns the way to leave. */
const onClosing = (closing: AbortSignal, end: () => void): (() => void) => {
  const ends = endings.get(closing) ?? new Set();
  if (!endings.has(closing)) {
    endings.set(closing, ends);
    closing.addEventListener('abort', () => [...ends].forEach((call) => void call()), { once: true });
  }
  ends.add(end);
  return () => ends.delete(end);
};

const lookAgain = rounds(LOOK_AGAIN_MS);
const doubtAgain = rounds(DOUBT_AGAIN_MS);

/** Those who want to know when a viewer may have to stop: her connection and its subscriptions share one watch. */
interface Watch {
  readonly rouse: Set<() => void>;
  readonly stop: () => void;
}

const watches = new WeakMap<Viewer, Watch>();

const watch = ({ backend, clock }: App, viewer: Exclude<Viewer, { kind: 'anonymous' }>): Watch => {
  const rouse = new Set<() => void>();
  const rouseAll = (): void => {
    for (const call of [...rouse]) call();
  };
  const unsubscribe = backend.bus.subscribe(endTopicOf(viewer) as string, rouseAll);
  const leave = doubtAgain(rouseAll);
  const leftMs = viewer.expiresAt ? Math.max(0, viewer.expiresAt.getTime() - clock().getTime()) + TIMEOUT_EARLY_MS : TIMEOUT_MS_MAX;
  const expiry = setTimeout(rouseAll, Math.min(leftMs, TIMEOUT_MS_MAX));
  return {
    rouse,
    stop: () => {
      unsubscribe();
      leave();
      clearTimeout(expiry);
      watches.delete(viewer);
    },
  };
};

/** Calls `rouse` whenever it must be asked again whether the viewer may go on: `mayGoOn` answers. Returns the way to stop. */
export const onDoubt = (app: App, viewer: Viewer, rouse: () => void): (() => void) => {
  if (viewer.kind === 'anonymous') return () => {};
  const existing = watches.get(viewer);
  const joined = existing ?? watch(app, viewer);
  if (!existing) watches.set(viewer, joined);
  joined.rouse.add(rouse);
  return () => {
    if (joined.rouse.delete(rouse) && joined.rouse.size === 0) joined.stop();
  };
};

/** Whether the viewer's session or token has neither run out nor been revoked. */
export const mayGoOn = async (app: App, viewer: Viewer): Promise<boolean> =>
  viewer.kind === 'anonymous' || (!(viewer.expiresAt && viewer.expiresAt <= app.clock()) && (await app.isLive(viewer)));

/** What was found, and whether there is more at once. */
export interface Look<Item> {
  readonly items: Item[];
  readonly more: boolean;
}

/**
 * What is new on a topic, for as long as the viewer may see it. `read` is asked at once and after every announcement for what came
 * since it was last asked; nothing is queued here but its last answer, so a slow reader costs no memory and misses nothing. It is given
 * the announcement if there was one alone, and null when there was none and it is only time to look again.
 * Ends with an error when the viewer's token is revoked or runs out, and quietly when the gateway closes.
 *
 * Not an async generator: its `return()` would wait for the announcement that never comes.
 */
export const live = <Item>(
  { app, viewer }: Context,
  topic: string,
  read: (news?: News | null) => Promise<Look<Item>>,
): AsyncIterableIterator<Item> => {
  let items: Item[] = [];
  let done = false;
  let isNews = true;
  // Of one message; of several since the last look, only a look can tell.
  let news: News | null | undefined;
  // The token may have been revoked after the request was let in and before this listened.
  let doubt = true;
  let wake = (): void => {};

  const hear = (said?: News | null): void => {
    if (said === null && isNews) return;
    news = isNews && news !== null ? undefined : said;
    isNews = true;
    wake();
  };
  const suspect = (): void => {
    doubt = true;
    wake();
  };
  const stop = (): void => {
    done = true;
    for (const leave of stops) leave();
    wake();
  };
  const stops = [
    app.backend.bus.subscribe(topic, hear),
    onDoubt(app, viewer, suspect),
    lookAgain(() => hear(null)),
    onClosing(app.closing, () => stop()),
  ];
  if (app.closing.aborted) stop();

  const look = async (): Promise<void> => {
    const said = news;
    isNews = false;
    news = undefined;
    const found = await read(said);
    items = found.items;
    if (found.more) hear();
  };

  const next = async (): Promise<IteratorResult<Item>> => {
    while (!done) {
      if (doubt) {
        doubt = false;
        if (!(await mayGoOn(app, viewer))) throw ended();
      }
      const item = items.shift();
      if (item !== undefined) return { value: item, done: false };
      if (isNews) await look();
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    return { value: undefined, done: true };
  };

  return {
    next: async () => {
      try {
        return await next();
      } catch (error) {
        // Whoever reads on after an error gets the end; nothing listens any more.
        stop();
        throw error;
      }
    },
    return: async () => {
      stop();
      return { value: undefined, done: true };
    },
    throw: async (error) => {
      stop();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
};

const ended = (): GraphQLError =>
  new GraphQLError('The session or token has ended. Refresh the session or sign in again.', { extensions: { code: 'UNAUTHENTICATED' } });
