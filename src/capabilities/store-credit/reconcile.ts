import type { Sql } from '../../db/client.ts';

/** What of the books can be wrong, in the order in which it is looked for within a version. */
export const FAULTS = ['VERSION', 'NUMBER', 'HASH', 'BALANCE', 'HELD', 'ALLOCATION', 'LOT', 'EXPIRY', 'HOLD', 'ACCOUNT'] as const;

export interface Fault {
  readonly accountId: string;
  readonly what: (typeof FAULTS)[number];
  /** The version of the account from which on it is wrong; null for what has none of its own. */
  readonly version: bigint | null;
  /** The row that is wrong: a transaction, change, lot, hold or account. */
  readonly rowId: string;
}

export interface Total {
  readonly currency: string;
  readonly accounts: number;
  readonly balanceMinor: bigint;
  readonly heldMinor: bigint;
}

export interface Reconciled {
  readonly accounts: number;
  readonly transactions: number;
  readonly changes: number;
  readonly totals: readonly Total[];
  /** Of each account that is wrong the first, in the order of accounts. */
  readonly faults: readonly Fault[];
  /** Where the next page begins; null at the end. */
  readonly next: string | null;
}

/*
 * Rows of an account are looked for by its id, in the order of an index: without statistics, or with those of one account that has most of
 * them, PostgreSQL reads the whole shop for each account. Every figure that is kept is made again from what cannot change: transactions, allocations and changes. Nothing is looked up by triggers,
 * stored sums or the door's functions but the two that say what a hash is over.
 */
