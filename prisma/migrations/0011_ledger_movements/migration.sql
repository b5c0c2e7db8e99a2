-- Holds, changes that move no money, and what a movement may carry; the rules of 0004 extended to them. docs/ledger.md states the invariants.

CREATE TYPE "store_credit_hold_state" AS ENUM ('ACTIVE', 'CAPTURED', 'RELEASED', 'EXPIRED');
CREATE TYPE "store_credit_change_kind" AS ENUM ('HOLD_CREATED', 'HOLD_RELEASED', 'HOLD_EXPIRED', 'EXPIRY_CHANGED');

-- What is set aside of an account until a moment.
CREATE TABLE "store_credit_hold" (
    "id" UUID NOT NULL,
    "account_id" UUID NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "remaining_minor" BIGINT NOT NULL,
    "captured_minor" BIGINT NOT NULL DEFAULT 0,
    "state" "store_credit_hold_state" NOT NULL DEFAULT 'ACTIVE',
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "version" BIGINT NOT NULL,
    "reason" TEXT,
    "memo" TEXT,
    "note" TEXT,
    "reference" TEXT,
    "metadata" JSONB,
    "actor" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "store_credit_hold_pkey" PRIMARY KEY ("id")
);

-- What changed of an account without moving money. With the transactions, one row for each of the account's versions.
CREATE TABLE "store_credit_change" (
    "id" UUID NOT NULL,
    "account_id" UUID NOT NULL,
    "version" BIGINT NOT NULL,
    "kind" "store_credit_change_kind" NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "hold_id" UUID,
    "lot_id" UUID,
    "amount_minor" BIGINT NOT NULL,
    "balance_after_minor" BIGINT NOT NULL,
    "held_after_minor" BIGINT NOT NULL,
    "available_after_minor" BIGINT NOT NULL,
    "previous_expires_at" TIMESTAMPTZ(3),
    "expires_at" TIMESTAMPTZ(3),
    "reason" TEXT,
    "memo" TEXT,
    "note" TEXT,
    "reference" TEXT,
    "metadata" JSONB,
    "actor" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "hash" BYTEA NOT NULL,

    CONSTRAINT "store_credit_change_pkey" PRIMARY KEY ("id")
);

drop trigger immutable on store_credit_transaction;
drop trigger fixed on store_credit_lot;
drop trigger follow on store_credit_transaction;
drop trigger agree on store_credit_account;
drop trigger agree on store_credit_allocation;
drop trigger agree on store_credit_lot;
drop trigger open on store_credit_lot;
drop trigger continues on store_credit_account;
drop trigger open_empty on store_credit_account;
drop trigger guard on store_credit_transaction;
drop trigger guard on store_credit_account;
drop view store_credit_run_out;
drop function store_credit_post, store_credit_open, store_credit_write, store_credit_available, store_credit_hash,
  store_credit_transactions_follow, store_credit_accounts_agree, store_credit_allocations_agree, store_credit_lots_agree, store_credit_lots_open;
drop type store_credit_movement;

ALTER TABLE "store_credit_account" ADD COLUMN "previous_version" BIGINT NOT NULL DEFAULT 0;
ALTER TABLE "store_credit_transaction" ADD COLUMN "held_after_minor" BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN "hold_id" UUID,
  ADD COLUMN "lot_expires_at" TIMESTAMPTZ(3),
  ADD COLUMN "reason" TEXT,
  ADD COLUMN "memo" TEXT,
  ADD COLUMN "reference" TEXT,
  ADD COLUMN "metadata" JSONB,
  ADD COLUMN "origin" TEXT,
  ADD COLUMN "hash_version" INTEGER NOT NULL DEFAULT 1;

-- Until now every version was a transaction's.
update store_credit_account set previous_version = previous_number;
update store_credit_transaction set lot_expires_at = expires_at where expires_at is not null;

-- The order of `transactions(sortKey: EXPIRES_AT)` is that of the moments at which credits run out now.
DROP INDEX "store_credit_transaction_account_id_expires_at_number_idx";
CREATE INDEX "store_credit_transaction_account_id_lot_expires_at_number_idx" ON "store_credit_transaction"("account_id", "lot_expires_at", "number");
CREATE UNIQUE INDEX "store_credit_change_account_id_version_key" ON "store_credit_change"("account_id", "version");
CREATE INDEX "store_credit_hold_account_id_id_idx" ON "store_credit_hold"("account_id", "id");
create index store_credit_transaction_hold on store_credit_transaction (hold_id) where hold_id is not null;
create index store_credit_transaction_reference on store_credit_transaction (account_id, reference) where reference is not null;
create index store_credit_change_hold on store_credit_change (hold_id) where hold_id is not null;
create index store_credit_change_lot on store_credit_change (lot_id, version) where lot_id is not null;
create index store_credit_hold_active on store_credit_hold (account_id, expires_at) where state = 'ACTIVE';
-- What is due next, of all accounts.
create index store_credit_hold_due on store_credit_hold (expires_at) where state = 'ACTIVE';
create index store_credit_lot_due on store_credit_lot (expires_at) where is_open and expires_at is not null;

ALTER TABLE "store_credit_hold" ADD CONSTRAINT "store_credit_hold_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "store_credit_account"("id") ON DELETE RESTRICT ON UPDATE NO ACTION;
ALTER TABLE "store_credit_change" ADD CONSTRAINT "store_credit_change_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "store_credit_account"("id") ON DELETE RESTRICT ON UPDATE NO ACTION;
ALTER TABLE "store_credit_change" ADD CONSTRAINT "store_credit_change_hold_id_fkey" FOREIGN KEY ("hold_id") REFERENCES "store_credit_hold"("id") ON DELETE RESTRICT ON UPDATE NO ACTION;
ALTER TABLE "store_credit_change" ADD CONSTRAINT "store_credit_change_lot_id_fkey" FOREIGN KEY ("lot_id") REFERENCES "store_credit_lot"("id") ON DELETE RESTRICT ON UPDATE NO ACTION;
ALTER TABLE "store_credit_transaction" ADD CONSTRAINT "store_credit_transaction_hold_id_fkey" FOREIGN KEY ("hold_id") REFERENCES "store_credit_hold"("id") ON DELETE RESTRICT ON UPDATE NO ACTION;

alter table store_credit_transaction
  drop constraint store_credit_transaction_related,
  add constraint store_credit_transaction_related check (
    case when kind in ('DEBIT_REVERT', 'EXPIRATION') then related_id is not null else true end);

alter table store_credit_hold
  add constraint store_credit_hold_amounts check (
    amount_minor > 0 and remaining_minor >= 0 and captured_minor >= 0 and remaining_minor + captured_minor <= amount_minor),
  add constraint store_credit_hold_state check ((state = 'ACTIVE') = (remaining_minor > 0)),
  add constraint store_credit_hold_moments check (expires_at > created_at),
  add constraint store_credit_hold_about check (
    length(reason) <= 64 and length(memo) <= 500 and length(note) <= 5000 and length(reference) <= 255
    and (metadata is null or jsonb_typeof(metadata) = 'object' and length(metadata::text) <= 8192));

alter table store_credit_change
  add constraint store_credit_change_about check (
    length(reason) <= 64 and length(memo) <= 500 and length(note) <= 5000 and length(reference) <= 255
    and (metadata is null or jsonb_typeof(metadata) = 'object' and length(metadata::text) <= 8192)),
  add constraint store_credit_change_amount check (case kind when 'EXPIRY_CHANGED' then amount_minor = 0 else amount_minor > 0 end),
  add constraint store_credit_change_subject check ((kind = 'EXPIRY_CHANGED') = (lot_id is not null) and (hold_id is null) = (lot_id is not null)),
  add constraint store_credit_change_sums check (
    held_after_minor between 0 and balance_after_minor and available_after_minor between 0 and balance_after_minor);

/*
 * Fingerprints of an account's rows, each over the one before it, in the order of their versions. What is new since the first kind of hash
 * is in the second; a row says which it has. The door spells the transaction's out: a call for each costs more than the hash.
 */
create function store_credit_hash(previous bytea, t store_credit_transaction) returns bytea language plpgsql stable as $$
begin
  if t.hash_version = 1 then
    return sha256(previous || convert_to(concat_ws('|',
      t.id, t.account_id, t.number, t.version, t.kind, t.event, t.currency, t.amount_minor, t.balance_after_minor, t.available_after_minor,
      coalesce((extract(epoch from t.expires_at) * 1000)::bigint::text, ''), coalesce(t.related_id::text, ''),
      (extract(epoch from t.created_at) * 1000)::bigint, t.actor, coalesce(t.note, '')), 'UTF8'));
  end if;
  return sha256(previous || convert_to(concat_ws('|', 2,
    t.id, t.account_id, t.number, t.version, t.kind, t.event, t.currency, t.amount_minor, t.balance_after_minor, t.available_after_minor,
    t.held_after_minor, coalesce((extract(epoch from t.expires_at) * 1000)::bigint::text, ''), coalesce(t.related_id::text, ''),
    coalesce(t.hold_id::text, ''), (extract(epoch from t.created_at) * 1000)::bigint, t.actor,
    case when num_nonnulls(t.note, t.reason, t.memo, t.reference, t.metadata, t.origin) = 0 then ''
      else json_build_array(t.note, t.reason, t.memo, t.reference, t.metadata::text, t.origin)::text end), 'UTF8'));
end $$;

create function store_credit_change_hash(previous bytea, c store_credit_change) returns bytea language plpgsql stable as $$
begin
  return sha256(previous || convert_to(concat_ws('|', 'change',
    c.id, c.account_id, c.version, c.kind, c.currency, coalesce(c.hold_id::text, ''), coalesce(c.lot_id::text, ''), c.amount_minor,
    c.balance_after_minor, c.held_after_minor, c.available_after_minor,
    coalesce((extract(epoch from c.previous_expires_at) * 1000)::bigint::text, ''),
    coalesce((extract(epoch from c.expires_at) * 1000)::bigint::text, ''), (extract(epoch from c.created_at) * 1000)::bigint, c.actor,
    case when num_nonnulls(c.note, c.reason, c.memo, c.reference, c.metadata) = 0 then ''
      else json_build_array(c.note, c.reason, c.memo, c.reference, c.metadata::text)::text end), 'UTF8'));
end $$;

-- What of an account has run out at a moment and is not yet posted as expired.
create function store_credit_run_out_at(account uuid, moment timestamptz) returns bigint language sql stable as $$
  select coalesce(sum(remaining_minor), 0)::bigint from store_credit_lot where account_id = account and is_open and expires_at <= moment
$$;

