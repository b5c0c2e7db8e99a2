import type { IncomingMessage, ServerResponse } from 'node:http';
import type { App } from '../../app.ts';
import { brandingOf } from '../../capabilities/branding/branding.ts';
import type { DomainError } from '../../core/errors.ts';
import type { Viewer } from '../../core/viewer.ts';
import type { RequestFacts } from '../../graphql/context.ts';
import { messageOf } from '../../graphql/messages/messages.ts';
import { browserViewerOf } from '../browser-session.ts';
import { type Asked, askedOf } from '../openid/interaction.ts';
import { requestFacts } from '../request.ts';
import type { Routes } from '../routes.ts';
import type { Frame } from './page.ts';
import type { PageWords } from './words/en.ts';
import { preferredLanguage, WORDS } from './words.ts';

/** A browser that looks at one of our pages. */
export interface Visit extends Frame {
  readonly app: App;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly facts: RequestFacts;
  readonly words: PageWords;
  readonly query: URLSearchParams;
  readonly viewer: Viewer;
  /** The sign-in that a client sent it for; null when it came by itself. */
  readonly asked: Asked | null;
}

/** Looks at who comes and what for. `uid` names a client's sign-in; null answers that it is over, or another browser's. */
export const visitOf = async (
  { app, trustedProxyHops }: Routes,
  request: IncomingMessage,
  response: ServerResponse,
  uid: string | undefined,
): Promise<Visit & { readonly isExpired: boolean }> => {
  const facts = requestFacts(request, trustedProxyHops);
  response.setHeader('x-request-id', facts.id);
  const query = new URL(request.url ?? '/', app.publicUrl).searchParams;
  const asked = uid ? await askedOf(app, request, response, uid) : null;
  const wanted = asked?.parameters ?? {};
  const language = preferredLanguage(wanted.ui_locales, wanted.locale, query.get('ui_locales'), query.get('locale'), facts.acceptLanguage);
  return {
    app,
    request,
    response,
    facts,
    query,
    asked,
    language,
    words: WORDS[language],
    branding: await brandingOf(app.backend.database.sql, app.shopName),
    viewer: await browserViewerOf(app, request),
    isExpired: uid !== undefined && asked === null,
  };
};

/** Says a refusal in the visitor's language. */
export const sentenceOf = ({ language }: Visit, { code, params }: DomainError): string => messageOf(code, params, language);

/** The path of a step of signing in, for the client's sign-in when there is one. */
export const pathOf = ({ asked }: Visit, step = ''): string => `/account/login${asked ? `/${asked.uid}` : ''}${step}`;

/** The e-mail address of who is signed in here. */
export const ownEmail = async ({ app, viewer }: Visit): Promise<string | null> => {
  if (viewer.kind !== 'customer') return null;
  const [row] = await app.backend.database.sql<{ email: string | null }>('select email from customer where id = $1::text::uuid', [viewer.customerId]);
  return row?.email ?? null;
};
