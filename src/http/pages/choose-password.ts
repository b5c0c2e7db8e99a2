import { lookAtAccountToken, type Purpose, type TokenShown } from '../../capabilities/passwords/account-token.ts';
import { choosePassword, storeChosen } from '../../capabilities/passwords/choose.ts';
import { declineInvitation } from '../../capabilities/passwords/decline.ts';
import { openBrowserSession } from '../../capabilities/sessions/open.ts';
import { DomainError } from '../../core/errors.ts';
import { type Html, html } from '../../core/html.ts';
import { signBrowserIn } from '../browser-session.ts';
import { readForm } from '../form.ts';
import { CHOOSE_PASSWORD } from './choose-password-words.ts';
import { goTo, render, send } from './page.ts';
import { sentenceOf, type Visit } from './visit.ts';

/*
 * The page behind the links in mails about passwords. Opening it changes nothing, since mail scanners open links; the form does, once.
 */

const PATH = /^\/account\/(activate|reset|confirm)\/(?:[^/]+\/)?([\w-]+)$/;
const PURPOSES: Readonly<Record<string, Purpose>> = { activate: 'ACTIVATION', reset: 'RECOVERY', confirm: 'REGISTRATION' };
const FIELD = ['password'];

const pathIn = ({ request }: Visit): string => (request.url ?? '').split('?')[0] ?? '';

const shownIn = (visit: Visit): TokenShown => {
  const [, kind = '', token = ''] = PATH.exec(pathIn(visit)) ?? [];
  return { token, purposes: [PURPOSES[kind] ?? 'ACTIVATION'] };
};

const isInvitation = ({ purposes }: TokenShown): boolean => purposes[0] === 'ACTIVATION';

const show = (visit: Visit, status: number, body: Html): void => {
  const { title } = CHOOSE_PASSWORD[visit.language];
  // The address holds the link's secret: it is told to nobody.
  const rendered = render(visit, { title, status, hasError: status >= 400, body: html`<h1>${title}</h1>${body}` });
  send(visit.response, { ...rendered, headers: { ...rendered.headers, 'referrer-policy': 'no-referrer' } });
};

const formOf = (visit: Visit, shown: TokenShown, refusal: DomainError | null): Html => {
  const words = CHOOSE_PASSWORD[visit.language];
  const action = pathIn(visit);
  return html`<form method="post" action="${action}"><label for="password">${words.password}</label>
<input id="password" name="password" type="password" autocomplete="new-password" required autofocus minlength="8" maxlength="256" aria-describedby="hint${
    refusal && ' refusal'
  }"${refusal && html` aria-invalid="true"`}>
${refusal && html`<span class="alarm" id="refusal" role="alert">${sentenceOf(visit, refusal)}</span>`}
<p class="small" id="hint">${words.hint}</p><button>${words.choose}</button></form>${
    isInvitation(shown) &&
    html`<div class="links"><form method="post" action="${action}"><button name="decline" value="yes">${words.decline}</button></form></div>`
  }`;
};

/** Does what the form says. Answers false when it was declined. */
const submit = async (visit: Visit, shown: TokenShown): Promise<boolean> => {
  const { app, request, response, facts, language, branding } = visit;
  const form = await readForm(app, request);
  if (form.get('decline') && isInvitation(shown)) {
    await app.transactSql('anonymous', (tx) => declineInvitation(tx, shown.token, FIELD));
    return false;
  }
  const tools = { database: app.backend.database, limiter: app.backend.limiter, keyring: app.keyring };
  const noticing = { keyring: app.keyring, shopName: branding.name, language };
  const choice = { shown, password: form.get('password') ?? '', address: facts.address, now: app.clock() };
  const chosen = await choosePassword(tools, choice, { token: FIELD, password: FIELD });
  const { browserToken } = await app.transactSql('anonymous', async (tx) => {
    const { customerId } = await storeChosen(tx, noticing, chosen, FIELD);
    return openBrowserSession(tx, customerId, facts, 'activation');
  });
  signBrowserIn(app, response, browserToken);
  return true;
};

const OVER = ['TOKEN_INVALID', 'CUSTOMER_DISABLED', 'PASSWORDS_NOT_IN_USE'];

/** GET and POST of /account/activate/…, /account/reset/… and /account/confirm/…. */
export const choosePasswordByLink = async (visit: Visit): Promise<void> => {
  const { app, request, response, words } = visit;
  const shown = shownIn(visit);
  try {
    if (request.method === 'POST') {
      if (await submit(visit, shown)) return goTo(response, '/account');
      return show(visit, 200, html`<p role="status">${CHOOSE_PASSWORD[visit.language].declined}</p>`);
    }
    await lookAtAccountToken(app.backend.database.sql, app.clock(), shown, FIELD);
    show(visit, 200, formOf(visit, shown, null));
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    if (!OVER.includes(error.code)) return show(visit, 422, formOf(visit, shown, error));
    show(visit, 410, html`<p role="alert">${sentenceOf(visit, error)}</p><a class="button second" href="/account/login">${words.signIn}</a>`);
  }
};
