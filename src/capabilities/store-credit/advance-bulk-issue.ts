import type { App } from '../../app.ts';
import { topics } from '../../core/events.ts';
import { SYSTEM_ACTOR } from '../../core/viewer.ts';
import type { SqlTx } from '../../db/transact.ts';
import { type BulkIssue, isBulkIssueUnderWay, takeBulkIssue, turnBulkIssue } from './bulk-issue.ts';
import { lockAccounts } from './merge.ts';
import type { About, Movement } from './movement.ts';
import { type PostAnswer, postWithin } from './post.ts';

/** Rows of a chunk: what a process that ends leaves to do again, and for how long their accounts are held. */
const CHUNK_ROWS = 100;

interface Row {
  readonly place: string;
  readonly customerId: string | null;
  readonly currency: string;
  readonly amount: string;
  readonly transactionId: string | null;
}

const ROWS = `
select r.place::text, customer_id::text as "customerId", currency, amount_minor::text as amount, transaction_id::text as "transactionId"
from store_credit_bulk_issue_row r
where issue_id = $1::text::uuid and place > $2::text::bigint and state = $3::text::store_credit_bulk_issue_row_state order by r.place limit ${CHUNK_ROWS}`;

const ADVANCE = `
update store_credit_bulk_issue set cursor = $2::text::bigint, version = version + 1, updated_at = $3::text::timestamptz where id = $1::text::uuid`;

const LAST_IN_TURN = 'update store_credit_bulk_issue set updated_at = $2::text::timestamptz where id = $1::text::uuid';

/** What became of a chunk's rows, and of the sums with them. `$3` is the state of those that were not refused. */
const JUDGED = `
with told as (
  select * from jsonb_to_recordset($2::text::jsonb) as v(place bigint, code text, "transactionId" uuid)
), done as (
  update store_credit_bulk_issue_row r
  set state = case when told.code is null then $3::text else 'REFUSED' end::store_credit_bulk_issue_row_state, code = told.code,
    transaction_id = told."transactionId"
  from told where r.issue_id = $1::text::uuid and r.place = told.place returning r.currency, r.state, r.amount_minor
), sums as (
  select currency, state, count(*) as rows, sum(amount_minor) as minor from done group by 1, 2
)
update store_credit_bulk_issue_total t set
  ready_count = t.ready_count + coalesce((select rows from sums where currency = t.currency and state = 'READY'), 0),
  ready_minor = t.ready_minor + coalesce((select minor from sums where currency = t.currency and state = 'READY'), 0),
  refused_count = t.refused_count + coalesce((select rows from sums where currency = t.currency and state = 'REFUSED'), 0),
  refused_minor = t.refused_minor + coalesce((select minor from sums where currency = t.currency and state = 'REFUSED'), 0),
  issued_count = t.issued_count + coalesce((select rows from sums where currency = t.currency and state = 'ISSUED'), 0),
  issued_minor = t.issued_minor + coalesce((select minor from sums where currency = t.currency and state = 'ISSUED'), 0)
where t.issue_id = $1::text::uuid`;

/** A key of the bulk issue's own for each of its customers: a second attempt would be answered with the first. */
const keyOf = ({ id }: BulkIssue, what: string) => ({ scope: `store_credit_bulk_issue:${id}`, key: what, fingerprint: '00' });

const about = ({ reason, memo, note, metadata }: BulkIssue, reference: string): About =>
  Object.fromEntries(Object.entries({ reason, memo, note, reference, metadata }).filter(([, value]) => value != null));

/** The credit that a row is for. What is only tried out has no key, and is tried as what a second member of staff may have agreed to. */
const creditOf = (issue: BulkIssue, { customerId, currency, amount }: Row, isTrial: boolean): Movement => ({
  kind: 'CREDIT',
  accountId: null,
  customerId,
  currency,
  amountMinor: BigInt(amount),
  expiresAt: issue.creditExpiresAt ? new Date(issue.creditExpiresAt) : null,
  ...(issue.hasDefaultExpiry ? { usesDefaultExpiry: true as const } : {}),
  ...(isTrial || issue.approvedBy ? { isApproved: true as const } : {}),
  ...(issue.notify === null ? {} : { notify: issue.notify }),
  event: issue.event,
  ...about(issue, issue.reference ?? issue.id),
  // On whose word it is given; the rules of what staff may give alone hold for it.
  actor: issue.startedBy ?? SYSTEM_ACTOR,
  idempotency: isTrial ? null : keyOf(issue, `${customerId}:${currency}`),
});

