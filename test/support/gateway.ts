import type { IncomingMessage } from 'node:http';
import type { AppOptions } from '../../src/app.ts';
import { SCOPES } from '../../src/core/scopes.ts';
import { mintToken, tokenHash } from '../../src/core/secret.ts';
import { createServer, type Gateway } from '../../src/http/server.ts';
import { type backends, openOwnApp, openTestApp, type TestApp } from './backends.ts';
import { someAddress } from './given.ts';
import { freePort } from './process.ts';

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

/** The ways in which a plain JSON request is answered: each must keep the same rules. */
export const WAYS = [
  { way: 'the gateway’s own way', isFast: true },
  { way: 'Yoga’s way', isFast: false },
] as const;

export const startTestGateway = async (kind: (typeof backends)[number], clock?: () => Date, isFast = true): Promise<TestGateway> =>
  serve(await openTestApp(kind, clock), isFast, 0);

/** A gateway that knows the address at which it is reached, as OpenID and the pages need it. */
export const startPublicGateway = async (
  kind: (typeof backends)[number],
  clock?: () => Date,
  host = '127.0.0.1',
  more: Partial<AppOptions> = {},
): Promise<TestGateway> => {
  const port = await freePort();
  return serve(await openTestApp(kind, clock, `http://${host}:${port}`, more), true, port);
};

/** The same on a backend of its own, for what is about all that a shop has; `close` ends that too. */
export const startOwnGateway = async (kind: (typeof backends)[number]): Promise<TestGateway> => {
  const { app, backend, ...test } = await openOwnApp(kind);
  const gateway = await serve({ app, ...test }, true, 0);
  return {
    ...gateway,
    stop: async () => {
      await gateway.stop();
      await app.close();
      await backend.close();
    },
  };
};

const serve = async (test: TestApp, isFast: boolean, at: number): Promise<TestGateway> => {
  const gateway = createServer(test.app, {
    isProduction: false,
    allowedOrigins: ['https://shop.example'],
    trustedProxyHops: 1,
    showInbox: true,
    isFast,
  });
  // Counted limits outlive a test's gateway with the worker's backend: what reaches this one comes from a network of its own.
  const address = someAddress();
  for (const event of ['request', 'upgrade']) {
    gateway.server.prependListener(event, ({ headers }: IncomingMessage) => {
      headers['x-forwarded-for'] ??= address;
    });
  }
  const url = `http://127.0.0.1:${await gateway.listen(at, '127.0.0.1')}`;
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