-- What an account can spend, and what is held of it, at a moment; whatever a job has posted by then.
create function store_credit_standing(account uuid, moment timestamptz, out available bigint, out held bigint) language sql stable as $$
  select greatest(0, a.balance_minor - h.live - store_credit_run_out_at(a.id, moment)), h.live
  from store_credit_account a, lateral (
    select a.held_minor - coalesce(sum(remaining_minor), 0)::bigint as live
    from store_credit_hold where account_id = a.id and state = 'ACTIVE' and expires_at <= moment) h
  where a.id = account
$$;

-- The same at the present moment, as a relation: what run-out lots take from the account, and what timed-out holds give back.
create view store_credit_run_out as
select account_id, sum(lot_minor)::bigint as amount_minor, sum(hold_minor)::bigint as timed_out_minor
from (
  select account_id, remaining_minor as lot_minor, 0 as hold_minor from store_credit_lot where is_open and expires_at <= statement_timestamp()
  union all
  select account_id, 0, remaining_minor from store_credit_hold where state = 'ACTIVE' and expires_at <= statement_timestamp()) due
group by account_id;

-- Holds whose moment has come and whose release is not yet posted, as a relation.
create view store_credit_timed_out as
select id as hold_id, expires_at from store_credit_hold where state = 'ACTIVE' and expires_at <= statement_timestamp();

-- An account's balance at any moment. Its transactions' moments grow with their numbers, so that the last one by then is found by halving.
create function store_credit_balance_at(account uuid, moment timestamptz) returns bigint language plpgsql stable as $$
declare
  low bigint := 0;
  high bigint := (select last_number from store_credit_account where id = account);
  middle bigint;
begin
  while low < high loop
    middle := (low + high + 1) / 2;
    if (select created_at from store_credit_transaction where account_id = account and number = middle) <= moment then
      low := middle;
    else
      high := middle - 1;
    end if;
  end loop;
  return coalesce((select balance_after_minor from store_credit_transaction where account_id = account and number = low), 0);
end $$;

-- Who may write, and what never changes.
create trigger guard before insert or update on store_credit_account for each statement
  when (coalesce(current_setting('clientele.ledger_door', true), '') <> 'open') execute function store_credit_refuse_write();
create trigger guard before insert or update on store_credit_transaction for each statement
  when (coalesce(current_setting('clientele.ledger_door', true), '') <> 'open') execute function store_credit_refuse_write();
create trigger guard before insert or update on store_credit_hold for each statement
  when (coalesce(current_setting('clientele.ledger_door', true), '') <> 'open') execute function store_credit_refuse_write();
create trigger guard before insert on store_credit_change for each statement
  when (coalesce(current_setting('clientele.ledger_door', true), '') <> 'open') execute function store_credit_refuse_write();

-- All of a transaction but the copy of its lot's expiry, by which lists are ordered.
create trigger immutable before delete or truncate or update of id, account_id, number, version, kind, event, currency, amount_minor,
  balance_after_minor, available_after_minor, expires_at, related_id, note, actor, created_at, hash, held_after_minor, hold_id, reason, memo,
  reference, metadata, origin, hash_version on store_credit_transaction for each statement execute function store_credit_refuse_change();
create trigger immutable before update or delete or truncate on store_credit_change for each statement execute function store_credit_refuse_change();
create trigger kept before delete or truncate on store_credit_hold for each statement execute function store_credit_refuse_change();
create trigger fixed before update of id, account_id, number, amount_minor on store_credit_lot
  for each statement execute function store_credit_refuse_change();
create trigger fixed before update of id, account_id, currency, amount_minor, expires_at, reason, memo, note, reference, metadata, actor, created_at
  on store_credit_hold for each statement execute function store_credit_refuse_change();

-- Whatever an account's latest write brought lies after previous_version and previous_number: what it had before.
create trigger continues after update on store_credit_account for each row
  when (new.version < old.version or new.last_number < old.last_number or new.version = old.version and new.last_number <> old.last_number
    or new.previous_version <> case when new.version = old.version then old.previous_version else old.version end
    or new.previous_number <> case when new.version = old.version then old.previous_number else old.last_number end)
  execute function store_credit_refuse_account();

create trigger open_empty before insert on store_credit_account for each row
  when (new.balance_minor <> 0 or new.held_minor <> 0 or new.version <> 0 or new.last_number <> 0 or new.previous_number <> 0
    or new.previous_version <> 0 or new.last_hash <> decode(repeat('00', 32), 'hex'))
  execute function store_credit_open_empty();

/*
 * Whether a transaction may carry what it does. No check constraints: PostgreSQL reads each of them anew for every statement, which a debit
 * without any of it would pay for.
 */
create function store_credit_may_carry(t store_credit_transaction) returns boolean language sql immutable as $$
  select t.held_after_minor between 0 and t.balance_after_minor
    and (t.hold_id is null or t.kind = 'DEBIT' and t.related_id is null)
    and (t.lot_expires_at is null or t.kind = 'CREDIT')
    and coalesce(length(t.reason), 0) <= 64 and coalesce(length(t.memo), 0) <= 500 and coalesce(length(t.reference), 0) <= 255
    and coalesce(length(t.origin), 0) <= 255
    and (t.metadata is null or jsonb_typeof(t.metadata) = 'object' and length(t.metadata::text) <= 8192)
$$;

-- What is wrong with a transaction that refers to a hold or to another transaction; null when nothing is.
create function store_credit_link_fault(t store_credit_transaction) returns text language plpgsql stable as $$
declare
  other store_credit_transaction;
begin
  if t.hold_id is not null then
    return case when not exists (select 1 from store_credit_hold h
        where h.id = t.hold_id and h.account_id = t.account_id and h.version >= t.version and t.created_at < h.expires_at)
      then 'captures no hold' end;
  end if;
  select * into other from store_credit_transaction where id = t.related_id;
  return case t.kind
    when 'DEBIT_REVERT' then case
      when (other.kind = 'DEBIT' and other.account_id = t.account_id and other.number < t.number) is not true then 'reverts no debit'
      when exists (select 1 from store_credit_transaction where related_id = other.id and kind = 'CREDIT') then 'reverts a transfer'
      when exists (select 1 from store_credit_transaction r join store_credit_allocation s on s.transaction_id = r.id
        where r.related_id = other.id and r.kind = 'DEBIT_REVERT' group by s.lot_id
        having sum(s.amount_minor) > coalesce((select amount_minor from store_credit_allocation where transaction_id = other.id and lot_id = s.lot_id), 0))
        then 'gives back more than was spent' end
    when 'EXPIRATION' then case
      when not exists (select 1 from store_credit_lot l where l.id = t.related_id and l.account_id = t.account_id and l.remaining_minor = 0
          and l.expires_at <= t.created_at)
        or exists (select 1 from store_credit_allocation where transaction_id = t.id and lot_id <> t.related_id) then 'ends no credit that has run out'
      when exists (select 1 from store_credit_hold h join store_credit_lot l on l.id = t.related_id
          where h.account_id = t.account_id and h.state = 'ACTIVE' and h.expires_at > t.created_at and h.created_at < l.expires_at)
        then 'ends a credit that a hold may spend' end
    when 'DEBIT' then case
      when (other.kind = 'CREDIT' and other.account_id = t.account_id) is not true
        or exists (select 1 from store_credit_allocation where transaction_id = t.id and lot_id <> t.related_id) then 'reverses no credit' end
    when 'CREDIT' then case
      when (other.kind = 'DEBIT' and other.account_id <> t.account_id and other.currency = t.currency
        and other.hold_id is null and other.related_id is null
        and other.version > (select previous_version from store_credit_account where id = other.account_id)) is not true
        or exists (
          select 1 from (
            select coalesce(l.expires_at, 'infinity') as moment, sum(s.amount_minor) as amount from store_credit_allocation s
              join store_credit_lot l on l.id = s.lot_id where s.transaction_id = other.id group by 1) taken
          full join (
            select coalesce(expires_at, 'infinity') as moment, sum(amount_minor) as amount from store_credit_transaction
              where related_id = other.id and kind = 'CREDIT' group by 1) given using (moment)
          where taken.amount is distinct from given.amount) then 'is not what was transferred' end
  end;
end $$;

/*
 * Each new transaction continues its account's rows: the next number, the next version, the balance and the held amount it leads to, the
 * hash over both. Its account has come to it in the same statement, and its money is in a lot of its own or was taken from lots.
 */
create function store_credit_transactions_follow() returns trigger language plpgsql as $$
declare
  wrong record;
