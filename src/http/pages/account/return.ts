import { cookieOf, setCookie } from '../../browser-session.ts';
import type { Visit } from '../visit.ts';

/*
 * Where in the account a browser goes once it has signed in. It lives in a cookie, so that every way of signing in leads there, also one
 * that goes by another site; only the account's own pages are taken from it.
 */

const COOKIE = 'return';
const RETURN_SECONDS = 15 * 60;

const OWN_PAGE = /^\/account(?:\/(?:orders|store-credit|favourites|addresses|security|privacy)(?:\/[\w-]+)*)?(?:\?[\w=&%.-]*)?$/;

/** Sets down where the browser wants to be; `path` is one of the account's pages. */
export const rememberReturn = ({ app, response }: Visit, path: string): void =>
  setCookie(app, response, COOKIE, encodeURIComponent(path), RETURN_SECONDS);

/** The page of the account that the browser wants to be on; null when it has said none. */
export const wantedReturn = ({ app, request }: Visit): string | null => {
  try {
    const path = decodeURIComponent(cookieOf(app, request, COOKIE) ?? '');
    return OWN_PAGE.test(path) ? path : null;
  } catch {
    return null;
  }
};

/** The same, for the end of signing in: the next sign-in begins anew. */
export const takeReturn = (visit: Visit): string => {
  const path = wantedReturn(visit);
  if (path !== null) setCookie(visit.app, visit.response, COOKIE, '', 0);
  return path ?? '/account';
};
