import { openBrowserSession } from '../../capabilities/sessions/open.ts';
import { confirmCode, type Open, requestCode } from '../../capabilities/sign-in/code.ts';
import { DomainError } from '../../core/errors.ts';
import { filled, Html, html } from '../../core/html.ts';
import { cookieOf, setCookie } from '../browser-session.ts';
import { goTo, render, send } from './page.ts';
import { pathOf, sentenceOf, type Visit } from './visit.ts';
import type { OpenedBrowser, SignInWay, Taken } from './ways.ts';

/** The purpose under which the address is sealed in the cookie between the two steps. */
const SEALED_STEP = 'sign-in step';
const COOKIE = 'step';
const STEP_SECONDS = 15 * 60;
/** A code that came this recently is still good: asking again leads to its page. */
const JUST_SENT_SECONDS = 30;
const EMAIL_CHARACTERS_MAX = 320;

/** Sends a code, and keeps the address for the page on which it is typed. */
const sendCode = async (visit: Visit, email: string, form: URLSearchParams): Promise<void> => {
  const { app, language, facts, branding, response } = visit;
  const linkUrl = `${app.publicUrl}${pathOf(visit, '/link/')}`;
  const { captcha } = app;
  const proof = captcha?.widget ? form.get(captcha.widget.field) : null;
  const isPerson = captcha ? () => captcha.isPerson(proof, facts.address) : undefined;
  const order = { email, language, shopName: branding.name, address: facts.address, linkUrl, isPerson };
  const request = requestCode({ codes: app.backend.codes, keyring: app.keyring }, order);
  const keep = (deviceToken: string | null): void => {
    const step: Step = { email, deviceToken, until: app.clock().getTime() + STEP_SECONDS * 1000 };
    setCookie(app, response, COOKIE, app.keyring.seal(SEALED_STEP, JSON.stringify(step)).toString('base64url'), STEP_SECONDS);
  };
  try {
    keep((await app.transactSql('anonymous', request)).deviceToken);
  } catch (error) {
    const seconds = error instanceof DomainError && error.code === 'TOO_MANY_REQUESTS' ? Number(error.params.seconds) : Number.POSITIVE_INFINITY;
    const before = stepOf(visit);
    if (seconds <= JUST_SENT_SECONDS) keep(before?.email === email ? before.deviceToken : null);
    throw error;
  }
};

interface Step {
  readonly email: string;
  /** With which the link of the mail signs this browser in. */
  readonly deviceToken: string | null;
  readonly until: number;
}

/** What this browser has asked for; null when it was nothing, or long ago. */
const stepOf = ({ app, request }: Visit): Step | null => {
  try {
    const step = JSON.parse(app.keyring.open(SEALED_STEP, Buffer.from(cookieOf(app, request, COOKIE) ?? '', 'base64url'))) as Step;
    return step.until > app.clock().getTime() ? step : null;
  } catch {
    return null;
  }
};

/** The address that the code was sent to. */
const sentTo = (visit: Visit): string | null => stepOf(visit)?.email ?? null;

/** What shows that it was this browser that asked for a link. */
export const deviceTokenOf = (visit: Visit): string | null => stepOf(visit)?.deviceToken ?? null;

/** Where the shop's captcha goes in a form that has a code sent. */
const captchaOf = ({ app }: Visit): Html | null => (app.captcha?.widget ? new Html(app.captcha.widget.html) : null);

