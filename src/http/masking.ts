import { type ExecutionArgs, type ExecutionResult, GraphQLError, type GraphQLFormattedError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { App } from '../app.ts';
import type { Wording } from '../graphql/compiled/events.ts';
import type { Context } from '../graphql/context.ts';

const MESSAGE = 'Something went wrong on our side.';

/** Makes of anything thrown what the caller may read. */
export type Mask = (error: unknown, requestId: string | undefined) => GraphQLError;

/** Errors made for the caller pass; everything else is a bug: logged whole, answered with the request's id alone. */
export const createMask =
  (app: App): Mask =>
  (error, requestId) => {
    const made = error instanceof GraphQLError ? error : null;
    const cause = made?.originalError;
    // graphql-js wraps what a resolver throws; what has no cause, or has a GraphQLError for cause, was meant to be read.
    if (made && (!cause || cause instanceof GraphQLError || cause.name === 'GraphQLError')) {
      return made.extensions.code
        ? made
        : new GraphQLError(made.message, { ...placeOf(made), extensions: { ...made.extensions, code: 'BAD_REQUEST' } });
    }
    app.log.error({ requestId, error: (cause ?? error) as Error }, 'operation failed');
    return new GraphQLError(`${MESSAGE} Quote request ${requestId ?? 'unknown'} when you report it.`, {
      ...(made ? placeOf(made) : {}),
      extensions: { code: 'INTERNAL_SERVER_ERROR', requestId },
    });
  };

/** An error as a message carries it where there is no HTTP status to set. */
export const withoutStatus = (error: GraphQLError): GraphQLFormattedError => {
  const { extensions, ...rest } = error.toJSON();
  const { http: _http, ...kept } = extensions ?? {};
  return { ...rest, extensions: kept };
};

const placeOf = ({ nodes, source, positions, path }: GraphQLError) => ({ nodes, source, positions, path });

const isStream = (result: unknown): result is AsyncIterableIterator<ExecutionResult> => Symbol.asyncIterator in (result as object);

/** Yoga masks without saying for which request; this does it where the context is at hand. Events of a subscription are masked as they are told. */
export const maskPerRequest = (mask: Mask): Plugin => {
  const maskFor = (args: ExecutionArgs) => {
    const requestId = (args.contextValue as Context | undefined)?.request?.id;
    return (error: unknown) => mask(error, requestId);
  };
  return {
    onExecute: ({ args }) => ({
      onExecuteDone: ({ result, setResult }) => {
        if (!isStream(result)) setResult(masked(result as ExecutionResult, maskFor(args)));
      },
    }),
    onSubscribe: ({ args }) => ({
      onSubscribeResult: ({ result, setResult }) => {
        if (!isStream(result)) setResult(masked(result as ExecutionResult, maskFor(args)));
      },
    }),
  };
};

/** How the events of a subscription read: a stream that breaks says why in its last message, instead of tearing the connection that carries it. */
export const maskedEvents = (mask: Mask): Wording => ({
  result: (result, { request }) => masked(result, (error) => mask(error, request.id)),
  broken: (error, { request }) => ({ errors: [mask(error, request.id)] }),
});

const masked = (result: ExecutionResult, mask: (error: unknown) => GraphQLError): ExecutionResult =>
  result.errors ? { ...result, errors: result.errors.map((error) => specified(mask(error))) } : result;

/**
 * Variables that do not fit come from the executor with status 400. Marked as the specification's own, it stays for
 * application/graphql-response+json and becomes 200 for application/json, whose clients drop the body of a 400.
 */
const specified = (error: GraphQLError): GraphQLError => {
  const http = error.extensions.http as { status?: number; spec?: boolean } | undefined;
  if (http?.status !== 400 || http.spec !== undefined) return error;
  const { originalError, message, extensions } = error;
  return new GraphQLError(message, { ...placeOf(error), originalError, extensions: { ...extensions, http: { ...http, spec: true } } });
};
