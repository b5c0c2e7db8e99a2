import { randomUUID } from 'node:crypto';
import pg from 'pg';
import type { Sql } from '../src/db/client.ts';
import { DEBIT, LIST, PAGE, READ } from './documents.ts';
import type { Load, Pace } from './harness.ts';
import { loadedDatabase } from './load.ts';

/** How long and on how much is measured. */
export interface Scale {
  /** Everything is run and compared, and no time is said. */
  readonly isSmoke: boolean;
  readonly customers: number;
  /** Those of the embedded database, and of the one on services that it is compared with. */
  readonly embeddedCustomers: number;
  readonly pace: Pace;
  /** Operations that are answered by all before they are measured, and compared. */
  readonly compared: number;
  /** Requests under way at any time: reads, and debits. */
  readonly readers: number;
  readonly payers: number;
  /** Of live balances: rounds of their own, since each begins with new servers. */
  readonly liveRounds: number;
  readonly subscribers: number;
  readonly changesPerSecond: number;
  readonly embeddedSubscribers: number;
  readonly embeddedChangesPerSecond: number;
}

/** A filled database and a session on it. */
export interface Shop {
  readonly databaseUrl: string;
  readonly sql: Sql;
  /** Ids out of which operations are drawn: as many as make a cache's hit no matter of luck. */
  readonly customers: readonly string[];
  readonly accounts: readonly string[];
  close(): Promise<void>;
}

const SAMPLE = 20_000;

const ids = async (sql: Sql, statement: string): Promise<string[]> => (await sql<{ id: string }>(statement, [])).map(({ id }) => id);

/** Opens the filled database of that many customers. */
export const openShop = async (customers: number, isFresh = false): Promise<Shop> => {
  const databaseUrl = await loadedDatabase(customers, isFresh);
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  const sql: Sql = async <Row>(text: string, values: readonly unknown[]) => (await pool.query(text, [...values])).rows as Row[];
  return {
    databaseUrl,
    sql,
    customers: await ids(sql, `select id::text from customer order by random() limit ${SAMPLE}`),
    accounts: await ids(sql, `select id::text from store_credit_account where currency = 'EUR' order by random() limit ${SAMPLE}`),
    close: () => pool.end(),
  };
};

export const anyOf = <Item>(items: readonly Item[]): Item => items[Math.floor(Math.random() * items.length)] as Item;

export const customerGid = (id: string): string => `gid://clientele/Customer/${id}`;
export const accountGid = (id: string): string => `gid://clientele/StoreCreditAccount/${id}`;
const cursorOf = (id: string): string => Buffer.from(`GPC:S:${id}`).toString('base64');

/** READ of any customer. */
export const readLoad = ({ readers }: Scale, customers: readonly string[]): Load => ({
  nextBody: () => JSON.stringify({ query: READ, variables: { id: customerGid(anyOf(customers)) } }),
  answer: '{"data":{"customer":{"id"',
  concurrency: readers,
});

/** LIST after any customer. */
export const listLoad = ({ readers }: Scale, customers: readonly string[]): Load => ({
  nextBody: () => JSON.stringify({ query: LIST, variables: { after: cursorOf(anyOf(customers)) } }),
  answer: '{"data":{"customers":{"nodes":[',
  concurrency: readers,
});

/** PAGE of any customer. */
export const pageLoad = ({ readers }: Scale, customers: readonly string[]): Load => ({
  nextBody: () => JSON.stringify({ query: PAGE, variables: { id: customerGid(anyOf(customers)) } }),
  answer: '{"data":{"customer":{"id"',
  concurrency: readers,
});

/** A cent from any of the accounts, each time under another key. */
export const debitLoad = ({ payers }: Scale, accounts: readonly string[]): Load => ({
  nextBody: () => JSON.stringify({ query: DEBIT, variables: { id: accountGid(anyOf(accounts)), key: randomUUID() } }),
  answer: ['{"data":{"storeCreditAccountDebit":{"storeCreditAccountTransaction":{"id"', '[{"ok"'],
  concurrency: payers,
});
