import type { AddressFields } from '../../../capabilities/addresses/fields.ts';
import { formatAddress } from '../../../capabilities/addresses/format.ts';
import { readablePhone } from '../../../capabilities/customers/phone.ts';
import type * as parts from '../../../capabilities/orders/parts.ts';
import { filled, type Html, html } from '../../../core/html.ts';
import { card, show } from './layout.ts';
import { orderLines, orderTotals } from './order-lines.ts';
import { notHers, type Own } from './own.ts';

const ADDRESS = {
  select: {
    firstName: true,
    lastName: true,
    company: true,
    address1: true,
    address2: true,
    city: true,
    zip: true,
    zoneCode: true,
    territoryCode: true,
    phoneNumber: true,
  },
} as const;

const read = ({ app, customerId }: Own, id: string) =>
  app.backend.database.read.order.findFirst({
    where: { id, customerId },
    select: {
      name: true,
      processedAt: true,
      currency: true,
      subtotalMinor: true,
      totalMinor: true,
      taxMinor: true,
      shippingMinor: true,
      refundedMinor: true,
      tipMinor: true,
      dutiesMinor: true,
      financialStatus: true,
      fulfillmentStatus: true,
      cancelReason: true,
      cancelledAt: true,
      statusPageUrl: true,
      lineItems: true,
      discounts: true,
      fulfillments: true,
      refunds: true,
      shippingLine: true,
      shippingAddress: ADDRESS,
      billingAddress: ADDRESS,
    },
  });

export type OrderDetail = NonNullable<Awaited<ReturnType<typeof read>>>;

/** A link to somebody else's page; anything but a web address is none. */
const linkOut = (url: string | null, label: string | Html): Html =>
  url && /^https?:\/\//i.test(url) ? html`<a class="link" href="${url}" rel="noopener noreferrer">${label}</a>` : html`<span>${label}</span>`;

const stateOf = ({ says, formats }: Own, order: OrderDetail): Html => {
  const { financialStatus, fulfillmentStatus, cancelledAt, cancelReason } = order;
  const state = (label: string, value: string): Html => html`<div><dt>${label}</dt><dd>${value}</dd></div>`;
  return html`${
    cancelledAt &&
    html`<p class="notice">${filled(says.text.cancelled, { day: formats.day(cancelledAt), reason: says.cancel[cancelReason ?? 'OTHER'] })}</p>`
  }<dl class="facts">${financialStatus && state(says.text.paid, says.payment[financialStatus])}
${!cancelledAt && state(says.text.shipment, says.fulfillment[fulfillmentStatus])}</dl>`;
};

const shipmentOf = ({ says, formats }: Own, parcel: parts.Fulfillment, lines: readonly parts.LineItem[], number: number): Html => {
  const { text } = says;
  const { status, createdAt, estimatedDeliveryAt, tracking, lineItems } = parcel;
  const heading = text.parcel.replace('{number}', String(number));
  const titleOf = (id: string): string | undefined => lines.find((line) => line.id === id)?.title;
  const tracked = tracking.filter(({ number: code, url, company }) => code || url || company);
  return html`<li><h3>${heading}${status && html` <span class="badge">${says.parcel[status]}</span>`}</h3>
<p class="soft">${filled(text.shippedOn, { day: formats.day(new Date(createdAt)) })}${
    estimatedDeliveryAt && html` · ${filled(text.delivery, { day: formats.day(new Date(estimatedDeliveryAt)) })}`
  }</p>
${lineItems.length > 0 && html`<p class="soft">${lineItems.map(({ lineItemId, quantity }, index) => html`${index > 0 && ', '}${quantity} × ${titleOf(lineItemId)}`)}</p>`}
${tracked.map(({ company, number: code, url }) => html`<p>${linkOut(url, trackingLabel(text, url, company, code))}</p>`)}</li>`;
};

const trackingLabel = (text: Own['says']['text'], url: string | null, company: string | null, code: string | null): string => {
  const name = [company, code].filter(Boolean).join(' ');
  if (url) return text.track.replace('{parcel}', () => name).trim();
  return code ? text.trackingNumber.replace('{number}', () => name) : name;
};

const shipmentsOf = (own: Own, order: OrderDetail): Html | null => {
  const parcels = order.fulfillments as unknown as parts.Fulfillment[];
  const lines = order.lineItems as unknown as parts.LineItem[];
  if (parcels.length === 0) return null;
  const list = html`<ul class="rows">${parcels.map((parcel, index) => shipmentOf(own, parcel, lines, index + 1))}</ul>`;
  return card('shipments', own.says.text.shipments, list);
};

const refundsOf = ({ says, formats }: Own, { refunds: kept, currency }: OrderDetail): Html | null => {
  const refunds = kept as unknown as parts.Refund[];
  if (refunds.length === 0) return null;
  const row = ({ createdAt, totalMinor }: parts.Refund): Html =>
    html`<div><dt>${filled(says.text.refund, { day: formats.day(new Date(createdAt)) })}</dt><dd>${formats.money(totalMinor, currency)}</dd></div>`;
  return card('refunds', says.text.refunds, html`<dl class="totals">${refunds.map(row)}</dl>`);
};

const addressOf = ({ says, language }: Own, heading: 'shippingAddress' | 'billingAddress', address: AddressFields | null): Html | null => {
  if (!address) return null;
  const lines = formatAddress(address, { withName: true, withCompany: true, language });
  const whole = [...lines, ...(address.phoneNumber ? [readablePhone(address.phoneNumber)] : [])];
  return card(heading, says.text[heading], html`<address>${whole.map((line) => html`<span>${line}</span>`)}</address>`);
};

/** `/account/orders/{id}`: one order with all that is known of it. */
export const order = async (own: Own): Promise<void> => {
  const { text } = own.says;
  const found = await read(own, own.named[0] ?? '');
  if (!found) return notHers(own);
  const lines = found.lineItems as unknown as parts.LineItem[];
  const body = html`<p>${own.formats.day(found.processedAt)}</p>${stateOf(own, found)}
${card('items', text.orderItems, html`${orderLines(own, found)}${orderTotals(own, found)}`)}
${shipmentsOf(own, found)}${refundsOf(own, found)}
<div class="pair">${addressOf(own, 'shippingAddress', found.shippingAddress)}${addressOf(own, 'billingAddress', found.billingAddress)}</div>
${found.statusPageUrl && html`<p>${linkOut(found.statusPageUrl, text.orderFollow)}</p>`}`;
  show(own, {
    section: 'orders',
    title: text.order.replace('{name}', () => found.name),
    above: html`<a class="back" href="/account/orders">${text.backToOrders}</a>`,
    body,
    images: lines.flatMap(({ image }) => (image ? [image.url] : [])),
  });
};
