import type { IncomingMessage, ServerResponse } from 'node:http';
import type { App } from '../app.ts';
import { redeemMultipass } from '../capabilities/multipass/redeem.ts';
import { openBrowserSession } from '../capabilities/sessions/open.ts';
import { DomainError } from '../core/errors.ts';
import { html } from '../core/html.ts';
import { messageOf } from '../graphql/messages/messages.ts';
import { signBrowserIn } from './browser-session.ts';
import { plainFrame } from './pages/failure.ts';
import { goTo, render, send } from './pages/page.ts';
import { WORDS } from './pages/words.ts';
import { requestFacts } from './request.ts';
import type { Handle } from './routes.ts';

const PATH = /^\/account\/login\/multipass\/([^/]+)$/;

/** The token in the path; its padding may have been encoded. */
const tokenIn = (url: string | undefined): string => {
  try {
    return decodeURIComponent(PATH.exec((url ?? '').split('?')[0] ?? '')?.[1] ?? '');
  } catch {
    return '';
  }
};

/** Where a token asks to be sent to, if that is the shop's own; else the account page. */
const targetOf = ({ publicUrl, mayLeadTo }: App, returnTo: string | null): string => {
  const account = `${publicUrl}/account`;
  if (!returnTo || !URL.canParse(returnTo, publicUrl)) return account;
  const { href } = new URL(returnTo, publicUrl);
  return mayLeadTo(href) ? href : account;
};

/** A page that says in the visitor's language why the token does not let her in. */
const refuse = async (app: App, request: IncomingMessage, response: ServerResponse, error: DomainError): Promise<void> => {
  const frame = await plainFrame(app, request);
  const { refusedTitle: title, signIn } = WORDS[frame.language];
  const message = messageOf(error.code, error.params, frame.language);
  const body = html`<h1>${title}</h1><p role="alert">${message}</p><a class="button" href="/account/login">${signIn}</a>`;
  send(response, render(frame, { title, status: 403, hasError: true, body }));
};

/** GET /account/login/multipass/{token}: signs a browser in as whom the shop's own site says, and sends it where that wants it. */
export const multipass: Handle = async (request, response, { app, trustedProxyHops }) => {
  const facts = requestFacts(request, trustedProxyHops);
  const token = tokenIn(request.url);
  try {
    const { browserToken, returnTo } = await app.transact('anonymous', async (tx) => {
      const redeemed = await redeemMultipass(tx, app.keyring, { token, address: facts.address });
      const opened = await openBrowserSession(tx, redeemed.customerId, facts, 'multipass');
      return { ...opened, ...redeemed };
    });
    signBrowserIn(app, response, browserToken);
    goTo(response, targetOf(app, returnTo));
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    await refuse(app, request, response, error);
  }
};
