import { confirmSubscription, lookAtConfirmation } from '../../capabilities/marketing/confirm.ts';
import { readUnsubscribe } from '../../capabilities/marketing/links.ts';
import { unsubscribe } from '../../capabilities/marketing/unsubscribe.ts';
import { DomainError } from '../../core/errors.ts';
import { filled, type Html, html } from '../../core/html.ts';
import { readForm } from '../form.ts';
import { ACCOUNT_WORDS } from './account/words.ts';
import { MARKETING_WORDS } from './marketing-words.ts';
import { render, send } from './page.ts';
import { sentenceOf, type Visit } from './visit.ts';

/*
 * The pages behind the links of marketing mails. Opening one changes nothing, since mail scanners open links; its button does.
 */

const pathIn = ({ request }: Visit): string => (request.url ?? '').split('?')[0] ?? '';
const tokenIn = (visit: Visit): string => pathIn(visit).split('/').at(-1) ?? '';

const show = (visit: Visit, title: string, body: Html, status = 200): void => {
  const named = title.replace('{shop}', () => visit.branding.name);
  const rendered = render(visit, { title: named, status, hasError: status >= 400, body: html`<h1>${named}</h1>${body}` });
  // The address holds the link's secret: it is told to nobody.
  send(visit.response, { ...rendered, headers: { ...rendered.headers, 'referrer-policy': 'no-referrer' } });
};

const said = (visit: Visit, text: string, email = ''): Html =>
  html`<p role="status">${filled(text, { shop: visit.branding.name, email: html`<strong>${email}</strong>` })}</p>`;

const asked = (visit: Visit, intro: string, button: string, email = ''): Html => {
  const { language } = visit;
  return html`<p>${filled(intro, { shop: visit.branding.name, email: html`<strong>${email}</strong>` })}</p>
<form method="post" action="${`${pathIn(visit)}?locale=${language}`}"><button autofocus>${button}</button></form>`;
};

/** What a link was good for is not its heading when it is good for nothing: `no more news` would look as if it were done. */
const refused = (visit: Visit, error: unknown): void => {
  if (!(error instanceof DomainError)) throw error;
  const account = html`<p><a href="/account">${ACCOUNT_WORDS[visit.language].text.greetingNobody}</a></p>`;
  show(visit, visit.words.linkOverTitle, html`<p role="alert">${sentenceOf(visit, error)}</p>${account}`, 410);
};

/** `/marketing/confirm/{token}`: the second half of a double opt-in. */
export const confirmMarketing = async (visit: Visit): Promise<void> => {
  const { app, request, language } = visit;
  const words = MARKETING_WORDS[language];
  try {
    const { email } = lookAtConfirmation(app.keyring, tokenIn(visit), app.clock());
    if (request.method !== 'POST') return show(visit, words.confirmTitle, asked(visit, words.confirmIntro, words.confirm, email));
    await readForm(app, request);
    await app.transact('anonymous', (tx) => confirmSubscription(tx, app.keyring, tokenIn(visit)));
    show(visit, words.confirmTitle, said(visit, words.confirmed, email));
  } catch (error) {
    refused(visit, error);
  }
};

/** Whoever is gone, or has no address any more, gets no more news either. */
const ALREADY_OVER = ['CUSTOMER_DOES_NOT_EXIST', 'EMAIL_ADDRESS_NOT_FOUND'];

/**
 * `/marketing/unsubscribe/{token}`: a browser is asked first; a POST, whoever sends it and whatever it holds, ends the mails at once: mail
 * programs post there for their readers (RFC 8058).
 */
export const endMarketing = async (visit: Visit): Promise<void> => {
  const { app, request, language } = visit;
  const words = MARKETING_WORDS[language];
  const customerId = readUnsubscribe(app.keyring, tokenIn(visit));
  if (!customerId) return refused(visit, new DomainError('INVALID_LINK'));
  if (request.method !== 'POST') return show(visit, words.endTitle, asked(visit, words.endIntro, words.end));
  request.resume();
  try {
    await app.transact('anonymous', (tx) => unsubscribe(tx, customerId, 'UNSUBSCRIBE_LINK'));
  } catch (error) {
    if (!(error instanceof DomainError) || !ALREADY_OVER.includes(error.code)) throw error;
  }
  show(visit, words.endTitle, said(visit, words.ended));
};
