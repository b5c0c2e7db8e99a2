import { maxAliasesPlugin } from '@escape.tech/graphql-armor-max-aliases';
import { maxDepthPlugin } from '@escape.tech/graphql-armor-max-depth';
import { maxDirectivesPlugin } from '@escape.tech/graphql-armor-max-directives';
import { maxTokensPlugin } from '@escape.tech/graphql-armor-max-tokens';
import { type ExecutionArgs, getOperationAST, Kind, type OperationDefinitionNode } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import type { liveEvents } from '../graphql/compiled/events.ts';
import { compiledFirst } from '../graphql/compiled/execute.ts';
import type { KnownDocuments } from '../graphql/compiled/known.ts';
import type { Context } from '../graphql/context.ts';
import { DOCUMENT_LIMITS } from '../graphql/limits.ts';
import { schema, sortedSchema } from '../graphql/schema.ts';
import { brokenVariable, refuseBrokenLiterals } from '../graphql/text.ts';
import { type Mask, maskPerRequest } from './masking.ts';
import type { Metrics } from './metrics.ts';
import { corsOptions, type OriginRule } from './origins.ts';

/** No operation is longer than this. */
export const BODY_BYTES_MAX = 256 * 1024;

/** Limits that hold before anything runs; cost, which depends on arguments, is the schema's own. `__typename` aliases count too. */
const documentLimits = (): Plugin[] => [
  maxTokensPlugin({ n: DOCUMENT_LIMITS.tokens }),
  maxDepthPlugin({ n: DOCUMENT_LIMITS.depth, flattenFragments: true, ignoreIntrospection: true }),
  maxAliasesPlugin({ n: DOCUMENT_LIMITS.aliases, allowList: [] }),
  maxDirectivesPlugin({ n: DOCUMENT_LIMITS.directives }),
];

/** Text that cannot be kept is refused at the edge, wherever it stands, so that no verb has to think of it. */
const wholeText: Plugin = {
  onValidate: ({ addValidationRule }) => addValidationRule(refuseBrokenLiterals),
  onExecute: ({ args, setResultAndStopExecution }) => {
    const error = brokenVariable(args.variableValues);
    if (error) setResultAndStopExecution({ errors: [error] });
  },
  onSubscribe: ({ args, setResultAndStopExecution }) => {
    const error = brokenVariable(args.variableValues);
    if (error) setResultAndStopExecution({ errors: [error] });
  },
};

const LOOKS_AT_SCHEMA = new Set(['__schema', '__type']);

const isIntrospection = ({ selectionSet }: OperationDefinitionNode): boolean =>
  selectionSet.selections.some((selection) => selection.kind === Kind.FIELD && LOOKS_AT_SCHEMA.has(selection.name.value));

/** Whoever looks at the schema finds it in order. */
const introspection: Plugin = {
  onExecute: ({ args }) => {
    const operation = getOperationAST(args.document, args.operationName);
    if (operation && isIntrospection(operation)) args.schema = sortedSchema();
  },
};

/** Queries by a plan of their document; by graphql-js whatever has none. */
const compiled = (known: KnownDocuments): Plugin => ({
  onExecute: ({ executeFn, setExecuteFn }) => setExecuteFn(compiledFirst(executeFn, known)),
});

/** Subscribes to events; null for a document that another has to refuse. */
export type Subscribe = ReturnType<typeof liveEvents>;

/** Events are told as over a WebSocket. */
const subscribing = (subscribe: Subscribe): Plugin => ({
  onSubscribe: ({ subscribeFn, setSubscribeFn }) => setSubscribeFn(async (args: ExecutionArgs) => (await subscribe(args)) ?? subscribeFn(args)),
});

export interface GraphqlOptions {
  readonly isAllowed: OriginRule;
  readonly metrics: Metrics;
  readonly mask: Mask;
  readonly subscribe: Subscribe;
  /** Where documents that have a plan are noted; null leaves all execution to graphql-js, which answers the same. */
  readonly known: KnownDocuments | null;
}

export type Yoga = ReturnType<typeof createGraphql>;

/** Yoga with the schema, the limits and the masking: whatever way a document comes, it is parsed, limited and validated here. */
export const createGraphql = ({ isAllowed, metrics, mask, subscribe, known }: GraphqlOptions) =>
  createYoga<{ gateway: Context }>({
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
      return origin && isAllowed(origin) ? corsOptions(origin) : false;
    },
    graphiql: false,
    context: ({ gateway }) => gateway,
    maskedErrors: { maskError: (error) => mask(error, undefined) },
    plugins: [
      ...documentLimits(),
      wholeText,
      introspection,
      ...(known ? [compiled(known)] : []),
      subscribing(subscribe),
      metrics.plugin,
      maskPerRequest(mask),
    ],
  });
