import { nameOf, passkeyCreationOptions, registerPasskey } from '../../../capabilities/passkeys/register.ts';
import { removePasskey, renamePasskey } from '../../../capabilities/passkeys/remove.ts';
import { deviceNameOf } from '../../../capabilities/sessions/device.ts';
import { DomainError } from '../../../core/errors.ts';
import { filled, type Html, html } from '../../../core/html.ts';
import { uuidOf } from '../../../core/uuid.ts';
import { answer } from '../../answer.ts';
import { readForm } from '../../form.ts';
import { goTo } from '../page.ts';
import { partyOf, responseIn, toolsOf } from '../passkey.ts';
import { type Filling, input } from './fields.ts';
import { ask, card, done, refusalOf } from './layout.ts';
import { asOwner, confirmFirst, isStale, type Own, type Refused } from './own.ts';

const SECURITY = '/account/security';
const ADD = 'add-passkey';
const PASSKEYS_MAX = 20;
const NAME_MAX = 60;

const readPasskeys = ({ app, customerId }: Own) =>
  app.backend.database.read.passkey.findMany({
    where: { customerId },
    select: { id: true, name: true, lastUsedAt: true, createdAt: true },
    orderBy: { id: 'asc' },
    take: PASSKEYS_MAX,
  });

type Passkey = Awaited<ReturnType<typeof readPasskeys>>[number];

const idField = (id: string): Html => html`<input type="hidden" name="id" value="${id}">`;

const passkeyRow = (own: Own, { id, name, lastUsedAt }: Passkey, refused: Refused | null): Html => {
  const { text } = own.says;
  const [renaming, removing] = [`rename-${id}`, `remove-${id}`];
  const filling: Filling = { own, form: renaming, refused, values: { name } };
  const isLast = refused?.form === removing && refused.error.code === 'LAST_WAY_IN';
  const rename = html`<form method="post" action="${SECURITY}/passkeys/rename">${idField(id)}
${input(filling, { name: 'name', label: text.passkeyName, autocomplete: 'off', max: NAME_MAX, isRequired: true })}<button class="small-button">${text.save}</button></form>`;
  const remove = html`${refusalOf(own, refused, removing)}<form method="post" action="${SECURITY}/passkeys/remove">${idField(id)}
${isLast && html`<input type="hidden" name="evenIfLast" value="1">`}<button class="small-button danger">${text.remove}<span class="hidden"> (${name})</span></button></form>`;
  const used = lastUsedAt ? filled(text.used, { ago: own.formats.ago(lastUsedAt, own.app.clock()) }) : text.notYet;
  return html`<li><strong>${name}</strong><span class="soft">${used}</span><div class="actions">
${ask(text.rename, '', rename, refused?.form === renaming)}
${ask(text.remove, isLast ? text.passkeyLastAsk : text.passkeyRemoveAsk, remove, refused?.form === removing)}</div></li>`;
};

/** Where a passkey is made: that takes a script, which shows it where the browser knows passkeys. */
const addForm = (own: Own, refused: Refused | null): Html => {
  const { text } = own.says;
  const filling: Filling = { own, form: ADD, refused, values: { name: deviceNameOf(own.facts.userAgent) } };
  return html`<div class="apart" hidden><form method="post" action="${SECURITY}/passkeys/add"><input type="hidden" name="response">
${refusalOf(own, refused, ADD, ['name'])}${input(filling, { name: 'name', label: text.passkeyName, autocomplete: 'off', max: NAME_MAX, isRequired: true })}
<button class="small-button" data-passkey="register" data-options="${SECURITY}/passkeys/options">${text.passkeyAdd}</button></form></div>`;
};

/** The customer's passkeys. */
export const passkeysCard = async (own: Own, refused: Refused | null): Promise<Html> => {
  const { text } = own.says;
  const passkeys = await readPasskeys(own);
  const list = html`<ul class="rows">${passkeys.map((passkey) => passkeyRow(own, passkey, refused))}</ul>`;
  return card(
    'passkeys',
    text.passkeys,
    html`<p>${text.passkeysIntro}</p>${passkeys.length > 0 ? list : html`<p>${text.passkeysNone}</p>`}${passkeys.length < PASSKEYS_MAX && addForm(own, refused)}`,
  );
};

/** `POST /account/security/passkeys/options`: what the browser needs to make a passkey; a redirect when the sign-in was too long ago. */
export const creationOptions = async (own: Own): Promise<void> => {
  if (own.request.method !== 'POST') return goTo(own.response, SECURITY);
  await readForm(own.app, own.request);
  try {
    answer(own.response, 200, await asOwner(own, (tx) => passkeyCreationOptions(tx, toolsOf(own), partyOf(own), own)), {
      'cache-control': 'no-store',
    });
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    if (isStale(error)) return confirmFirst(own, SECURITY);
    answer(own.response, 400, { code: error.code });
  }
};

/** Keeps the passkey that her browser made. */
export const add = async (own: Own, typed: URLSearchParams): Promise<string> => {
  const made = { response: responseIn(typed), name: typed.get('name') ?? '' };
  await asOwner(own, (tx) => registerPasskey(tx, toolsOf(own), partyOf(own), own, made));
  return done(SECURITY, 'saved');
};

/** Gives a passkey another name. */
export const rename = async (own: Own, typed: URLSearchParams): Promise<string> => {
  const name = nameOf(typed.get('name') ?? '');
  await asOwner(own, (tx) => renamePasskey(tx, own.customerId, uuidOf(typed.get('id') ?? ''), name));
  return done(SECURITY, 'saved');
};

/** Forgets a passkey; the last way in only when she has been told that it is. */
export const remove = async (own: Own, typed: URLSearchParams): Promise<string> => {
  await asOwner(own, (tx) => removePasskey(tx, own, uuidOf(typed.get('id') ?? ''), { evenIfLast: typed.has('evenIfLast') }));
  return done(SECURITY, 'saved');
};
