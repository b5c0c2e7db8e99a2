import { readForm } from '../../form.ts';
import { goTo } from '../page.ts';
import type { Visit } from '../visit.ts';
import { editAddress, newAddress } from './address-form.ts';
import { addresses, changeBook } from './addresses.ts';
import { withdrawApp } from './apps.ts';
import { endDevice, endOthers } from './devices.ts';
import { emailChange, emailCode } from './email-change.ts';
import { addList, favourites, forgetViewed, removeItem, removeList, showFavourites } from './favourites.ts';
import { changeNews } from './news.ts';
import { order } from './order.ts';
import { orders } from './orders.ts';
import { overview, profile, showOverview } from './overview.ts';
import { type Own, type OwnPage, ownPage, type Refused, submit } from './own.ts';
import { add, creationOptions, remove, rename } from './passkeys.ts';
import { changeOwn, removeOwn } from './password.ts';
import { download, eraseOwn, keepOwn, privacy, showPrivacy } from './privacy.ts';
import { disconnect } from './providers.ts';
import { security, showSecurity } from './security.ts';
import { changeAbout } from './shop-fields.ts';
import { creditHistory, storeCredit } from './store-credit.ts';

/** A form that posts to a path of its own, which is no page: refused, the page that it stands on is shown again. */
const formOn =
  (path: string, showPage: (own: Own, refused: Refused) => Promise<void>) =>
  (run: (own: Own, typed: URLSearchParams) => Promise<string | null>, formOf: (typed: URLSearchParams) => string): OwnPage =>
  async (own) => {
    if (own.request.method !== 'POST') return goTo(own.response, path);
    const typed = await readForm(own.app, own.request);
    return submit(own, { form: formOf(typed), typed, path }, () => run(own, typed), showPage);
  };

const securityForm = formOn('/account/security', showSecurity);
const privacyForm = formOn('/account/privacy', showPrivacy);

const favouritesForm = formOn('/account/favourites', showFavourites);
const overviewForm = formOn('/account', showOverview);

const GET = ['GET'];
const BOTH = ['GET', 'POST'];
const ID = '([\\da-f]{8}(?:-[\\da-f]{4}){3}-[\\da-f]{12})';
const at = (path: string): RegExp => new RegExp(`^/account${path}$`);

const PAGES: readonly (readonly [RegExp, readonly string[], OwnPage])[] = [
  [at(''), GET, overview],
  [at('/profile'), BOTH, profile],
  [at('/about'), BOTH, overviewForm(changeAbout, () => 'about')],
  [at('/news/(email|whatsapp|sms)/(start|stop)'), BOTH, overviewForm(changeNews, () => 'news')],
  [at('/favourites'), GET, favourites],
  [at('/favourites/create'), BOTH, favouritesForm(addList, () => 'list')],
  [at('/favourites/remove'), BOTH, favouritesForm(removeItem, () => 'favourites')],
  [at('/favourites/delete'), BOTH, favouritesForm(removeList, () => 'favourites')],
  [at('/favourites/forget'), BOTH, favouritesForm(forgetViewed, () => 'favourites')],
  [at('/orders'), GET, orders],
  [at(`/orders/${ID}`), GET, order],
  [at('/store-credit'), GET, storeCredit],
  [at('/store-credit/([A-Z]{3})'), GET, creditHistory],
  [at('/addresses'), GET, addresses],
  [at('/addresses/new'), BOTH, newAddress],
  [at(`/addresses/${ID}`), BOTH, editAddress],
  [at(`/addresses/${ID}/(default|delete)`), BOTH, changeBook],
  [at('/security'), GET, security],
  [at('/security/email'), BOTH, emailChange],
  [at('/security/email/code'), BOTH, emailCode],
  [at('/security/devices'), BOTH, securityForm(endDevice, () => 'devices')],
  [at('/security/devices/others'), BOTH, securityForm(endOthers, () => 'devices')],
  [at('/security/passkeys/options'), BOTH, creationOptions],
  [at('/security/passkeys/add'), BOTH, securityForm(add, () => 'add-passkey')],
  [at('/security/passkeys/rename'), BOTH, securityForm(rename, (typed) => `rename-${typed.get('id')}`)],
  [at('/security/passkeys/remove'), BOTH, securityForm(remove, (typed) => `remove-${typed.get('id')}`)],
  [at('/security/providers'), BOTH, securityForm(disconnect, () => 'providers')],
  [at('/security/applications'), BOTH, securityForm(withdrawApp, () => 'apps')],
  [at('/security/password'), BOTH, securityForm(changeOwn, () => 'change')],
  [at('/security/password/remove'), BOTH, securityForm(removeOwn, () => 'remove')],
  [at('/privacy'), GET, privacy],
  [at('/privacy/download'), BOTH, privacyForm(download, () => 'download')],
  [at('/privacy/erase'), BOTH, privacyForm(eraseOwn, () => 'erase')],
  [at('/privacy/keep'), BOTH, privacyForm(keepOwn, () => 'erase')],
];

/** The customer's account: paths, methods, and what they show to whom. */
export const ACCOUNT_PAGES: readonly {
  readonly path: RegExp;
  readonly methods: readonly string[];
  readonly page: (visit: Visit) => Promise<void>;
}[] = PAGES.map(([path, methods, page]) => ({ path, methods, page: ownPage(page, path) }));
