import { formatMinor } from '../../core/money.ts';
import type { Sql } from '../../db/client.ts';
import type { StoreCreditSystemEvent, StoreCreditTransactionKind } from '../../db/generated/enums.ts';
import { csvOf } from './csv.ts';

/** A movement as a statement has it; amounts are minor units as text. */
export interface StatementLine {
  readonly id: string;
  readonly number: string;
  readonly kind: StoreCreditTransactionKind;
  readonly event: StoreCreditSystemEvent;
  readonly currency: string;
  readonly amount: string;
  readonly balance: string;
  readonly memo: string | null;
  readonly reason: string | null;
  readonly reference: string | null;
  readonly note: string | null;
  readonly actor: string;
  readonly createdAt: string;
}

export interface Period {
  readonly from: Date;
  /** The first moment that is no longer part of it. */
  readonly to: Date;
}

export interface Statement extends Period {
  readonly accountId: string;
  /** Whether it goes up to now, so that its end says nothing. */
  readonly isOpen: boolean;
  readonly currency: string;
  readonly openingMinor: bigint;
  readonly closingMinor: bigint;
  readonly lines: readonly StatementLine[];
}

export const STATEMENT_LINES_MAX = 10_000;

const STATEMENT = `
with n as materialized (
  select a.id, a.currency, store_credit_number_at(a.id, $2::text::timestamptz - interval '1 millisecond') as before,
    store_credit_number_at(a.id, $3::text::timestamptz - interval '1 millisecond') as last
  from store_credit_account a where a.id = $1::text::uuid
)
select n.currency, coalesce(o.balance_after_minor, 0)::text as opening, coalesce(c.balance_after_minor, 0)::text as closing,
  coalesce(l.lines, '[]') as lines
from n
left join store_credit_transaction o on o.account_id = n.id and o.number = n.before
left join store_credit_transaction c on c.account_id = n.id and c.number = n.last
cross join lateral (
  select json_agg(json_build_object('id', t.id, 'number', t.number::text, 'kind', t.kind, 'event', t.event, 'currency', t.currency,
    'amount', t.amount_minor::text, 'balance', t.balance_after_minor::text, 'memo', t.memo, 'reason', t.reason, 'reference', t.reference,
    'note', t.note, 'actor', t.actor, 'createdAt', t.created_at) order by t.number) as lines
  from (select * from store_credit_transaction
    where account_id = n.id and number > n.before and number <= n.last order by number limit ${STATEMENT_LINES_MAX + 1}) t) l`;

/** What happened on an account in a period, between its balance before and after; null for no account. One line too many tells that there are more. */
export const statementOf = async (
  sql: Sql,
  accountId: string,
  { from, to, isOpen = false }: Period & { isOpen?: boolean },
): Promise<Statement | null> => {
  const [row] = await sql<{ currency: string; opening: string; closing: string; lines: StatementLine[] }>(STATEMENT, [
    accountId,
    from.toISOString(),
    to.toISOString(),
  ]);
  if (!row) return null;
  const { currency, opening, closing, lines } = row;
  return { accountId, from, to, isOpen, currency, openingMinor: BigInt(opening), closingMinor: BigInt(closing), lines };
};

/** Whose account it is, as a letter would say it, and the language she reads. */
export const holderOf = async (sql: Sql, accountId: string): Promise<{ lines: string[]; locale: string | null }> => {
  const [row] = await sql<{ name: string; email: string | null; locale: string | null }>(
    `select concat_ws(' ', c.first_name, c.last_name) as name, c.email, c.locale
     from store_credit_account a join customer c on c.id = a.customer_id where a.id = $1::text::uuid`,
    [accountId],
  );
  return { lines: [row?.name, row?.email].flatMap((line) => line || []), locale: row?.locale ?? null };
};

const COLUMNS = ['number', 'date', 'type', 'event', 'credit', 'debit', 'balance', 'currency', 'memo'];
const STAFF_COLUMNS = ['reason', 'reference', 'note', 'actor', 'id'];

/** The statement as CSV: a line for the opening balance, one for each movement, one for the closing balance. Some columns are for staff only. */
export const statementCsv = ({ from, to, isOpen, currency, openingMinor, closingMinor, lines }: Statement, isForStaff: boolean): string => {
  const blank = (isForStaff ? STAFF_COLUMNS : []).map(() => '');
  const sum = (type: string, at: Date, minor: bigint): string[] => [
    '',
    at.toISOString(),
    type,
    '',
    '',
    '',
    formatMinor(minor.toString(), currency),
    currency,
    '',
    ...blank,
  ];
  // Up to now, the balance is what the last movement left.
  const end = isOpen ? new Date(lines.at(-1)?.createdAt ?? from) : to;
  const rows = lines.map((line) => {
    const isCredit = !line.amount.startsWith('-');
    const amount = formatMinor(isCredit ? line.amount : line.amount.slice(1), currency);
    return [
      line.number,
      new Date(line.createdAt).toISOString(),
      line.kind,
      line.event,
      ...(isCredit ? [amount, ''] : ['', amount]),
      formatMinor(line.balance, currency),
      currency,
      line.memo ?? '',
      ...(isForStaff ? [line.reason ?? '', line.reference ?? '', line.note ?? '', line.actor, line.id] : []),
    ];
  });
  return csvOf(isForStaff ? [...COLUMNS, ...STAFF_COLUMNS] : COLUMNS, [
    sum('OPENING', from, openingMinor),
    ...rows,
    sum('CLOSING', end, closingMinor),
  ]);
};
