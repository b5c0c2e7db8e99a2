import { DomainError } from '../../core/errors.ts';
import type { Sql } from '../../db/client.ts';
import type { StoreCreditBulkIssueState, StoreCreditSystemEvent } from '../../db/generated/enums.ts';
import type { SqlTx } from '../../db/transact.ts';
import type { About } from './movement.ts';

/** Days in which what was checked can be started and approved. */
export const BULK_ISSUE_DAYS = 7;

/** A bulk issue as the verbs and the job see it. */
export interface BulkIssue extends About {
  readonly id: string;
  readonly state: StoreCreditBulkIssueState;
  readonly cursor: string;
  readonly lastPlace: string;
  readonly undoRound: number;
  readonly event: StoreCreditSystemEvent;
  readonly creditExpiresAt: string | null;
  readonly hasDefaultExpiry: boolean;
  readonly notify: boolean | null;
  readonly startedBy: string | null;
  readonly approvedBy: string | null;
  readonly hasLapsed: boolean;
}

const COLUMNS = `id::text, state::text, cursor::text, last_place::text as "lastPlace", undo_round as "undoRound", event::text,
  to_char(credit_expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "creditExpiresAt", has_default_expiry as "hasDefaultExpiry", notify,
  reason, memo, note, reference, metadata, started_by as "startedBy", approved_by as "approvedBy"`;

const LOCK = `select ${COLUMNS}, expires_at <= $2::text::timestamptz as "hasLapsed" from store_credit_bulk_issue where id = $1::text::uuid for update`;

/** The bulk issue, held: its job and other verbs wait. Refuses BULK_ISSUE_NOT_FOUND. */
export const lockBulkIssue = async (tx: SqlTx, id: string): Promise<BulkIssue> => {
  const [issue] = await tx.sql<BulkIssue>(LOCK, [id, tx.now.toISOString()]);
  if (!issue) throw new DomainError('BULK_ISSUE_NOT_FOUND', ['id']);
  return issue;
};

/** The one whose turn it is, held; who comes second takes the next one or nothing, and waits for nobody. */
const NEXT = `select ${COLUMNS}, false as "hasLapsed" from store_credit_bulk_issue where state in ('CHECKING', 'ISSUING', 'UNDOING')
order by updated_at limit 1 for update skip locked`;

/** Whether any is under way: asked without a transaction, since nearly always none is. */
export const isBulkIssueUnderWay = async (sql: Sql): Promise<boolean> => {
  const found = await sql(`select 1 from store_credit_bulk_issue where state in ('CHECKING', 'ISSUING', 'UNDOING') limit 1`, []);
  return found.length > 0;
};

export const takeBulkIssue = async (tx: SqlTx): Promise<BulkIssue | null> => (await tx.sql<BulkIssue>(NEXT, []))[0] ?? null;

/** Refuses BULK_ISSUE_STATE unless it is in one of these states. */
export const inState = ({ state }: BulkIssue, ...states: readonly StoreCreditBulkIssueState[]): void => {
  if (!states.includes(state)) throw new DomainError('BULK_ISSUE_STATE', ['id'], { state });
};

const TURN = `
update store_credit_bulk_issue set state = $2::text::store_credit_bulk_issue_state, cursor = 0, version = version + 1, updated_at = $3::text::timestamptz,
  finished_at = case when $2::text in ('ISSUED', 'CANCELLED', 'UNDONE') then $3::text::timestamptz end
where id = $1::text::uuid`;

/** Leads it into its next state, at the beginning of its rows. */
export const turnBulkIssue = async (tx: SqlTx, id: string, state: StoreCreditBulkIssueState): Promise<void> => {
  await tx.sql(TURN, [id, state, tx.now.toISOString()]);
};

export interface BulkTotal {
  readonly issueId: string;
  readonly currency: string;
  readonly rowsCount: number;
  readonly rowsMinor: string;
  readonly readyCount: number;
  readonly readyMinor: string;
  readonly refusedCount: number;
  readonly refusedMinor: string;
  readonly issuedCount: number;
  readonly issuedMinor: string;
  readonly reversedMinor: string;
  readonly spentMinor: string;
  readonly movedMinor: string;
  readonly expiredMinor: string;
  readonly heldMinor: string;
}

const TOTALS = `
select issue_id::text as "issueId", currency, rows_count as "rowsCount", rows_minor::text as "rowsMinor", ready_count as "readyCount",
  ready_minor::text as "readyMinor", refused_count as "refusedCount", refused_minor::text as "refusedMinor", issued_count as "issuedCount",
  issued_minor::text as "issuedMinor", reversed_minor::text as "reversedMinor", spent_minor::text as "spentMinor", moved_minor::text as "movedMinor",
  expired_minor::text as "expiredMinor", held_minor::text as "heldMinor"
from store_credit_bulk_issue_total where issue_id = any($1::text[]::uuid[]) order by currency`;

/** The sums of each, by currency. Amounts are minor units. */
export const loadBulkTotals = async (sql: Sql, ids: readonly string[]): Promise<Map<string, BulkTotal[]>> => {
  const totals = new Map<string, BulkTotal[]>();
  for (const total of await sql<BulkTotal>(TOTALS, [[...ids]])) totals.set(total.issueId, [...(totals.get(total.issueId) ?? []), total]);
  return totals;
};
