import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

/** A subscription that is open; `next` is null at its end. */
export interface Listening {
  // biome-ignore lint/suspicious/noExplicitAny: what a test reads of a message is what it asserts
  next(): Promise<any>;
  stop(): Promise<void>;
}

/** Opens any subscription by graphql-ws's own client. */
export const listen = ({ graphqlUrl }: { graphqlUrl: string }, query: string, variables: Record<string, unknown>, token: string): Listening => {
  const client = createClient({
    url: graphqlUrl.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
  });
  const messages = client.iterate({ query, variables });
  return {
    next: async () => {
      const { value, done } = await messages.next();
      return done ? null : value;
    },
    stop: async () => {
      await messages.return?.();
      await client.dispose();
    },
  };
};
