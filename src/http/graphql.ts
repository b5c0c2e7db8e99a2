import { maxAliasesPlugin } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthPlugin } from '@escape.tech/graphql-armor-max-depth';
import { maxDirectivesPlugin } from '@escape.tech/graphql-armor-max-directives';
import { maxTokensPlugin } from '@escape.tech/graphql-armor-max-tokens';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { GraphQLError } from 'graphql';
import { createYoga, type GraphiQLOptions, type Plugin } from 'graphql-yoga';
import type { App } from '../app.ts';
import type { Context } from '../graphql/context.ts';
import { DOCUMENT_LIMITS } from '../graphql/limits.ts';
import { schema } from '../graphql/schema.ts';
import type { Metrics } from './metrics.ts';
import type { OriginRule } from './origins.ts';

/** No operation is longer than this. */
export const BODY_BYTES_MAX = 256 * 1024;

/** Limits that hold before anything runs; cost, which depends on arguments, is the schema's own. `__typename` aliases count too. */
const documentLimits = (): Plugin[] => [
  maxTokensPlugin({ n: DOCUMENT_LIMITS.tokens }),
  maxDepthPlugin({ n: DOCUMENT_LIMITS.depth, flattenFragments: true, ignoreIntrospection: true }),
  maxAliasesPlugin({ n: DOCUMENT_LIMITS.aliases, allowList: [] }),
  maxDirectivesPlugin({ n: DOCUMENT_LIMITS.directives }),
];

/** Errors made for the caller pass; everything else is a bug: logged whole, answered with the request's id alone. */
const mask =
  (app: App) =>
  (error: unknown, message: string, requestId: string | undefined): GraphQLError => {
    const made = error instanceof GraphQLError ? error : null;
    const cause = made?.originalError;
    // graphql-js wraps what a resolver throws; what has no cause, or has a GraphQLError for cause, was meant to be read.
    if (made && (!cause || cause instanceof GraphQLError || cause.name === 'GraphQLError')) {
      return made.extensions.code
        ? made
        : new GraphQLError(made.message, { ...options(made), extensions: { ...made.extensions, code: 'BAD_REQUEST' } });
    }
    app.log.error({ requestId, error: (cause ?? error) as Error }, 'operation failed');
    return new GraphQLError(`${message} Quote request ${requestId ?? 'unknown'} when you report it.`, {
      ...(made ? options(made) : {}),
      extensions: { code: 'INTERNAL_SERVER_ERROR', requestId },
    });
  };

const options = ({ nodes, source, positions, path }: GraphQLError) => ({ nodes, source, positions, path });

export interface GraphqlOptions {
  readonly isAllowed: OriginRule;
  readonly graphiql: false | ((request: Request) => Promise<GraphiQLOptions>);
  readonly metrics: Metrics;
}

export type Yoga = ReturnType<typeof createGraphql>;

/** Yoga with the schema, the limits and the masking; every path and protocol goes through its pipeline. */
export const createGraphql = (app: App, { isAllowed, graphiql, metrics }: GraphqlOptions) => {
  const maskError = mask(app);
  return createYoga<{ gateway: Context }>({
    schema,
    graphqlEndpoint: '*',
    logging: false,
    landingPage: false,
    multipart: false,
    batching: false,
    healthCheckEndpoint: '/health/yoga',
    maxRequestBodySize: BODY_BYTES_MAX,
    cors: (request) => {
      const origin = request.headers.get('origin');
      return origin && isAllowed(origin)
        ? { origin, credentials: false, methods: ['GET', 'POST', 'OPTIONS'], exposedHeaders: ['x-request-id'], maxAge: 600 }
        : false;
    },
    graphiql: graphiql ? (request) => graphiql(request) : false,
    renderGraphiQL,
    context: ({ gateway }) => gateway,
    maskedErrors: {
      errorMessage: 'Something went wrong on our side.',
      maskError: (error, message) => maskError(error, message, undefined),
    },
    plugins: [...documentLimits(), metrics.plugin, maskPerRequest(maskError)],
  });
};

/** Yoga masks without saying for which request; this does it where the context is at hand. */
const maskPerRequest = (maskError: ReturnType<typeof mask>): Plugin => ({
  onExecute: ({ args }) => ({
    onExecuteDone: ({ result, setResult }) => {
      if (Symbol.asyncIterator in (result as object)) return;
      const { errors, ...rest } = result as { errors?: readonly GraphQLError[] };
      if (!errors) return;
      const { request } = args.contextValue as unknown as Context;
      setResult({ ...rest, errors: errors.map((error) => maskError(error, 'Something went wrong on our side.', request?.id)) });
    },
  }),
});
