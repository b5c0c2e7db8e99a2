import { v7 as uuid } from 'uuid';
import { canonicalEmail } from '../../core/email.ts';
import { DomainError } from '../../core/errors.ts';
import { topics } from '../../core/events.ts';
import type { Money } from '../../core/money.ts';
import type { Statement } from '../../db/client.ts';
import type { StoreCreditSystemEvent } from '../../db/generated/enums.ts';
import type { SqlTx } from '../../db/transact.ts';
import { aboutOf, eventOf } from './about.ts';
import { BULK_ISSUE_DAYS, inState, lockBulkIssue } from './bulk-issue.ts';
import type { About } from './movement.ts';

/** Somebody who is to get credit; her id or her e-mail address. */
export interface BulkCustomer {
  readonly id?: string | null;
  readonly email?: string | null;
  readonly amount: Money;
}

export interface BulkIssueInput extends About {
  readonly name?: string | null;
  /** A list, or a search: the statement that finds its ids, what every one of them gets, and its words. */
  readonly to: { readonly customers: readonly BulkCustomer[] } | { readonly found: Statement; readonly amount: Money; readonly query: string };
  /** Null: never. Absent: as the currency's rules have it when the credit is given. */
  readonly expiresAt?: Date | null;
  /** Absent: ISSUE. */
  readonly event?: StoreCreditSystemEvent | null;
  readonly notify?: boolean | null;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const NAME_CHARACTERS_MAX = 100;
/** Of one request; more are added by further ones. */
const CUSTOMERS_MAX = 2_500;
/** Of one bulk issue: what the sums of a table and one page of a dashboard are made for. */
const ROWS_MAX = 500_000;

const CREATE = `
insert into store_credit_bulk_issue (id, name, query, event, credit_expires_at, has_default_expiry, notify, reason, memo, note, reference, metadata,
  created_by, created_at, expires_at, updated_at)
values ($1::text::uuid, $2::text, $3::text, $4::text::store_credit_system_event, $5::text::timestamptz, $6::boolean, $7::boolean, $8::text, $9::text,
  $10::text, $11::text, $12::text::jsonb, $13::text, $14::text::timestamptz, $15::text::timestamptz, $14::text::timestamptz)`;

/** Sums of new rows; they are all there is to do until they are checked. */
const COUNT = `
counted as (
  insert into store_credit_bulk_issue_total as t (issue_id, currency, rows_count, rows_minor, refused_count, refused_minor)
  select issue_id, currency, count(*), sum(amount_minor), count(*) filter (where state = 'REFUSED'),
    coalesce(sum(amount_minor) filter (where state = 'REFUSED'), 0) from made group by 1, 2
  on conflict (issue_id, currency) do update set rows_count = t.rows_count + excluded.rows_count, rows_minor = t.rows_minor + excluded.rows_minor,
    refused_count = t.refused_count + excluded.refused_count, refused_minor = t.refused_minor + excluded.refused_minor
)
select count(*)::int as rows, coalesce(max(place), 0)::text as last from made`;

/** Whoever is named twice in a currency, by whatever id or address, is refused the second time. */
const ADD_LISTED = `
with given as (
  select v.place + $3::text::bigint as place, v.currency, v.amount::bigint as amount, coalesce(
    (select coalesce(merged_into_id, id) from customer c where c.id = v.id::uuid and (deleted_at is null or merged_into_id is not null)),
    customer_of_email(v.email)) as customer_id
  from jsonb_to_recordset($2::text::jsonb) as v(place bigint, id text, email text, currency char(3), amount text)
), judged as (
  select given.*, case when customer_id is null then 'OWNER_NOT_FOUND'
    when row_number() over (partition by customer_id, currency order by place) > 1 or exists (select 1 from store_credit_bulk_issue_row r
      where r.issue_id = $1::text::uuid and r.customer_id = given.customer_id and r.currency = given.currency and r.state <> 'REFUSED')
    then 'DUPLICATE_CUSTOMER' end as code
  from given
), made as (
  insert into store_credit_bulk_issue_row (issue_id, place, customer_id, currency, amount_minor, state, code)
  select $1::text::uuid, place, customer_id, currency, amount, case when code is null then 'PENDING' else 'REFUSED' end::store_credit_bulk_issue_row_state,
    code from judged
  returning issue_id, place, currency, amount_minor, state
), ${COUNT}`;

/** The members of a search as they are in this statement's snapshot; its parameters come first. */
const addFound = (found: Statement, issueId: string, { amountMinor, currency }: Money): [string, readonly unknown[]] => {
  const at = found.values.length;
  const text = `
with found as (${found.text}), made as (
  insert into store_credit_bulk_issue_row (issue_id, place, customer_id, currency, amount_minor)
  select $${at + 1}::text::uuid, row_number() over (order by id), id, $${at + 2}::text, $${at + 3}::text::bigint from found limit ${ROWS_MAX + 1}
  returning issue_id, place, currency, amount_minor, state
), ${COUNT}`;
  return [text, [...found.values, issueId, currency, amountMinor.toString()]];
};

const ADDED = `
update store_credit_bulk_issue set state = 'CHECKING', cursor = case state when 'CHECKING' then cursor else last_place end,
  last_place = $2::text::bigint, version = version + 1, updated_at = $3::text::timestamptz where id = $1::text::uuid`;

const added = async (tx: SqlTx, id: string, [text, values]: readonly [string, readonly unknown[]], before: bigint): Promise<void> => {
  const [row] = await tx.sql<{ rows: number; last: string }>(text, values);
  if (!row || row.rows === 0) throw new DomainError('NOBODY_FOUND', ['input', 'query']);
  if (before + BigInt(row.rows) > BigInt(ROWS_MAX)) throw new DomainError('TOO_MANY', ['input'], { max: ROWS_MAX });
  await tx.sql(ADDED, [id, row.last, tx.now.toISOString()]);
  tx.announce(topics.storeCreditBulkIssue(id));
};

const listed = (customers: readonly BulkCustomer[], path: readonly string[]): string => {
  if (customers.length === 0) throw new DomainError('BLANK', path);
  if (customers.length > CUSTOMERS_MAX) throw new DomainError('TOO_MANY', path, { max: CUSTOMERS_MAX });
  return JSON.stringify(
    customers.map(({ id, email, amount }, index) => {
      const at = [...path, String(index)];
      if ((id == null) === (email == null)) throw new DomainError('INVALID', at);
      if (amount.amountMinor <= 0n) throw new DomainError('NEGATIVE_OR_ZERO_AMOUNT', [...at, 'amount']);
      const address = email == null ? null : canonicalEmail(email);
      if (email != null && !address) throw new DomainError('INVALID_EMAIL', [...at, 'email']);
      return { place: index + 1, id: id ?? null, email: address, currency: amount.currency, amount: amount.amountMinor.toString() };
    }),
  );
};

/**
 * Notes whom a bulk issue is for and how much each is to get: that is fixed from here on, whoever joins or leaves a search's result later.
 * Its job then checks every row against the ledger's rules and gives nothing until it is started.
 * Refuses BLANK, TOO_MANY, INVALID, INVALID_EMAIL, NEGATIVE_OR_ZERO_AMOUNT, EXPIRES_AT_IN_PAST, NOBODY_FOUND, TOO_LONG, NOTE_TOO_LONG.
 */
export const createBulkIssue = async (
  tx: SqlTx,
  { name, to, expiresAt, event, notify, ...about }: BulkIssueInput,
): Promise<{ bulkIssueId: string }> => {
  if (expiresAt && expiresAt <= tx.now) throw new DomainError('EXPIRES_AT_IN_PAST', ['input', 'expiresAt']);
  if (name && [...name].length > NAME_CHARACTERS_MAX) throw new DomainError('TOO_LONG', ['input', 'name'], { max: NAME_CHARACTERS_MAX });
  if ('found' in to && to.amount.amountMinor <= 0n) throw new DomainError('NEGATIVE_OR_ZERO_AMOUNT', ['input', 'amount']);
  const rows = 'customers' in to ? listed(to.customers, ['input', 'customers']) : null;
  const { reason, memo, note, reference, metadata } = aboutOf(about, 'input');
  const id = uuid();
  await tx.sql(CREATE, [
    id,
    name || null,
    'found' in to ? to.query : null,
    eventOf(event ?? 'ISSUE', 'input'),
    expiresAt?.toISOString() ?? null,
    expiresAt === undefined,
    notify ?? null,
    ...[reason ?? null, memo ?? null, note ?? null, reference ?? null, metadata ? JSON.stringify(metadata) : null],
    tx.actor,
    tx.now.toISOString(),
    new Date(tx.now.getTime() + BULK_ISSUE_DAYS * DAY_MS).toISOString(),
  ]);
  await added(tx, id, 'found' in to ? addFound(to.found, id, to.amount) : [ADD_LISTED, [id, rows, '0']], 0n);
  tx.emit({ type: 'store_credit_bulk_issue.created', bulkIssueId: id });
  return { bulkIssueId: id };
};

/**
 * Adds customers to a bulk issue that is not started yet: a request holds only so many. They are checked too.
 * Refuses BULK_ISSUE_NOT_FOUND, BULK_ISSUE_STATE, BULK_ISSUE_EXPIRED, and what `createBulkIssue` refuses of a list.
 */
export const addToBulkIssue = async (tx: SqlTx, id: string, customers: readonly BulkCustomer[]): Promise<{ bulkIssueId: string }> => {
  const issue = await lockBulkIssue(tx, id);
  inState(issue, 'CHECKING', 'CHECKED');
  if (issue.hasLapsed) throw new DomainError('BULK_ISSUE_EXPIRED', ['id'], { days: BULK_ISSUE_DAYS });
  const rows = listed(customers, ['customers']);
  await added(tx, id, [ADD_LISTED, [id, rows, issue.lastPlace]], BigInt(issue.lastPlace));
  tx.emit({ type: 'store_credit_bulk_issue.extended', bulkIssueId: id });
  return { bulkIssueId: id };
};
