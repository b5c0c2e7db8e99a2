import { type RelyingParty, relyingPartyOf } from '../../capabilities/passkeys/relying-party.ts';
import { passkeyRequestOptions, signInByPasskey } from '../../capabilities/passkeys/sign-in.ts';
import { openBrowserSession } from '../../capabilities/sessions/open.ts';
import { DomainError } from '../../core/errors.ts';
import { html } from '../../core/html.ts';
import { answer } from '../answer.ts';
import { readForm } from '../form.ts';
import { pathOf, sentenceOf, type Visit } from './visit.ts';
import type { SignInWay, Taken } from './ways.ts';

export const toolsOf = ({ app }: Visit) => ({ codes: app.backend.codes, keyring: app.keyring });

/** What a browser answered, as its form field holds it. */
export const responseIn = (form: URLSearchParams): unknown => {
  try {
    return JSON.parse(form.get('response') ?? '');
  } catch {
    return null;
  }
};

export const partyOf = ({ app, branding }: Visit): RelyingParty => relyingPartyOf(app, branding.name);

/** A passkey, where the browser has scripts and knows them: nothing to type. */
export const passkey: SignInWay = {
  name: 'passkey',
  isOffered: () => true,
  form: (visit, { refusal, way }) => html`<div hidden><p class="or">${visit.words.or}</p>
<form method="post" action="${pathOf(visit)}"><input type="hidden" name="way" value="passkey"><input type="hidden" name="response">
${way === 'passkey' && refusal && html`<span class="alarm" role="alert">${sentenceOf(visit, refusal)}</span>`}
<button class="second" data-passkey="sign-in" data-options="/account/login/passkey-options">${visit.words.signInPasskey}</button></form></div>`,
  take: async (visit, form): Promise<Taken> => {
    const { app, facts } = visit;
    try {
      const { customerId, session } = await app.transact('anonymous', (tx) =>
        signInByPasskey(tx, toolsOf(visit), partyOf(visit), responseIn(form), (inner, id, method) => openBrowserSession(inner, id, facts, method)),
      );
      return { kind: 'signedIn', opened: { customerId, ...session } };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      return { kind: 'refused', typed: { email: '', refusal: error, way: 'passkey' } };
    }
  },
};

/** `POST /account/login/passkey-options`: what the browser needs to look for a passkey. */
export const passkeyOptions = async (visit: Visit): Promise<void> => {
  await readForm(visit.app, visit.request);
  answer(visit.response, 200, await passkeyRequestOptions(toolsOf(visit), partyOf(visit)), { 'cache-control': 'no-store' });
};
