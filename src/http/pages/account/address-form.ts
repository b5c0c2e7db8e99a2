import { createAddress } from '../../../capabilities/addresses/create.ts';
import { ADDRESS_FIELDS, type AddressFields, type AddressInput } from '../../../capabilities/addresses/fields.ts';
import { TERRITORY_CODES, territoryName } from '../../../capabilities/addresses/territories.ts';
import { updateAddress } from '../../../capabilities/addresses/update.ts';
import { type Html, html } from '../../../core/html.ts';
import { readForm } from '../../form.ts';
import { bookOf } from './addresses.ts';
import { type Field, type Filling, input, select } from './fields.ts';
import { done, refusalOf, show } from './layout.ts';
import { asOwner, notHers, type Own, type Refused, submit } from './own.ts';

const PATH = '/account/addresses';
const FORM = 'address';

const AUTOCOMPLETE: Readonly<Record<keyof AddressFields, string>> = {
  firstName: 'given-name',
  lastName: 'family-name',
  company: 'organization',
  address1: 'address-line1',
  address2: 'address-line2',
  city: 'address-level2',
  zip: 'postal-code',
  zoneCode: 'address-level1',
  territoryCode: 'country',
  phoneNumber: 'tel',
};

type Values = Partial<AddressFields>;

interface Edited {
  readonly path: string;
  readonly title: string;
  readonly values: Values;
  readonly isDefault: boolean;
}

const countriesFor = ({ says: { text }, language, formats }: Own): (readonly [string, string])[] => {
  const named = TERRITORY_CODES.map((code) => [code, territoryName(code, language)] as const);
  return [['', text.countryChoose], ...named.sort(([, one], [, other]) => formats.inOrder(one, other))];
};

const fieldsOf = (own: Own, filling: Filling): Html => {
  const { text, address } = own.says;
  const field = (name: keyof AddressFields, label: string, more: Partial<Field> = {}): Html =>
    input(filling, { name, label, autocomplete: AUTOCOMPLETE[name], ...more });
  return html`${select(filling, { name: 'territoryCode', label: text.country, autocomplete: AUTOCOMPLETE.territoryCode }, countriesFor(own))}
<div class="pair">${field('firstName', text.firstName)}${field('lastName', text.lastName)}</div>
${field('company', address.company)}${field('address1', address.address1)}${field('address2', address.address2)}
<div class="pair">${field('zip', address.zip)}${field('city', address.city)}</div>
<div class="pair">${field('zoneCode', address.zoneCode)}${field('phoneNumber', address.phoneNumber, { type: 'tel' })}</div>`;
};

const showForm = (own: Own, { path, title, values, isDefault }: Edited, refused: Refused | null): void => {
  const { text } = own.says;
  const filling: Filling = { own, form: FORM, refused, values };
  const wantsDefault = refused ? refused.typed.has('default') : false;
  const body = html`${refusalOf(own, refused, FORM, ADDRESS_FIELDS)}<div class="card"><form method="post" action="${path}">${fieldsOf(own, filling)}
${!isDefault && html`<label class="check"><input type="checkbox" name="default" value="1"${wantsDefault && html` checked`}> ${text.addressUseAsDefault}</label>`}
<div class="actions"><button class="small-button">${text.save}</button><a class="link" href="${PATH}">${text.cancel}</a></div></form></div>`;
  show(own, { section: 'addresses', title, body, refused, above: html`<a class="back" href="${PATH}">${text.addresses}</a>` });
};

const inputOf = (typed: URLSearchParams): AddressInput => Object.fromEntries(ADDRESS_FIELDS.map((name) => [name, typed.get(name) ?? '']));

const take = async (own: Own, edited: Edited, write: (given: AddressInput, makeDefault: boolean) => Promise<object>): Promise<void> => {
  if (own.request.method !== 'POST') return showForm(own, edited, null);
  const typed = await readForm(own.app, own.request);
  const run = async (): Promise<string> => {
    await write(inputOf(typed), typed.has('default'));
    return done(PATH, 'saved');
  };
  return submit(own, { form: FORM, typed, path: edited.path }, run, async (again, refused) => showForm(again, edited, refused));
};

/** `/account/addresses/new`. */
export const newAddress = (own: Own): Promise<void> => {
  const { firstName, lastName } = own.profile;
  const edited = { path: `${PATH}/new`, title: own.says.text.addressAdd, values: { firstName, lastName }, isDefault: false };
  return take(own, edited, (given, makeDefault) =>
    asOwner(own, (tx) => createAddress(tx, own.customerId, given, makeDefault, ['address'], { mustBeDeliverable: true })),
  );
};

/** `/account/addresses/{id}`. */
export const editAddress = async (own: Own): Promise<void> => {
  const kept = (await bookOf(own)).find(({ id }) => id === own.named[0]);
  if (!kept) return notHers(own);
  const edited = { path: `${PATH}/${kept.id}`, title: own.says.text.addressEdit, values: kept as Values, isDefault: kept.isDefault };
  return take(own, edited, (given, makeDefault) =>
    asOwner(own, (tx) => updateAddress(tx, own.customerId, kept.id, given, makeDefault || null, ['address'], { mustBeDeliverable: true })),
  );
};
