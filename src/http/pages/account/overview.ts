import { updateCustomer } from '../../../capabilities/customers/update.ts';
import { type Html, html } from '../../../core/html.ts';
import { LANGUAGES, languageOf } from '../../../core/language.ts';
import { readForm } from '../../form.ts';
import { goTo } from '../page.ts';
import { type Filling, input, select } from './fields.ts';
import { card, done, refusalOf, show, strongly } from './layout.ts';
import { newsCard } from './news.ts';
import { orderList, ordersOf } from './orders.ts';
import { asOwner, type Own, type Refused, submit } from './own.ts';
import { paymentCards } from './payments.ts';
import { aboutCard } from './shop-fields.ts';
import { creditFacts, creditOf } from './store-credit.ts';

const NEWEST = 3;
const FORM = 'profile';

/** The languages of these pages, each by its own name, and hers as she has it. */
const languagesFor = ({ profile: { locale }, says: { text }, formats }: Own): (readonly [string, string, string?])[] => {
  const isOurs = locale?.toLowerCase().startsWith(languageOf(locale));
  const tags = LANGUAGES.map((language) => (isOurs && locale && languageOf(locale) === language ? locale : language));
  return [
    ['', text.languageBrowser],
    ...[...tags, ...(locale && !isOurs ? [locale] : [])].map((tag) => [tag, formats.nameOfLanguage(tag), tag] as const),
  ];
};

const profileForm = (own: Own, refused: Refused | null): Html => {
  const { text } = own.says;
  const { firstName, lastName, locale } = own.profile;
  const filling: Filling = { own, form: FORM, refused, values: { firstName, lastName, locale } };
  return html`${refusalOf(own, refused, FORM, ['firstName', 'lastName', 'locale'])}<form method="post" action="/account/profile"><div class="pair">
${input(filling, { name: 'firstName', label: text.firstName, autocomplete: 'given-name' })}
${input(filling, { name: 'lastName', label: text.lastName, autocomplete: 'family-name' })}</div>
${select(filling, { name: 'locale', label: text.language, autocomplete: 'language' }, languagesFor(own))}
<button class="small-button">${text.save}</button></form>`;
};

/** The page with a form that was refused, or as it is. */
export const showOverview = async (own: Own, refused: Refused | null): Promise<void> => {
  const { text } = own.says;
  const { firstName, lastName, email } = own.profile;
  const name = [firstName, lastName].filter(Boolean).join(' ');
  const title = name ? text.greeting.replace('{name}', () => name) : text.greetingNobody;
  const [{ nodes, pageInfo }, accounts] = await Promise.all([ordersOf(own, NEWEST), creditOf(own)]);
  const newest = nodes.length > 0 ? orderList(own, nodes) : html`<p>${text.ordersNone}</p>`;
  const body = html`${email && html`<p>${strongly(own.words.continueIntro, { email })}</p>`}
${card('newest', text.ordersNewest, html`${newest}${pageInfo.hasNextPage && html`<a class="link" href="/account/orders">${text.allOrders}</a>`}`)}
${accounts.length > 0 && card('credit', text.storeCredit, html`<div class="pair">${accounts.map((account) => html`<div>${creditFacts(own, account)}</div>`)}</div>`)}
${await paymentCards(own)}${card('profile', text.profile, profileForm(own, refused))}${await aboutCard(own, refused)}${await newsCard(own, refused)}`;
  show(own, { section: 'overview', title, body, refused });
};

/** `/account`: who is signed in, and the newest of everything. */
export const overview = (own: Own): Promise<void> => showOverview(own, null);

/** `/account/profile`: the names and the language. */
export const profile = async (own: Own): Promise<void> => {
  if (own.request.method !== 'POST') return goTo(own.response, '/account');
  const typed = await readForm(own.app, own.request);
  const given = { firstName: typed.get('firstName') ?? '', lastName: typed.get('lastName') ?? '', locale: typed.get('locale') ?? '' };
  const run = async (): Promise<string> => {
    await asOwner(own, (tx) => updateCustomer(tx, own.customerId, given));
    return done('/account', 'saved');
  };
  return submit(own, { form: FORM, typed, path: '/account' }, run, showOverview);
};
