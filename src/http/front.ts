import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ExecutionResult } from 'graphql';
import { processRegularResult } from 'graphql-yoga';
import { JsonText } from '../graphql/compiled/json-text.ts';
import type { KnownDocuments } from '../graphql/compiled/known.ts';
import { answerCompiled } from '../graphql/compiled/operation.ts';
import type { Context } from '../graphql/context.ts';
import { schema } from '../graphql/schema.ts';
import { brokenVariable } from '../graphql/text.ts';
import { BODY_BYTES_MAX, type Yoga } from './graphql.ts';
import type { Metrics } from './metrics.ts';
import { corsHeaders, type OriginRule } from './origins.ts';

/*
 * The plain JSON POST, which is nearly all traffic, without the Request and Response objects of the web: making them costs Yoga several
 * times what a small query costs. Parsing, validation, limits, execution and masking are Yoga's; whatever is not plain, a broken body, an
 * unusual Accept, an answer with errors, is answered by Yoga's own code, so that it reads the same on both ways. A query that Yoga let
 * through before, and that has a plan, is answered by that at once; when the plan gives up, Yoga begins anew.
 */

type Result = ExecutionResult & Partial<AsyncIterableIterator<ExecutionResult>>;

interface Pipeline {
  readonly onResultProcessHooks: readonly ((payload: object) => unknown)[];
  readonly fetchAPI: never;
  getResultForParams(payload: { params: object; request: object }, context: object): Promise<Result>;
}

const JSON_BODY = /^application\/json(?:\s*;\s*charset="?utf-?8"?)?\s*$/i;
const ACCEPTS_MAX = 100;
/** How long a client that sends too much may take to read that it does. */
const LINGER_MS = 500;

/** Which media type Yoga would answer with, by Accept; null when it would not be a plain answer. */
const mediaTypes = (yoga: Pipeline) => {
  const known = new Map<string, string | null>();
  return (accept: string | undefined): string | null => {
    const key = accept ?? '';
    const existing = known.get(key);
    if (existing !== undefined) return existing;
    let chosen: string | null = null;
    const request = { headers: { get: (name: string) => (name === 'accept' ? (accept ?? null) : null) } };
    for (const hook of yoga.onResultProcessHooks) {
      hook({
        request,
        result: { data: null },
        acceptableMediaTypes: [],
        setResultProcessor: (processor: unknown, type: string) => {
          chosen = processor === processRegularResult ? type : null;
        },
      });
    }
    if (known.size < ACCEPTS_MAX) known.set(key, chosen);
    return chosen;
  };
};

/** The whole body; of one that is longer than any operation may be no more is kept than shows it. */
const bodyOf = (request: IncomingMessage): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const done = (): void => resolve(chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks));
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes <= BODY_BYTES_MAX) return;
      request.off('data', take);
      // What still comes is thrown away: a connection closed with bytes unread would lose the answer on its way.
      request.resume();
      done();
    };
    request.on('data', take);
    request.once('end', done);
    request.once('error', reject);
  });

const paramsOf = (body: Buffer): object | null => {
  if (body.length > BODY_BYTES_MAX) return null;
  try {
    const params: unknown = JSON.parse(body.toString());
    return typeof params === 'object' && params !== null && !Array.isArray(params) ? params : null;
  } catch {
    return null;
  }
};

/** The same request for Yoga's own way, its body being read already. */
const replay = async (yoga: Yoga, request: IncomingMessage, response: ServerResponse, body: Buffer, gateway: Context): Promise<void> => {
  if (body.length > BODY_BYTES_MAX) {
    response.setHeader('connection', 'close');
    response.once('finish', () => setTimeout(() => request.destroy(), LINGER_MS).unref());
  }
  const headers = new Headers();
  for (const [name, value] of Object.entries(request.headers)) if (value !== undefined) headers.set(name, String(value));
  const answered = await yoga.fetch(`http://localhost${request.url ?? '/'}`, { method: 'POST', headers, body: new Uint8Array(body) }, {
    gateway,
  } as never);
  await copy(answered, response);
};

const copy = async (answered: Response, response: ServerResponse): Promise<void> => {
  answered.headers.forEach((value, name) => void response.setHeader(name, value));
  response.statusCode = answered.status;
  response.end(await answered.text());
};

