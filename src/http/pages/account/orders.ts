import type { LineItem } from '../../../capabilities/orders/parts.ts';
import { type Html, html } from '../../../core/html.ts';
import { BY_ID, type CursorColumn, keysetConnection, keysetQuery, momentColumn } from '../../../graphql/keyset.ts';
import { pager, show } from './layout.ts';
import type { Own } from './own.ts';
import { pageAsked } from './paging.ts';

const PROCESSED_AT: CursorColumn = { name: 'processedAt', isValue: (value) => value !== null && momentColumn('processedAt').isValue(value) };
const COLUMNS = [PROCESSED_AT, BY_ID[0] as CursorColumn];
const PAGE_SIZE = 20;

const ALWAYS = {
  id: true,
  name: true,
  processedAt: true,
  totalMinor: true,
  currency: true,
  financialStatus: true,
  fulfillmentStatus: true,
  cancelledAt: true,
  lineItems: true,
} as const;

/** A page of the customer's orders, the newest first. */
export const ordersOf = async ({ app, customerId }: Own, size: number, at: { after?: string; before?: string } = {}) => {
  const page = { ...at, ...('before' in at ? { last: size } : { first: size }), reverse: true };
  const { where, ...query } = keysetQuery(COLUMNS, page, {}, ALWAYS);
  const rows = await app.backend.database.read.order.findMany({ ...query, where: { AND: [{ customerId }, where] } });
  const { nodes, pageInfo } = keysetConnection(COLUMNS, page, rows);
  return { nodes, pageInfo };
};

type OrderRow = Awaited<ReturnType<typeof ordersOf>>['nodes'][number];

/** Orders as a list of links, each with its day, its state and its total. */
export const orderList = ({ says, formats }: Own, orders: readonly OrderRow[]): Html => {
  const stateOf = ({ cancelledAt, fulfillmentStatus }: OrderRow): string =>
    cancelledAt ? says.parcel.CANCELLED : says.fulfillment[fulfillmentStatus];
  const countOf = ({ lineItems }: OrderRow): number => (lineItems as unknown as LineItem[]).reduce((sum, { quantity }) => sum + quantity, 0);
  return html`<ul class="rows">${orders.map(
    (order) => html`<li><a class="row" href="/account/orders/${order.id}"><span><strong>${order.name}</strong>
<span class="soft">${formats.day(order.processedAt)} · ${formats.count(says.items, countOf(order))}</span></span>
<span class="end"><strong>${formats.money(order.totalMinor, order.currency)}</strong><span class="badge">${stateOf(order)}</span></span></a></li>`,
  )}</ul>`;
};

/** `/account/orders`: all orders, the newest first. */
export const orders = async (own: Own): Promise<void> => {
  const { text } = own.says;
  const { nodes, before, after } = await pageAsked(own, (at) => ordersOf(own, PAGE_SIZE, at));
  const isFirst = before === null && after === null;
  const none = html`<p class="card">${isFirst ? text.ordersNone : text.ordersNoneHere}</p>`;
  const body = html`${nodes.length > 0 ? html`<div class="card">${orderList(own, nodes)}</div>` : none}${pager(own, '/account/orders', { before, after })}`;
  show(own, { section: 'orders', title: text.orders, body });
};
