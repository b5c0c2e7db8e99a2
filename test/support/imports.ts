import { Readable } from 'node:stream';
import type { App } from '../../src/app.ts';
import { type ImportLine, importCustomers, openImport, type RowResult, type Totals } from '../../src/capabilities/transfer/import-customers.ts';

export interface Imported {
  readonly results: readonly RowResult[];
  readonly ignored: readonly string[];
  readonly done: Totals;
}

/** What an import said, sorted by kind. */
export const sortLines = (lines: readonly ImportLine[]): Imported => {
  const last = lines.at(-1);
  if (!last || !('done' in last)) throw new Error(`The import ended with ${JSON.stringify(last)}.`);
  return {
    results: lines.filter((line) => 'outcome' in line),
    ignored: lines.flatMap((line) => ('ignored' in line ? line.ignored : [])),
    done: last.done,
  };
};

/** Imports a file that is given as text. */
export const importText = async (app: App, text: string): Promise<Imported> => {
  const lines: ImportLine[] = [];
  for await (const some of importCustomers(app, 'system', await openImport(Readable.from([Buffer.from(text)])))) lines.push(...some);
  return sortLines(lines);
};

export const customerIdsOf = (results: readonly RowResult[]): string[] => [
  ...new Set(results.flatMap((result) => (result.outcome === 'rejected' ? [] : (result.customerId.split('/').at(-1) as string)))),
];

/** Everything that is stored of these customers, byte for byte. */
export const contentsOf = async ({ backend }: App, customerIds: readonly string[]): Promise<string[]> => {
  const rows = await backend.database.sql<{ content: string }>(
    `select jsonb_build_object('customer', to_jsonb(c),
       'addresses', (select jsonb_agg(to_jsonb(a) order by a.id) from address a where a.customer_id = c.id),
       'externalIds', (select jsonb_agg(to_jsonb(e) order by e.source, e.value) from customer_external_id e where e.customer_id = c.id),
       'password', (select to_jsonb(p) from customer_password p where p.customer_id = c.id))::text as content
     from customer c where c.id = any($1::text[]::uuid[]) order by c.id`,
    [customerIds],
  );
  return rows.map(({ content }) => content);
};