/** From how many characters on a text is turned into bytes here. */
const LONG = 16_384;

/**
 * The bytes of a long text. An answer is put together of thousands of pieces, and measuring makes one of them; then Latin letters are
 * copied as they are, where the socket would take room for three bytes a character and encode the pieces.
 */
const bytesOf = (text: string): string | Buffer => {
  if (text.length < LONG) return text;
  const bytes = Buffer.byteLength(text);
  const buffer = Buffer.allocUnsafe(bytes);
  buffer.write(text, bytes === text.length ? 'latin1' : 'utf8');
  return buffer;
};

export interface Front {
  /** Whether a request is plain enough. */
  takes(request: IncomingMessage): boolean;
  handle(request: IncomingMessage, response: ServerResponse, context: Promise<Context>): Promise<void>;
}

/** What a query is sent with that needs no look by Yoga. */
interface PlainParams {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>> | null;
  readonly operationName?: string | null;
}

const PLAIN_PARAMS: Readonly<Record<string, (value: unknown) => boolean>> = {
  query: (value) => typeof value === 'string',
  variables: (value) => typeof value === 'object' && !Array.isArray(value),
  operationName: (value) => value === null || typeof value === 'string',
};

const isPlain = (params: object): params is PlainParams =>
  'query' in params && Object.entries(params).every(([name, value]) => Object.hasOwn(PLAIN_PARAMS, name) && PLAIN_PARAMS[name]?.(value));

export interface FrontOptions {
  readonly isAllowed: OriginRule;
  readonly metrics: Metrics;
  readonly known: KnownDocuments;
}

export const createFront = (yoga: Yoga, { isAllowed, metrics, known }: FrontOptions): Front => {
  const pipeline = yoga as unknown as Pipeline;
  const mediaTypeOf = mediaTypes(pipeline);

  /** `data` of a query that is known, as JSON; null when its plan gives up, undefined when it is not known. */
  const dataOf = async (params: object, gateway: Context): Promise<string | null | undefined> => {
    if (!isPlain(params)) return undefined;
    const { query, variables, operationName } = params;
    const document = known.find(query);
    if (!document || brokenVariable(variables)) return undefined;
    const stop = metrics.timeOperation(document);
    const data = await answerCompiled({ schema, document, variableValues: variables, operationName, contextValue: gateway });
    if (data !== null) stop('ok');
    return data;
  };

  /** The answer to parameters that were read; null when they make no sense, and nothing has run. */
  const resultOf = async (params: object, request: IncomingMessage, context: { gateway: Context; hasGivenUp: boolean }): Promise<Result | null> => {
    try {
      return await pipeline.getResultForParams({ params, request: { method: 'POST', url: request.url } }, context);
    } catch {
      return null;
    }
  };

  return {
    takes: ({ method, headers }) =>
      method === 'POST' &&
      JSON_BODY.test(headers['content-type'] ?? '') &&
      headers['content-encoding'] === undefined &&
      mediaTypeOf(headers.accept) !== null,
    handle: async (request, response, context) => {
      const [body, gateway] = await Promise.all([bodyOf(request), context]);
      const mediaType = mediaTypeOf(request.headers.accept) as string;
      const allowOrigin = (): void => {
        for (const [name, value] of Object.entries(corsHeaders(request.headers.origin, isAllowed))) response.setHeader(name, value);
      };
      const send = (text: string): void => {
        allowOrigin();
        response.setHeader('content-type', `${mediaType}; charset=utf-8`);
        response.end(bytesOf(text));
      };
      const params = paramsOf(body);
      const data = params && (await dataOf(params, gateway));
      if (data) return send(`{"data":${data}}`);
      const result = params && (await resultOf(params, request, { gateway, hasGivenUp: data === null }));
      if (!result) return replay(yoga, request, response, body, gateway);
      if (!result.errors && !(Symbol.asyncIterator in result)) {
        return send(result.data instanceof JsonText ? `{"data":${result.data.text}}` : JSON.stringify(result));
      }
      allowOrigin();
      await result.return?.();
      return copy(processRegularResult(result as never, pipeline.fetchAPI, mediaType), response);
    },
  };
};
