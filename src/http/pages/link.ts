import { openBrowserSession } from '../../capabilities/sessions/open.ts';
import { confirmLink } from '../../capabilities/sign-in/code.ts';
import { isAskingDevice, type Link, readLink } from '../../capabilities/sign-in/link.ts';
import { DomainError } from '../../core/errors.ts';
import { filled, html } from '../../core/html.ts';
import { readForm } from '../form.ts';
import { deviceTokenOf } from './email-code.ts';
import { render, send } from './page.ts';
import { pathOf, sentenceOf, type Visit } from './visit.ts';
import type { OpenedBrowser } from './ways.ts';

const tokenIn = ({ request }: Visit): string => /\/link\/([\w-]+)/.exec(request.url ?? '')?.[1] ?? '';

const showOver = (visit: Visit, error: DomainError): void => {
  const { words, response } = visit;
  const body = html`<h1>${words.linkOverTitle}</h1><p role="alert">${sentenceOf(visit, error)}</p>
<a class="button" href="${pathOf(visit)}">${words.signIn}</a>`;
  send(response, render(visit, { title: words.linkOverTitle, body, status: 410, hasError: true }));
};

/** In another browser than the one that asked, a link signs nobody in: it shows the code to type there. */
const showElsewhere = (visit: Visit, { code }: Link): void => {
  const { words, response } = visit;
  const body = html`<h1>${words.linkElsewhereTitle}</h1><p>${words.linkElsewhereIntro}</p>
<p class="shown-code">${code}</p>`;
  send(response, render(visit, { title: words.linkElsewhereTitle, body }));
};

/**
 * `/account/login/link/{token}`: the link of the mail. Opening it changes nothing, since mail scanners open links; its button signs in,
 * in the browser that asked. Answers with the session that it opened; otherwise a page has been shown.
 */
export const followLink = async (visit: Visit): Promise<OpenedBrowser | null> => {
  const { app, request, response, words, facts, language } = visit;
  const token = tokenIn(visit);
  const link = readLink(app.keyring, token);
  const deviceToken = deviceTokenOf(visit);
  if (!link) {
    showOver(visit, new DomainError('INVALID_LINK'));
    return null;
  }
  if (!isAskingDevice(link, deviceToken)) {
    showElsewhere(visit, link);
    return null;
  }
  if (request.method !== 'POST') {
    const body = html`<h1>${words.linkTitle}</h1><p>${filled(words.linkIntro, { email: html`<strong>${link.email}</strong>` })}</p>
<form method="post" action="${pathOf(visit, `/link/${token}`)}"><button autofocus>${words.signIn}</button></form>`;
    send(response, render(visit, { title: words.linkTitle, body, formTargets: visit.asked?.formTargets ?? [] }));
    return null;
  }
  await readForm(app, request);
  try {
    const tools = { codes: app.backend.codes, keyring: app.keyring };
    const shown = { token, deviceToken, locale: language, address: facts.address };
    const { customerId, session } = await app.transactSql(
      'anonymous',
      confirmLink(tools, shown, (tx, id, method) => openBrowserSession(tx, id, facts, method)),
    );
    return { customerId, ...session };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    showOver(visit, error);
    return null;
  }
};
