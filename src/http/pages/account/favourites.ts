import { removeWishlistItem } from '../../../capabilities/wishlists/items.ts';
import { createWishlist, deleteWishlist } from '../../../capabilities/wishlists/lists.ts';
import { clearViewed, VIEWED_MAX } from '../../../capabilities/wishlists/viewed.ts';
import { filled, type Html, html } from '../../../core/html.ts';
import { uuidOf } from '../../../core/uuid.ts';
import { type Filling, input } from './fields.ts';
import { ask, card, done, refusalOf, show } from './layout.ts';
import { asOwner, type Own, type Refused } from './own.ts';
import { PROFILE_WORDS } from './profile-words.ts';

const FAVOURITES = '/account/favourites';
const THUMBNAIL = 64;
const VIEWED_SHOWN = 12;

const read = ({ app, customerId }: Own) => {
  const { read: reader } = app.backend.database;
  const product = { id: true, title: true, imageUrl: true, url: true } as const;
  return Promise.all([
    reader.wishlist.findMany({
      where: { customerId },
      orderBy: { id: 'asc' },
      select: { id: true, name: true, items: { select: { ...product, createdAt: true }, orderBy: { id: 'desc' } } },
    }),
    reader.viewedProduct.findMany({
      where: { customerId },
      orderBy: [{ viewedAt: 'desc' }, { id: 'desc' }],
      take: Math.min(VIEWED_SHOWN, VIEWED_MAX),
      select: { ...product, viewedAt: true },
    }),
  ]);
};

interface Product {
  readonly title: string;
  readonly imageUrl: string | null;
  readonly url: string | null;
}

const pictureOf = ({ imageUrl }: Product): Html =>
  imageUrl?.startsWith('https:')
    ? html`<img src="${imageUrl}" alt="" width="${THUMBNAIL}" height="${THUMBNAIL}" loading="lazy">`
    : html`<span class="blank"></span>`;

const titleOf = ({ title, url }: Product): Html =>
  url ? html`<a class="product" href="${url}" rel="noreferrer">${title}</a>` : html`<strong>${title}</strong>`;

type Lists = Awaited<ReturnType<typeof read>>[0];

const listCard = (own: Own, { id, name, items }: Lists[number]): Html => {
  const { says, formats, language } = own;
  const { text } = PROFILE_WORDS[language];
  const itemRow = (item: Lists[number]['items'][number]): Html => html`<li class="line">${pictureOf(item)}
<span class="what">${titleOf(item)}<span class="soft">${filled(text.added, { day: formats.day(item.createdAt) })}</span></span>
<div class="end"><form method="post" action="${FAVOURITES}/remove"><input type="hidden" name="id" value="${item.id}">
<button class="link">${says.text.remove}<span class="hidden"> (${item.title})</span></button></form></div></li>`;
  const remove = html`<form method="post" action="${FAVOURITES}/delete"><input type="hidden" name="id" value="${id}">
<button class="small-button danger">${text.listDelete}<span class="hidden"> (${name})</span></button></form>`;
  const list = items.length > 0 ? html`<ul class="rows">${items.map(itemRow)}</ul>` : html`<p>${text.listEmpty}</p>`;
  return card(
    id,
    name,
    html`${list}${ask(
      text.listDelete,
      text.listDeleteAsk.replace('{list}', () => name),
      remove,
    )}`,
  );
};

const viewedCard = ({ language }: Own, viewed: readonly Product[]): Html | null => {
  if (viewed.length === 0) return null;
  const { text } = PROFILE_WORDS[language];
  const row = (product: Product): Html => html`<li class="line">${pictureOf(product)}<span class="what">${titleOf(product)}</span></li>`;
  return card(
    'viewed',
    text.viewed,
    html`<ul class="rows">${viewed.map(row)}</ul><form method="post" action="${FAVOURITES}/forget"><button class="link">${text.viewedForget}</button></form>`,
  );
};

const newListCard = (own: Own, refused: Refused | null): Html => {
  const { text } = PROFILE_WORDS[own.language];
  const filling: Filling = { own, form: 'list', refused, values: {} };
  return card(
    'new-list',
    text.listNew,
    html`<form method="post" action="${FAVOURITES}/create">${refusalOf(own, refused, 'list', ['name'])}
${input(filling, { name: 'name', label: text.listName, autocomplete: 'off', isRequired: true })}<button class="small-button">${own.says.text.save}</button></form>`,
  );
};

/** The page with a form that was refused, or as it is. */
export const showFavourites = async (own: Own, refused: Refused | null): Promise<void> => {
  const [lists, viewed] = await read(own);
  const { text } = PROFILE_WORDS[own.language];
  const none = lists.length === 0 && html`<p class="card">${text.favouritesNone}</p>`;
  const body = html`${refusalOf(own, refused, 'favourites')}${none}${lists.map((list) => listCard(own, list))}${viewedCard(own, viewed)}${newListCard(own, refused)}`;
  const images = [...lists.flatMap(({ items }) => items), ...viewed].flatMap(({ imageUrl }) => (imageUrl ? [imageUrl] : []));
  show(own, { section: 'favourites', title: own.says.text.favourites, body, refused, images });
};

/** `/account/favourites`: what she has saved and looked at. */
export const favourites = (own: Own): Promise<void> => showFavourites(own, null);

export const removeItem = async (own: Own, typed: URLSearchParams): Promise<string> => {
  await asOwner(own, (tx) => removeWishlistItem(tx, uuidOf(typed.get('id') ?? ''), own.customerId));
  return done(FAVOURITES, 'removed');
};

export const removeList = async (own: Own, typed: URLSearchParams): Promise<string> => {
  await asOwner(own, (tx) => deleteWishlist(tx, uuidOf(typed.get('id') ?? ''), own.customerId));
  return done(FAVOURITES, 'removed');
};

export const addList = async (own: Own, typed: URLSearchParams): Promise<string> => {
  await asOwner(own, (tx) => createWishlist(tx, own.customerId, typed.get('name') ?? ''));
  return done(FAVOURITES, 'saved');
};

export const forgetViewed = async (own: Own): Promise<string> => {
  await asOwner(own, (tx) => clearViewed(tx, own.customerId));
  return done(FAVOURITES, 'removed');
};
