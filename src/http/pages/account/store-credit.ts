import { type CreditSummary, creditSummaries } from '../../../capabilities/store-credit/summary.ts';
import { filled, type Html, html } from '../../../core/html.ts';
import { counterColumn, keysetConnection, keysetQuery } from '../../../graphql/keyset.ts';
import { card, pager, show, strongly } from './layout.ts';
import { notHers, type Own } from './own.ts';
import { pageAsked } from './paging.ts';

const NEWEST = 5;
const PAGE_SIZE = 25;
const COLUMNS = [counterColumn('number')];
const ALWAYS = {
  id: true,
  kind: true,
  event: true,
  amountMinor: true,
  balanceAfterMinor: true,
  currency: true,
  expiresAt: true,
  createdAt: true,
} as const;

export const creditOf = ({ app, customerId }: Own): Promise<CreditSummary[]> =>
  creditSummaries(app.backend.database.sql, customerId, app.ledgerMoment() ?? app.clock());

const movementsOf = async ({ app }: Own, accountId: string, size: number, at: { after?: string; before?: string } = {}) => {
  const page = { ...at, ...('before' in at ? { last: size } : { first: size }), reverse: true };
  const { where, ...query } = keysetQuery(COLUMNS, page, {}, ALWAYS);
  const rows = await app.backend.database.read.storeCreditTransaction.findMany({ ...query, where: { AND: [{ accountId }, where] } });
  return keysetConnection(COLUMNS, page, rows);
};

type Movement = Awaited<ReturnType<typeof movementsOf>>['nodes'][number];

/** What can be spent, what else is on the account, and what of it runs out next. */
export const creditFacts = ({ says: { text }, formats }: Own, { currency, balanceMinor, availableMinor, next }: CreditSummary): Html => {
  const balance = formats.money(balanceMinor, currency);
  return html`<p class="amount"><span class="soft">${text.available}</span> <strong>${formats.money(availableMinor, currency)}</strong></p>
${balanceMinor !== availableMinor && html`<p>${strongly(text.creditReserved, { balance })}</p>`}
${next && html`<p>${strongly(text.creditExpires, { amount: formats.money(next.amountMinor, currency), day: formats.day(next.expiresAt) })}</p>`}`;
};

const movement = ({ says, formats }: Own, { kind, event, amountMinor, balanceAfterMinor, currency, expiresAt, createdAt }: Movement): Html => {
  const what = event === 'ADJUSTMENT' || kind === 'DEBIT_REVERT' ? says.movement[kind] : says.event[event];
  const expiry = expiresAt && html`<span class="soft">${filled(says.text.creditExpiresOn, { day: formats.day(expiresAt) })}</span>`;
  return html`<tr><td><strong>${what}</strong><span class="soft">${formats.day(createdAt)}</span>${expiry}</td>
<td class="number"><strong>${formats.money(amountMinor, currency, { isSigned: true })}</strong>
<span class="soft">${says.text.balanceAfter} ${formats.money(balanceAfterMinor, currency)}</span></td></tr>`;
};

const historyOf = (own: Own, caption: string, movements: readonly Movement[]): Html => {
  const { text } = own.says;
  return html`<table><caption>${caption}</caption><thead><tr><th scope="col">${text.event}</th><th scope="col" class="number">${text.amount}</th></tr></thead><tbody>${movements.map((one) => movement(own, one))}</tbody></table>`;
};

const captionOf = ({ says: { text } }: Own, { currency }: CreditSummary): string => text.creditHistory.replace('{currency}', currency);

/** `/account/store-credit`: every account with its newest movements. */
export const storeCredit = async (own: Own): Promise<void> => {
  const { text } = own.says;
  const accounts = await creditOf(own);
  const cards: Html[] = [];
  for (const account of accounts) {
    const { nodes, pageInfo } = await movementsOf(own, account.accountId, NEWEST);
    const path = `/account/store-credit/${account.currency}`;
    const more =
      pageInfo.hasNextPage && html`<a class="link" href="${path}">${text.creditHistoryAll}<span class="hidden"> (${account.currency})</span></a>`;
    const body = html`${creditFacts(own, account)}${historyOf(own, captionOf(own, account), nodes)}${more}`;
    cards.push(card(account.currency, account.currency, body));
  }
  const body = html`${cards.length > 0 ? cards : html`<p class="card">${text.creditNone}</p>`}`;
  show(own, { section: 'storeCredit', title: text.storeCredit, body });
};

/** `/account/store-credit/{currency}`: all movements of one account, the newest first. */
export const creditHistory = async (own: Own): Promise<void> => {
  const { text } = own.says;
  const account = (await creditOf(own)).find(({ currency }) => currency === own.named[0]);
  if (!account) return notHers(own);
  const { nodes, before, after } = await pageAsked(own, (at) => movementsOf(own, account.accountId, PAGE_SIZE, at));
  const title = captionOf(own, account);
  const body = html`<div class="card">${creditFacts(own, account)}${historyOf(own, title, nodes)}</div>
${pager(own, `/account/store-credit/${account.currency}`, { before, after })}`;
  show(own, { section: 'storeCredit', title, body, above: html`<a class="back" href="/account/store-credit">${text.storeCredit}</a>` });
};
