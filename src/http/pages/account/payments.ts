import { filled, type Html, html } from '../../../core/html.ts';
import { card } from './layout.ts';
import type { Own } from './own.ts';
import { PROFILE_WORDS } from './profile-words.ts';

const SHOWN_MAX = 20;

const read = ({ app, customerId }: Own) => {
  const { read: reader } = app.backend.database;
  return Promise.all([
    // What is over is not shown for ever.
    reader.subscriptionContract.findMany({
      where: { customerId, AND: [{ status: { not: 'CANCELLED' } }, { status: { not: 'EXPIRED' } }] },
      orderBy: { id: 'desc' },
      take: SHOWN_MAX,
      select: {
        id: true,
        title: true,
        status: true,
        priceMinor: true,
        currency: true,
        interval: true,
        intervalCount: true,
        nextBillingAt: true,
        manageUrl: true,
      },
    }),
    reader.paymentMethod.findMany({
      where: { customerId },
      orderBy: { id: 'desc' },
      take: SHOWN_MAX,
      select: {
        id: true,
        kind: true,
        status: true,
        label: true,
        brand: true,
        lastDigits: true,
        expiryMonth: true,
        expiryYear: true,
        manageUrl: true,
      },
    }),
  ]);
};

type Subscription = Awaited<ReturnType<typeof read>>[0][number];
type Method = Awaited<ReturnType<typeof read>>[1][number];

const manageLink = ({ language }: Own, url: string | null, what: string): Html | null =>
  url ? html`<a class="link" href="${url}" rel="noreferrer">${PROFILE_WORDS[language].text.manage}<span class="hidden"> (${what})</span></a>` : null;

/** How often, in words where the language has some for it. */
const everyOf = ({ language, formats }: Own, { interval, intervalCount }: Subscription): string => {
  const { text, every } = PROFILE_WORDS[language];
  if (intervalCount === 1) return every[interval];
  return text.interval.replace('{interval}', () => formats.span(intervalCount, interval));
};

const subscriptionRow = (own: Own, subscription: Subscription): Html => {
  const { text, subscription: states } = PROFILE_WORDS[own.language];
  const { title, status, priceMinor, currency, nextBillingAt, manageUrl } = subscription;
  const price = priceMinor === null ? null : own.formats.money(priceMinor, currency);
  const next =
    status === 'ACTIVE' && nextBillingAt && html`<span class="soft">${filled(text.subscriptionNext, { day: own.formats.day(nextBillingAt) })}</span>`;
  return html`<li><div class="row"><span><strong>${title}</strong><span class="soft">${[price, everyOf(own, subscription)].filter(Boolean).join(' · ')}</span>${next}</span>
<span class="end"><span class="badge">${states[status]}</span>${manageLink(own, manageUrl, title)}</span></div></li>`;
};

const nameOf = ({ language }: Own, { label, brand, lastDigits, kind }: Method): string => {
  const { text, payment } = PROFILE_WORDS[language];
  if (label) return label;
  const known = brand ?? payment[kind];
  return lastDigits ? text.cardEnding.replace('{brand}', () => known).replace('{digits}', lastDigits) : known;
};

const stateOf = ({ language, formats }: Own, { status, expiryMonth, expiryYear }: Method): string | null => {
  const { text } = PROFILE_WORDS[language];
  if (status === 'EXPIRED') return text.paymentExpired;
  if (status === 'REVOKED') return text.paymentRevoked;
  return expiryMonth && expiryYear ? text.paymentValid.replace('{month}', () => formats.month(expiryYear, expiryMonth)) : null;
};

const methodRow = (own: Own, method: Method): Html => {
  const name = nameOf(own, method);
  const state = stateOf(own, method);
  return html`<li><div class="row"><span><strong>${name}</strong>${state && html`<span class="soft">${state}</span>`}</span>
${method.manageUrl && html`<span class="end">${manageLink(own, method.manageUrl, name)}</span>`}</div></li>`;
};

/** What she has subscribed to and what she pays with, as far as the shop tells of it. */
export const paymentCards = async (own: Own): Promise<Html> => {
  const { text } = PROFILE_WORDS[own.language];
  const [subscriptions, methods] = await read(own);
  const list = (rows: readonly Html[]): Html => html`<ul class="rows">${rows}</ul>`;
  return html`${subscriptions.length > 0 && card('subscriptions', text.subscriptions, list(subscriptions.map((one) => subscriptionRow(own, one))))}${
    methods.length > 0 && card('payment-methods', text.paymentMethods, list(methods.map((one) => methodRow(own, one))))
  }`;
};
