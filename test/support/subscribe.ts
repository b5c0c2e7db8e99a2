import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

/** Any subscription: `next` is the next message's data, and throws what it was refused with. */
export interface Subscribed<Data> {
  next(): Promise<Data>;
  stop(): Promise<void>;
}

interface Asked {
  readonly graphqlUrl: string;
  readonly token: string;
  readonly query: string;
  readonly variables: object;
}

const dataOf = <Data>(message: { data?: Data | null; errors?: unknown } | null | undefined): Data => {
  if (!message?.data || message.errors) throw new Error(JSON.stringify(message ?? 'the end'));
  return message.data;
};

/** By graphql-ws's own client. */
export const subscribeBySocket = <Data>({ graphqlUrl, token, query, variables }: Asked): Subscribed<Data> => {
  const client = createClient({
    url: graphqlUrl.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
  });
  const messages = client.iterate<Data & Record<string, unknown>>({ query, variables: { ...variables } });
  return {
    next: async () => dataOf<Data>((await messages.next()).value),
    stop: async () => {
      await messages.return?.();
      await client.dispose();
    },
  };
};

/** By fetch, as text/event-stream. */
export const subscribeBySse = <Data>({ graphqlUrl, token, query, variables }: Asked): Subscribed<Data> => {
  const over = new AbortController();
  const response = fetch(graphqlUrl, {
    method: 'POST',
    signal: over.signal,
    headers: { 'content-type': 'application/json', accept: 'text/event-stream', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  const reader = response.then(({ body }) => body?.pipeThrough(new TextDecoderStream()).getReader());
  let text = '';
  const next = async (): Promise<Data> => {
    for (;;) {
      const end = text.indexOf('\n\n');
      if (end >= 0) {
        const event = text.slice(0, end);
        text = text.slice(end + 2);
        const data = event.split('\n').find((line) => line.startsWith('data:') && line.length > 6);
        if (data) return dataOf<Data>(JSON.parse(data.slice(5)));
        continue;
      }
      const { value, done } = (await (await reader)?.read()) ?? { done: true };
      if (done) throw new Error(`the end: ${text}`);
      text += value;
    }
  };
  return {
    next,
    stop: async () => {
      over.abort();
    },
  };
};
