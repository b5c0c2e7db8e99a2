import { deleteAddress } from '../../../capabilities/addresses/delete.ts';
import { ADDRESS_FIELDS, type AddressFields } from '../../../capabilities/addresses/fields.ts';
import { formatAddress } from '../../../capabilities/addresses/format.ts';
import { updateAddress } from '../../../capabilities/addresses/update.ts';
import { readablePhone } from '../../../capabilities/customers/phone.ts';
import { type Html, html } from '../../../core/html.ts';
import { uuidOf } from '../../../core/uuid.ts';
import { readForm } from '../../form.ts';
import { goTo } from '../page.ts';
import { ask, done, refusalOf, show } from './layout.ts';
import { asOwner, type Own, type Refused, submit } from './own.ts';

const PATH = '/account/addresses';

type Kept = AddressFields & { readonly id: string; readonly isDefault: boolean };

const COLUMNS = { id: true, ...(Object.fromEntries(ADDRESS_FIELDS.map((name) => [name, true])) as Record<keyof AddressFields, true>) };

/** Her address book, the default first and then as it grew. */
export const bookOf = async ({ app, customerId }: Own): Promise<Kept[]> => {
  const { read } = app.backend.database;
  const [rows, customer] = await Promise.all([
    read.address.findMany({ where: { customerId }, select: COLUMNS, orderBy: { id: 'asc' } }),
    read.customer.findUnique({ where: { id: customerId }, select: { defaultAddressId: true } }),
  ]);
  const book = rows.map((row) => ({ ...row, isDefault: row.id === customer?.defaultAddressId }));
  return [...book.filter(({ isDefault }) => isDefault), ...book.filter(({ isDefault }) => !isDefault)];
};

const addressCard = (own: Own, address: Kept, isAlone: boolean): Html => {
  const { text } = own.says;
  const lines = formatAddress(address, { withName: true, withCompany: true, language: own.language });
  const name = lines[0] ?? '';
  const one = (label: string): Html => html`${label}<span class="hidden"> (${name})</span>`;
  const form = (what: string, button: Html): Html => html`<form method="post" action="${PATH}/${address.id}/${what}">${button}</form>`;
  return html`<li class="card">${address.isDefault && html`<p class="badge">${text.addressDefault}</p>`}
<address>${[...lines, ...(address.phoneNumber ? [readablePhone(address.phoneNumber)] : [])].map((line) => html`<span>${line}</span>`)}</address>
<div class="actions"><a class="link" href="${PATH}/${address.id}">${one(text.edit)}</a>
${!address.isDefault && form('default', html`<button class="link">${one(text.addressMakeDefault)}</button>`)}
${(!address.isDefault || isAlone) && ask(text.delete, text.deleteAddressAsk, form('delete', html`<button class="small-button danger">${one(text.delete)}</button>`))}</div></li>`;
};

const showBook = async (own: Own, refused: Refused | null): Promise<void> => {
  const { text } = own.says;
  const book = await bookOf(own);
  const list = html`<ul class="cards">${book.map((address) => addressCard(own, address, book.length === 1))}</ul>`;
  const body = html`${refusalOf(own, refused, 'book')}${book.length > 0 ? list : html`<p class="card">${text.addressNone}</p>`}
<a class="button small-button" href="${PATH}/new">${text.addressAdd}</a>`;
  show(own, { section: 'addresses', title: text.addresses, body, refused });
};

/** `/account/addresses`: the address book. */
export const addresses = (own: Own): Promise<void> => showBook(own, null);

/** `/account/addresses/{id}/default` and `…/delete`. */
export const changeBook = async (own: Own): Promise<void> => {
  const [id = '', what] = own.named;
  if (own.request.method !== 'POST') return goTo(own.response, PATH);
  const typed = await readForm(own.app, own.request);
  const addressId = uuidOf(id);
  const run = async (): Promise<string> => {
    if (what === 'delete') await asOwner(own, (tx) => deleteAddress(tx, own.customerId, addressId));
    else await asOwner(own, (tx) => updateAddress(tx, own.customerId, addressId, {}, true));
    return done(PATH, what === 'delete' ? 'deleted' : 'saved');
  };
  return submit(own, { form: 'book', typed, path: PATH }, run, showBook);
};