const judge = async (
  tx: SqlTx,
  { id }: BulkIssue,
  rows: readonly Row[],
  answers: readonly PostAnswer[],
  state: 'READY' | 'ISSUED',
): Promise<void> => {
  const told = rows.map(({ place }, index) => {
    const answer = answers[index] as PostAnswer;
    if ('refused' in answer) return { place, code: answer.refused.code, transactionId: null };
    const { ok } = answer;
    return { place, code: null, transactionId: state === 'ISSUED' && 'transactionId' in ok ? ok.transactionId : null };
  });
  await tx.sql(JUDGED, [id, JSON.stringify(told), state]);
};

/** Gives the chunk and takes it back: what the ledger says of it is what it will say, with nothing left behind. */
const check = async (tx: SqlTx, issue: BulkIssue, rows: readonly Row[]): Promise<void> => {
  await tx.sql('savepoint bulk_check', []);
  const answers = await postWithin(
    { ...tx, announce: () => {} },
    rows.map((row) => creditOf(issue, row, true)),
  );
  await tx.sql('rollback to savepoint bulk_check', []);
  await judge(tx, issue, rows, answers, 'READY');
};

const give = async (tx: SqlTx, issue: BulkIssue, rows: readonly Row[]): Promise<void> => {
  const answers = await postWithin(
    tx,
    rows.map((row) => creditOf(issue, row, false)),
  );
  await judge(tx, issue, rows, answers, 'ISSUED');
};

interface Left {
  readonly place: string;
  readonly transactionId: string;
  readonly currency: string;
  /** What is left of the credit, and the part of it that can be taken: neither run out nor held. */
  readonly left: string;
  readonly free: string;
  readonly isExpired: boolean;
  /** What transfers and merges took to other accounts, less what came back. */
  readonly moved: string;
  /** What former undos of this bulk issue took back. */
  readonly reversed: string;
  readonly amount: string;
}

const ACCOUNTS = `
select distinct a.customer_id::text as id from store_credit_lot l join store_credit_account a on a.id = l.account_id
where l.id = any($1::text[]::uuid[])`;

/** Of several credits of one account, which the same free amount would have to cover, the first is covered first. */
const LEFT = `
select r.place::text, l.id::text as "transactionId", r.currency, l.remaining_minor::text as left, r.amount_minor::text as amount,
  r.reversed_minor::text as reversed, coalesce(l.expires_at <= m.moment, false) as "isExpired",
  greatest(0, least(l.remaining_minor, s.available - coalesce(sum(l.remaining_minor) over (
    partition by l.account_id order by r.place rows between unbounded preceding and 1 preceding), 0)))::text as free,
  case when l.remaining_minor = r.amount_minor then 0 else coalesce((
    select sum(case t.kind when 'DEBIT' then f.amount_minor else -f.amount_minor end) from store_credit_transaction t
    join store_credit_allocation f on f.transaction_id = t.id and f.lot_id = l.id left join store_credit_transaction d on d.id = t.related_id
    where t.account_id = l.account_id and t.number > l.number
      and (t.kind = 'DEBIT' and t.event in ('MERGE', 'TRANSFER') or t.kind = 'DEBIT_REVERT' and d.event in ('MERGE', 'TRANSFER'))), 0) end::text as moved
from store_credit_bulk_issue_row r
join store_credit_lot l on l.id = r.transaction_id
join store_credit_account a on a.id = l.account_id
cross join lateral (select greatest(a.updated_at, $3::text::timestamptz) as moment) m
cross join lateral store_credit_standing(a.id, m.moment) s
where r.issue_id = $1::text::uuid and r.transaction_id = any($2::text[]::uuid[]) order by r.place`;

/** Each row's parts are as they are after this undo, `took` what is taken back more than after the last; the sums of what was not taken back were forgotten at its beginning. */
const UNDONE = `
with told as (
  select * from jsonb_to_recordset($2::text::jsonb) as v(place bigint, took bigint, reversed bigint, spent bigint, moved bigint, expired bigint, held bigint)
), done as (
  update store_credit_bulk_issue_row r set reversed_minor = told.reversed, spent_minor = told.spent, moved_minor = told.moved,
    expired_minor = told.expired, held_minor = told.held
  from told where r.issue_id = $1::text::uuid and r.place = told.place
  returning r.currency, told.*
), sums as (
  select currency, sum(took) as took, sum(spent) as spent, sum(moved) as moved, sum(expired) as expired, sum(held) as held
  from done group by currency
)
update store_credit_bulk_issue_total t set reversed_minor = t.reversed_minor + s.took, spent_minor = t.spent_minor + s.spent,
  moved_minor = t.moved_minor + s.moved, expired_minor = t.expired_minor + s.expired, held_minor = t.held_minor + s.held
from sums s where t.issue_id = $1::text::uuid and t.currency = s.currency`;

