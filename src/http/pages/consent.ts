import { grantScopes } from '../../capabilities/oidc-provider/consent.ts';
import { ACCOUNT_SCOPES } from '../../capabilities/oidc-provider/scopes.ts';
import { filled, html } from '../../core/html.ts';
import { actorOf } from '../../core/viewer.ts';
import { readForm } from '../form.ts';
import { expiredPage } from './failure.ts';
import { goTo, render, send } from './page.ts';
import { ownEmail, type Visit } from './visit.ts';

/** What a client will know and do, a line each. */
export const mayOf = ({ words }: Pick<Visit, 'words'>, scopes: readonly string[]): string[] => {
  const has = (...names: readonly string[]): boolean => names.some((name) => scopes.includes(name));
  return [
    ...(has('openid') ? [words.mayOpenid] : []),
    ...(has('email') ? [words.mayEmail] : []),
    ...(has('profile') ? [words.mayProfile] : []),
    ...(has('phone') ? [words.mayPhone] : []),
    ...(has(...ACCOUNT_SCOPES) ? [words.mayAccount] : []),
  ];
};

const show = async (visit: Visit, asked: NonNullable<Visit['asked']>): Promise<void> => {
  const { words, response } = visit;
  const email = html`<strong>${await ownEmail(visit)}</strong>`;
  const client = asked.clientName;
  const may = mayOf(visit, asked.missingScopes);
  // The shop's own app is granted everything: it needs no more than a word that it is meant.
  const [heading, intro] = may.length > 0 ? [words.consentTitle, words.consentIntro] : [words.continueTitle, words.continueIntro];
  const body = html`<h1>${filled(heading, { client })}</h1><p>${filled(intro, { client, email })}</p>
${may.length > 0 && html`<ul>${may.map((line) => html`<li>${line}</li>`)}</ul>`}
<form method="post" action="/account/consent/${asked.uid}">
<button name="answer" value="allow">${may.length > 0 ? words.allow : words.continue}</button>
<button class="second" name="answer" value="decline">${words.decline}</button></form>`;
  send(response, render(visit, { title: heading.replace('{client}', client), body, formTargets: asked.formTargets }));
};

/** `/account/consent`: asks whether a client may know and do what it asks for. */
export const consent = async (visit: Visit): Promise<void> => {
  const { app, request, response, asked, viewer } = visit;
  if (asked?.goesOn) return goTo(response, asked.goesOn);
  if (asked?.prompt !== 'consent' || viewer.kind !== 'customer') return send(response, expiredPage(visit));
  if (request.method !== 'POST') return show(visit, asked);
  const form = await readForm(app, request);
  if (form.get('answer') !== 'allow') {
    return goTo(response, await asked.finish({ error: 'access_denied', error_description: 'the customer declined' }));
  }
  const { customerId } = viewer;
  await app.transact(actorOf(viewer), (tx) => grantScopes(tx, { customerId, clientId: asked.clientId }, asked.missingScopes));
  goTo(response, await asked.finish({ consent: {} }));
};
