import { DomainError } from '../../core/errors.ts';
import { isLoopback } from '../../core/network.ts';

const CHARACTERS_MAX = 2_000;
const LIST_MAX = 20;

/** Reversed domain names, as RFC 8252 has them: `com.example.shop`. What a browser would run or open by itself has no dot. */
const PRIVATE_SCHEME = /^[a-z][a-z0-9+-]*(?:\.[a-z0-9+-]+)+:$/;

const isOfThisMachine = ({ hostname }: URL): boolean =>
  hostname === 'localhost' || hostname.endsWith('.localhost') || isLoopback(hostname.replace(/^\[|\]$/g, ''));

const isWeb = ({ protocol }: URL): boolean => protocol === 'https:' || protocol === 'http:';

/** Whether an application on a phone takes the answer, by a scheme of its own. */
export const isPrivateScheme = (uri: string): boolean => !isWeb(new URL(uri));

const refuse = (field: readonly string[], detail: string): never => {
  throw new DomainError('INVALID', field, { detail });
};

/** A URL without anything that hides where it leads. Refuses INVALID. */
const urlOf = (text: string, field: readonly string[], detail: string): URL => {
  if (text.length > CHARACTERS_MAX || /[\s*#\\]/.test(text) || !URL.canParse(text)) refuse(field, detail);
  const url = new URL(text);
  if (url.username || url.password || url.hash) refuse(field, detail);
  return url;
};

const checkWeb = (url: URL, field: readonly string[], isDevelopment: boolean): void => {
  if (!isDevelopment && (url.protocol === 'http:' || isOfThisMachine(url))) refuse(field, 'INSECURE_URI');
};

const each = (texts: readonly string[], field: readonly string[], check: (text: string, at: readonly string[]) => void): string[] => {
  if (texts.length > LIST_MAX) throw new DomainError('TOO_MANY', field, { max: LIST_MAX });
  for (const [index, text] of texts.entries()) check(text, [...field, String(index)]);
  return [...new Set(texts)];
};

/**
 * Addresses that a browser is sent back to. They are kept as they were written and compared character by character.
 * Refuses INVALID for what is no such address, and for http and this machine's own addresses unless the client is in development; TOO_MANY.
 */
export const checkRedirectUris = (uris: readonly string[], field: readonly string[], isDevelopment: boolean): string[] =>
  each(uris, field, (uri, at) => {
    const url = urlOf(uri, at, 'INVALID_REDIRECT_URI');
    if (isWeb(url)) checkWeb(url, at, isDevelopment);
    else if (!PRIVATE_SCHEME.test(url.protocol)) refuse(at, 'INVALID_REDIRECT_URI');
  });

/** Origins, `https://host[:port]` and nothing after it. Refuses INVALID, TOO_MANY. */
export const checkOrigins = (origins: readonly string[], field: readonly string[], isDevelopment: boolean): string[] =>
  each(origins, field, (origin, at) => {
    const url = urlOf(origin, at, 'INVALID_ORIGIN');
    if (!isWeb(url) || url.origin !== origin) refuse(at, 'INVALID_ORIGIN');
    checkWeb(url, at, isDevelopment);
  });

/** An address that the gateway itself posts to. Refuses INVALID. */
export const checkPostedUri = (uri: string, field: readonly string[], isDevelopment: boolean): string => {
  const url = urlOf(uri, field, 'INVALID_REDIRECT_URI');
  if (!isWeb(url)) refuse(field, 'INVALID_REDIRECT_URI');
  checkWeb(url, field, isDevelopment);
  return uri;
};
