import { FORM_TYPES } from '../../../capabilities/metafields/define.ts';
import { deleteMetafields } from '../../../capabilities/metafields/delete.ts';
import { setMetafields } from '../../../capabilities/metafields/set.ts';
import type { Validation } from '../../../capabilities/metafields/validations.ts';
import { DomainError } from '../../../core/errors.ts';
import { type Html, html } from '../../../core/html.ts';
import type { Tx } from '../../../db/transact.ts';
import type { Visit } from '../visit.ts';
import { type Filling, input, lines, select } from './fields.ts';
import { card, done, refusalOf } from './layout.ts';
import { asOwner, type Own, type Refused } from './own.ts';
import { PROFILE_WORDS } from './profile-words.ts';

/*
 * The shop's own fields, by their definitions: each is asked for in the way of its type, checked where all values are, and refused beside
 * its field.
 */

const FORM = 'about';

export interface ShopField {
  readonly namespace: string;
  readonly key: string;
  readonly title: string;
  readonly description: string | null;
  readonly type: string;
  readonly validations: readonly Validation[];
  readonly isEditable: boolean;
  readonly value: string | null;
}

/** How a field is called in a form. */
const nameOf = ({ namespace, key }: ShopField): string => `${namespace}.${key}`;

/** The fields that a page shows, with the customer's values. */
export const shopFieldsOf = async ({ app }: Pick<Visit, 'app'>, customerId: string, page: 'account' | 'signUp'): Promise<ShopField[]> => {
  const rows = await app.backend.database.read.metafieldDefinition.findMany({
    where: page === 'account' ? { onAccountPage: true, customerAccess: { not: 'NONE' } } : { atSignUp: true, customerAccess: 'READ_WRITE' },
    select: {
      namespace: true,
      key: true,
      name: true,
      description: true,
      type: true,
      validations: true,
      customerAccess: true,
      metafields: { where: { customerId }, select: { value: true } },
    },
    orderBy: { id: 'asc' },
  });
  return rows.map(({ namespace, key, name, description, type, validations, customerAccess, metafields }) => ({
    namespace,
    key,
    title: name,
    description,
    type,
    validations: validations as unknown as Validation[],
    isEditable: customerAccess === 'READ_WRITE' && FORM_TYPES.includes(type),
    value: metafields[0]?.value ?? null,
  }));
};

const choicesOf = ({ validations }: ShopField): string[] | null => {
  const rule = validations.find(({ name }) => name === 'choices');
  return rule ? (JSON.parse(rule.value) as string[]) : null;
};

const editable = (filling: Filling, field: ShopField): Html => {
  const { text } = PROFILE_WORDS[filling.own.language];
  const { title: label, description, type } = field;
  const shown = { name: nameOf(field), label, autocomplete: 'off', ...(description ? { hint: description } : {}) };
  const choices = choicesOf(field);
  if (choices) return select(filling, shown, [['', text.notSaid], ...choices.map((choice) => [choice, choice] as const)]);
  if (type === 'boolean')
    return select(filling, shown, [
      ['', text.notSaid],
      ['true', text.yes],
      ['false', text.no],
    ]);
  if (type === 'multi_line_text_field') return lines(filling, shown);
  if (type === 'date' || type === 'url') return input(filling, { ...shown, type, max: 2_000 });
  if (type.startsWith('number_')) return input(filling, { ...shown, mode: type === 'number_integer' ? 'numeric' : 'decimal' });
  return input(filling, { ...shown, max: 5_000 });
};

/** A value that can be read and not written here. */
const readable = ({ language }: Visit, { title, type, value }: ShopField): Html | null => {
  const { text } = PROFILE_WORDS[language];
  if (value === null) return null;
  return html`<div><dt>${title}</dt><dd>${type === 'boolean' ? (value === 'true' ? text.yes : text.no) : value}</dd></div>`;
};

/** The form's fields, in the order of their definitions. */
export const askFor = (visit: Visit, fields: readonly ShopField[], refused: Refused | null): Html => {
  const values = Object.fromEntries(fields.map((field) => [nameOf(field), field.value]));
  const filling: Filling = { own: visit, form: FORM, refused, values };
  return html`${fields.filter(({ isEditable }) => isEditable).map((field) => editable(filling, field))}`;
};

/** What the shop would like to know of her; nothing where it asks for nothing. */
export const aboutCard = async (own: Own, refused: Refused | null): Promise<Html | null> => {
  const fields = await shopFieldsOf(own, own.customerId, 'account');
  const asked = fields.filter(({ isEditable }) => isEditable);
  const told = fields.filter(({ isEditable }) => !isEditable).flatMap((field) => readable(own, field) ?? []);
  if (asked.length + told.length === 0) return null;
  const form = html`${refusalOf(own, refused, FORM, asked.map(nameOf))}<form method="post" action="/account/about">${askFor(own, fields, refused)}
<button class="small-button">${own.says.text.save}</button></form>`;
  const facts = told.length > 0 && html`<dl class="facts">${told}</dl>`;
  return card('about', PROFILE_WORDS[own.language].text.about, html`${facts}${asked.length > 0 && form}`);
};

/** Keeps what was typed: an empty field takes the value away. Refuses what is no value, at the name of its field. */
export const keepTyped = async (tx: Tx, customerId: string, fields: readonly ShopField[], typed: URLSearchParams): Promise<void> => {
  const given = fields.filter((field) => field.isEditable && typed.has(nameOf(field)));
  const typedFor = (field: ShopField): string => (typed.get(nameOf(field)) ?? '').trim().replace(/\r\n/g, '\n');
  for (const field of given) {
    const { namespace, key } = field;
    try {
      if (typedFor(field) === '') await deleteMetafields(tx, [{ customerId, namespace, key }], 'customer');
      else await setMetafields(tx, [{ customerId, namespace, key, value: typedFor(field) }], 'customer');
    } catch (error) {
      if (error instanceof DomainError && error.field?.[0] === 'metafields') throw new DomainError(error.code, [nameOf(field)], error.params);
      throw error;
    }
  }
};

/** `/account/about`: what the shop would like to know of her. */
export const changeAbout = async (own: Own, typed: URLSearchParams): Promise<string> => {
  const fields = await shopFieldsOf(own, own.customerId, 'account');
  await asOwner(own, (tx) => keepTyped(tx, own.customerId, fields, typed));
  return done('/account', 'saved');
};
