import { exponentOf } from '../../core/currency.ts';
import { filled, Html, html } from '../../core/html.ts';
import type { Language } from '../../core/language.ts';
import { formatMinor } from '../../core/money.ts';
import type { Branding } from '../branding/branding.ts';
import type { Statement } from './statement.ts';
import { STATEMENT_WORDS } from './statement-words.ts';

/** Whose statement it is, and how it is to look. */
interface Letterhead {
  readonly branding: Branding;
  readonly language: Language;
  /** Who holds the account; empty for nobody known. */
  readonly holder: readonly string[];
}

/** For paper first: A4 with its margins, rows that no page break divides, the table's head on every page. */
const STYLE = `@page{size:A4;margin:18mm 16mm}*{box-sizing:border-box}body{margin:0;color:#1c1c1a;background:#fff;font:15px/1.5 system-ui,sans-serif}
main{max-width:52rem;margin:0 auto;padding:2rem 1rem}header{display:flex;justify-content:space-between;align-items:center;gap:1rem;flex-wrap:wrap}
header img{max-height:3rem;max-width:12rem}header strong{font-size:1.15rem}h1{font-size:1.5rem;line-height:1.25;margin:2rem 0 .25rem}p{margin:0 0 .25rem}
.small{color:#5f5f59;font-size:.87rem}table{width:100%;border-collapse:collapse;margin:1.5rem 0}thead{display:table-header-group}tr{break-inside:avoid}
th{text-align:left;font-weight:600;border-bottom:2px solid #1c1c1a}th,td{padding:.4rem .5rem .4rem 0;vertical-align:top}td{border-bottom:1px solid #dcdad4;overflow-wrap:anywhere}
.amount{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums;padding-right:0;padding-left:.75rem}.sum td{font-weight:600}.date{white-space:nowrap}
@media(max-width:36rem){body{font-size:14px}thead{position:absolute;clip-path:inset(50%)}tr{display:grid;grid-template-columns:1fr auto;padding:.5rem 0;border-bottom:1px solid #dcdad4}
td{border:0;padding:0}td:empty{display:none}.date,.balance{color:#5f5f59;font-size:.87rem}.date{grid-row:2}.balance{grid-row:2;grid-column:2}.what{grid-row:1;grid-column:1}.amount{grid-column:2}
.sum .date{grid-row:2}}
@media print{main{max-width:none;padding:0}body{font-size:10.5pt}}`;

/**
 * The statement as a page of its own, ready to be printed or made a PDF of: A4, nothing loaded from elsewhere but the shop's logo, in the
 * customer's language. It holds what the customer may read, whoever asks.
 */
export const statementHtml = (
  { accountId, from, to, isOpen, currency, openingMinor, closingMinor, lines }: Statement,
  { branding, language, holder }: Letterhead,
): string => {
  const words = STATEMENT_WORDS[language];
  const digits = exponentOf(currency);
  const amounts = new Intl.NumberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const days = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone: 'UTC' });
  // Decimals are text all the way: exact, whatever the size.
  const amount = (minor: string): string => amounts.format(formatMinor(minor, currency) as `${number}`);
  // The day before the first moment that is no longer part of it; up to now, the last movement's.
  const last = isOpen ? new Date(lines.at(-1)?.createdAt ?? from) : new Date(to.getTime() - 1);
  const sum = (label: string, at: Date, minor: bigint): Html =>
    html`<tr class="sum"><td class="date">${days.format(at)}</td><td class="what">${label}</td><td class="amount"></td><td class="amount"></td><td class="amount balance">${amount(minor.toString())}</td></tr>`;
  const rows = lines.map(({ createdAt, kind, memo, amount: minor, balance }) => {
    const isCredit = !minor.startsWith('-');
    const [credit, debit] = isCredit ? [amount(minor), ''] : ['', amount(minor.slice(1))];
    return html`<tr><td class="date">${days.format(new Date(createdAt))}</td><td class="what">${words.kinds[kind]}${memo && html`<br><span class="small">${memo}</span>`}</td><td class="amount">${credit}</td><td class="amount">${debit && `−${debit}`}</td><td class="amount balance">${amount(balance)}</td></tr>
`;
  });
  const period = filled(words.period, { from: days.format(from), to: days.format(last) });
  const { text } = html`<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex">
<title>${words.title} · ${branding.name}</title><style>${new Html(STYLE)}</style></head>
<body><main><header>${branding.logoUrl ? html`<img src="${branding.logoUrl}" alt="${branding.name}">` : html`<strong>${branding.name}</strong>`}</header>
<h1>${words.title}</h1><p>${period}</p>${holder.map((line) => html`<p>${line}</p>`)}<p class="small">${words.account} ${accountId}</p>
<table><thead><tr><th scope="col">${words.date}</th><th scope="col">${words.what}</th><th scope="col" class="amount">${words.credit}</th><th scope="col" class="amount">${words.debit}</th><th scope="col" class="amount">${words.balance}</th></tr></thead>
<tbody>${sum(words.opening, from, openingMinor)}
${rows}${sum(words.closing, last, closingMinor)}</tbody></table>
<p class="small">${filled(words.small, { currency })}</p></main></body></html>
`;
  return text;
};
