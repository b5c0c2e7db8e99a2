import type { IncomingMessage, ServerResponse } from 'node:http';
import type { App } from '../app.ts';
import { BROWSER_SECONDS } from '../capabilities/sessions/open.ts';
import { isBrowserToken } from '../core/secret.ts';
import { ANONYMOUS, type Viewer } from '../core/viewer.ts';

/*
 * The cookie by which a browser stays signed in on the gateway's own pages. It is read by those pages alone, never by /graphql, is not
 * shown to scripts, and does not come with what another site posts.
 */

const isSecure = (app: App): boolean => app.publicUrl.startsWith('https:');

/** `__Host-` keeps a neighbouring host from setting it; browsers take that prefix over https alone. */
const nameOf = (app: App, name: string): string => `${isSecure(app) ? '__Host-' : ''}clientele_${name}`;

/** The value of one of our cookies; null when the browser sent none. */
export const cookieOf = (app: App, request: IncomingMessage, name: string): string | null => {
  const wanted = `${nameOf(app, name)}=`;
  const pair = (request.headers.cookie ?? '').split(/;\s*/).find((candidate) => candidate.startsWith(wanted));
  return pair ? pair.slice(wanted.length) : null;
};

/** Adds a cookie to the answer; `seconds` of 0 takes it away. */
export const setCookie = (app: App, response: ServerResponse, name: string, value: string, seconds: number): void => {
  const parts = [`${nameOf(app, name)}=${value}`, 'Path=/', 'HttpOnly', 'SameSite=Lax', `Max-Age=${seconds}`, ...(isSecure(app) ? ['Secure'] : [])];
  response.appendHeader('set-cookie', parts.join('; '));
};

/** Signs a browser in with the token that openBrowserSession() gave. */
export const signBrowserIn = (app: App, response: ServerResponse, browserToken: string): void =>
  setCookie(app, response, 'session', browserToken, BROWSER_SECONDS);

/** Takes the cookie away; ending the session is the caller's. */
export const signBrowserOut = (app: App, response: ServerResponse): void => setCookie(app, response, 'session', '', 0);

/** Who is signed in in this browser. */
export const browserViewerOf = (app: App, request: IncomingMessage): Promise<Viewer> | Viewer => {
  const token = cookieOf(app, request, 'session');
  return token && isBrowserToken(token) ? app.authenticate(token) : ANONYMOUS;
};
