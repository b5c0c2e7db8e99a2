import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { App } from '../app.ts';
import { clientAddress } from '../core/network.ts';
import { isBrowserToken } from '../core/secret.ts';
import { type Context, createContext, type RequestFacts } from '../graphql/context.ts';

const REQUEST_ID = /^[\w.-]{8,64}$/;

const single = (value: string | string[] | undefined): string | null => (Array.isArray(value) ? (value[0] ?? null) : (value ?? null));

/** Node puts a UUID together of twenty pieces; a change of case makes it one, as a connection keeps it for as long as it lasts. */
const newId = (): string => randomUUID().toLowerCase();

/** What a request says of itself. X-Forwarded-For is believed for as many hops as the operator runs proxies. */
export const requestFacts = (request: IncomingMessage, trustedProxyHops: number): RequestFacts => {
  const { headers, socket } = request;
  const given = single(headers['x-request-id']);
  return {
    id: given && REQUEST_ID.test(given) ? given : newId(),
    address: clientAddress(socket.remoteAddress, single(headers['x-forwarded-for']) ?? undefined, trustedProxyHops),
    userAgent: single(headers['user-agent']),
    idempotencyKey: single(headers['idempotency-key']),
    acceptLanguage: single(headers['accept-language']),
  };
};

/** The token in an Authorization value: after `Bearer`, or bare as Shopify's clients send it. */
export const tokenIn = (authorization: string | null | undefined): string | null => {
  const token = authorization?.trim().replace(/^Bearer\s+/i, '') || null;
  // A browser's token is taken from its cookie alone: here it is as good as unknown.
  return token && isBrowserToken(token) ? `not in a header: ${token}` : token;
};

/** The token of a request: Authorization, or X-Shopify-Access-Token for staff. */
export const tokenOf = ({ headers }: IncomingMessage): string | null => tokenIn(headers.authorization) ?? single(headers['x-shopify-access-token']);

/** The context of an HTTP request. */
export const contextOf = async (app: App, request: IncomingMessage, facts: RequestFacts): Promise<Context> =>
  createContext(app, await app.authenticate(tokenOf(request)), facts);
