import { type Changer, confirmContactChange, contactOf, requestContactChange } from '../../../capabilities/contact/change.ts';
import { requireFreshSignIn } from '../../../capabilities/sessions/fresh.ts';
import { DomainError } from '../../../core/errors.ts';
import { filled, html } from '../../../core/html.ts';
import { cookieOf, setCookie } from '../../browser-session.ts';
import { readForm } from '../../form.ts';
import { goTo } from '../page.ts';
import { type Filling, input } from './fields.ts';
import { done, refusalOf, show } from './layout.ts';
import { asOwner, confirmFirst, type Own, type Refused, submit } from './own.ts';

const PATH = '/account/security/email';
const CODE_PATH = `${PATH}/code`;
const FORM = 'email';
/** The purpose under which the new address is sealed in the cookie between the two steps. */
const SEALED_STEP = 'e-mail change step';
const COOKIE = 'email_change';
const STEP_SECONDS = 15 * 60;
const EMAIL_CHARACTERS_MAX = 320;

const above = ({ says: { text } }: Own) => html`<a class="back" href="/account/security">${text.security}</a>`;

const showAddress = async (own: Own, refused: Refused | null): Promise<void> => {
  const { text } = own.says;
  const filling: Filling = { own, form: FORM, refused, values: {} };
  const field = input(filling, {
    name: 'email',
    label: text.emailNew,
    type: 'email',
    autocomplete: 'email',
    isRequired: true,
    max: EMAIL_CHARACTERS_MAX,
  });
  const body = html`<p>${text.emailChangeIntro}</p>${refusalOf(own, refused, FORM, ['email'])}
<div class="card"><form method="post" action="${PATH}">${field}<button class="small-button">${own.words.continue}</button></form></div>`;
  show(own, { section: 'security', title: text.emailChange, body, refused, above: above(own) });
};

const changerOf = ({ customerId, sessionId, facts }: Own): Changer => ({ customerId, sessionId, address: facts.address });
const toolsOf = ({ app }: Own) => ({ codes: app.backend.codes, keyring: app.keyring });

const sendCode = async (own: Own, email: string): Promise<string> => {
  const { app, branding, language, response } = own;
  const contact = contactOf('email', email);
  const letter = { language, shopName: branding.name, sendsSms: app.sendsSms };
  await asOwner(own, requestContactChange(toolsOf(own), contact, changerOf(own), letter));
  const step = { email: contact.to, customerId: own.customerId, until: app.clock().getTime() + STEP_SECONDS * 1000 };
  setCookie(app, response, COOKIE, app.keyring.seal(SEALED_STEP, JSON.stringify(step)).toString('base64url'), STEP_SECONDS);
  return CODE_PATH;
};

/** The new address of this customer's that a code was sent to; null when this browser asked for none, or long ago. */
const sentTo = ({ app, request, customerId }: Own): string | null => {
  try {
    const step = JSON.parse(app.keyring.open(SEALED_STEP, Buffer.from(cookieOf(app, request, COOKIE) ?? '', 'base64url')));
    return step.customerId === customerId && step.until > app.clock().getTime() ? step.email : null;
  } catch {
    return null;
  }
};

const isFresh = async (own: Own): Promise<boolean> => {
  try {
    await asOwner(own, (tx) => requireFreshSignIn(tx, own.sessionId));
    return true;
  } catch (error) {
    if (error instanceof DomainError) return false;
    throw error;
  }
};

/** `/account/security/email`: the new address. Who has not signed in lately does so first, before anything is typed. */
export const emailChange = async (own: Own): Promise<void> => {
  if (own.request.method !== 'POST') return (await isFresh(own)) ? showAddress(own, null) : confirmFirst(own, PATH);
  const typed = await readForm(own.app, own.request);
  const email = (typed.get('email') ?? '').trim().slice(0, EMAIL_CHARACTERS_MAX);
  return submit(own, { form: FORM, typed, path: PATH }, () => sendCode(own, email), showAddress);
};

const showCode = async (own: Own, email: string, refused: Refused | null): Promise<void> => {
  const { text } = own.says;
  const { words } = own;
  const filling: Filling = { own, form: FORM, refused, values: {} };
  const field = input(filling, { name: 'code', label: words.code, autocomplete: 'one-time-code', isRequired: true, max: 9, mode: 'numeric' });
  const body = html`<p>${filled(words.codeSent, { email: html`<strong>${email}</strong>` })}</p>
${own.query.has('sent') && !refused && html`<p class="notice" role="status">${words.codeResent}</p>`}${refusalOf(own, refused, FORM, ['code'])}
<div class="card"><form method="post" action="${CODE_PATH}">${field}<button class="small-button">${words.continue}</button></form></div>
<div class="actions"><form method="post" action="${CODE_PATH}"><input type="hidden" name="again" value="1"><button class="link">${words.codeResend}</button></form>
<a class="link" href="${PATH}">${words.otherEmail}</a></div>`;
  show(own, { section: 'security', title: text.emailConfirm, body, refused, above: above(own) });
};

/** `/account/security/email/code`: the code that was sent to the new address. */
export const emailCode = async (own: Own): Promise<void> => {
  const { app, request, response, branding } = own;
  const email = sentTo(own);
  if (!email) return goTo(response, PATH);
  if (request.method !== 'POST') return showCode(own, email, null);
  const typed = await readForm(app, request);
  const run = async (): Promise<string> => {
    if (typed.has('again')) return `${await sendCode(own, email)}?sent=1`;
    const code = (typed.get('code') ?? '').slice(0, 20);
    await asOwner(own, confirmContactChange(toolsOf(own), contactOf('email', email), code, changerOf(own), { shopName: branding.name }));
    setCookie(app, response, COOKIE, '', 0);
    return done('/account/security', 'saved');
  };
  return submit(own, { form: FORM, typed, path: PATH }, run, (again, refused) => showCode(again, email, refused));
};
