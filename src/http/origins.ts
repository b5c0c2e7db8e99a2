import { isLoopback } from '../core/network.ts';

/** Whether a browser's page of this origin may call the gateway. */
export type OriginRule = (origin: string) => boolean;

const isLocal = (origin: string): boolean => {
  if (!URL.canParse(origin)) return false;
  const { hostname } = new URL(origin);
  return hostname === 'localhost' || hostname.endsWith('.localhost') || isLoopback(hostname.replace(/^\[|\]$/g, ''));
};

/** The gateway's own pages, those in `allowed` (`*` for all), and outside production every page of this machine. */
export const originRule = ({
  publicUrl,
  allowed,
  isProduction,
}: {
  publicUrl: string;
  allowed: readonly string[];
  isProduction: boolean;
}): OriginRule => {
  const known = new Set([new URL(publicUrl).origin, ...allowed.map((origin) => origin.replace(/\/+$/, ''))]);
  return (origin) => known.has('*') || known.has(origin) || (!isProduction && isLocal(origin));
};

/** Content types that a browser sends to another site without asking it first. */
const SIMPLE = /^(?:application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)\b/i;

/**
 * Whether a request may be another site's page acting in a visitor's name (cross-site request forgery). The gateway takes no cookies,
 * so there is little to forge; this closes the rest. JSON is always asked for first by the browser; what it sends unasked, forms and
 * GET, must not come from elsewhere: browsers say so in Sec-Fetch-Site or Origin, and what is no browser sends neither.
 * Any header that a page cannot set unasked shows that the browser did ask.
 */
export const isForgeable = (header: (name: string) => string | null | undefined, method: string, isAllowed: OriginRule): boolean => {
  if (['x-graphql-yoga-csrf', 'apollo-require-preflight', 'graphql-require-preflight', 'authorization'].some((name) => header(name))) return false;
  const contentType = header('content-type') ?? '';
  if (method === 'POST' && (contentType === '' || SIMPLE.test(contentType))) return true;
  if (method !== 'GET') return false;
  // A link to GraphiQL from elsewhere: the other page cannot read what the browser shows, and a GET changes nothing.
  if (header('sec-fetch-mode') === 'navigate' && header('sec-fetch-dest') === 'document') return false;
  const origin = header('origin');
  if (origin) return !isAllowed(origin);
  const site = header('sec-fetch-site');
  return site === 'cross-site' || site === 'same-site';
};

/** What pages of another origin may do, as Yoga's `cors` takes it. */
export const corsOptions = (origin: string) => ({
  origin,
  credentials: false,
  methods: ['GET', 'POST', 'OPTIONS'],
  exposedHeaders: ['x-request-id'],
  maxAge: 600,
});

/** The same as headers of an answer to a page of that origin. */
export const corsHeaders = (origin: string | undefined, isAllowed: OriginRule): Readonly<Record<string, string>> => {
  if (!origin || !isAllowed(origin)) return {};
  const { methods, exposedHeaders, maxAge } = corsOptions(origin);
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-methods': methods.join(', '),
    'access-control-expose-headers': exposedHeaders.join(', '),
    'access-control-max-age': String(maxAge),
  };
};
