import { DomainError } from '../../core/errors.ts';
import { filled, html } from '../../core/html.ts';
import { actorOf } from '../../core/viewer.ts';
import { cookieOf, setCookie } from '../browser-session.ts';
import { readForm } from '../form.ts';
import type { Refused } from './account/own.ts';
import { PROFILE_WORDS } from './account/profile-words.ts';
import { askFor, keepTyped, shopFieldsOf } from './account/shop-fields.ts';
import { ACCOUNT_WORDS } from './account/words.ts';
import { goTo, render, send } from './page.ts';
import { pathOf, sentenceOf, type Visit } from './visit.ts';

/*
 * What the shop would like to know of somebody who signs in for the first time, between her sign-in and where she was going. She may go on
 * without it. A sealed cookie says that this browser has just signed in, and for what: the page ends a client's sign-in, which nobody who
 * was signed in before may do by it.
 */

const SEALED = 'about after sign-in';
const COOKIE = 'about';
const SECONDS = 30 * 60;

interface Step {
  readonly sessionId: string;
  readonly uid: string | null;
  readonly until: number;
}

const FIRST = 'select count(*)::int as count from session where customer_id = $1::text::uuid';

/** Leads to the page when this was her first sign-in and the shop asks for something that she has not said. Answers whether it did. */
export const asksAbout = async (visit: Visit, { customerId, sessionId }: { customerId: string; sessionId: string }): Promise<boolean> => {
  const { app, asked, response } = visit;
  const fields = await shopFieldsOf(visit, customerId, 'signUp');
  if (!fields.some(({ value }) => value === null)) return false;
  const [row] = await app.backend.database.sql<{ count: number }>(FIRST, [customerId]);
  if ((row?.count ?? 0) > 1) return false;
  const step: Step = { sessionId, uid: asked?.uid ?? null, until: app.clock().getTime() + SECONDS * 1000 };
  setCookie(app, response, COOKIE, app.keyring.seal(SEALED, JSON.stringify(step)).toString('base64url'), SECONDS);
  goTo(response, pathOf(visit, '/about'));
  return true;
};

/** Whether this browser has just signed in for what the path names. */
const isJustIn = ({ app, asked, request, viewer }: Visit): boolean => {
  try {
    const step = JSON.parse(app.keyring.open(SEALED, Buffer.from(cookieOf(app, request, COOKIE) ?? '', 'base64url'))) as Step;
    return (
      viewer.kind === 'customer' && step.sessionId === viewer.sessionId && step.uid === (asked?.uid ?? null) && step.until > app.clock().getTime()
    );
  } catch {
    return false;
  }
};

const show = async (visit: Visit, customerId: string, refused: Refused | null): Promise<void> => {
  const { text } = PROFILE_WORDS[visit.language];
  const fields = await shopFieldsOf(visit, customerId, 'signUp');
  const sentence = refused && !fields.some(({ namespace, key }) => refused.error.field?.at(-1) === `${namespace}.${key}`);
  const body = html`<h1>${text.about}</h1><p>${filled(text.aboutIntro, { shop: visit.branding.name })}</p>
${sentence && html`<p class="alarm" role="alert">${sentenceOf(visit, refused.error)}</p>`}
<form method="post" action="${pathOf(visit, '/about')}">${askFor(visit, fields, refused)}
<button>${ACCOUNT_WORDS[visit.language].text.save}</button></form>
<form method="post" action="${pathOf(visit, '/about')}"><input type="hidden" name="later" value="1"><button class="second">${text.aboutLater}</button></form>`;
  const formTargets = visit.asked?.formTargets ?? [];
  send(visit.response, render(visit, { title: text.about, body, status: refused ? 400 : 200, hasError: Boolean(refused), formTargets }));
};

/** `/account/login/about`: answers with whose sign-in goes on, or null when it has answered itself. */
export const takeAbout = async (visit: Visit): Promise<string | null> => {
  const { app, request, response, viewer } = visit;
  if (viewer.kind !== 'customer' || !isJustIn(visit)) {
    goTo(response, pathOf(visit));
    return null;
  }
  const { customerId } = viewer;
  if (request.method !== 'POST') {
    await show(visit, customerId, null);
    return null;
  }
  const typed = await readForm(app, request);
  if (!typed.has('later')) {
    const fields = await shopFieldsOf(visit, customerId, 'signUp');
    try {
      await app.transact(actorOf(viewer), (tx) => keepTyped(tx, customerId, fields, typed));
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      await show(visit, customerId, { form: 'about', error, typed });
      return null;
    }
  }
  setCookie(app, response, COOKIE, '', 0);
  return customerId;
};
