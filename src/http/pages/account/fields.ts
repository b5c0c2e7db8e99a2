import { type Html, html } from '../../../core/html.ts';
import type { Visit } from '../visit.ts';
import { sentenceOf } from '../visit.ts';
import type { Refused } from './own.ts';

/** What a form's fields are made with. */
export interface Filling {
  readonly own: Visit;
  readonly form: string;
  readonly refused: Refused | null | undefined;
  /** What the fields hold until something was typed. */
  readonly values: Readonly<Record<string, string | null>>;
}

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly type?: 'text' | 'email' | 'password' | 'tel' | 'date' | 'url';
  readonly autocomplete: string;
  readonly hint?: string;
  readonly isRequired?: boolean;
  readonly max?: number;
  readonly mode?: 'numeric' | 'decimal';
}

const isRefused = ({ form, refused }: Filling, name: string): boolean => refused?.form === form && refused.error.field?.at(-1) === name;

/** What a field holds: as it was typed, when that was refused. Passwords are typed again. */
const heldIn = ({ form, refused, values }: Filling, name: string): string => (refused?.form === form ? refused.typed.get(name) : values[name]) ?? '';

const idOf = ({ form }: Filling, name: string): string => `${form}-${name}`;

const refusalAt = (filling: Filling, name: string): Html | null =>
  isRefused(filling, name) && filling.refused
    ? html`<span class="alarm" id="${idOf(filling, name)}-refusal" role="alert">${sentenceOf(filling.own, filling.refused.error)}</span>`
    : null;

const attributes = (filling: Filling, { name, hint }: Pick<Field, 'name' | 'hint'>): Html => {
  const id = idOf(filling, name);
  const refused = isRefused(filling, name);
  const about = [...(hint ? [`${id}-hint`] : []), ...(refused ? [`${id}-refusal`] : [])].join(' ');
  return html`id="${id}" name="${name}"${refused && html` aria-invalid="true" autofocus`}${about && html` aria-describedby="${about}"`}`;
};

/** A labelled field with what was refused of it. */
export const input = (filling: Filling, field: Field): Html => {
  const { name, label, type = 'text', autocomplete, hint, isRequired, max = 255, mode } = field;
  return html`<div class="field"><label for="${idOf(filling, name)}">${label}</label>
<input ${attributes(filling, field)} type="${type}" autocomplete="${autocomplete}" maxlength="${max}"${mode && html` inputmode="${mode}"`}${isRequired && html` required`}
 value="${type === 'password' ? '' : heldIn(filling, name)}">
${hint && html`<span class="hint" id="${idOf(filling, name)}-hint">${hint}</span>`}${refusalAt(filling, name)}</div>`;
};

/** A labelled choice; the first option of the list is for none. */
export const select = (
  filling: Filling,
  { name, label, autocomplete, hint }: Pick<Field, 'name' | 'label' | 'autocomplete' | 'hint'>,
  options: readonly (readonly [string, string, string?])[],
): Html => {
  const value = heldIn(filling, name);
  const option = ([code, text, language]: readonly [string, string, string?]): Html =>
    html`<option value="${code}"${language && html` lang="${language}"`}${code === value && html` selected`}>${text}</option>`;
  return html`<div class="field"><label for="${idOf(filling, name)}">${label}</label>
<select ${attributes(filling, { name, hint })} autocomplete="${autocomplete}">${options.map(option)}</select>
${hint && html`<span class="hint" id="${idOf(filling, name)}-hint">${hint}</span>`}${refusalAt(filling, name)}</div>`;
};

/** A labelled field for several lines. */
export const lines = (filling: Filling, field: Pick<Field, 'name' | 'label' | 'hint' | 'max'>): Html => {
  const { name, label, hint, max = 5_000 } = field;
  return html`<div class="field"><label for="${idOf(filling, name)}">${label}</label>
<textarea ${attributes(filling, field)} rows="4" maxlength="${max}">
${heldIn(filling, name)}</textarea>
${hint && html`<span class="hint" id="${idOf(filling, name)}-hint">${hint}</span>`}${refusalAt(filling, name)}</div>`;
};