/** Takes back what is free of a chunk's credits, with their accounts held, so that what is looked at is what is taken. */
const takeBack = async (tx: SqlTx, issue: BulkIssue, rows: readonly Row[]): Promise<void> => {
  const ids = rows.map(({ transactionId }) => transactionId as string);
  const owners = await tx.sql<{ id: string }>(ACCOUNTS, [ids]);
  await lockAccounts(
    tx,
    owners.map(({ id }) => id),
  );
  const credits = await tx.sql<Left>(LEFT, [issue.id, ids, tx.now.toISOString()]);
  const taken = credits.filter(({ isExpired, free }) => !isExpired && free !== '0');
  const answers = await postWithin(
    tx,
    taken.map(({ place, transactionId, currency, free }) => ({
      kind: 'CREDIT_REVERSAL',
      transactionId,
      currency,
      amountMinor: BigInt(free),
      event: 'REVERSAL',
      reference: issue.id,
      actor: SYSTEM_ACTOR,
      idempotency: keyOf(issue, `undo:${issue.undoRound}:${place}`),
    })),
  );
  const refused = new Set(taken.flatMap(({ place }, index) => ('refused' in (answers[index] as PostAnswer) ? [place] : [])));
  const parts = credits.map(({ place, left, free, isExpired, moved, reversed, amount }) => {
    const took = isExpired || refused.has(place) ? 0n : BigInt(free);
    const rest = BigInt(left) - took;
    // What former undos took may have been given back since.
    const away = BigInt(amount) - BigInt(left);
    const before = BigInt(reversed) < away ? BigInt(reversed) : away;
    const gone = away - before;
    const parted = BigInt(moved) > gone ? gone : BigInt(moved);
    return {
      place,
      took: (before + took - BigInt(reversed)).toString(),
      reversed: (before + took).toString(),
      moved: parted.toString(),
      spent: (gone - parted).toString(),
      expired: (isExpired ? rest : 0n).toString(),
      held: (isExpired ? 0n : rest).toString(),
    };
  });
  await tx.sql(UNDONE, [issue.id, JSON.stringify(parts)]);
};

/** What each state does with which rows, and what it becomes when none are left. */
const WORK = {
  CHECKING: { rows: 'PENDING', run: check, next: 'CHECKED' },
  ISSUING: { rows: 'READY', run: give, next: 'ISSUED' },
  UNDOING: { rows: 'ISSUED', run: takeBack, next: 'UNDONE' },
} as const;

/**
 * Does the next chunk of a bulk issue, in a transaction of its own, and answers how many rows it did; 0 when none is under way. Where it
 * stands is kept with what it did, so that any process goes on where another ended, and no row is done twice.
 */
export const advanceBulkIssue = async (app: App): Promise<number> => {
  const { sql } = app.backend.database;
  if (!(await isBulkIssueUnderWay(sql))) return 0;
  let taken: string | undefined;
  const advance = app.transactSql(SYSTEM_ACTOR, async (tx) => {
    const issue = await takeBulkIssue(tx);
    if (!issue) return 0;
    taken = issue.id;
    const { rows: state, run, next } = WORK[issue.state as keyof typeof WORK];
    const rows = await tx.sql<Row>(ROWS, [issue.id, issue.cursor, state]);
    tx.announce(topics.storeCreditBulkIssue(issue.id));
    const last = rows.at(-1);
    if (!last) {
      await turnBulkIssue(tx, issue.id, next);
      tx.emit({ type: 'store_credit_bulk_issue.finished', bulkIssueId: issue.id, state: next });
      return 1;
    }
    await run(tx, issue, rows);
    await tx.sql(ADVANCE, [issue.id, last.place, tx.now.toISOString()]);
    return rows.length;
  });
  return advance.catch(async (error: unknown) => {
    // The others have their turn before it is tried again.
    if (taken) await sql(LAST_IN_TURN, [taken, app.clock().toISOString()]);
    throw error;
  });
};
