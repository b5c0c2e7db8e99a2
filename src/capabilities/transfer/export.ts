import type { App } from '../../app.ts';
import { DomainError } from '../../core/errors.ts';
import type { Scope } from '../../core/scopes.ts';
import { customerSearch } from '../customers/search.ts';
import { orderSearch } from '../orders/search.ts';
import { writeCsv } from '../store-credit/csv.ts';
import { allAccountsSearch, allTransactionsSearch } from '../store-credit/search.ts';
import {
  ACCOUNT_COLUMNS,
  ACCOUNT_SELECT,
  CUSTOMER_COLUMNS,
  CUSTOMER_SELECT,
  type ExportColumn,
  ORDER_COLUMNS,
  ORDER_SELECT,
  SHOPIFY_COLUMNS,
  TRANSACTION_COLUMNS,
  TRANSACTION_SELECT,
} from './export-columns.ts';
import { guarded } from './formulas.ts';

export const EXPORT_KINDS = ['CUSTOMERS', 'ORDERS', 'STORE_CREDIT_ACCOUNTS', 'STORE_CREDIT_TRANSACTIONS'] as const;
export const EXPORT_FORMATS = ['CSV', 'NDJSON'] as const;
export const EXPORT_PRESETS = ['CLIENTELE', 'SHOPIFY'] as const;

export type ExportKind = (typeof EXPORT_KINDS)[number];

/** What to export, and how it is written. */
export interface ExportOrder {
  readonly kind: ExportKind;
  readonly format: (typeof EXPORT_FORMATS)[number];
  /** As in the list of the same name; null: all. */
  readonly query: string | null;
  /** Names of columns, in the order wanted; null: all of the preset. */
  readonly columns: readonly string[] | null;
  readonly preset: (typeof EXPORT_PRESETS)[number];
}

/** Rows that are in memory at once. */
const PAGE_ROWS = 500;

interface Source {
  readonly scope: Scope;
  readonly columns: readonly ExportColumn<never>[];
  readonly where: (query: string | null) => object;
  readonly page: (app: App, where: object) => Promise<readonly { readonly id: string }[]>;
}

const page = (where: object, select: object) => ({ where, select, orderBy: { id: 'asc' }, take: PAGE_ROWS }) as never;

const SOURCES: Readonly<Record<ExportKind, Source>> = {
  CUSTOMERS: {
    scope: 'customers:read',
    columns: CUSTOMER_COLUMNS,
    where: (query) => ({ deletedAt: null, AND: customerSearch(query).exact }),
    page: ({ backend }, where) => backend.database.read.customer.findMany(page(where, CUSTOMER_SELECT)),
  },
  ORDERS: {
    scope: 'orders:read',
    columns: ORDER_COLUMNS,
    where: orderSearch,
    page: ({ backend }, where) => backend.database.read.order.findMany(page(where, ORDER_SELECT)),
  },
  STORE_CREDIT_ACCOUNTS: {
    scope: 'store_credit:read',
    columns: ACCOUNT_COLUMNS,
    where: allAccountsSearch,
    page: ({ backend }, where) => backend.database.read.storeCreditAccount.findMany(page(where, ACCOUNT_SELECT)),
  },
  STORE_CREDIT_TRANSACTIONS: {
    scope: 'store_credit:read',
    columns: TRANSACTION_COLUMNS,
    where: allTransactionsSearch,
    page: ({ backend }, where) => backend.database.read.storeCreditTransaction.findMany(page(where, TRANSACTION_SELECT)),
  },
};

/** What a token needs for an export. */
export const scopeOfExport = (kind: ExportKind): Scope => SOURCES[kind].scope;

const columnsOf = ({ kind, columns, preset }: ExportOrder): readonly ExportColumn<never>[] => {
  const known: readonly ExportColumn<never>[] = kind === 'CUSTOMERS' && preset === 'SHOPIFY' ? SHOPIFY_COLUMNS : SOURCES[kind].columns;
  if (columns === null) return known;
  if (columns.length === 0) throw new DomainError('BLANK', ['input', 'columns']);
  return columns.map((name, place) => {
    const column = known.find((candidate) => candidate.name === name);
    if (!column) throw new DomainError('INCLUSION', ['input', 'columns', String(place)], { values: known.map((one) => one.name).join(', ') });
    return column;
  });
};

/** An export that has been understood. */
export interface OpenedExport {
  readonly order: ExportOrder;
  readonly columns: readonly ExportColumn<never>[];
  readonly where: object;
}

/** Understands what is to be exported. Refuses BLANK and INCLUSION for columns, INVALID for a filter that is not understood. */
export const openExport = (order: ExportOrder): OpenedExport => ({
  order,
  columns: columnsOf(order),
  where: SOURCES[order.kind].where(order.query),
});

const textOf = (value: unknown): string => (value === null ? '' : guarded(String(value)));

/** An empty cell that is alone in its line is quoted: readers skip lines that are blank. */
const csvOf = (rows: readonly (readonly string[])[]): string => writeCsv(rows, { quoted_empty: rows[0]?.length === 1 });

/**
 * What is asked for, as text in pieces: a page of rows each, read when the piece before is taken, in the order of ids, so that what is there
 * throughout comes exactly once however long it takes. Nothing else is in memory.
 */
export async function* exportText(app: App, { order, columns, where }: OpenedExport): AsyncGenerator<string, void> {
  const isCsv = order.format === 'CSV';
  if (isCsv) yield csvOf([columns.map(({ name }) => name)]);
  const source = SOURCES[order.kind];
  for (let after: string | null = null; ; ) {
    const rows = await source.page(app, after === null ? where : { AND: [where, { id: { gt: after } }] });
    if (rows.length > 0) {
      yield isCsv
        ? csvOf(rows.map((row) => columns.map(({ read }) => textOf(read(row as never)))))
        : rows.map((row) => `${JSON.stringify(Object.fromEntries(columns.map(({ name, read }) => [name, read(row as never)])))}\n`).join('');
    }
    if (rows.length < PAGE_ROWS) return;
    after = (rows.at(-1) as { id: string }).id;
  }
}
