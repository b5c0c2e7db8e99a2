import { type Claim, changePassword, considerPassword, considerRemoval, removePassword } from '../../../capabilities/passwords/change.ts';
import { PASSWORD_CHARACTERS_MAX } from '../../../capabilities/passwords/rules.ts';
import { type Html, html } from '../../../core/html.ts';
import { actorOf } from '../../../core/viewer.ts';
import { type Filling, input } from './fields.ts';
import { ask, card, done, refusalOf } from './layout.ts';
import type { Own, Refused } from './own.ts';

const CHANGE = 'change';
const REMOVE = 'remove';

/** Changing and removing the password that the customer has. */
export const passwordCard = (own: Own, refused: Refused | null): Html => {
  const { text } = own.says;
  const current = (form: string): Html =>
    input(fillingOf(own, form, refused), {
      name: 'currentPassword',
      label: text.passwordCurrent,
      type: 'password',
      autocomplete: 'current-password',
    });
  const fresh = input(fillingOf(own, CHANGE, refused), {
    name: 'password',
    label: text.passwordNew,
    type: 'password',
    autocomplete: 'new-password',
    hint: text.passwordHint,
    isRequired: true,
    max: PASSWORD_CHARACTERS_MAX,
  });
  // A name among the fields lets a browser keep the new password with the account.
  const whose = html`<input type="hidden" name="username" autocomplete="username" value="${own.profile.email}">`;
  const change = html`${refusalOf(own, refused, CHANGE, ['currentPassword', 'password'])}<form method="post" action="/account/security/password">${whose}
${current(CHANGE)}${fresh}<button class="small-button">${text.passwordChange}</button></form>`;
  const remove = html`${refusalOf(own, refused, REMOVE, ['currentPassword'])}<form method="post" action="/account/security/password/remove">
${current(REMOVE)}<button class="small-button danger">${text.passwordRemove}</button></form>`;
  const body = html`<p>${text.passwordIntro}</p><div class="actions">${ask(text.passwordChange, '', change, refused?.form === CHANGE)}
${ask(text.passwordRemove, text.passwordRemoveAsk, remove, refused?.form === REMOVE)}</div>`;
  return card('password', text.password, body);
};

const fillingOf = (own: Own, form: string, refused: Refused | null): Filling => ({ own, form, refused, values: {} });

const toolsOf = ({ app }: Own) => ({ database: app.backend.database, limiter: app.backend.limiter, keyring: app.keyring });

const noticingOf = ({ app, branding, language }: Own) => ({ keyring: app.keyring, shopName: branding.name, language });

const claimOf = ({ customerId, sessionId, facts, app }: Own, typed: URLSearchParams): Claim => ({
  customerId,
  sessionId,
  currentPassword: typed.get('currentPassword') || null,
  address: facts.address,
  now: app.clock(),
});

/** Changes the password; its proof and its hash are made before the transaction. */
export const changeOwn = async (own: Own, typed: URLSearchParams): Promise<string> => {
  const { hash } = await considerPassword(toolsOf(own), claimOf(own, typed), typed.get('password') ?? '');
  await own.app.transactSql(actorOf(own.viewer), (tx) => changePassword(tx, noticingOf(own), own, hash));
  return done('/account/security', 'saved');
};

/** Removes the password: she signs in by a code. */
export const removeOwn = async (own: Own, typed: URLSearchParams): Promise<string> => {
  await considerRemoval(toolsOf(own), claimOf(own, typed));
  await own.app.transactSql(actorOf(own.viewer), (tx) => removePassword(tx, noticingOf(own), own.customerId));
  return done('/account/security', 'saved');
};
