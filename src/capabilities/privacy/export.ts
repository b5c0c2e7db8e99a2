import { strToU8, zipSync } from 'fflate';
import { DomainError } from '../../core/errors.ts';
import { escapeHtml } from '../../core/html.ts';
import type { Tx } from '../../db/transact.ts';
import { PRIVACY_PARTICIPANTS } from './participants.ts';

/** JSON as people read it: big integers as text, bytes left out, and nothing that is not there. */
const jsonOf = (value: unknown): string =>
  JSON.stringify(
    value,
    (_key, item: unknown) => {
      if (typeof item === 'bigint') return item.toString();
      if (item instanceof Uint8Array) return undefined;
      return item ?? undefined;
    },
    2,
  );

/** `firstName` as a person reads it: `First name`. */
const labelOf = (name: string): string => {
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll(/[-_]/g, ' ')
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
};

const htmlOf = (value: unknown): string => {
  if (Array.isArray(value)) return value.length === 0 ? '–' : `<ol>${value.map((item) => `<li>${htmlOf(item)}</li>`).join('')}</ol>`;
  if (value !== null && typeof value === 'object') {
    const rows = Object.entries(value).map(([name, item]) => `<tr><th scope="row">${escapeHtml(labelOf(name))}</th><td>${htmlOf(item)}</td></tr>`);
    return `<table>${rows.join('')}</table>`;
  }
  return escapeHtml(String(value));
};

const pageOf = (shopName: string, at: Date, parts: ReadonlyMap<string, string>): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escapeHtml(shopName)}: your data</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1b19}table{border-collapse:collapse}
th{text-align:left;font-weight:500;color:#5f5f59;padding:.15rem 1rem .15rem 0;vertical-align:top;white-space:nowrap}td{padding:.15rem 0;overflow-wrap:anywhere}
ol{margin:0;padding-left:1.5rem}li{margin:.4rem 0}h2{margin-top:2.5rem;border-bottom:1px solid #dcdad4}</style></head>
<body><h1>What ${escapeHtml(shopName)} knows about you</h1><p>As of ${at.toISOString()}. The same is in the JSON files beside this page.</p>
${[...parts].map(([name, json]) => `<h2>${escapeHtml(labelOf(name))}</h2>${htmlOf(JSON.parse(json))}`).join('\n')}</body></html>
`;

/**
 * All that is kept about a customer as one zip: a JSON file for each capability, and a page to read them by. Amounts are in minor units of
 * their currency. Refuses DOES_NOT_EXIST.
 */
export const exportData = async (tx: Tx, customerId: string, shopName: string): Promise<Uint8Array> => {
  const customer = await tx.db.customer.findUnique({ where: { id: customerId }, select: { deletedAt: true } });
  if (!customer || customer.deletedAt) throw new DomainError('DOES_NOT_EXIST', ['customerId']);
  const parts = new Map<string, string>();
  for (const { name, read } of PRIVACY_PARTICIPANTS) {
    const part = await read(tx, customerId);
    if (part) parts.set(name, jsonOf(part));
  }
  const files = [...parts].map(([name, json]) => [`${name}.json`, strToU8(json)] as const);
  return zipSync({ 'index.html': strToU8(pageOf(shopName, tx.now, parts)), ...Object.fromEntries(files) }, { mtime: tx.now });
};
