import { createClient as createSocketClient } from 'graphql-ws';
import WebSocket from 'ws';

const WATCH = `subscription Watch($accountId: ID!, $after: UnsignedInt64) {
  storeCreditAccountUpdated(accountId: $accountId, after: $after) {
    account { id version balance { amount } available { amount } held { amount } }
    transaction { number version amount { amount } balanceAfterTransaction { amount } }
    change { kind version amount { amount } hold { expiresAt } }
  }
}`;

export interface Update {
  readonly account: { id: string; version: string; balance: { amount: string }; available: { amount: string }; held: { amount: string } };
  readonly transaction: { number: string; version: string; amount: { amount: string }; balanceAfterTransaction: { amount: string } } | null;
  readonly change: { kind: string; version: string; amount: { amount: string }; hold: { expiresAt: string } | null } | null;
}

interface Message {
  readonly data?: { storeCreditAccountUpdated: Update } | null;
  readonly errors?: readonly { message: string; extensions: { code: string } }[];
}

/** A reader of live messages; `next` is null at the end of the stream. */
export interface Watcher {
  next(): Promise<Message | null>;
  /** The updates of the next `count` messages; throws at an error or an end. */
  take(count: number): Promise<Update[]>;
  stop(): Promise<void>;
}

export interface Watched {
  readonly graphqlUrl: string;
  readonly token: string;
  readonly accountId: string;
  readonly after?: string;
}

const watcher = (next: () => Promise<Message | null>, stop: () => Promise<void>): Watcher => ({
  next,
  stop,
  take: async (count) => {
    const updates: Update[] = [];
    while (updates.length < count) {
      const message = await next();
      if (!message?.data) throw new Error(`The stream ended after ${updates.length} of ${count}: ${JSON.stringify(message)}`);
      updates.push(message.data.storeCreditAccountUpdated);
    }
    return updates;
  },
});

/** By graphql-ws's own client. */
export const watchBySocket = ({ graphqlUrl, token, ...variables }: Watched): Watcher => {
  const client = createSocketClient({
    url: graphqlUrl.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
  });
  const messages = client.iterate<{ storeCreditAccountUpdated: Update }>({ query: WATCH, variables });
  return watcher(
    async () => {
      try {
        const { value, done } = await messages.next();
        return done ? null : (value as Message);
      } catch (closed) {
        // The client throws the event of a close, which says nothing of itself as JSON.
        const { code, reason } = closed as { code?: number; reason?: string };
        throw closed instanceof Error ? closed : new Error(`${code} ${reason}`);
      }
    },
    async () => {
      await messages.return?.();
      await client.dispose();
    },
  );
};

/** By server-sent events, read as they come over the wire. */
export const watchByEvents = ({ graphqlUrl, token, ...variables }: Watched): Watcher => {
  const abort = new AbortController();
  const body = JSON.stringify({ query: WATCH, variables });
  const headers = { 'content-type': 'application/json', accept: 'text/event-stream', authorization: `Bearer ${token}` };
  async function* read(): AsyncGenerator<Message> {
    const response = await fetch(graphqlUrl, { method: 'POST', headers, body, signal: abort.signal });
    let rest = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const events = (rest + chunk).split('\n\n');
      rest = events.pop() ?? '';
      for (const event of events) {
        if (event.startsWith('event: complete')) return;
        const text = /^data: (.*)$/m.exec(event)?.[1];
        if (text) yield JSON.parse(text);
      }
    }
    throw new Error('The event stream broke off.');
  }
  const messages = read();
  return watcher(
    async () => {
      const { value, done } = await messages.next();
      return done ? null : (value as Message);
    },
    async () => abort.abort(),
  );
};
