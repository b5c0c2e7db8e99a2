import { replaceBrowserSession } from '../../capabilities/oidc-provider/sign-out.ts';
import { DomainError } from '../../core/errors.ts';
import { filled, html } from '../../core/html.ts';
import { actorOf } from '../../core/viewer.ts';
import { signBrowserIn } from '../browser-session.ts';
import { readForm } from '../form.ts';
import { asksAbout, takeAbout } from './about.ts';
import { takeReturn, wantedReturn } from './account/return.ts';
import { showCode, takeCode } from './email-code.ts';
import { expiredPage } from './failure.ts';
import { followLink } from './link.ts';
import { goTo, render, send } from './page.ts';
import { arrivedFrom } from './provider.ts';
import { ownEmail, pathOf, type Visit } from './visit.ts';
import { type OpenedBrowser, type Typed, WAYS } from './ways.ts';

const HINT = /^[^\s@]+@[^\s@]+$/;

/** What the address field holds at first: who is signed in already, or whom the client hints at. */
const firstTyped = async (visit: Visit): Promise<Typed> => {
  const hint = visit.asked?.parameters.login_hint ?? visit.query.get('login_hint') ?? '';
  return { email: (await ownEmail(visit)) ?? (HINT.test(hint) ? hint : ''), refusal: null };
};

const showLogin = async (visit: Visit, typed: Typed): Promise<void> => {
  const { words, asked, viewer, response } = visit;
  const forms = [];
  for (const way of WAYS) if (await way.isOffered(visit)) forms.push(await way.form(visit, typed));
  const title = viewer.kind === 'customer' ? words.confirmYou : words.signIn;
  const body = html`<h1>${title}</h1>
<p>${asked ? filled(words.signInTo, { client: html`<strong>${asked.clientName}</strong>` }) : words.signInIntro}</p>
${forms}
${asked && html`<p class="small">${words.signInIntro}</p>`}`;
  const status = typed.refusal ? 400 : 200;
  send(
    response,
    render(visit, {
      title,
      body,
      status,
      hasError: Boolean(typed.refusal),
      formTargets: asked?.formTargets ?? [],
      usesPasskeys: true,
      captcha: visit.app.captcha?.widget,
    }),
  );
};

/** `/account/login`: signs somebody in, for the client that sent her or for these pages. */
export const login = async (visit: Visit & { readonly isExpired: boolean }): Promise<void> => {
  const { request, response, asked, viewer, isExpired } = visit;
  if (asked?.goesOn) return goTo(response, asked.goesOn);
  if (isExpired || (asked && asked.prompt !== 'login')) return send(response, expiredPage(visit));
  if (request.method !== 'POST') {
    const arrived = arrivedFrom(visit);
    if (arrived?.refusal) {
      const refusal = new DomainError(arrived.refusal.code, null, arrived.refusal.params);
      return showLogin(visit, { ...(await firstTyped(visit)), refusal, way: 'provider' });
    }
    if (asked && arrived && viewer.kind === 'customer' && viewer.sessionId === arrived.sessionId) return goOn(visit, viewer.customerId);
    // Somebody who is signed in comes here to prove once more that it is her: a page of her account has sent her.
    if (!asked && viewer.kind === 'customer' && wantedReturn(visit) === null) return goTo(response, '/account');
    return showLogin(visit, await firstTyped(visit));
  }
  const form = await readForm(visit.app, request);
  const way = WAYS.find(({ name }) => name === form.get('way'));
  if (!way || !(await way.isOffered(visit))) return goTo(response, pathOf(visit));
  const taken = await way.take(visit, form);
  if (taken.kind === 'next') return goTo(response, taken.path);
  if (taken.kind === 'refused') return showLogin(visit, taken.typed);
  return signedIn(visit, taken.opened);
};

/** `/account/login/code`: the code that was mailed. */
export const code = async (visit: Visit & { readonly isExpired: boolean }): Promise<void> => {
  const { request, response, asked, query, isExpired } = visit;
  if (asked?.goesOn) return goTo(response, asked.goesOn);
  if (isExpired || (asked && asked.prompt !== 'login')) return send(response, expiredPage(visit));
  if (request.method !== 'POST') return showCode(visit, { isResent: query.has('sent') });
  const opened = await takeCode(visit, await readForm(visit.app, request));
  if (opened) await signedIn(visit, opened);
};

/** The end of every way: the browser gets its cookie and goes where it was going. Whoever was signed in here before is no more. */
const signedIn = async (visit: Visit, { browserToken, customerId, sessionId }: OpenedBrowser): Promise<void> => {
  const { app, response, viewer } = visit;
  if (viewer.kind === 'customer') await app.transact(actorOf(viewer), (tx) => replaceBrowserSession(tx, viewer, { customerId, sessionId }));
  signBrowserIn(app, response, browserToken);
  if (!(await asksAbout(visit, { customerId, sessionId }))) await goOn(visit, customerId);
};

const goOn = async (visit: Visit, accountId: string): Promise<void> => {
  const { app, response, asked } = visit;
  if (!asked) return goTo(response, takeReturn(visit));
  goTo(response, await asked.finish({ login: { accountId, ts: Math.floor(app.clock().getTime() / 1000) } }));
};

/** `/account/login/about`: what the shop would like to know of who signs in for the first time. */
export const about = async (visit: Visit & { readonly isExpired: boolean }): Promise<void> => {
  const { response, asked, isExpired } = visit;
  if (asked?.goesOn) return goTo(response, asked.goesOn);
  if (isExpired || (asked && asked.prompt !== 'login')) return send(response, expiredPage(visit));
  const customerId = await takeAbout(visit);
  if (customerId !== null) await goOn(visit, customerId);
};

/** `/account/login/link/{token}`: the link that was mailed. */
export const link = async (visit: Visit & { readonly isExpired: boolean }): Promise<void> => {
  const { response, asked, isExpired } = visit;
  if (asked?.goesOn) return goTo(response, asked.goesOn);
  if (isExpired || (asked && asked.prompt !== 'login')) return send(response, expiredPage(visit));
  const opened = await followLink(visit);
  if (opened) await signedIn(visit, opened);
};
