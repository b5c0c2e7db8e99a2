import { signBrowserSessionOut, signClientSessionOut } from '../../capabilities/oidc-provider/sign-out.ts';
import { readIdToken } from '../../capabilities/oidc-provider/signed.ts';
import { filled, html } from '../../core/html.ts';
import { actorOf } from '../../core/viewer.ts';
import { signBrowserOut } from '../browser-session.ts';
import { formOf, readForm } from '../form.ts';
import { postLogoutRedirectUris } from '../openid/client-metadata.ts';
import { PATHS } from '../openid/configuration.ts';
import { refusedPage } from './failure.ts';
import { backToShop, goTo, render, send } from './page.ts';
import { ownEmail, type Visit } from './visit.ts';

/** What a client may say when it sends a browser to sign out. */
const KEPT = ['client_id', 'post_logout_redirect_uri', 'state'] as const;

const showSignedOut = (visit: Visit): void => {
  const { words, response } = visit;
  const body = html`<h1>${words.signedOutTitle}</h1><p role="status">${words.signedOutIntro}</p>
${backToShop(visit)}<a class="button second" href="/account/login">${words.signInAgain}</a>`;
  send(response, render(visit, { title: words.signedOutTitle, body }));
};

const showQuestion = async (visit: Visit, parameters: URLSearchParams, next: string | null): Promise<void> => {
  const { words, response } = visit;
  const kept = KEPT.map((name) => [name, parameters.get(name)] as const).filter(([, value]) => value !== null);
  const body = html`<h1>${words.signOutTitle}</h1>
<p>${filled(words.signOutIntro, { email: html`<strong>${await ownEmail(visit)}</strong>` })}</p>
<form method="post" action="/account/logout">${kept.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
<button>${words.signOut}</button></form><a class="button second" href="/account">${words.stay}</a>`;
  send(response, render(visit, { title: words.signOutTitle, body, formTargets: next ? [targetOf(next)] : [] }));
};

const targetOf = (uri: string): string => {
  const { protocol, origin } = new URL(uri);
  return protocol === 'https:' || protocol === 'http:' ? origin : protocol;
};

/** `https://shop.example/` and `https://shop.example` are one address; clients write either. */
const bare = (uri: string): string => uri.replace(/^(https?:\/\/[^/?#]+)\/$/, '$1');

/** Where the browser goes afterwards; null when the client named no place, undefined when it may not name this one. */
const nextOf = async ({ app }: Visit, parameters: URLSearchParams, clientId: string | null): Promise<string | null | undefined> => {
  const uri = parameters.get('post_logout_redirect_uri');
  if (uri === null) return null;
  const allowed = clientId ? await postLogoutRedirectUris(app.backend.database.sql, clientId) : null;
  if (!allowed?.some((one) => bare(one) === bare(uri))) return undefined;
  const next = new URL(uri);
  const state = parameters.get('state');
  if (state !== null) next.searchParams.set('state', state);
  return next.href;
};

const refuse = async ({ app, request, response }: Visit, detail: string): Promise<void> => send(response, await refusedPage(app, request, detail));

/** Ends the browser's own session and those of clients that came of it. */
const signOutHere = async ({ app, viewer, response }: Visit): Promise<void> => {
  if (viewer.kind === 'customer') await app.transact(actorOf(viewer), (tx) => signBrowserSessionOut(tx, viewer.sessionId, 'signed_out'));
  signBrowserOut(app, response);
};

/** `/account/logout`: asks first, since a link alone must not sign anybody out. */
export const logout = async (visit: Visit): Promise<void> => {
  const { app, request, response, viewer } = visit;
  if (request.method !== 'POST') return viewer.kind === 'customer' ? showQuestion(visit, new URLSearchParams(), null) : showSignedOut(visit);
  const form = await readForm(app, request);
  const next = await nextOf(visit, form, form.get('client_id'));
  if (next === undefined) return refuse(visit, 'post_logout_redirect_uri is not registered');
  await signOutHere(visit);
  goTo(response, next ?? '/account/logout');
};

/**
 * OpenID's end of a session. A client that shows the id token of its session has that session, and the browser's, ended at once; anybody
 * else has the customer asked. A form that another site posts comes without our cookies, so it is made a link.
 */
export const endSession = async (visit: Visit): Promise<void> => {
  const { app, request, response, viewer, query: parameters } = visit;
  if (request.method === 'POST') return goTo(response, `${PATHS.logout}?${await formOf(request)}`);
  const shown = parameters.get('id_token_hint');
  const hint = shown ? await readIdToken(await app.oidcKeys(), app.oidcIssuer, shown) : null;
  const named = parameters.get('client_id');
  if (hint && named && hint.clientId !== named) return refuse(visit, 'client_id is not the one of id_token_hint');
  const next = await nextOf(visit, parameters, hint?.clientId ?? named);
  if (next === undefined) return refuse(visit, 'post_logout_redirect_uri is not registered');
  if (!hint && viewer.kind === 'customer') return showQuestion(visit, parameters, next);
  const { sessionId } = hint ?? {};
  if (sessionId) await app.transact(`customer:${hint?.customerId}`, (tx) => signClientSessionOut(tx, sessionId, 'signed_out'));
  if (viewer.kind !== 'customer' || viewer.customerId === hint?.customerId) await signOutHere(visit);
  if (next) return goTo(response, next);
  showSignedOut(visit);
};
