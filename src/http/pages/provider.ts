import type { App } from '../../app.ts';
import { createIssuers, ERRAND_SECONDS, type Issuers } from '../../capabilities/identity-providers/issuer.ts';
import { signInByProvider } from '../../capabilities/identity-providers/sign-in.ts';
import { openBrowserSession } from '../../capabilities/sessions/open.ts';
import { DomainError } from '../../core/errors.ts';
import { filled, html } from '../../core/html.ts';
import { cookieOf, setCookie, signBrowserIn } from '../browser-session.ts';
import { goTo } from './page.ts';
import { pathOf, sentenceOf, type Visit } from './visit.ts';
import type { SignInWay } from './ways.ts';

/*
 * Signing in with an outside issuer: the browser is sent there with a sealed errand in a cookie, comes back to the callback, and from
 * there to the sign-in page that it came from, which lets it through or says what went wrong.
 */

const ERRAND = 'errand';
const ARRIVED = 'arrived';
const ARRIVED_SECONDS = 60;

const ofApp = new WeakMap<App, Issuers>();

const issuersOf = (app: App): Issuers => {
  const existing = ofApp.get(app);
  if (existing) return existing;
  const made = createIssuers(app.backend.database, app.keyring, app.publicUrl);
  ofApp.set(app, made);
  return made;
};

/** What came of a visit to an issuer, as the sign-in page is told. */
interface Arrived {
  /** The path of the sign-in page that it was begun on. */
  readonly at: string;
  /** The session that was opened; null when it was refused. */
  readonly sessionId: string | null;
  readonly refusal: { readonly code: string; readonly params: Readonly<Record<string, string | number>> } | null;
}

const tellPage = ({ app, response }: Visit, arrived: Arrived): void => {
  setCookie(app, response, ARRIVED, app.keyring.seal(ARRIVED, JSON.stringify(arrived)).toString('base64url'), ARRIVED_SECONDS);
  goTo(response, arrived.at);
};

/** What this browser brings from an issuer to this sign-in page, once. */
export const arrivedFrom = (visit: Visit): Arrived | null => {
  const { app, request, response } = visit;
  const kept = cookieOf(app, request, ARRIVED);
  if (!kept) return null;
  setCookie(app, response, ARRIVED, '', 0);
  try {
    const arrived = JSON.parse(app.keyring.open(ARRIVED, Buffer.from(kept, 'base64url'))) as Arrived;
    return arrived.at === pathOf(visit) ? arrived : null;
  } catch {
    return null;
  }
};

/** The buttons of the issuers that the shop has. */
export const providers: SignInWay = {
  name: 'provider',
  isOffered: async ({ app }) => (await enabledProviders(app)).length > 0,
  form: async (visit, { refusal, way }) => {
    const { words, app } = visit;
    const links = (await enabledProviders(app)).map(
      ({ id, name }) =>
        html`<a class="button second" href="${pathOf(visit, `/provider/${id}`)}">${filled(words.signInProvider, { provider: name })}</a>`,
    );
    return html`<p class="or">${words.or}</p>${way === 'provider' && refusal && html`<span class="alarm" role="alert">${sentenceOf(visit, refusal)}</span>`}${links}`;
  },
  take: async (visit) => ({ kind: 'next', path: pathOf(visit) }),
};

const enabledProviders = ({ backend }: App): Promise<{ id: string; name: string }[]> =>
  backend.database.sql('select id::text as id, name from identity_provider where is_enabled order by id limit 20', []);

const refusalOf = ({ code, params }: DomainError): Arrived['refusal'] => ({ code, params });

/** `…/provider/{id}`: off to the issuer. */
export const beginProvider = async (visit: Visit): Promise<void> => {
  const { app, request, response, query } = visit;
  const id = /\/provider\/([\da-f-]{36})/.exec(request.url ?? '')?.[1] ?? '';
  const loginHint = visit.asked?.parameters.login_hint ?? query.get('login_hint');
  const at = pathOf(visit);
  try {
    const { url, kept } = await issuersOf(app).begin(id, { at, ...(loginHint ? { loginHint } : {}) });
    setCookie(app, response, ERRAND, kept, ERRAND_SECONDS);
    goTo(response, url.href);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    tellPage(visit, { at, sessionId: null, refusal: refusalOf(error) });
  }
};

/** `/account/login/callback`: back from the issuer. */
export const finishProvider = async (visit: Visit): Promise<void> => {
  const { app, request, response, facts } = visit;
  const issuers = issuersOf(app);
  const kept = cookieOf(app, request, ERRAND);
  setCookie(app, response, ERRAND, '', 0);
  const at = issuers.beganAt(kept) ?? '/account/login';
  try {
    const { providerId, claims } = await issuers.finish(kept, new URL(request.url ?? '/', app.publicUrl));
    const { session } = await app.transact('anonymous', (tx) =>
      signInByProvider(tx, providerId, claims, (inner, customerId, method) => openBrowserSession(inner, customerId, facts, method)),
    );
    signBrowserIn(app, response, session.browserToken);
    tellPage(visit, { at, sessionId: session.sessionId, refusal: null });
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    tellPage(visit, { at, sessionId: null, refusal: refusalOf(error) });
  }
};
