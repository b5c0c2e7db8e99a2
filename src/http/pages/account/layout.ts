import { filled, type Html, html } from '../../../core/html.ts';
import { render, send } from '../page.ts';
import { sentenceOf } from '../visit.ts';
import type { Own, Refused } from './own.ts';

const SECTIONS = [
  ['overview', '/account'],
  ['orders', '/account/orders'],
  ['storeCredit', '/account/store-credit'],
  ['favourites', '/account/favourites'],
  ['addresses', '/account/addresses'],
  ['security', '/account/security'],
  ['privacy', '/account/privacy'],
] as const;

type Section = (typeof SECTIONS)[number][0];

/** What a page can say that has just been done: `?done=` names it. */
const DONE = {
  saved: 'saved',
  deleted: 'deleted',
  removed: 'removed',
  device: 'signedOutDevice',
  others: 'signedOutOthers',
  confirmed: 'confirmedDone',
  erase: 'eraseAsked',
  keep: 'eraseKept',
} as const;

/** The path of a page that is to say what was done. */
export const done = (path: string, what: keyof typeof DONE): string => `${path}?done=${what}`;

const menuOf = ({ says: { text }, request }: Own, section: Section): Html => {
  const path = (request.url ?? '').split('?')[0];
  const current = (at: string): Html => html` aria-current="${path === at ? 'page' : 'true'}"`;
  return html`<nav class="menu" aria-label="${text.menu}"><ul>${SECTIONS.map(
    ([name, at]) => html`<li><a href="${at}"${name === section && current(at)}>${text[name]}</a></li>`,
  )}</ul></nav>`;
};

/** What was done, read first by whoever hears the page. */
const noticeOf = ({ query, says: { text } }: Own): Html | null => {
  const what = query.get('done') ?? '';
  if (!Object.hasOwn(DONE, what)) return null;
  return html`<p class="notice" role="status" tabindex="-1" autofocus>${text[DONE[what as keyof typeof DONE]]}</p>`;
};

export interface Shown {
  readonly section: Section;
  readonly title: string;
  readonly body: Html;
  /** Stands above the heading: the way back. */
  readonly above?: Html;
  readonly refused?: Refused | null;
  readonly images?: readonly string[];
  readonly usesPasskeys?: boolean;
}

/** Shows a page of the account. */
export const show = (own: Own, { section, title, body, above, refused, images = [], usesPasskeys = false }: Shown): void => {
  const whole = html`${above}<h1>${title}</h1>${!refused && noticeOf(own)}${body}`;
  const page = { title, body: whole, menu: menuOf(own, section), images, usesPasskeys, status: refused ? 400 : 200, hasError: Boolean(refused) };
  send(own.response, render(own, page));
};

/** A part of a page under a heading of its own. */
export const card = (id: string, heading: string | Html, body: Html): Html =>
  html`<section class="card" aria-labelledby="${id}"><h2 id="${id}">${heading}</h2>${body}</section>`;

/** Something that is done only after a second look; without scripts. */
export const ask = (label: string, question: string | Html, form: Html, isOpen = false): Html =>
  html`<details class="ask"${isOpen && html` open`}><summary>${label}</summary><div><p>${question}</p>${form}</div></details>`;

/** The refusal of a form as a whole: what no field of it shows. */
export const refusalOf = (own: Own, refused: Refused | null | undefined, form: string, fields: readonly string[] = []): Html | null => {
  if (refused?.form !== form || fields.includes(refused.error.field?.at(-1) ?? '')) return null;
  return html`<p class="notice bad" role="alert" tabindex="-1" autofocus>${sentenceOf(own, refused.error)}</p>`;
};

/** Links to the pages before and after this one of a list. */
export const pager = ({ says: { text } }: Own, path: string, { before, after }: { before: string | null; after: string | null }): Html | null => {
  if (before === null && after === null) return null;
  const link = (name: 'before' | 'after', cursor: string | null, label: string): Html | null =>
    cursor === null
      ? null
      : html`<a class="button second small-button" rel="${name === 'before' ? 'prev' : 'next'}"
 href="${path}?${new URLSearchParams({ [name]: cursor }).toString()}">${label}</a>`;
  return html`<div class="pager">${link('before', before, text.newer)}${link('after', after, text.older)}</div>`;
};

/** A sentence with a value that stands out in it. */
export const strongly = (sentence: string, values: Readonly<Record<string, string | Html>>): Html =>
  filled(sentence, Object.fromEntries(Object.entries(values).map(([name, value]) => [name, html`<strong>${value}</strong>`])));
