import { DomainError } from '../../core/errors.ts';
import type { SqlTx } from '../../db/transact.ts';
import { BULK_ISSUE_DAYS, type BulkIssue, inState, lockBulkIssue, turnBulkIssue } from './bulk-issue.ts';
import { isOwnRequest } from './own-request.ts';

interface Decided {
  readonly bulkIssueId: string;
}

const ABOVE = `
select 1 from store_credit_bulk_issue_total t join store_credit_rule r on r.currency = t.currency
where t.issue_id = $1::text::uuid and t.ready_minor > r.approval_above_minor limit 1`;

const startable = (issue: BulkIssue, state: 'CHECKED' | 'AWAITING_APPROVAL'): void => {
  inState(issue, state);
  if (issue.hasLapsed) throw new DomainError('BULK_ISSUE_EXPIRED', ['id'], { days: BULK_ISSUE_DAYS });
};

/**
 * Starts what was checked: the rows that passed are given, by the job. When their sum in a currency is above that currency's `approvalAbove`,
 * it waits for a second member of staff first; no single credit of it can be above, then.
 * Refuses BULK_ISSUE_NOT_FOUND, BULK_ISSUE_STATE, BULK_ISSUE_EXPIRED.
 */
export const startBulkIssue = async (tx: SqlTx, id: string): Promise<Decided> => {
  startable(await lockBulkIssue(tx, id), 'CHECKED');
  const needsTwo = (await tx.sql(ABOVE, [id])).length > 0;
  await tx.sql('update store_credit_bulk_issue set started_by = $2::text, started_at = $3::text::timestamptz where id = $1::text::uuid', [
    id,
    tx.actor,
    tx.now.toISOString(),
  ]);
  await turnBulkIssue(tx, id, needsTwo ? 'AWAITING_APPROVAL' : 'ISSUING');
  tx.emit({ type: 'store_credit_bulk_issue.started', bulkIssueId: id, needsApproval: needsTwo });
  return { bulkIssueId: id };
};

/**
 * Lets a bulk issue go on that another member of staff started.
 * Refuses BULK_ISSUE_NOT_FOUND, BULK_ISSUE_STATE, BULK_ISSUE_EXPIRED, and OWN_REQUEST for who started it and for a token that she made.
 */
export const approveBulkIssue = async (tx: SqlTx, id: string): Promise<Decided> => {
  const issue = await lockBulkIssue(tx, id);
  startable(issue, 'AWAITING_APPROVAL');
  if (await isOwnRequest(tx, issue.startedBy as string)) throw new DomainError('OWN_REQUEST', ['id']);
  await tx.sql('update store_credit_bulk_issue set approved_by = $2::text, approved_at = $3::text::timestamptz where id = $1::text::uuid', [
    id,
    tx.actor,
    tx.now.toISOString(),
  ]);
  await turnBulkIssue(tx, id, 'ISSUING');
  tx.emit({ type: 'store_credit_bulk_issue.approved', bulkIssueId: id });
  return { bulkIssueId: id };
};

/** Ends it where it is; what was given stays given, and can be undone. Refuses BULK_ISSUE_NOT_FOUND, BULK_ISSUE_STATE. */
export const cancelBulkIssue = async (tx: SqlTx, id: string): Promise<Decided> => {
  inState(await lockBulkIssue(tx, id), 'CHECKING', 'CHECKED', 'AWAITING_APPROVAL', 'ISSUING');
  await tx.sql('update store_credit_bulk_issue set cancelled_by = $2::text where id = $1::text::uuid', [id, tx.actor]);
  await turnBulkIssue(tx, id, 'CANCELLED');
  tx.emit({ type: 'store_credit_bulk_issue.cancelled', bulkIssueId: id });
  return { bulkIssueId: id };
};

const UNDO = `update store_credit_bulk_issue set undone_by = $2::text, undo_round = undo_round + 1 where id = $1::text::uuid`;

const FORGET = `
update store_credit_bulk_issue_total set spent_minor = 0, moved_minor = 0, expired_minor = 0, held_minor = 0 where issue_id = $1::text::uuid`;

/**
 * Takes back what is left of each credit, by the job: all that is neither spent, moved to another account, run out nor held. Asked again later
 * it takes what has come free since. Refuses BULK_ISSUE_NOT_FOUND, BULK_ISSUE_STATE.
 */
export const undoBulkIssue = async (tx: SqlTx, id: string): Promise<Decided> => {
  inState(await lockBulkIssue(tx, id), 'ISSUED', 'CANCELLED', 'UNDONE');
  await tx.sql(UNDO, [id, tx.actor]);
  await tx.sql(FORGET, [id]);
  await turnBulkIssue(tx, id, 'UNDOING');
  tx.emit({ type: 'store_credit_bulk_issue.undo_started', bulkIssueId: id });
  return { bulkIssueId: id };
};