const CHECK = `
with a as materialized (
  select * from store_credit_account
  where ($1::text is null or id > $1::text::uuid) and ($2::text is null or id = $2::text::uuid) order by id limit $3::int
), t as materialized (
  select t.*, row_number() over w as place, sum(t.amount_minor) over w as sum_minor
  from a cross join lateral (select r.*, r as whole from store_credit_transaction r where r.account_id = a.id order by r.number offset 0) t
  window w as (partition by t.account_id order by t.number)
), c as materialized (
  select c.* from a cross join lateral (select r.*, r as whole from store_credit_change r where r.account_id = a.id order by r.version offset 0) c
), e as materialized (
  select id, account_id, version, hash, held_after_minor, balance_after_minor, delta,
    row_number() over w as place, sum(delta) over w as held_minor, lag(hash) over w as before
  from (
    select id, account_id, version, hash, held_after_minor, balance_after_minor, case when hold_id is null then 0 else amount_minor end as delta from t
    union all
    select id, account_id, version, hash, held_after_minor, balance_after_minor,
      case kind when 'HOLD_CREATED' then amount_minor else -amount_minor end from c) rows
  window w as (partition by account_id order by version)
), s as materialized (
  select s.*, t.account_id, t.kind from t
    cross join lateral (select r.* from store_credit_allocation r where r.transaction_id = t.id order by r.lot_id offset 0) s
), l as materialized (
  select l.* from a cross join lateral (select r.* from store_credit_lot r where r.account_id = a.id order by r.number offset 0) l
), h as materialized (
  select h.* from a cross join lateral (select r.* from store_credit_hold r where r.account_id = a.id order by r.id offset 0) h
), spent as (
  select transaction_id, sum(amount_minor) as amount_minor from s group by 1
), taken as (
  select account_id, lot_id, sum(case kind when 'DEBIT_REVERT' then -amount_minor else amount_minor end) as amount_minor from s group by 1, 2
), moved as (
  select distinct on (lot_id) lot_id, expires_at from c where lot_id is not null order by lot_id, version desc
), captured as (
  select hold_id, -sum(amount_minor) as amount_minor from t where hold_id is not null group by 1
), said as (
  select hold_id, sum(amount_minor) filter (where kind = 'HOLD_CREATED') as made,
    coalesce(sum(amount_minor) filter (where kind <> 'HOLD_CREATED'), 0) as released from c where hold_id is not null group by 1
), newest as (
  select distinct on (account_id) account_id, place, sum_minor from t order by account_id, number desc
), latest as (
  select distinct on (account_id) account_id, place, held_minor, hash from e order by account_id, version desc
), faults as (
  select account_id, 'VERSION' as what, version, id from e where version <> place
  union all
  select account_id, 'NUMBER', version, id from t where number <> place
  union all
  select e.account_id, 'HASH', e.version, e.id from e
    left join t on t.id = e.id left join c on c.id = e.id
    where (e.hash = case when t.id is not null then store_credit_hash(coalesce(e.before, decode(repeat('00', 32), 'hex')), t.whole)
      else store_credit_change_hash(e.before, c.whole) end) is not true
  union all
  select account_id, 'BALANCE', version, id from t where balance_after_minor <> sum_minor
  union all
  select account_id, 'HELD', version, id from e where held_after_minor <> held_minor
  union all
  select t.account_id, 'ALLOCATION', t.version, t.id from t left join spent on spent.transaction_id = t.id
    where case t.kind when 'CREDIT' then spent.amount_minor is not null else abs(t.amount_minor) is distinct from spent.amount_minor end
  union all
  select t.account_id, 'LOT', t.version, t.id from t
    left join l on l.id = t.id left join taken on taken.lot_id = t.id and taken.account_id = t.account_id
    where t.kind = 'CREDIT' and l.remaining_minor is distinct from t.amount_minor - coalesce(taken.amount_minor, 0)
  union all
  select l.account_id, 'LOT', null, l.id from l left join t on t.id = l.id and t.account_id = l.account_id
    where (t.kind = 'CREDIT' and t.amount_minor = l.amount_minor) is not true
  union all
  select t.account_id, 'EXPIRY', t.version, t.id from t join l on l.id = t.id left join moved on moved.lot_id = t.id
    where l.expires_at is distinct from t.lot_expires_at
      or l.expires_at is distinct from case when moved.lot_id is null then t.expires_at else moved.expires_at end
  union all
  select h.account_id, 'HOLD', h.version, h.id from h
    left join captured on captured.hold_id = h.id left join said on said.hold_id = h.id
    where (h.captured_minor = coalesce(captured.amount_minor, 0) and h.amount_minor = said.made
      and h.remaining_minor = said.made - said.released - coalesce(captured.amount_minor, 0)) is not true
  union all
  select a.id, 'ACCOUNT', a.version, a.id from a
    left join newest on newest.account_id = a.id left join latest on latest.account_id = a.id
    where a.balance_minor <> coalesce(newest.sum_minor, 0) or a.last_number <> coalesce(newest.place, 0)
      or a.version <> coalesce(latest.place, 0) or a.held_minor <> coalesce(latest.held_minor, 0)
      or a.last_hash <> coalesce(latest.hash, decode(repeat('00', 32), 'hex')) or a.held_minor > a.balance_minor
), first as (
  -- What never changes comes before what is kept beside it.
  select distinct on (account_id) * from faults
    order by account_id, what in ('LOT', 'EXPIRY', 'HOLD', 'ACCOUNT'), version nulls last, array_position($4::text[], what)
)
select (select count(*) from a)::int as accounts, (select count(*) from t)::int as transactions, (select count(*) from c)::int as changes,
  (select max(id::text) from a) as last,
  (select coalesce(json_agg(json_build_object('currency', currency, 'accounts', accounts, 'balance', balance::text, 'held', held::text)), '[]')
    from (select currency, count(*) as accounts, sum(balance_minor) as balance, sum(held_minor) as held from a group by currency) sums) as totals,
  (select coalesce(json_agg(json_build_object('accountId', account_id, 'what', what, 'version', version::text, 'rowId', id) order by account_id), '[]')
    from first) as faults`;

interface Row {
  readonly accounts: number;
  readonly transactions: number;
  readonly changes: number;
  readonly last: string | null;
  readonly totals: readonly { currency: string; accounts: number; balance: string; held: string }[];
  readonly faults: readonly { accountId: string; what: Fault['what']; version: string | null; rowId: string }[];
}

/** Makes every balance again from the rows that never change, and names the first row that is not what it should be, account by account. */
export const reconcile = async (
  sql: Sql,
  { after = null, accountId = null, limit }: { after?: string | null; accountId?: string | null; limit: number },
): Promise<Reconciled> => {
  const [row] = await sql<Row>(CHECK, [after, accountId, limit, FAULTS]);
  const { accounts, transactions, changes, last, totals, faults } = row as Row;
  return {
    accounts,
    transactions,
    changes,
    totals: totals.map(({ currency, accounts: count, balance, held }) => ({
      currency,
      accounts: count,
      balanceMinor: BigInt(balance),
      heldMinor: BigInt(held),
    })),
    faults: faults.map(({ version, ...fault }) => ({ ...fault, version: version === null ? null : BigInt(version) })),
    next: accounts === limit ? last : null,
  };
};
