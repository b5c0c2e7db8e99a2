import { accountsSettings } from '../../capabilities/accounts-settings/settings.ts';
import { provePassword } from '../../capabilities/passwords/prove.ts';
import { allowMail, recoverPassword } from '../../capabilities/passwords/recover.ts';
import { signInProven } from '../../capabilities/passwords/sign-in.ts';
import { openBrowserSession } from '../../capabilities/sessions/open.ts';
import { DomainError } from '../../core/errors.ts';
import { html } from '../../core/html.ts';
import { readForm } from '../form.ts';
import { goTo, render, send } from './page.ts';
import { pathOf, sentenceOf, type Visit } from './visit.ts';
import type { SignInWay, Taken } from './ways.ts';

const EMAIL_CHARACTERS_MAX = 320;

const toolsOf = ({ app }: Visit) => ({ database: app.backend.database, limiter: app.backend.limiter, keyring: app.keyring });

const usesPasswords = async ({ app }: Visit): Promise<boolean> =>
  (await accountsSettings(app.backend.database.sql)).customerAccountsVersion === 'CLASSIC';

/** The password of a classic account. */
export const password: SignInWay = {
  name: 'password',
  isOffered: usesPasswords,
  form: (visit, { email, refusal, way }) => {
    const { words } = visit;
    const own = way === 'password' ? refusal : null;
    return html`<p class="or">${words.or}</p><form method="post" action="${pathOf(visit)}"><input type="hidden" name="way" value="password">
<label for="password-email">${words.email}</label>
<input id="password-email" name="email" type="email" autocomplete="username" autocapitalize="none" spellcheck="false" required maxlength="${EMAIL_CHARACTERS_MAX}" value="${email}">
<label for="password" class="next">${words.password}</label>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="512"${own && html` aria-invalid="true" aria-describedby="password-refusal"`}>
${own && html`<span class="alarm" id="password-refusal" role="alert">${sentenceOf(visit, own)}</span>`}
<button class="second">${words.signInPassword}</button></form>
<div class="links"><a href="/account/recover">${words.forgotPassword}</a></div>`;
  },
  take: async (visit, form): Promise<Taken> => {
    const { app, facts } = visit;
    const email = (form.get('email') ?? '').trim().slice(0, EMAIL_CHARACTERS_MAX);
    try {
      const proven = await provePassword(toolsOf(visit), { email, password: form.get('password') ?? '', address: facts.address });
      const opened = await app.transactSql('anonymous', async (tx) => {
        const { customerId } = await signInProven(tx, proven);
        return { customerId, ...(await openBrowserSession(tx, customerId, facts, 'password')) };
      });
      return { kind: 'signedIn', opened };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return { kind: 'refused', typed: { email, refusal: error, way: 'password' } };
    }
  },
};

const showRecover = (visit: Visit, { email, refusal, isSent }: { email: string; refusal: DomainError | null; isSent: boolean }): void => {
  const { words, response } = visit;
  const body = html`<h1>${words.recoverTitle}</h1>${
    isSent
      ? html`<p role="status">${words.recoverSent}</p>`
      : html`<p>${words.recoverIntro}</p><form method="post" action="/account/recover"><label for="email">${words.email}</label>
<input id="email" name="email" type="email" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus maxlength="${EMAIL_CHARACTERS_MAX}" value="${email}"${
          refusal && html` aria-invalid="true" aria-describedby="refusal"`
        }>
${refusal && html`<span class="alarm" id="refusal" role="alert">${sentenceOf(visit, refusal)}</span>`}
<button>${words.sendLink}</button></form>`
  }<div class="links"><a href="/account/login">${words.signIn}</a></div>`;
  send(response, render(visit, { title: words.recoverTitle, body, hasError: Boolean(refusal), status: refusal ? 400 : 200 }));
};

/** `/account/recover`: sends the link with which a new password is chosen; known and unknown addresses are answered alike. */
export const recover = async (visit: Visit): Promise<void> => {
  const { app, request, response, facts, language, branding } = visit;
  if (!(await usesPasswords(visit))) return goTo(response, '/account/login');
  if (request.method !== 'POST') return showRecover(visit, { email: '', refusal: null, isSent: false });
  const email = ((await readForm(app, request)).get('email') ?? '').trim().slice(0, EMAIL_CHARACTERS_MAX);
  try {
    const allowed = await allowMail(toolsOf(visit), 'recover', { email, address: facts.address }, ['email']);
    const writing = { keyring: app.keyring, publicUrl: app.publicUrl, shopName: branding.name, language };
    await app.transactSql('anonymous', (tx) => recoverPassword(tx, writing, allowed));
    showRecover(visit, { email, refusal: null, isSent: true });
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    showRecover(visit, { email, refusal: error, isSent: false });
  }
};
