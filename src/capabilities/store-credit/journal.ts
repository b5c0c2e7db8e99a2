import { formatMinor } from '../../core/money.ts';
import type { Sql } from '../../db/client.ts';
import { csvOf } from './csv.ts';
import { ROWS_MAX } from './reports.ts';
import type { Period } from './statement.ts';

/** What a movement stands against, as store_credit_contra() says, and the liability itself. */
export const BOOK_ACCOUNTS = [
  'STORE_CREDIT_LIABILITY',
  'SALES_CLEARING',
  'SALES_RETURNS',
  'PROMOTION_EXPENSE',
  'ADJUSTMENTS',
  'BREAKAGE_INCOME',
  'TRANSFER_CLEARING',
  'OPENING_BALANCES',
] as const;

type BookAccount = (typeof BOOK_ACCOUNTS)[number];

/** One line of a double entry; of debit and credit, one is zero. Minor units. */
export interface JournalLine {
  readonly day: string;
  readonly currency: string;
  readonly account: BookAccount;
  readonly debitMinor: bigint;
  readonly creditMinor: bigint;
  readonly transactions: number;
}

// Few movements take another one back, and are booked as that one is: they are looked up, and all others only added up.
const MOVED = `
with moved as (
  select date_trunc('day', created_at at time zone 'UTC') as day, currency, kind, event, amount_minor > 0 as is_given,
    sum(amount_minor) as amount, count(*)::int as transactions
  from store_credit_transaction
  where created_at >= $2::text::timestamptz and created_at < $3::text::timestamptz and ($1::text is null or currency = $1::text)
    and (related_id is null or kind not in ('DEBIT', 'DEBIT_REVERT'))
  group by 1, 2, 3, 4, 5
  union all
  select date_trunc('day', t.created_at at time zone 'UTC'), t.currency, r.kind, r.event, t.amount_minor > 0, sum(t.amount_minor), count(*)::int
  from store_credit_transaction t join store_credit_transaction r on r.id = t.related_id
  where t.kind in ('DEBIT', 'DEBIT_REVERT') and t.created_at >= $2::text::timestamptz and t.created_at < $3::text::timestamptz
    and ($1::text is null or t.currency = $1::text)
  group by 1, 2, 3, 4, 5
)
select to_char(day, 'YYYY-MM-DD') as day, currency, store_credit_contra(kind, event) as contra, is_given as "isGiven",
  abs(sum(amount))::text as amount, sum(transactions)::int as transactions
from moved group by 1, 2, 3, 4 order by 1, 2, 3, 4 desc limit ${ROWS_MAX + 1}`;

interface Moved {
  readonly day: string;
  readonly currency: string;
  readonly contra: BookAccount;
  readonly isGiven: boolean;
  readonly amount: string;
  readonly transactions: number;
}

/** Two lines of one amount: what is given is owed to customers, what is taken no longer. */
const entryOf = ({ day, currency, contra, isGiven, amount, transactions }: Moved): JournalLine[] => {
  const line = (account: BookAccount, isDebit: boolean): JournalLine => ({
    day,
    currency,
    account,
    debitMinor: isDebit ? BigInt(amount) : 0n,
    creditMinor: isDebit ? 0n : BigInt(amount),
    transactions,
  });
  return isGiven ? [line(contra, true), line('STORE_CREDIT_LIABILITY', false)] : [line('STORE_CREDIT_LIABILITY', true), line(contra, false)];
};

/** A period's movements as double entries, one for each day (UTC), currency, account and direction. */
export const journal = async (sql: Sql, currency: string | null, { from, to }: Period): Promise<JournalLine[]> =>
  (await sql<Moved>(MOVED, [currency, from.toISOString(), to.toISOString()])).flatMap(entryOf);

export const journalCsv = (lines: readonly JournalLine[]): string =>
  csvOf(
    ['date', 'account', 'currency', 'debit', 'credit', 'transactions'],
    lines.map(({ day, account, currency, debitMinor, creditMinor, transactions }) => {
      const amount = (minor: bigint): string => (minor === 0n ? '' : formatMinor(minor.toString(), currency));
      return [day, account, currency, amount(debitMinor), amount(creditMinor), String(transactions)];
    }),
  );
