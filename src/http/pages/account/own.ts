import { DomainError } from '../../../core/errors.ts';
import { actorOf } from '../../../core/viewer.ts';
import type { Tx } from '../../../db/transact.ts';
import { notFoundPage } from '../failure.ts';
import { goTo, send } from '../page.ts';
import type { Visit } from '../visit.ts';
import { preferredLanguage, WORDS } from '../words.ts';
import { type Formats, formatsOf } from './formats.ts';
import { rememberReturn } from './return.ts';
import { ACCOUNT_WORDS } from './words.ts';

interface Profile {
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly email: string | null;
  readonly locale: string | null;
}

/** A customer who looks at a page of her own account. */
export interface Own extends Visit {
  readonly customerId: string;
  readonly sessionId: string;
  readonly profile: Profile;
  readonly says: (typeof ACCOUNT_WORDS)['en'];
  readonly formats: Formats;
  /** What the path names, in its order. */
  readonly named: readonly string[];
}

export type OwnPage = (own: Own) => Promise<void>;

const PROFILE = `select first_name as "firstName", last_name as "lastName", email, locale
from customer where id = $1::text::uuid and deleted_at is null`;

/** The path without what was said once, which must not be said again after signing in. A posted form is begun anew on its own page. */
const pathAgain = ({ app, request, query }: Visit): string => {
  const { pathname } = new URL(request.url ?? '/', app.publicUrl);
  if (request.method === 'POST')
    return pathname
      .split('/')
      .slice(0, 3)
      .join('/')
      .replace(/^\/account\/(?:profile|about|news)$/, '/account');
  const paging = new URLSearchParams([...query].filter(([name]) => name === 'after' || name === 'before'));
  return paging.size > 0 ? `${pathname}?${paging}` : pathname;
};

const signInFirst = (visit: Visit, path: string): void => {
  rememberReturn(visit, path);
  goTo(visit.response, '/account/login');
};

/** A page for whoever is signed in; anybody else signs in first and comes back. Her own language goes before her browser's. */
export const ownPage =
  (page: OwnPage, path: RegExp) =>
  async (visit: Visit): Promise<void> => {
    const { app, viewer, query, facts, request } = visit;
    if (viewer.kind !== 'customer') return signInFirst(visit, pathAgain(visit));
    const { customerId, sessionId } = viewer;
    const [profile] = await app.backend.database.sql<Profile>(PROFILE, [customerId]);
    if (!profile) return signInFirst(visit, pathAgain(visit));
    const preferences = [query.get('ui_locales'), query.get('locale'), profile.locale, facts.acceptLanguage];
    const language = preferredLanguage(...preferences);
    const named = path.exec(new URL(request.url ?? '/', app.publicUrl).pathname)?.slice(1) ?? [];
    return page({
      ...visit,
      customerId,
      sessionId,
      profile,
      language,
      words: WORDS[language],
      says: ACCOUNT_WORDS[language],
      formats: formatsOf(language, ...preferences),
      named,
    });
  };

/** What is not hers is answered as what is not there. */
export const notHers = (own: Own): void => send(own.response, notFoundPage(own));

/** Verbs that ask for a recent sign-in say so in one of these. */
const STALE = new Set(['REAUTHENTICATION_REQUIRED', 'FRESH_SIGN_IN_REQUIRED']);

/** Whether a verb was refused because the sign-in is too old. */
export const isStale = ({ code }: DomainError): boolean => STALE.has(code);

/** Leads to signing in again and back to `path`, where the customer is told to repeat what she wanted. */
export const confirmFirst = (own: Own, path: string): void => signInFirst(own, `${path}?done=confirmed`);

/** A form that was refused, with what was typed into it. */
export interface Refused {
  readonly form: string;
  readonly error: DomainError;
  readonly typed: URLSearchParams;
}

export interface Submission {
  /** Names the form where its page has several. */
  readonly form: string;
  readonly typed: URLSearchParams;
  /** The page that the form stands on. */
  readonly path: string;
}

/**
 * Does what a form says and goes to the page with a notice (null: it has answered itself), or shows the page again with what was refused. Where the sign-in is too old,
 * it leads there first; what is not hers is not found.
 */
export const submit = async (
  own: Own,
  { form, typed, path }: Submission,
  run: () => Promise<string | null>,
  show: (own: Own, refused: Refused) => Promise<void>,
): Promise<void> => {
  try {
    const path = await run();
    if (path !== null) goTo(own.response, path);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    if (isStale(error) && !typed.has('currentPassword')) return confirmFirst(own, path);
    if (NOT_THERE.has(error.code)) return notHers(own);
    return show(own, { form, error, typed });
  }
};

const NOT_THERE = new Set(['NOT_FOUND', 'ADDRESS_ID_DOES_NOT_EXIST', 'CUSTOMER_DOES_NOT_EXIST']);

/** Runs a verb in the customer's own name. */
export const asOwner = <Result>({ app, viewer }: Own, verb: (tx: Tx) => Promise<Result>): Promise<Result> => app.transact(actorOf(viewer), verb);