begin
  -- A credit or debit after another one, with nothing held: that is nearly all there ever is, and asked in a fourth of what the rest takes.
  perform 1
    from made t
    left join store_credit_account a on a.id = t.account_id
    left join store_credit_transaction p on p.account_id = t.account_id and p.number = t.number - 1
    where (t.number = coalesce(p.number, 0) + 1
      and t.version = coalesce(p.version, 0) + 1
      and t.balance_after_minor = coalesce(p.balance_after_minor, 0) + t.amount_minor
      and t.held_after_minor = 0 and coalesce(p.held_after_minor, 0) = 0
      and num_nonnulls(t.related_id, t.hold_id, t.reason, t.memo, t.reference, t.metadata, t.origin) = 0
      and (t.lot_expires_at is null or t.kind = 'CREDIT')
      and t.currency = a.currency
      and t.created_at >= coalesce(p.created_at, '-infinity')
      and t.number between a.previous_number + 1 and a.last_number
      and t.version between a.previous_version + 1 and a.version
      and t.hash_version = 2
      and t.hash = sha256(coalesce(p.hash, decode(repeat('00', 32), 'hex')) || convert_to(concat_ws('|', 2,
        t.id, t.account_id, t.number, t.version, t.kind, t.event, t.currency, t.amount_minor, t.balance_after_minor, t.available_after_minor,
        t.held_after_minor, coalesce((extract(epoch from t.expires_at) * 1000)::bigint::text, ''), '',
        '', (extract(epoch from t.created_at) * 1000)::bigint, t.actor,
        case when t.note is null then '' else json_build_array(t.note, null, null, null, null, null)::text end), 'UTF8'))
      and case t.kind when 'CREDIT' then exists (select 1 from store_credit_lot l where l.id = t.id)
        when 'DEBIT' then exists (select 1 from store_credit_allocation s where s.transaction_id = t.id) end) is not true
    limit 1;
  if not found then
    return null;
  end if;

  select t.number, t.account_id, case
      when t.number is distinct from coalesce(p.number, 0) + 1 then 'does not follow the one before'
      when t.balance_after_minor <> coalesce(p.balance_after_minor, 0) + t.amount_minor then 'has a balance that is not the one before plus the amount'
      when t.version is distinct from coalesce(b.version, 0) + 1 or t.created_at < coalesce(b.created_at, '-infinity') then 'goes back in time'
      when (t.number between a.previous_number + 1 and a.last_number and t.version between a.previous_version + 1 and a.version) is not true
        then 'stands without its account'
      when t.currency <> a.currency then 'is in another currency'
      when t.held_after_minor <> coalesce(b.held_after_minor, 0) + case when t.hold_id is null then 0 else t.amount_minor end then 'holds another amount'
      when t.kind = 'CREDIT' and not exists (select 1 from store_credit_lot l where l.id = t.id)
        or t.kind <> 'CREDIT' and not exists (select 1 from store_credit_allocation s where s.transaction_id = t.id) then 'stands without its lots'
      when not store_credit_may_carry(t) then 'carries what it may not'
      when t.related_id is not null or t.hold_id is not null then coalesce(store_credit_link_fault(t), 'has another hash')
      when t.kind = 'DEBIT' and t.held_after_minor > 0 and t.held_after_minor > t.balance_after_minor - store_credit_run_out_at(t.account_id, t.created_at)
        then 'spends what is held'
      else 'has another hash'
    end as why
    into wrong
    from made t
    left join store_credit_account a on a.id = t.account_id
    left join store_credit_transaction p on p.account_id = t.account_id and p.number = t.number - 1
    -- What the version before was: as a rule the transaction before.
    left join lateral (
      select p.version, p.held_after_minor, p.created_at, p.hash where p.version = t.version - 1
      union all
      select c.version, c.held_after_minor, c.created_at, c.hash from store_credit_change c
        where p.version < t.version - 1 and c.account_id = t.account_id and c.version = t.version - 1) b on true
    where (t.number = coalesce(p.number, 0) + 1
      and t.balance_after_minor = coalesce(p.balance_after_minor, 0) + t.amount_minor
      and t.currency = a.currency
      and t.version = coalesce(b.version, 0) + 1 and t.created_at >= coalesce(b.created_at, '-infinity')
      and t.number between a.previous_number + 1 and a.last_number
      and t.version between a.previous_version + 1 and a.version
      and t.held_after_minor = coalesce(b.held_after_minor, 0) + case when t.hold_id is null then 0 else t.amount_minor end
      and t.hash_version = 2
      and t.hash = sha256(coalesce(b.hash, decode(repeat('00', 32), 'hex')) || convert_to(concat_ws('|', 2,
        t.id, t.account_id, t.number, t.version, t.kind, t.event, t.currency, t.amount_minor, t.balance_after_minor, t.available_after_minor,
        t.held_after_minor, coalesce((extract(epoch from t.expires_at) * 1000)::bigint::text, ''), coalesce(t.related_id::text, ''),
        coalesce(t.hold_id::text, ''), (extract(epoch from t.created_at) * 1000)::bigint, t.actor,
        case when num_nonnulls(t.note, t.reason, t.memo, t.reference, t.metadata, t.origin) = 0 then ''
          else json_build_array(t.note, t.reason, t.memo, t.reference, t.metadata::text, t.origin)::text end), 'UTF8'))
      and case when t.kind = 'CREDIT' then exists (select 1 from store_credit_lot l where l.id = t.id)
        else exists (select 1 from store_credit_allocation s where s.transaction_id = t.id) end
      and store_credit_may_carry(t)
      and case when t.related_id is null and t.hold_id is null then true else store_credit_link_fault(t) is null end
      and case when t.kind = 'DEBIT' and t.held_after_minor > 0 and t.hold_id is null
        then t.held_after_minor <= t.balance_after_minor - store_credit_run_out_at(t.account_id, t.created_at) else true end) is not true
    limit 1;
  if found then
    raise exception 'transaction % of account % %', wrong.number, wrong.account_id, wrong.why using errcode = 'check_violation';
  end if;
  return null;
end $$;

create trigger follow after insert on store_credit_transaction referencing new table as made
  for each statement execute function store_credit_transactions_follow();

-- A transaction's copy of its lot's expiry is a copy.
create function store_credit_transactions_copy() returns trigger language plpgsql as $$
declare
  wrong uuid;
begin
  select t.id into wrong from written t left join store_credit_lot l on l.id = t.id
    where (l.id is not null and l.expires_at is not distinct from t.lot_expires_at) is not true limit 1;
  if found then
    raise exception 'transaction % has another expiry than its lot', wrong using errcode = 'check_violation';
  end if;
  return null;
end $$;

create trigger copy after update on store_credit_transaction referencing new table as written
  for each statement execute function store_credit_transactions_copy();

-- The same for what moves no money: it is about a hold that its account's latest write wrote, or about a lot's expiry.
create function store_credit_changes_follow() returns trigger language plpgsql as $$
declare
  wrong record;
begin
  select c.version, c.account_id into wrong
    from made c
    left join store_credit_account a on a.id = c.account_id
    left join lateral (
      select balance_after_minor, held_after_minor, created_at, hash from store_credit_transaction
        where account_id = c.account_id and version = c.version - 1
      union all
      select balance_after_minor, held_after_minor, created_at, hash from store_credit_change
        where account_id = c.account_id and version = c.version - 1) b on true
    where (c.version between a.previous_version + 1 and a.version
      and not exists (select 1 from store_credit_transaction where account_id = c.account_id and version = c.version)
      and c.currency = a.currency
      and c.balance_after_minor = b.balance_after_minor
      and c.held_after_minor = b.held_after_minor + case c.kind when 'HOLD_CREATED' then c.amount_minor else -c.amount_minor end
      and c.created_at >= b.created_at
      and c.hash = store_credit_change_hash(b.hash, c)
      and case c.kind
        when 'EXPIRY_CHANGED' then c.expires_at is distinct from c.previous_expires_at
          and c.previous_expires_at is not distinct from (
            select e.expires_at from (
              select t.expires_at, 0 as version from store_credit_transaction t where t.id = c.lot_id
              union all
              select x.expires_at, x.version from store_credit_change x where x.lot_id = c.lot_id and x.version < c.version
              order by version desc limit 1) e)
          and exists (select 1 from store_credit_lot l
            where l.id = c.lot_id and l.account_id = c.account_id and l.expires_at is not distinct from c.expires_at and l.number <= a.last_number)
        when 'HOLD_CREATED' then c.held_after_minor <= c.balance_after_minor - store_credit_run_out_at(c.account_id, c.created_at)
          and exists (select 1 from store_credit_hold h
            where h.id = c.hold_id and h.account_id = c.account_id and h.version = c.version and h.amount_minor = c.amount_minor
              and h.expires_at = c.expires_at and (h.reason, h.memo, h.note, h.reference, h.metadata, h.actor)
                is not distinct from (c.reason, c.memo, c.note, c.reference, c.metadata, c.actor))
        else exists (select 1 from store_credit_hold h
          where h.id = c.hold_id and h.account_id = c.account_id and h.version >= c.version
            and (h.expires_at <= c.created_at) = (c.kind = 'HOLD_EXPIRED')) end) is not true
    limit 1;
  if found then
    raise exception 'change % of account % is not what became of it', wrong.version, wrong.account_id using errcode = 'check_violation';
  end if;
  return null;
end $$;

create trigger follow after insert on store_credit_change referencing new table as made
  for each statement execute function store_credit_changes_follow();

-- An account is what its newest transaction or change made it.
create function store_credit_accounts_agree() returns trigger language plpgsql as $$
declare
  wrong uuid;
begin
  perform 1 from written a
    left join store_credit_transaction t on t.account_id = a.id and t.number = a.last_number
    where (a.version = t.version and a.balance_minor = t.balance_after_minor and a.held_minor = t.held_after_minor and a.last_hash = t.hash) is not true
    limit 1;
  if not found then
    return null;
  end if;

  select a.id into wrong from written a
    left join store_credit_transaction t on t.account_id = a.id and t.number = a.last_number
    where (case
      when a.last_number = 0 then a.balance_minor = 0 and a.held_minor = 0 and a.version = 0
      when a.version = t.version then a.balance_minor = t.balance_after_minor and a.held_minor = t.held_after_minor and a.last_hash = t.hash
      else a.balance_minor = t.balance_after_minor and exists (select 1 from store_credit_change c
        where c.account_id = a.id and c.version = a.version and c.held_after_minor = a.held_minor and c.hash = a.last_hash) end) is not true
    limit 1;
  if found then
    raise exception 'account % does not agree with its transactions', wrong using errcode = 'check_violation';
  end if;
  return null;
end $$;

create trigger agree after update on store_credit_account referencing new table as written
  for each statement execute function store_credit_accounts_agree();

/*
 * What was taken from lots, or given back to them, is the transaction's amount, and each of the lots is its account's and was written with
 * it. A debit spends what has not run out; a capture, what had not when its hold was made.
 */
create function store_credit_allocations_agree() returns trigger language plpgsql as $$
declare
  wrong uuid;
begin
  -- As a rule it is a debit without a hold.
  perform 1
    from (select m.transaction_id, min(t.amount_minor) as amount_minor, bool_and((
            l.account_id = t.account_id and l.number < t.number and l.last_number >= t.number and t.kind = 'DEBIT' and t.hold_id is null
            and (l.expires_at is null or l.expires_at > t.created_at)) is true) as is_theirs
        from made m left join store_credit_transaction t on t.id = m.transaction_id left join store_credit_lot l on l.id = m.lot_id
        group by m.transaction_id) s
    where (s.is_theirs and -s.amount_minor = (select sum(amount_minor) from store_credit_allocation where transaction_id = s.transaction_id)) is not true
    limit 1;
  if not found then
    return null;
  end if;

  select s.transaction_id into wrong
    from (select m.transaction_id, min(t.amount_minor) as amount_minor, bool_and((
            l.account_id = t.account_id and l.number < t.number and l.last_number >= t.number and t.kind <> 'CREDIT'
            and (t.kind <> 'DEBIT' or l.expires_at is null or l.expires_at > case when t.hold_id is null then t.created_at
              else (select created_at from store_credit_hold where id = t.hold_id) end)) is true) as is_theirs
        from made m left join store_credit_transaction t on t.id = m.transaction_id left join store_credit_lot l on l.id = m.lot_id
        group by m.transaction_id) s
    where (s.is_theirs and abs(s.amount_minor) = (select sum(amount_minor) from store_credit_allocation where transaction_id = s.transaction_id)) is not true
    limit 1;
  if found then
    raise exception 'the allocations of transaction % are not what its lots lost', wrong using errcode = 'check_violation';
  end if;
  return null;
end $$;

create trigger agree after insert on store_credit_allocation referencing new table as made
  for each statement execute function store_credit_allocations_agree();

-- A lot changes by what its account's latest write took from it or gave back, and once in each write; its expiry by a change that says so.
create function store_credit_lots_agree() returns trigger language plpgsql as $$
declare
  wrong uuid;
