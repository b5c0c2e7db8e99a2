import { topics } from '../core/events.ts';
import type { Viewer } from '../core/viewer.ts';
import { unauthorized } from './access.ts';
import type { Context } from './context.ts';

/** A message may be lost with the process that should have sent it; everyone looks again this often without being told. */
const LOOK_AGAIN_MS = 30_000;

/** The topic on which the end of a viewer's session or token is announced. */
export const endTopicOf = (viewer: Viewer): string | null => {
  switch (viewer.kind) {
    case 'customer':
      return topics.session(viewer.sessionId);
    case 'staff':
      return topics.staffToken(viewer.tokenId);
    case 'anonymous':
      return null;
  }
};

/** setTimeout's longest wait; a token that lives longer is looked at again then. */
const TIMEOUT_MS_MAX = 2_147_483_647;

/** What was found, and whether there is more at once. */
export interface Look<Item> {
  readonly items: Item[];
  readonly more: boolean;
}

/**
 * What is new on a topic, for as long as the viewer may see it. `read` is asked at once and after every announcement for what came
 * since it was last asked; nothing is queued here but its last answer, so a slow reader costs no memory and misses nothing.
 * Ends with an error when the viewer's token is revoked or runs out, and quietly when the gateway closes.
 *
 * Not an async generator: its `return()` would wait for the announcement that never comes.
 */
export const live = <Item>({ app, viewer }: Context, topic: string, read: () => Promise<Look<Item>>): AsyncIterableIterator<Item> => {
  let items: Item[] = [];
  let done = false;
  let news = true;
  let doubt = false;
  let wake = (): void => {};
  const over = new AbortController();

  const rouse = (kind: 'news' | 'doubt') => () => {
    if (kind === 'news') news = true;
    else doubt = true;
    wake();
  };
  const stops = [app.backend.bus.subscribe(topic, rouse('news'))];
  const endTopic = endTopicOf(viewer);
  if (endTopic) stops.push(app.backend.bus.subscribe(endTopic, rouse('doubt')));
  app.closing.addEventListener('abort', () => stop(), { once: true, signal: over.signal });
  const every = setInterval(rouse('news'), LOOK_AGAIN_MS);
  const expiry = viewer.kind === 'anonymous' ? null : viewer.expiresAt;
  const expires = expiry && setTimeout(rouse('doubt'), Math.min(Math.max(0, expiry.getTime() - app.clock().getTime()), TIMEOUT_MS_MAX));

  const stop = (): void => {
    done = true;
    over.abort();
    for (const unsubscribe of stops) unsubscribe();
    clearInterval(every);
    if (expires) clearTimeout(expires);
    wake();
  };

  const mayGoOn = async (): Promise<boolean> => !(expiry && expiry <= app.clock()) && (await app.isLive(viewer));

  const next = async (): Promise<IteratorResult<Item>> => {
    while (!done) {
      if (doubt) {
        doubt = false;
        if (!(await mayGoOn())) {
          stop();
          throw unauthorized({ kind: 'anonymous', rejectedToken: true });
        }
      }
      const item = items.shift();
      if (item !== undefined) return { value: item, done: false };
      if (news) {
        news = false;
        const look = await read();
        items = look.items;
        news ||= look.more;
      } else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
    return { value: undefined, done: true };
  };

  return {
    next,
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