/** The e-mail address, to which a code is sent. New customers get their account by it. */
export const emailCode: SignInWay = {
  name: 'email_code',
  isOffered: () => true,
  form: (visit, { email, refusal: refused, way = 'email_code' }) => {
    const { words } = visit;
    const refusal = way === 'email_code' ? refused : null;
    return html`<form method="post" action="${pathOf(visit)}"><input type="hidden" name="way" value="email_code">
<label for="email">${words.email}</label>
<input id="email" name="email" type="email" inputmode="email" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus
 maxlength="${EMAIL_CHARACTERS_MAX}" value="${email}"${refusal && html` aria-invalid="true" aria-describedby="refusal"`}>
${refusal && html`<span class="alarm" id="refusal" role="alert">${sentenceOf(visit, refusal)}</span>`}
${captchaOf(visit)}<button>${words.continue}</button></form>`;
  },
  take: async (visit, form): Promise<Taken> => {
    const email = (form.get('email') ?? '').trim().slice(0, EMAIL_CHARACTERS_MAX);
    try {
      await sendCode(visit, email, form);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const isJustSent = error.code === 'TOO_MANY_REQUESTS' && Number(error.params.seconds) <= JUST_SENT_SECONDS;
      if (!isJustSent) return { kind: 'refused', typed: { email, refusal: error } };
    }
    return { kind: 'next', path: pathOf(visit, '/code') };
  },
};

interface Said {
  readonly refusal?: DomainError;
  readonly isResent?: boolean;
}

/** Refusals of another code, rather than of the one that was typed. */
const ABOUT_SENDING = new Set(['TOO_MANY_REQUESTS', 'CHALLENGE_FAILED']);

/** The page on which the code is typed. */
export const showCode = (visit: Visit, { refusal, isResent }: Said = {}): void => {
  const { words, response } = visit;
  const email = sentTo(visit);
  if (!email) {
    goTo(response, pathOf(visit));
    return;
  }
  const isAboutCode = refusal && !ABOUT_SENDING.has(refusal.code);
  const body = html`<h1>${words.codeTitle}</h1>
<p>${filled(words.codeSent, { email: html`<strong>${email}</strong>` })}</p>
${isResent && html`<p class="notice" role="status">${words.codeResent}</p>`}
${refusal && !isAboutCode && html`<p class="notice bad" role="alert">${sentenceOf(visit, refusal)}</p>`}
<form method="post" action="${pathOf(visit, '/code')}">
<label for="code">${words.code}</label>
<input id="code" class="code" name="code" type="text" inputmode="numeric" autocomplete="one-time-code" pattern="[0-9 \\-]*" maxlength="9" required autofocus
${isAboutCode && html` aria-invalid="true" aria-describedby="refusal"`}>
${isAboutCode && html`<span class="alarm" id="refusal" role="alert">${sentenceOf(visit, refusal)}</span>`}
<button>${words.continue}</button></form>
<div class="links"><form method="post" action="${pathOf(visit, '/code')}"><input type="hidden" name="again" value="1">${captchaOf(visit)}<button>${words.codeResend}</button></form>
<a href="${pathOf(visit)}">${words.otherEmail}</a></div>`;
  send(
    response,
    render(visit, {
      title: words.codeTitle,
      body,
      hasError: Boolean(refusal),
      status: refusal ? 400 : 200,
      formTargets: visit.asked?.formTargets ?? [],
      captcha: visit.app.captcha?.widget,
    }),
  );
};

/** Takes the code, or the wish for another. Answers with the session that it opened; otherwise a page has been shown. */
export const takeCode = async (visit: Visit, form: URLSearchParams): Promise<OpenedBrowser | null> => {
  const { app, facts, language, response } = visit;
  const email = sentTo(visit);
  if (!email) {
    goTo(response, pathOf(visit));
    return null;
  }
  try {
    if (form.has('again')) {
      await sendCode(visit, email, form);
      goTo(response, pathOf(visit, '/code?sent=1'));
      return null;
    }
    const shown = { email, code: (form.get('code') ?? '').slice(0, 20), locale: language, address: facts.address };
    const tools = { codes: app.backend.codes, keyring: app.keyring };
    const open: Open<Omit<OpenedBrowser, 'customerId'>> = (tx, customerId, method) => openBrowserSession(tx, customerId, facts, method);
    const { customerId, session } = await app.transactSql('anonymous', confirmCode(tools, shown, open));
    const opened = { customerId, ...session };
    setCookie(app, response, COOKIE, '', 0);
    return opened;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    showCode(visit, { refusal: error });
    return null;
  }
};