begin
  -- As a rule nothing but debits took from them.
  perform 1 from (
      select n.id, n.last_number = a.last_number and o.last_number <= a.previous_number and n.expires_at is not distinct from o.expires_at as is_now,
          o.remaining_minor - n.remaining_minor as taken
        from written n left join was o on o.id = n.id left join store_credit_account a on a.id = n.account_id) c
    left join (
      select s.lot_id, sum(s.amount_minor) as amount_minor, bool_and(t.amount_minor < 0) as is_taken
        from (select distinct account_id as id from written) w
        join store_credit_account a on a.id = w.id
        join store_credit_transaction t on t.account_id = a.id and t.number > a.previous_number and t.number <= a.last_number
        join store_credit_allocation s on s.transaction_id = t.id
        group by s.lot_id) s on s.lot_id = c.id
    where (c.is_now and s.is_taken and c.taken = s.amount_minor) is not true
    limit 1;
  if not found then
    return null;
  end if;

  select c.id into wrong from (
      select n.id, n.last_number = a.last_number and o.last_number <= a.previous_number as is_now, o.remaining_minor - n.remaining_minor as taken,
          n.expires_at is not distinct from o.expires_at or exists (
            select 1 from store_credit_change x join store_credit_transaction t on t.id = x.lot_id
              where x.lot_id = n.id and x.version > a.previous_version and x.version <= a.version and t.lot_expires_at is not distinct from n.expires_at
                and x.previous_expires_at is not distinct from o.expires_at and x.expires_at is not distinct from n.expires_at) as is_told
        from written n left join was o on o.id = n.id left join store_credit_account a on a.id = n.account_id) c
    left join (
      select s.lot_id, sum(case t.kind when 'DEBIT_REVERT' then -s.amount_minor else s.amount_minor end) as amount_minor
        from (select distinct account_id as id from written) w
        join store_credit_account a on a.id = w.id
        join store_credit_transaction t on t.account_id = a.id and t.number > a.previous_number and t.number <= a.last_number
        join store_credit_allocation s on s.transaction_id = t.id
        group by s.lot_id) s on s.lot_id = c.id
    where (c.is_now and c.is_told and c.taken = coalesce(s.amount_minor, 0)) is not true
    limit 1;
  if found then
    raise exception 'lot % does not agree with its account and its allocations', wrong using errcode = 'check_violation';
  end if;
  return null;
end $$;

create trigger agree after update on store_credit_lot referencing old table as was new table as written
  for each statement execute function store_credit_lots_agree();

-- A new lot is the credit that came with the same statement, untouched: what spends it comes in a later one.
create function store_credit_lots_open() returns trigger language plpgsql as $$
declare
  wrong uuid;
begin
  select n.id into wrong from made n
    left join store_credit_transaction t on t.id = n.id
    left join store_credit_account a on a.id = n.account_id
    where (t.account_id = n.account_id and t.number = n.number and t.amount_minor = n.amount_minor and t.kind = 'CREDIT'
      and t.expires_at is not distinct from n.expires_at and t.lot_expires_at is not distinct from n.expires_at and n.number > a.previous_number
      and n.last_number = n.number and n.remaining_minor = n.amount_minor) is not true
    limit 1;
  if found then
    raise exception 'lot % is not its credit', wrong using errcode = 'check_violation';
  end if;
  return null;
end $$;

create trigger open after insert on store_credit_lot referencing new table as made
  for each statement execute function store_credit_lots_open();

-- A hold is made by the change that says so, and changes by what its account's latest write captured of it or let go, once in each write.
create function store_credit_holds_open() returns trigger language plpgsql as $$
declare
  wrong uuid;
begin
  select n.id into wrong from made n left join store_credit_account a on a.id = n.account_id
    where (n.state = 'ACTIVE' and n.remaining_minor = n.amount_minor and n.captured_minor = 0 and n.currency = a.currency
      and n.version > a.previous_version and exists (select 1 from store_credit_change c
        where c.hold_id = n.id and c.account_id = n.account_id and c.version = n.version and c.kind = 'HOLD_CREATED')) is not true
    limit 1;
  if found then
    raise exception 'hold % is not what was held', wrong using errcode = 'check_violation';
  end if;
  return null;
end $$;

create trigger open after insert on store_credit_hold referencing new table as made
  for each statement execute function store_credit_holds_open();

create function store_credit_holds_agree() returns trigger language plpgsql as $$
declare
  wrong uuid;
begin
  select n.id into wrong from written n left join was o on o.id = n.id left join store_credit_account a on a.id = n.account_id
    left join lateral (
      select coalesce(-sum(t.amount_minor), 0) as amount_minor from store_credit_transaction t
        where t.hold_id = n.id and t.version > a.previous_version and t.version <= a.version) captured on true
    left join lateral (
      select coalesce(sum(c.amount_minor), 0) as amount_minor, coalesce(bool_or(c.kind = 'HOLD_EXPIRED'), false) as is_expired
        from store_credit_change c where c.hold_id = n.id and c.version > a.previous_version and c.version <= a.version) released on true
    where (o.state = 'ACTIVE' and o.version <= a.previous_version and n.version > a.previous_version and n.version <= a.version
      and n.captured_minor - o.captured_minor = captured.amount_minor
      and o.remaining_minor - n.remaining_minor = captured.amount_minor + released.amount_minor
      and o.remaining_minor > n.remaining_minor
      and n.state = (case when n.remaining_minor > 0 then 'ACTIVE' when released.is_expired then 'EXPIRED'
        when captured.amount_minor > 0 then 'CAPTURED' else 'RELEASED' end)::store_credit_hold_state) is not true
    limit 1;
  if found then
    raise exception 'hold % does not agree with its account', wrong using errcode = 'check_violation';
  end if;
  return null;
end $$;

create trigger agree after update on store_credit_hold referencing old table as was new table as written
  for each statement execute function store_credit_holds_agree();

-- A movement as it comes in the batch's JSON: a credit or debit, which is read in a fraction of the time, and any.
create type store_credit_plain_movement as (
  id uuid, kind text, "accountId" uuid, "customerId" uuid, "newAccountId" uuid, currency text, "amountMinor" bigint, "expiresAt" timestamptz(3),
  event store_credit_system_event, reason text, memo text, note text, reference text, metadata jsonb, origin text, actor text,
  idempotency store_credit_key);
create type store_credit_movement as (
  id uuid, kind text, "accountId" uuid, "customerId" uuid, "newAccountId" uuid, currency text, "amountMinor" bigint, "expiresAt" timestamptz(3),
  event store_credit_system_event, reason text, memo text, note text, reference text, metadata jsonb, origin text, actor text,
  "holdId" uuid, "transactionId" uuid, "toAccountId" uuid, "toCustomerId" uuid, "isFinal" boolean, "graceSeconds" bigint,
  idempotency store_credit_key);

-- Opens accounts for first credits; a movement that is refused anyway, or was answered before, opens none.
create function store_credit_open(movements store_credit_plain_movement[], accounts uuid[], largest bigint, at_ timestamptz) returns uuid[]
language plpgsql as $$
begin
  insert into store_credit_account (id, customer_id, currency, created_at, updated_at)
    select distinct on (c.id, m.currency) m."newAccountId", c.id, m.currency, at_, at_
    from unnest(movements) with ordinality m join customer c on c.id = m."customerId" and c.deleted_at is null
    where accounts[m.ordinality] is null and m."accountId" is null and m.kind = 'CREDIT' and m."amountMinor" between 1 and largest
      and (m."expiresAt" is null or m."expiresAt" > at_)
      and not exists (select 1 from idempotency_key k where k.scope = (m.idempotency).scope and k.key = (m.idempotency).key)
    order by c.id, m.currency, m.ordinality
    on conflict do nothing;
  return (select array_agg(coalesce(accounts[m.ordinality], case when m."accountId" is null then
      (select id from store_credit_account where customer_id = m."customerId" and currency = m.currency) end) order by m.ordinality)
    from unnest(movements) with ordinality m);
end $$;

-- Writes what a pass of store_credit_post() did, in one statement: the checks compare the books when all of it is there.
create function store_credit_write(accounts store_credit_account[], transactions store_credit_transaction[], opened store_credit_lot[],
  taken_lots uuid[], taken_left bigint[], taken_numbers bigint[], spent_by uuid[], spent_lots uuid[], spent_amounts bigint[],
  answered idempotency_key[], owners uuid[]) returns void language plpgsql as $$
begin
  with moved as (
    insert into store_credit_transaction select t.* from unnest(transactions) t
  ), added as (
    insert into store_credit_lot (id, account_id, number, amount_minor, remaining_minor, expires_at, last_number)
      select id, account_id, number, amount_minor, remaining_minor, expires_at, last_number from unnest(opened)
  ), taken as (
    update store_credit_lot l set remaining_minor = s.remaining, last_number = s.number
      from unnest(taken_lots, taken_left, taken_numbers) s(id, remaining, number) where l.id = s.id
  ), allocated as (
    insert into store_credit_allocation (transaction_id, lot_id, amount_minor) select * from unnest(spent_by, spent_lots, spent_amounts)
  ), kept as (
    insert into idempotency_key (scope, key, fingerprint, result, created_at) select scope, key, fingerprint, result, created_at from unnest(answered)
  ), told as (
    insert into outbox_event (type, topic, customer_id, payload, actor, created_at, delivered_at)
      select 'store_credit_transaction.created', 'store_credit_account:' || t.account_id, owners[t.ordinality],
        jsonb_build_object('transactionId', t.id, 'accountId', t.account_id, 'customerId', owners[t.ordinality], 'version', t.version::text),
        t.actor, t.created_at, t.created_at
      from unnest(transactions) with ordinality t
  )
  update store_credit_account a set balance_minor = n.balance_minor, version = n.version, previous_version = n.previous_version,
      previous_number = n.previous_number, held_minor = n.held_minor, last_number = n.last_number, last_hash = n.last_hash, updated_at = n.updated_at
    from unnest(accounts) n where a.id = n.id;
end $$;

