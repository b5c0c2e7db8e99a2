import { SCOPES } from '../../src/core/scopes.ts';
import { mintToken, tokenHash } from '../../src/core/secret.ts';
import { createServer, type Gateway } from '../../src/http/server.ts';
import { type backends, openTestApp, type TestApp } from './backends.ts';

/** A gateway that serves on a free port of this machine, on the worker's shared backend. */
export interface TestGateway extends TestApp {
  readonly gateway: Gateway;
  readonly url: string;
  readonly graphqlUrl: string;
  readonly staffToken: string;
  /** Sends an operation and answers with the parsed body. */
  graphql<Data = Record<string, never>>(
    query: string,
    variables?: object,
    token?: string | null,
    headers?: Record<string, string>,
  ): Promise<Answer<Data>>;
  stop(): Promise<void>;
}

export interface Answer<Data> {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: what a test reads of an answer is what it asserts
  readonly data: Data extends Record<string, never> ? any : Data;
  readonly errors?: readonly { message: string; path?: (string | number)[]; extensions: Record<string, unknown> }[];
}

export const startTestGateway = async (kind: (typeof backends)[number], clock?: () => Date): Promise<TestGateway> => {
  const test = await openTestApp(kind, clock);
  const gateway = createServer(test.app, { isProduction: false, allowedOrigins: ['https://shop.example'], trustedProxyHops: 0, showInbox: true });
  const url = `http://127.0.0.1:${await gateway.listen(0, '127.0.0.1')}`;
  const staffToken = mintToken('staff');
  await test.app.transact('system', async (tx) => {
    await tx.db.staffToken.create({
      data: { name: 'test', tokenHash: new Uint8Array(tokenHash(staffToken)), hint: staffToken.slice(-4), scopes: [...SCOPES] },
    });
  });
  return {
    ...test,
    gateway,
    url,
    graphqlUrl: `${url}/graphql`,
    staffToken,
    graphql: async (query, variables = {}, token = null, headers = {}) => {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers },
        body: JSON.stringify({ query, variables }),
      });
      return { status: response.status, headers: response.headers, ...((await response.json()) as object) } as never;
    },
    stop: () => gateway.close(),
  };
};
