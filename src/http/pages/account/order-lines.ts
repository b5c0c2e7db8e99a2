import * as parts from '../../../capabilities/orders/parts.ts';
import { type Html, html } from '../../../core/html.ts';
import type { OrderDetail } from './order.ts';
import type { Own } from './own.ts';

const THUMBNAIL = 64;

const discountsOf = ({ formats }: Own, line: parts.LineItem, { discounts, currency }: OrderDetail): Html[] =>
  line.discounts
    .filter(({ amountMinor }) => amountMinor !== '0')
    .map(({ amountMinor, discount }) => {
      const title = (discounts as unknown as parts.Discount[])[discount]?.title;
      return html`<span class="soft">${title} ${formats.money(-BigInt(amountMinor), currency)}</span>`;
    });

const lineOf = (own: Own, line: parts.LineItem, order: OrderDetail): Html => {
  const { title, variantTitle, quantity, image, attributes } = line;
  const { money } = own.formats;
  const [full, off] = [parts.fullOf(line), parts.offOf(line)];
  const picture = image?.url.startsWith('https:')
    ? html`<img src="${image.url}" alt="${image.altText}" width="${THUMBNAIL}" height="${THUMBNAIL}" loading="lazy">`
    : html`<span class="blank"></span>`;
  return html`<li class="line">${picture}<span class="what"><strong>${title}</strong>${variantTitle && html`<span class="soft">${variantTitle}</span>`}
<span class="soft">${quantity} × ${money(line.priceMinor, order.currency)}</span>
${attributes.map(({ key, value }) => html`<span class="soft">${key}${value && `: ${value}`}</span>`)}${discountsOf(own, line, order)}</span>
<span class="end">${off > 0n && html`<s class="soft">${money(full, order.currency)}</s>`}<strong>${money(full - off, order.currency)}</strong></span></li>`;
};

export const orderLines = (own: Own, order: OrderDetail): Html =>
  html`<ul class="rows">${(order.lineItems as unknown as parts.LineItem[]).map((line) => lineOf(own, line, order))}</ul>`;

/** What a discount of the whole order or of its delivery was worth, where the lines do not say it. */
const discountRows = ({ formats, says }: Own, { discounts, lineItems, currency }: OrderDetail): [string, string][] => {
  const told = new Set((lineItems as unknown as parts.LineItem[]).flatMap((line) => line.discounts.map(({ discount }) => discount)));
  return (discounts as unknown as parts.Discount[]).flatMap(({ title, percentage, amountMinor }, place) => {
    if (told.has(place)) return [];
    const worth = percentage === null ? formats.money(-BigInt(amountMinor ?? '0'), currency) : formats.percent(-percentage);
    return [[`${says.text.discount}: ${title}`, worth] as [string, string]];
  });
};

/** Whether the total is reached without the tax: then the prices hold it. */
const isTaxIncluded = ({ subtotalMinor, shippingMinor, dutiesMinor, tipMinor, totalMinor }: OrderDetail): boolean =>
  subtotalMinor !== null && subtotalMinor + shippingMinor + (dutiesMinor ?? 0n) + (tipMinor ?? 0n) === totalMinor;

/** The sums of an order, in the order in which they are added. */
export const orderTotals = (own: Own, order: OrderDetail): Html => {
  const { formats, says } = own;
  const { text } = says;
  const { currency, subtotalMinor, shippingMinor, taxMinor, dutiesMinor, tipMinor, totalMinor, refundedMinor } = order;
  const shippingLine = order.shippingLine as unknown as parts.ShippingLine | null;
  const row = (label: string, minor: bigint | null): [string, string][] => (minor === null ? [] : [[label, formats.money(minor, currency)]]);
  const some = (minor: bigint | null): bigint | null => (minor === 0n ? null : minor);
  const tax = row(isTaxIncluded(order) ? text.taxIncluded : text.tax, some(taxMinor));
  const rows = [
    ...row(text.subtotal, subtotalMinor),
    ...discountRows(own, order),
    ...row(shippingLine ? `${text.shipping} (${shippingLine.title})` : text.shipping, shippingLine || shippingMinor > 0n ? shippingMinor : null),
    ...row(text.duties, some(dutiesMinor)),
    ...row(text.tip, some(tipMinor)),
    ...(isTaxIncluded(order) ? [] : tax),
  ];
  const plain = ([label, value]: [string, string]): Html => html`<div><dt>${label}</dt><dd>${value}</dd></div>`;
  return html`<dl class="totals">${rows.map(plain)}
<div class="sum"><dt>${text.total}</dt><dd>${formats.money(totalMinor, currency)}</dd></div>
${isTaxIncluded(order) && tax.map(plain)}${refundedMinor > 0n && plain([text.refunded, formats.money(-refundedMinor, currency)])}</dl>`;
};