-- An id of this moment (UUID version 7), for rows that come with a movement beside its own.
create function store_credit_id() returns uuid language sql volatile as $$
  select overlay(overlay(gen_random_uuid()::text placing regexp_replace(
    lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0'), '^(.{8})', '\1-') from 1 for 13) placing '7' from 15 for 1)::uuid
$$;

-- What a movement, other than those of store_credit_write(), has yet to write.
create type store_credit_work as (
  accounts store_credit_account[], transactions store_credit_transaction[], opened store_credit_lot[], lots store_credit_lot[],
  allocations store_credit_allocation[], changes store_credit_change[], made store_credit_hold[], holds store_credit_hold[]);

-- Writes it, in one statement.
create function store_credit_write_work(w store_credit_work) returns void language plpgsql as $$
begin
  with moved as (
    insert into store_credit_transaction select t.* from unnest(w.transactions) t
  ), changed as (
    insert into store_credit_change select c.* from unnest(w.changes) c
  ), added as (
    insert into store_credit_lot (id, account_id, number, amount_minor, remaining_minor, expires_at, last_number)
      select id, account_id, number, amount_minor, remaining_minor, expires_at, last_number from unnest(w.opened)
  ), taken as (
    update store_credit_lot l set remaining_minor = n.remaining_minor, last_number = n.last_number, expires_at = n.expires_at
      from unnest(w.lots) n where l.id = n.id
  ), copied as (
    update store_credit_transaction t set lot_expires_at = n.expires_at
      from unnest(w.lots) n where t.id = n.id and t.lot_expires_at is distinct from n.expires_at
  ), allocated as (
    insert into store_credit_allocation select s.* from unnest(w.allocations) s
  ), held as (
    insert into store_credit_hold select h.* from unnest(w.made) h
  ), released as (
    update store_credit_hold h set remaining_minor = n.remaining_minor, captured_minor = n.captured_minor, state = n.state, version = n.version,
        updated_at = n.updated_at
      from unnest(w.holds) n where h.id = n.id
  ), told as (
    insert into outbox_event (type, topic, customer_id, payload, actor, created_at, delivered_at)
      select e.type, 'store_credit_account:' || a.id, a.customer_id,
        jsonb_build_object('accountId', a.id, 'customerId', a.customer_id, 'version', e.version::text) || e.payload, e.actor, e.created_at, e.created_at
      from (
        select account_id, version, 'store_credit_transaction.created' as type, jsonb_build_object('transactionId', id) as payload, actor, created_at
          from unnest(w.transactions)
        union all
        select account_id, version, case kind when 'HOLD_CREATED' then 'store_credit_hold.created' when 'HOLD_RELEASED' then 'store_credit_hold.released'
            when 'HOLD_EXPIRED' then 'store_credit_hold.expired' else 'store_credit_expiry.changed' end,
            case when hold_id is null then jsonb_build_object('transactionId', lot_id) else jsonb_build_object('holdId', hold_id) end, actor, created_at
          from unnest(w.changes)) e
      join unnest(w.accounts) a on a.id = e.account_id order by e.account_id, e.version
  )
  update store_credit_account a set balance_minor = n.balance_minor, held_minor = n.held_minor, version = n.version,
      previous_version = n.previous_version, previous_number = n.previous_number, last_number = n.last_number, last_hash = n.last_hash,
      updated_at = n.updated_at
    from unnest(w.accounts) n where a.id = n.id;
end $$;

-- An account about to be written: what its latest write brought begins here.
create function store_credit_begin(acc store_credit_account, moment timestamptz) returns store_credit_account language plpgsql immutable as $$
begin
  acc.previous_number := acc.last_number;
  acc.previous_version := acc.version;
  acc.updated_at := moment;
  return acc;
end $$;

-- A transaction that continues an account.
create function store_credit_make(acc store_credit_account, m store_credit_movement, id_ uuid, kind_ text, change bigint, run_out bigint,
  expires timestamptz, related uuid, hold uuid) returns store_credit_transaction language plpgsql as $$
declare
  t store_credit_transaction;
  balance constant bigint := acc.balance_minor + change;
  held constant bigint := acc.held_minor + case when hold is null then 0 else change end;
begin
  t := row(id_, acc.id, acc.last_number + 1, acc.version + 1, kind_, coalesce(m.event, 'ADJUSTMENT'), acc.currency, change, balance,
    greatest(0, balance - held - run_out), expires, related, m.note, m.actor, acc.updated_at, null, held, hold, expires,
    m.reason, m.memo, m.reference, m.metadata, m.origin, 2);
  t.hash := store_credit_hash(acc.last_hash, t);
  return t;
end $$;

create function store_credit_after(acc store_credit_account, t store_credit_transaction) returns store_credit_account language plpgsql as $$
begin
  acc.balance_minor := t.balance_after_minor;
  acc.held_minor := t.held_after_minor;
  acc.version := t.version;
  acc.last_number := t.number;
  acc.last_hash := t.hash;
  return acc;
end $$;

-- The same for what moves no money.
create function store_credit_make_change(acc store_credit_account, m store_credit_movement, id_ uuid, kind_ text, amount bigint, run_out bigint,
  hold uuid, lot uuid, previous timestamptz, expires timestamptz) returns store_credit_change language plpgsql as $$
declare
  c store_credit_change;
  held constant bigint := acc.held_minor + case kind_ when 'HOLD_CREATED' then amount else -amount end;
begin
  c := row(id_, acc.id, acc.version + 1, kind_, acc.currency, hold, lot, amount, acc.balance_minor, held,
    greatest(0, acc.balance_minor - held - run_out), previous, expires, m.reason, m.memo, m.note, m.reference, m.metadata, m.actor,
    acc.updated_at, null);
  c.hash := store_credit_change_hash(acc.last_hash, c);
  return c;
end $$;

create function store_credit_after(acc store_credit_account, c store_credit_change) returns store_credit_account language plpgsql as $$
begin
  acc.held_minor := c.held_after_minor;
  acc.version := c.version;
  acc.last_hash := c.hash;
  return acc;
end $$;

-- Releases the holds of these accounts whose moment has come. The accounts are locked.
create function store_credit_time_out(ids uuid[], at_ timestamptz) returns void language plpgsql as $$
declare
  w store_credit_work;
  acc store_credit_account;
  h store_credit_hold;
  c store_credit_change;
  run_out bigint;
  by_system store_credit_movement;
begin
  by_system.actor := 'system';
  for acc in
    select a.* from store_credit_account a
      where a.id = any(ids) and a.held_minor > 0 and exists (
        select 1 from store_credit_hold where account_id = a.id and state = 'ACTIVE' and expires_at <= greatest(at_, a.updated_at))
      order by a.id
  loop
    acc := store_credit_begin(acc, greatest(at_, acc.updated_at));
    run_out := store_credit_run_out_at(acc.id, acc.updated_at);
    w := null;
    for h in
      select * from store_credit_hold where account_id = acc.id and state = 'ACTIVE' and expires_at <= acc.updated_at order by expires_at, id
    loop
      c := store_credit_make_change(
        acc, by_system, store_credit_id(), 'HOLD_EXPIRED', h.remaining_minor, run_out, h.id, null, null, h.expires_at);
      acc := store_credit_after(acc, c);
      h.remaining_minor := 0;
      h.state := 'EXPIRED';
      h.version := c.version;
      h.updated_at := acc.updated_at;
      w.changes := w.changes || c;
      w.holds := w.holds || h;
    end loop;
    w.accounts := array[acc];
    perform store_credit_write_work(w);
  end loop;
end $$;

create function store_credit_refused(code text) returns jsonb language sql immutable as $$
  select jsonb_build_object('refused', jsonb_build_object('code', code))
$$;

create function store_credit_answer(acc store_credit_account, available bigint, more jsonb) returns jsonb language sql immutable as $$
  select jsonb_build_object('ok', jsonb_build_object('accountId', acc.id, 'customerId', acc.customer_id, 'version', acc.version::text,
    'number', acc.last_number::text, 'balanceMinor', acc.balance_minor::text, 'availableMinor', available::text, 'heldMinor', acc.held_minor::text,
    'createdAt', acc.updated_at) || more)
$$;

-- Takes an amount from an account's lots for its next transaction, soonest-expiring first, leaving out those that had run out at a moment.
create function store_credit_take(inout w store_credit_work, acc store_credit_account, transaction_id uuid, amount bigint, live_at timestamptz)
language plpgsql as $$
declare
  l store_credit_lot;
  part bigint;
  rest bigint := amount;
begin
  for l in
    select * from store_credit_lot where account_id = acc.id and is_open and (expires_at is null or expires_at > live_at) order by expires_at, number
  loop
    part := least(rest, l.remaining_minor);
    l.remaining_minor := l.remaining_minor - part;
    l.last_number := acc.last_number + 1;
    w.lots := w.lots || l;
    w.allocations := w.allocations || row(transaction_id, l.id, part)::store_credit_allocation;
    rest := rest - part;
    exit when rest = 0;
  end loop;
  if rest > 0 then
    raise exception 'account % has not the lots that its books say', acc.id using errcode = 'check_violation';
  end if;
end $$;

-- HOLD: sets an amount of what is available aside.
create function store_credit_hold(acc store_credit_account, m store_credit_movement) returns jsonb language plpgsql as $$
declare
  w store_credit_work;
  c store_credit_change;
  run_out bigint := store_credit_run_out_at(acc.id, acc.updated_at);
begin
  case
    when m."amountMinor" <= 0 then return store_credit_refused('NEGATIVE_OR_ZERO_AMOUNT');
    when m."expiresAt" <= acc.updated_at then return store_credit_refused('EXPIRES_AT_IN_PAST');
    when acc.balance_minor - acc.held_minor - run_out < m."amountMinor" then return store_credit_refused('INSUFFICIENT_FUNDS');
    else null;
  end case;
  c := store_credit_make_change(
    acc, m, store_credit_id(), 'HOLD_CREATED', m."amountMinor", run_out, m.id, null, null, m."expiresAt");
  acc := store_credit_after(acc, c);
  w.changes := array[c];
  w.made := array[row(m.id, acc.id, acc.currency, m."amountMinor", m."amountMinor", 0, 'ACTIVE', m."expiresAt", acc.version, m.reason, m.memo, m.note,
    m.reference, m.metadata, m.actor, acc.updated_at, acc.updated_at)::store_credit_hold];
  w.accounts := array[acc];
  perform store_credit_write_work(w);
  return store_credit_answer(acc, c.available_after_minor, jsonb_build_object('holdId', m.id));
end $$;

-- CAPTURE: spends of a hold what had not run out when it was made; what is left stays held, or is let go when this was the last part.
create function store_credit_capture(acc store_credit_account, m store_credit_movement, h store_credit_hold) returns jsonb language plpgsql as $$
declare
  w store_credit_work;
  t store_credit_transaction;
  c store_credit_change;
  amount bigint := coalesce(m."amountMinor", h.remaining_minor);
  run_out bigint;
begin
  case
    when h.state = 'EXPIRED' then return store_credit_refused('HOLD_EXPIRED');
    when h.state <> 'ACTIVE' then return store_credit_refused('HOLD_ENDED');
    when amount <= 0 then return store_credit_refused('NEGATIVE_OR_ZERO_AMOUNT');
    when amount > h.remaining_minor then return store_credit_refused('AMOUNT_EXCEEDS_HOLD');
    else null;
  end case;
  w := store_credit_take(null, acc, m.id, amount, h.created_at);
  -- What is left run out when this is written.
  run_out := store_credit_run_out_at(acc.id, acc.updated_at) - (
    select coalesce(sum(s.amount_minor), 0) from unnest(w.allocations) s join store_credit_lot l on l.id = s.lot_id where l.expires_at <= acc.updated_at);
  t := store_credit_make(acc, m, m.id, 'DEBIT', -amount, run_out, null, null, h.id);
  acc := store_credit_after(acc, t);
  h.captured_minor := h.captured_minor + amount;
  h.remaining_minor := h.remaining_minor - amount;
  if m."isFinal" and h.remaining_minor > 0 then
    c := store_credit_make_change(
      acc, m, store_credit_id(), 'HOLD_RELEASED', h.remaining_minor, run_out, h.id, null, null, null);
    acc := store_credit_after(acc, c);
    w.changes := array[c];
    h.remaining_minor := 0;
  end if;
  if h.remaining_minor = 0 then
    h.state := 'CAPTURED';
  end if;
  h.version := acc.version;
  h.updated_at := acc.updated_at;
  w.transactions := array[t];
  w.holds := array[h];
  w.accounts := array[acc];
  perform store_credit_write_work(w);
  return store_credit_answer(acc, coalesce(c.available_after_minor, t.available_after_minor), jsonb_build_object('transactionId', t.id, 'holdId', h.id));
end $$;

-- RELEASE: lets go of what is left of a hold.
create function store_credit_release(acc store_credit_account, m store_credit_movement, h store_credit_hold) returns jsonb language plpgsql as $$
declare
  w store_credit_work;
  c store_credit_change;
begin
  case
    when h.state = 'EXPIRED' then return store_credit_refused('HOLD_EXPIRED');
    when h.state <> 'ACTIVE' then return store_credit_refused('HOLD_ENDED');
    else null;
  end case;
  c := store_credit_make_change(
    acc, m, m.id, 'HOLD_RELEASED', h.remaining_minor, store_credit_run_out_at(acc.id, acc.updated_at), h.id, null, null, null);
  acc := store_credit_after(acc, c);
  h.remaining_minor := 0;
  h.state := 'RELEASED';
  h.version := acc.version;
  h.updated_at := acc.updated_at;
  w.changes := array[c];
  w.holds := array[h];
  w.accounts := array[acc];
  perform store_credit_write_work(w);
  return store_credit_answer(acc, c.available_after_minor, jsonb_build_object('holdId', h.id));
end $$;

/*
 * DEBIT_REVERT: gives back what a debit spent, or a part of it, to the lots that it spent, as if the debit had been that much smaller: what
 * it spent last comes back first. A lot that has run out meanwhile lives on for the grace that the shop gives, or stays run out.
 */
create function store_credit_revert(acc store_credit_account, m store_credit_movement, debit store_credit_transaction, largest bigint)
returns jsonb language plpgsql as $$
declare
  w store_credit_work;
  t store_credit_transaction;
  c store_credit_change;
  spent record;
  l store_credit_lot;
  former timestamptz;
  lives_until constant timestamptz := acc.updated_at + make_interval(secs => coalesce(m."graceSeconds", 0));
  left_to_revert bigint;
  amount bigint;
  rest bigint;
  part bigint;
  run_out bigint;
begin
  left_to_revert := -debit.amount_minor - (
    select coalesce(sum(amount_minor), 0) from store_credit_transaction where related_id = debit.id and kind = 'DEBIT_REVERT');
  amount := coalesce(m."amountMinor", left_to_revert);
  case
    when exists (select 1 from store_credit_transaction where related_id = debit.id and kind = 'CREDIT') then
      return store_credit_refused('TRANSFER_NOT_REVERTIBLE');
    when m."amountMinor" <= 0 then return store_credit_refused('NEGATIVE_OR_ZERO_AMOUNT');
    when left_to_revert = 0 then return store_credit_refused('DEBIT_ALREADY_REVERTED');
    when amount > left_to_revert then return store_credit_refused('AMOUNT_EXCEEDS_DEBIT');
    when acc.balance_minor + amount > largest then return store_credit_refused('CREDIT_LIMIT_EXCEEDED');
    else null;
  end case;
  rest := amount;
  run_out := store_credit_run_out_at(acc.id, acc.updated_at);
  for spent in
    select s.lot_id, s.amount_minor - coalesce((
        select sum(g.amount_minor) from store_credit_transaction r join store_credit_allocation g on g.transaction_id = r.id
        where r.related_id = debit.id and r.kind = 'DEBIT_REVERT' and g.lot_id = s.lot_id), 0) as amount_minor
      from store_credit_allocation s join store_credit_lot o on o.id = s.lot_id
      where s.transaction_id = debit.id order by o.expires_at desc nulls first, o.number desc
  loop
    continue when spent.amount_minor = 0;
    select * into l from store_credit_lot where id = spent.lot_id;
    part := least(rest, spent.amount_minor);
    l.remaining_minor := l.remaining_minor + part;
    l.last_number := acc.last_number + 1;
    if l.expires_at <= acc.updated_at then
      run_out := run_out + part;
    end if;
    w.lots := w.lots || l;
    w.allocations := w.allocations || row(m.id, l.id, part)::store_credit_allocation;
    rest := rest - part;
    exit when rest = 0;
  end loop;
  t := store_credit_make(acc, m, m.id, 'DEBIT_REVERT', amount, run_out, null, debit.id, null);
  acc := store_credit_after(acc, t);
  if lives_until > acc.updated_at then
    for place in 1..cardinality(w.lots) loop
      l := w.lots[place];
      continue when l.expires_at is null or l.expires_at > acc.updated_at;
      former := l.expires_at;
      run_out := run_out - l.remaining_minor;
      l.expires_at := lives_until;
      w.lots[place] := l;
      c := store_credit_make_change(acc, m, store_credit_id(), 'EXPIRY_CHANGED', 0, run_out, null, l.id, former, lives_until);
      acc := store_credit_after(acc, c);
      w.changes := w.changes || c;
    end loop;
  end if;
  w.transactions := array[t];
  w.accounts := array[acc];
  perform store_credit_write_work(w);
  return store_credit_answer(acc, coalesce(c.available_after_minor, t.available_after_minor), jsonb_build_object('transactionId', t.id));
end $$;

-- CREDIT_REVERSAL: takes back what is left of one credit, or a part of it.
create function store_credit_reverse(acc store_credit_account, m store_credit_movement, l store_credit_lot) returns jsonb language plpgsql as $$
declare
  w store_credit_work;
  t store_credit_transaction;
  amount constant bigint := coalesce(m."amountMinor", l.remaining_minor);
  run_out constant bigint := store_credit_run_out_at(acc.id, acc.updated_at);
begin
  case
    when m."amountMinor" <= 0 then return store_credit_refused('NEGATIVE_OR_ZERO_AMOUNT');
    when l.remaining_minor = 0 then return store_credit_refused('CREDIT_USED_UP');
    when l.expires_at <= acc.updated_at then return store_credit_refused('CREDIT_EXPIRED');
    when amount > l.remaining_minor then return store_credit_refused('AMOUNT_EXCEEDS_CREDIT');
    -- What is held is promised: a hold is released first.
    when acc.balance_minor - acc.held_minor - run_out < amount then return store_credit_refused('INSUFFICIENT_FUNDS');
    else null;
  end case;
  t := store_credit_make(acc, m, m.id, 'DEBIT', -amount, run_out, null, l.id, null);
  acc := store_credit_after(acc, t);
  l.remaining_minor := l.remaining_minor - amount;
  l.last_number := acc.last_number;
  w.lots := array[l];
  w.allocations := array[row(t.id, l.id, amount)::store_credit_allocation];
  w.transactions := array[t];
  w.accounts := array[acc];
  perform store_credit_write_work(w);
  return store_credit_answer(acc, t.available_after_minor, jsonb_build_object('transactionId', t.id));
end $$;

-- EXPIRATION: ends what is left of a credit whose moment has come, once no hold may spend it any more.
create function store_credit_expire(acc store_credit_account, m store_credit_movement, l store_credit_lot) returns jsonb language plpgsql as $$
declare
  w store_credit_work;
  t store_credit_transaction;
begin
  if (l.remaining_minor > 0 and l.expires_at <= acc.updated_at) is not true
    or exists (select 1 from store_credit_hold where account_id = acc.id and state = 'ACTIVE' and created_at < l.expires_at) then
    return store_credit_refused('NOT_DUE');
  end if;
  t := store_credit_make(acc, m, m.id, 'EXPIRATION', -l.remaining_minor,
    store_credit_run_out_at(acc.id, acc.updated_at) - l.remaining_minor, null, l.id, null);
  acc := store_credit_after(acc, t);
  w.allocations := array[row(t.id, l.id, l.remaining_minor)::store_credit_allocation];
  l.remaining_minor := 0;
  l.last_number := acc.last_number;
  w.lots := array[l];
  w.transactions := array[t];
  w.accounts := array[acc];
  perform store_credit_write_work(w);
  return store_credit_answer(acc, t.available_after_minor, jsonb_build_object('transactionId', t.id));
end $$;

-- EXPIRY_CHANGE: another moment, or none, at which what is left of a credit runs out. What has run out stays so.
create function store_credit_change_expiry(acc store_credit_account, m store_credit_movement, l store_credit_lot) returns jsonb language plpgsql as $$
declare
  w store_credit_work;
  c store_credit_change;
begin
  case
    when l.remaining_minor = 0 then return store_credit_refused('CREDIT_USED_UP');
    when l.expires_at <= acc.updated_at then return store_credit_refused('CREDIT_EXPIRED');
    when m."expiresAt" <= acc.updated_at then return store_credit_refused('EXPIRES_AT_IN_PAST');
    when m."expiresAt" is not distinct from l.expires_at then return store_credit_refused('EXPIRES_AT_UNCHANGED');
    else null;
  end case;
  c := store_credit_make_change(acc, m, m.id, 'EXPIRY_CHANGED', 0, store_credit_run_out_at(acc.id, acc.updated_at), null, l.id, l.expires_at, m."expiresAt");
  acc := store_credit_after(acc, c);
  l.expires_at := m."expiresAt";
  l.last_number := acc.last_number;
  w.changes := array[c];
  w.lots := array[l];
  w.accounts := array[acc];
  perform store_credit_write_work(w);
  return store_credit_answer(acc, c.available_after_minor, jsonb_build_object('transactionId', l.id));
end $$;

-- TRANSFER: a debit here, and there a credit for each of the lots that it took from, with that lot's expiry.
create function store_credit_transfer(acc store_credit_account, m store_credit_movement, largest bigint, at_ timestamptz) returns jsonb
language plpgsql as $$
declare
  w store_credit_work;
  t store_credit_transaction;
  given store_credit_transaction;
  l store_credit_lot;
  target store_credit_account;
  owner uuid;
  run_out bigint;
  available bigint;
  amount bigint;
  there bigint;
  answer jsonb;
begin
  if m."toAccountId" is not null then
    select * into target from store_credit_account where id = m."toAccountId";
  else
    select * into target from store_credit_account where customer_id = m."toCustomerId" and currency = acc.currency;
  end if;
  owner := coalesce(target.customer_id, m."toCustomerId");
  -- Both happen at one moment.
  acc.updated_at := greatest(acc.updated_at, target.updated_at);
  run_out := store_credit_run_out_at(acc.id, acc.updated_at);
  available := greatest(0, acc.balance_minor - acc.held_minor - run_out);
  amount := coalesce(m."amountMinor", available);
  case
    when m."amountMinor" <= 0 then return store_credit_refused('NEGATIVE_OR_ZERO_AMOUNT');
    when target.id is null and m."toAccountId" is not null then return store_credit_refused('TARGET_NOT_FOUND');
    when not exists (select 1 from customer where id = owner and deleted_at is null) then return store_credit_refused('TARGET_NOT_FOUND');
    when target.id = acc.id then return store_credit_refused('SAME_ACCOUNT');
    when target.currency <> acc.currency then return store_credit_refused('MISMATCHING_CURRENCY');
    when amount > available or amount = 0 then return store_credit_refused('INSUFFICIENT_FUNDS');
    when target.balance_minor + amount > largest then return store_credit_refused('CREDIT_LIMIT_EXCEEDED');
    else null;
  end case;
  if target.id is null then
    insert into store_credit_account (id, customer_id, currency, created_at, updated_at)
      values (m."newAccountId", owner, acc.currency, at_, at_) on conflict do nothing;
    select * into target from store_credit_account where customer_id = owner and currency = acc.currency for no key update;
  end if;
  target := store_credit_begin(target, acc.updated_at);
  w := store_credit_take(null, acc, m.id, amount, acc.updated_at);
  t := store_credit_make(acc, m, m.id, 'DEBIT', -amount, run_out, null, null, null);
  acc := store_credit_after(acc, t);
  w.transactions := array[t];
  there := store_credit_run_out_at(target.id, target.updated_at);
  for place in 1..cardinality(w.lots) loop
    l := w.lots[place];
    given := store_credit_make(target, m, store_credit_id(), 'CREDIT', (w.allocations[place]).amount_minor, there, l.expires_at, t.id, null);
    target := store_credit_after(target, given);
    w.transactions := w.transactions || given;
    w.opened := w.opened || row(given.id, target.id, given.number, given.amount_minor, given.amount_minor, l.expires_at, given.number, true)::store_credit_lot;
  end loop;
  w.accounts := array[acc, target];
  perform store_credit_write_work(w);
  answer := store_credit_answer(acc, t.available_after_minor, jsonb_build_object('transactionId', t.id));
  return jsonb_set(answer, '{ok,to}', store_credit_answer(target, given.available_after_minor, jsonb_build_object('transactionId', given.id))->'ok');
end $$;

-- One movement of another kind than CREDIT and DEBIT. Its accounts are locked, and what has timed out on them is released.
create function store_credit_move(m store_credit_movement, at_ timestamptz) returns jsonb language plpgsql as $$
declare
  largest constant bigint := 1000000000000000;
  acc store_credit_account;
  h store_credit_hold;
  subject store_credit_transaction;
  l store_credit_lot;
begin
  case
    when m.kind in ('CAPTURE', 'RELEASE', 'TIME_OUT') then
      select * into h from store_credit_hold where id = m."holdId";
      if not found then return store_credit_refused('HOLD_NOT_FOUND'); end if;
      select * into acc from store_credit_account where id = h.account_id;
    when m.kind in ('DEBIT_REVERT', 'CREDIT_REVERSAL', 'EXPIRATION', 'EXPIRY_CHANGE') then
      select * into subject from store_credit_transaction where id = m."transactionId"
        and kind = (case m.kind when 'DEBIT_REVERT' then 'DEBIT' else 'CREDIT' end)::store_credit_transaction_kind;
      if not found then return store_credit_refused('TRANSACTION_NOT_FOUND'); end if;
      select * into acc from store_credit_account where id = subject.account_id;
      select * into l from store_credit_lot where id = subject.id;
    when m.kind in ('HOLD', 'TRANSFER') then
      if m."accountId" is not null then
        select * into acc from store_credit_account where id = m."accountId";
      else
        select * into acc from store_credit_account where customer_id = m."customerId" and currency = m.currency;
      end if;
      if not found then return store_credit_refused('ACCOUNT_NOT_FOUND'); end if;
  end case;
  if m.currency <> acc.currency then
    return store_credit_refused('MISMATCHING_CURRENCY');
  end if;
  acc := store_credit_begin(acc, greatest(at_, acc.updated_at));
  return case m.kind
    when 'HOLD' then store_credit_hold(acc, m)
    when 'CAPTURE' then store_credit_capture(acc, m, h)
    when 'RELEASE' then store_credit_release(acc, m, h)
    -- It was released before this movement's turn came, if it was due.
    when 'TIME_OUT' then case h.state when 'EXPIRED' then store_credit_answer(acc, (store_credit_standing(acc.id, acc.updated_at)).available,
      jsonb_build_object('holdId', h.id)) else store_credit_refused('NOT_DUE') end
    when 'DEBIT_REVERT' then store_credit_revert(acc, m, subject, largest)
    when 'CREDIT_REVERSAL' then store_credit_reverse(acc, m, l)
    when 'EXPIRATION' then store_credit_expire(acc, m, l)
    when 'EXPIRY_CHANGE' then store_credit_change_expiry(acc, m, l)
    when 'TRANSFER' then store_credit_transfer(acc, m, largest, at_)
  end;
end $$;

-- A batch that holds other kinds than CREDIT and DEBIT, in turn: each its own write, runs of CREDIT and DEBIT together. Locks as ever.
create function store_credit_post_in_turn(batch jsonb, at_ timestamptz) returns jsonb language plpgsql
set plan_cache_mode = 'force_generic_plan' set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off as $$
declare
  movements constant store_credit_movement[] := array(select r from jsonb_populate_recordset(null::store_credit_movement, batch) r);
  ids uuid[];
  owners uuid[];
  m store_credit_movement;
  key_ store_credit_key;
  known idempotency_key;
  answer jsonb;
  run jsonb := '[]';
  results jsonb := '[]';
begin
  select array_agg(distinct a.id), array_agg(distinct a.customer_id) filter (where a.is_credited) into ids, owners
    from unnest(movements) r
    cross join lateral (
      select id, customer_id, r.kind = 'CREDIT' as is_credited from store_credit_account where id = r."accountId"
      union all
      select id, customer_id, r.kind = 'CREDIT' from store_credit_account
        where r."accountId" is null and customer_id = r."customerId" and currency = r.currency
      union all
      select id, customer_id, true from store_credit_account where id = r."toAccountId"
      union all
      select null, r."toCustomerId", true
      union all
      select null, r."customerId", r.kind = 'CREDIT'
      union all
      select t.id, t.customer_id, false from store_credit_account f join store_credit_account t on t.currency = f.currency
        where (f.id = r."accountId" or r."accountId" is null and f.customer_id = r."customerId" and f.currency = r.currency)
          and t.customer_id = r."toCustomerId"
      union all
      select account_id, null, false from store_credit_hold where id = r."holdId"
      union all
      select account_id, null, false from store_credit_transaction where id = r."transactionId") a;
  if owners is not null then
    perform 1 from customer where id = any(owners) order by id for key share;
  end if;
  perform 1 from store_credit_account where id = any(ids) order by id for no key update;
  perform store_credit_time_out(ids, at_);

  for place in 1..cardinality(movements) loop
    m := movements[place];
    if m.kind in ('CREDIT', 'DEBIT') then
      run := run || (batch->(place - 1));
      continue;
    end if;
    if run <> '[]' then
      results := results || store_credit_post(run, at_);
      run := '[]';
      perform set_config('clientele.ledger_door', 'open', true);
    end if;
    key_ := m.idempotency;
    known := null;
    if key_.key is not null then
      select * into known from idempotency_key k where k.scope = key_.scope and k.key = key_.key;
    end if;
    if known.key is not null then
      answer := case when known.fingerprint = decode(key_.fingerprint, 'hex') and known.result is not null
        then known.result || '{"replayed": true}' else '{"refused": {"code": "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"}}' end;
    else
      answer := store_credit_move(m, at_);
      if key_.key is not null then
        insert into idempotency_key (scope, key, fingerprint, result, created_at)
          values (key_.scope, key_.key, decode(key_.fingerprint, 'hex'), answer, at_);
      end if;
    end if;
    results := results || jsonb_build_array(answer);
  end loop;
  if run <> '[]' then
    results := results || store_credit_post(run, at_);
  end if;
  perform set_config('clientele.ledger_door', '', true);
  return results;
end $$;

/*
 * The ledger's one door: a batch of movements in, one result for each out, in the same order.
 *
 * batch: [{ id, kind, event, actor, reason?, memo?, note?, reference?, metadata?, origin?, idempotency?: { scope, key, fingerprint (hex) } }]
 *   and of a movement of the kind
 *   CREDIT, DEBIT, HOLD, TRANSFER: accountId | customerId, currency, amountMinor; newAccountId? (CREDIT), expiresAt (CREDIT?, HOLD),
 *     toAccountId | toCustomerId, newAccountId? (TRANSFER)
 *   CAPTURE, RELEASE, TIME_OUT: holdId; amountMinor?, currency?, isFinal? (CAPTURE)
 *   DEBIT_REVERT, CREDIT_REVERSAL: transactionId, amountMinor?, currency?, graceSeconds? (DEBIT_REVERT)
 *   EXPIRATION, EXPIRY_CHANGE: transactionId of the credit; expiresAt (EXPIRY_CHANGE)
 * moment: the ledger's clock; the database's own when null.
 * result: [{ ok: { transactionId?, holdId?, accountId, customerId, version, number, balanceMinor, availableMinor, heldMinor, createdAt } } |
 *         { refused: { code } }], with replayed: true when the key was known.
 *
 * Everything of a movement commits together: idempotency key and answer, lots, allocations, transaction, account, outbox event.
 * Locks are taken owners first, then new accounts, then accounts, each in order, so that two batches never wait for each other in a
 * circle. A refused movement writes nothing but the answer under its key. A key that another account's batch took in the same instant
 * is a unique violation: the statement fails as a whole and is run again.
 *
 * The books are read once, the movements taken in turn in variables, and all that they did written in one statement. Only a debit that
 * may need the lot of a credit before it, and a key that comes twice, wait for what is before them to be written: that is one more pass.
 *
 * Holds that have timed out on the accounts are released before anything else: what follows counts on them. A batch that holds other
 * kinds than CREDIT and DEBIT is taken in turn, its runs of those together.
 *
 * A plan that is made once for every batch size must never read a whole table: hence the settings.
 */
create function store_credit_post(batch jsonb, moment timestamptz default null) returns jsonb language plpgsql
set plan_cache_mode = 'force_generic_plan' set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off as $$
declare
  -- Not so much as one minor unit beyond this, in one movement or in a balance (core/money.ts).
  largest constant bigint := 1000000000000000;
  at_ constant timestamptz := date_trunc('milliseconds', coalesce(moment, clock_timestamp()));
  results jsonb[] := array_fill(null::jsonb, array[jsonb_array_length(batch)]);
  movements store_credit_plain_movement[];
  accounts uuid[];
  owners uuid[];
  has_credits boolean;
  has_others boolean;
  has_holds boolean;
  keys_count int;
  has_twins boolean;
  is_cut boolean;
  m store_credit_plain_movement;
  key_ store_credit_key;
  place int;
  refusal text;
  answer jsonb;
  change bigint;
  rest bigint;
  part bigint;
  -- The account in hand, and as many of its open lots as are needed, in the order of spending.
  standing record;
  acc store_credit_account;
  available bigint;
  lots uuid[];
  lots_left bigint[];
  lot int;
  lots_used int;
  is_changed boolean;
  has_new_lot boolean;
  t store_credit_transaction;
  -- What a pass has yet to write.
  written store_credit_account[];
  transactions store_credit_transaction[];
  transaction_owners uuid[];
  opened store_credit_lot[];
  taken_lots uuid[];
  taken_left bigint[];
  taken_numbers bigint[];
  spent_by uuid[];
  spent_lots uuid[];
  spent_amounts bigint[];
  answered idempotency_key[];
  keys text[];
begin
  perform set_config('clientele.ledger_door', 'open', true);

  select array_agg(r), array_agg(a.id), array_agg(coalesce(a.customer_id, r."customerId")) filter (where r.kind = 'CREDIT'),
      count((r.idempotency).key), bool_or(r.kind not in ('CREDIT', 'DEBIT'))
    into movements, accounts, owners, keys_count, has_others
    from jsonb_populate_recordset(null::store_credit_plain_movement, batch) r
    left join lateral (
      select id, customer_id from store_credit_account where id = r."accountId"
      union all
      select id, customer_id from store_credit_account where r."accountId" is null and customer_id = r."customerId" and currency = r.currency) a on true;
  if has_others then
    return store_credit_post_in_turn(batch, at_);
  end if;
  has_credits := owners is not null;
  has_twins := keys_count > 1 and keys_count > (select count(distinct (r.idempotency).key) from unnest(movements) r);
  if has_credits then
    -- The owner of what is credited must not be deleted meanwhile.
    perform 1 from customer where id = any(owners) order by id for key share;
    if array_position(accounts, null) is not null then
      accounts := store_credit_open(movements, accounts, largest, at_);
    end if;
  end if;
  select coalesce(bool_or(l.held_minor > 0), false) into has_holds from (
    select held_minor from store_credit_account where id = any(accounts) order by id for no key update) l;
  if has_holds then
    perform store_credit_time_out(accounts, at_);
  end if;

  loop
    is_cut := false;
    written := '{}'; transactions := '{}'; transaction_owners := '{}'; opened := '{}'; answered := '{}'; keys := '{}';
    taken_lots := '{}'; taken_left := '{}'; taken_numbers := '{}'; spent_by := '{}'; spent_lots := '{}'; spent_amounts := '{}';

    if keys_count > 0 then
      for place, answer in
        select r.ordinality, case when k.fingerprint = decode((r.idempotency).fingerprint, 'hex') and k.result is not null
            then k.result || '{"replayed": true}' else '{"refused": {"code": "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"}}' end
          from unnest(movements) with ordinality r
          join idempotency_key k on k.scope = (r.idempotency).scope and k.key = (r.idempotency).key
      loop
        results[place] := coalesce(results[place], answer);
      end loop;
    end if;

    for standing in
      select a as account, g.places, l.lots, l.lots_left, n.moment,
          a.balance_minor - a.held_minor - (select coalesce(sum(remaining_minor), 0)::bigint
            from store_credit_lot where account_id = a.id and is_open and expires_at <= n.moment) as available,
          not has_credits or exists (select 1 from customer c where c.id = a.customer_id and c.deleted_at is null) as has_owner
        from (select id, array_agg(ordinality::int order by ordinality) as places from unnest(accounts) with ordinality o(id) group by id) g
        left join store_credit_account a on a.id = g.id
        -- Two gateways' clocks may differ; an account's own time never goes back.
        cross join lateral (select greatest(at_, a.updated_at) as moment) n
        cross join lateral (select array_agg(f.id) as lots, array_agg(f.remaining_minor) as lots_left from (
          select id, remaining_minor from store_credit_lot
            where account_id = g.id and is_open and (expires_at is null or expires_at > n.moment) order by expires_at, number limit 4) f) l
        order by g.id
    loop
      acc := standing.account;
      available := standing.available;
      lots := standing.lots;
      lots_left := standing.lots_left;
      lot := 1;
      lots_used := 0;
      is_changed := false;
      has_new_lot := false;

      foreach place in array standing.places loop
        continue when results[place] is not null;
        m := movements[place];
        key_ := m.idempotency;
        if has_new_lot and m.kind = 'DEBIT' or has_twins and key_.key = any(keys) then
          is_cut := true;
          exit;
        end if;
        refusal := case
          when m."amountMinor" <= 0 then 'NEGATIVE_OR_ZERO_AMOUNT'
          when m."expiresAt" <= standing.moment then 'EXPIRES_AT_IN_PAST'
          when m."amountMinor" > largest then case m.kind when 'CREDIT' then 'CREDIT_LIMIT_EXCEEDED' else 'INSUFFICIENT_FUNDS' end
          when acc.id is null then case when m.kind = 'CREDIT' and m."accountId" is null then 'OWNER_NOT_FOUND' else 'ACCOUNT_NOT_FOUND' end
          when acc.currency <> m.currency then 'MISMATCHING_CURRENCY'
          when m.kind = 'DEBIT' then case when available < m."amountMinor" then 'INSUFFICIENT_FUNDS' end
          when acc.balance_minor + m."amountMinor" > largest then 'CREDIT_LIMIT_EXCEEDED'
          when not standing.has_owner then 'OWNER_NOT_FOUND'
        end;

        if refusal is not null then
          answer := jsonb_build_object('refused', jsonb_build_object('code', refusal));
        else
          if not is_changed then
            is_changed := true;
            acc.previous_number := acc.last_number;
            acc.previous_version := acc.version;
            acc.updated_at := standing.moment;
          end if;
          rest := m."amountMinor";
          change := case m.kind when 'CREDIT' then rest else -rest end;
          available := available + change;
          acc.balance_minor := acc.balance_minor + change;
          acc.version := acc.version + 1;
          acc.last_number := acc.last_number + 1;
          t := row(m.id, acc.id, acc.last_number, acc.version, m.kind, m.event, acc.currency, change, acc.balance_minor, greatest(0, available),
            m."expiresAt", null, m.note, m.actor, acc.updated_at, null, acc.held_minor, null, m."expiresAt", m.reason, m.memo, m.reference,
            m.metadata, m.origin, 2);
          acc.last_hash := sha256(acc.last_hash || convert_to(concat_ws('|', 2,
            t.id, t.account_id, t.number, t.version, t.kind, t.event, t.currency, t.amount_minor, t.balance_after_minor, t.available_after_minor,
            t.held_after_minor, coalesce((extract(epoch from t.expires_at) * 1000)::bigint::text, ''), coalesce(t.related_id::text, ''),
            coalesce(t.hold_id::text, ''), (extract(epoch from t.created_at) * 1000)::bigint, t.actor,
            case when num_nonnulls(t.note, t.reason, t.memo, t.reference, t.metadata, t.origin) = 0 then ''
              else json_build_array(t.note, t.reason, t.memo, t.reference, t.metadata::text, t.origin)::text end), 'UTF8'));
          t.hash := acc.last_hash;
          transactions := transactions || t;
          transaction_owners := transaction_owners || acc.customer_id;

          if m.kind = 'CREDIT' then
            opened := opened || row(m.id, acc.id, acc.last_number, rest, rest, m."expiresAt", acc.last_number, true)::store_credit_lot;
            has_new_lot := true;
          else
            while rest > 0 loop
              if lots_left[lot] is null then
                select lots || array_agg(f.id), lots_left || array_agg(f.remaining_minor) into strict lots, lots_left from (
                  select id, remaining_minor from store_credit_lot
                    where account_id = acc.id and is_open and (expires_at is null or expires_at > standing.moment)
                    order by expires_at, number offset lot - 1 limit greatest(32, lot)) f;
              end if;
              part := least(rest, lots_left[lot]);
              lots_left[lot] := lots_left[lot] - part;
              lots_used := lot;
              spent_by := spent_by || m.id;
              spent_lots := spent_lots || lots[lot];
              spent_amounts := spent_amounts || part;
              rest := rest - part;
              if lots_left[lot] = 0 then
                lot := lot + 1;
              end if;
            end loop;
          end if;
          answer := jsonb_build_object('ok', jsonb_build_object('transactionId', m.id, 'accountId', acc.id, 'customerId', acc.customer_id,
            'version', acc.version::text, 'number', acc.last_number::text, 'balanceMinor', acc.balance_minor::text,
            'availableMinor', t.available_after_minor::text, 'heldMinor', acc.held_minor::text, 'createdAt', t.created_at));
        end if;

        if key_.key is not null then
          answered := answered || row(key_.scope, key_.key, decode(key_.fingerprint, 'hex'), answer, null, at_)::idempotency_key;
          if has_twins then
            keys := keys || key_.key;
          end if;
        end if;
        results[place] := answer;
      end loop;

      if is_changed then
        written := written || acc;
        if lots_used > 0 then
          taken_lots := taken_lots || lots[1:lots_used];
          taken_left := taken_left || lots_left[1:lots_used];
          taken_numbers := taken_numbers || array_fill(acc.last_number, array[lots_used]);
        end if;
      end if;
    end loop;

    perform store_credit_write(written, transactions, opened, taken_lots, taken_left, taken_numbers, spent_by, spent_lots, spent_amounts, answered,
      transaction_owners);
    exit when not is_cut;
  end loop;
  perform set_config('clientele.ledger_door', '', true);
  return to_jsonb(results);
end $$;
