-- The ledger's door writes a batch as one statement, and the invariants are checked once for each statement. docs/ledger.md states them.

/*
 * One statement writes transactions, lots, allocations and accounts together, so nothing is left for the end of the transaction to compare.
 * An account says which transactions its latest write brought: those after previous_number, up to last_number. A lot says at which number
 * it was written last. What a write took from a lot is then what that write's allocations say, however many lots and transactions there are.
 */
ALTER TABLE "store_credit_account" ADD COLUMN "previous_number" BIGINT NOT NULL DEFAULT 0;
ALTER TABLE "store_credit_lot" SET (fillfactor = 80);
ALTER TABLE "store_credit_account" SET (fillfactor = 80);
-- A column of its own for the index: were remaining_minor in its condition, every debit would write all indexes of the lot anew.
ALTER TABLE "store_credit_lot" ADD COLUMN "last_number" BIGINT NOT NULL DEFAULT 0,
  ADD COLUMN "is_open" BOOLEAN GENERATED ALWAYS AS (remaining_minor > 0) STORED;

drop trigger agree on store_credit_transaction;
drop trigger agree on store_credit_lot;
drop trigger agree on store_credit_account;
drop trigger chain on store_credit_transaction;
drop trigger guard on store_credit_account;
drop trigger guard on store_credit_transaction;
drop trigger guard on store_credit_lot;
drop trigger guard on store_credit_allocation;
drop function store_credit_chain, store_credit_agree, store_credit_lot_agrees, store_credit_transaction_agrees,
  store_credit_write, store_credit_guard;

update store_credit_account set previous_number = last_number;

drop index store_credit_lot_open;
create index store_credit_lot_open on store_credit_lot (account_id, expires_at, number) where is_open;

-- Nothing is looked up by the lot of an allocation, and few transactions have another that they are about.
DROP INDEX "store_credit_allocation_lot_id_idx";
DROP INDEX "store_credit_transaction_related_id_idx";
create index store_credit_transaction_related on store_credit_transaction (related_id) where related_id is not null;

-- Only store_credit_post() opens the door, for as long as it runs.
create function store_credit_refuse_write() returns trigger language plpgsql as $$
begin
  raise exception '% is written by store_credit_post() alone', tg_table_name using errcode = 'restrict_violation';
end $$;

create trigger guard before insert or update on store_credit_account for each statement
  when (coalesce(current_setting('clientele.ledger_door', true), '') <> 'open') execute function store_credit_refuse_write();
create trigger guard before insert on store_credit_transaction for each statement
  when (coalesce(current_setting('clientele.ledger_door', true), '') <> 'open') execute function store_credit_refuse_write();
create trigger guard before insert or update on store_credit_lot for each statement
  when (coalesce(current_setting('clientele.ledger_door', true), '') <> 'open') execute function store_credit_refuse_write();
create trigger guard before insert on store_credit_allocation for each statement
  when (coalesce(current_setting('clientele.ledger_door', true), '') <> 'open') execute function store_credit_refuse_write();

-- What is fixed once written, and what only grows. Conditions are checked without calling the function.
create trigger fixed before update of id, customer_id, currency, created_at on store_credit_account
  for each statement execute function store_credit_refuse_change();
create trigger fixed before update of id, account_id, number, amount_minor, expires_at on store_credit_lot
  for each statement execute function store_credit_refuse_change();

create function store_credit_refuse_account() returns trigger language plpgsql as $$
begin
  raise exception 'account % does not continue from where it was', new.id using errcode = 'check_violation';
end $$;

create trigger continues after update on store_credit_account for each row
  when (new.version < old.version or new.last_number < old.last_number
    or new.previous_number <> case when new.last_number = old.last_number then old.previous_number else old.last_number end)
  execute function store_credit_refuse_account();

-- The fingerprint of a transaction and of all before it. The door spells it out again: a call for each transaction costs more than the hash.
create or replace function store_credit_hash(previous bytea, t store_credit_transaction) returns bytea language plpgsql stable as $$
begin
  return sha256(previous || convert_to(concat_ws('|',
    t.id, t.account_id, t.number, t.version, t.kind, t.event, t.currency, t.amount_minor, t.balance_after_minor, t.available_after_minor,
    coalesce((extract(epoch from t.expires_at) * 1000)::bigint::text, ''), coalesce(t.related_id::text, ''),
    (extract(epoch from t.created_at) * 1000)::bigint, t.actor, coalesce(t.note, '')), 'UTF8'));
end $$;

/*
 * Each new transaction continues its account's chain: the next number, the balance it leads to, the hash over both. Its account has come
 * to its number in the same statement, and its money is in a lot of its own or was taken from lots.
 */
create function store_credit_transactions_follow() returns trigger language plpgsql as $$
declare
  wrong record;
begin
  select t.number, t.account_id, case
      when t.number is distinct from coalesce(p.number, 0) + 1 then 'does not follow the one before'
      when t.balance_after_minor <> coalesce(p.balance_after_minor, 0) + t.amount_minor then 'has a balance that is not the one before plus the amount'
      when t.version <= coalesce(p.version, 0) or t.created_at < coalesce(p.created_at, '-infinity') then 'goes back in time'
      when (t.number between a.previous_number + 1 and a.last_number) is not true then 'stands without its account'
      when t.currency <> a.currency then 'is in another currency'
      when t.amount_minor > 0 and not exists (select 1 from store_credit_lot l where l.id = t.id)
        or t.amount_minor < 0 and not exists (select 1 from store_credit_allocation s where s.transaction_id = t.id) then 'stands without its lots'
      else 'has another hash'
    end as why
    into wrong
    from made t
    left join store_credit_account a on a.id = t.account_id
    left join store_credit_transaction p on p.account_id = t.account_id and p.number = t.number - 1
    where (t.number = coalesce(p.number, 0) + 1
      and t.balance_after_minor = coalesce(p.balance_after_minor, 0) + t.amount_minor
      and t.currency = a.currency
      and t.version > coalesce(p.version, 0) and t.created_at >= coalesce(p.created_at, '-infinity')
      and t.number between a.previous_number + 1 and a.last_number
      and t.hash = sha256(coalesce(p.hash, decode(repeat('00', 32), 'hex')) || convert_to(concat_ws('|',
        t.id, t.account_id, t.number, t.version, t.kind, t.event, t.currency, t.amount_minor, t.balance_after_minor, t.available_after_minor,
        coalesce((extract(epoch from t.expires_at) * 1000)::bigint::text, ''), coalesce(t.related_id::text, ''),
        (extract(epoch from t.created_at) * 1000)::bigint, t.actor, coalesce(t.note, '')), 'UTF8'))
      and case when t.amount_minor > 0 then exists (select 1 from store_credit_lot l where l.id = t.id)
        else exists (select 1 from store_credit_allocation s where s.transaction_id = t.id) end) is not true
    limit 1;
  if found then
    raise exception 'transaction % of account % %', wrong.number, wrong.account_id, wrong.why using errcode = 'check_violation';
  end if;
  return null;
end $$;

create trigger follow after insert on store_credit_transaction referencing new table as made
  for each statement execute function store_credit_transactions_follow();

-- An account is what its newest transaction made it.
create function store_credit_accounts_agree() returns trigger language plpgsql as $$
declare
  wrong uuid;
begin
  select a.id into wrong from written a
    left join store_credit_transaction t on t.account_id = a.id and t.number = a.last_number
    where (case when a.last_number = 0 then a.balance_minor = 0
      else a.balance_minor = t.balance_after_minor and a.last_hash = t.hash and a.version >= t.version end) is not true
    limit 1;
  if found then
    raise exception 'account % does not agree with its transactions', wrong using errcode = 'check_violation';
  end if;
  return null;
end $$;

create trigger agree after update on store_credit_account referencing new table as written
  for each statement execute function store_credit_accounts_agree();

-- A debit's allocations are its amount, and each of them is in the account of the lot that it names, written with it.
create function store_credit_allocations_agree() returns trigger language plpgsql as $$
declare
  wrong uuid;
begin
  select s.transaction_id into wrong
    from (select m.transaction_id, bool_and((l.account_id = t.account_id and l.number < t.number and l.last_number >= t.number) is true) as is_theirs,
          min(t.amount_minor) as amount_minor
        from made m left join store_credit_transaction t on t.id = m.transaction_id left join store_credit_lot l on l.id = m.lot_id
        group by m.transaction_id) s
    where (s.is_theirs and -s.amount_minor = (select sum(amount_minor) from store_credit_allocation where transaction_id = s.transaction_id)) is not true
    limit 1;
  if found then
    raise exception 'the allocations of transaction % are not what its lots lost', wrong using errcode = 'check_violation';
  end if;
  return null;
end $$;

create trigger agree after insert on store_credit_allocation referencing new table as made
  for each statement execute function store_credit_allocations_agree();

-- A lot changes by what its account's latest write took from it, and once in each write.
create function store_credit_lots_agree() returns trigger language plpgsql as $$
declare
  wrong uuid;
begin
  select c.id into wrong from (
      select n.id, n.last_number = a.last_number and o.last_number <= a.previous_number as is_now, o.remaining_minor - n.remaining_minor as taken
        from written n left join was o on o.id = n.id left join store_credit_account a on a.id = n.account_id) c
    left join (
      select s.lot_id, sum(s.amount_minor) as amount_minor
        from (select distinct account_id as id from written) w
        join store_credit_account a on a.id = w.id
        join store_credit_transaction t on t.account_id = a.id and t.number > a.previous_number and t.number <= a.last_number
        join store_credit_allocation s on s.transaction_id = t.id
        group by s.lot_id) s on s.lot_id = c.id
    where (c.is_now and c.taken = coalesce(s.amount_minor, 0)) is not true
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
    where (t.account_id = n.account_id and t.number = n.number and t.amount_minor = n.amount_minor
      and t.expires_at is not distinct from n.expires_at and n.number > a.previous_number
      and n.last_number = n.number and n.remaining_minor = n.amount_minor) is not true
    limit 1;
  if found then
    raise exception 'lot % is not its credit', wrong using errcode = 'check_violation';
  end if;
  return null;
end $$;

create trigger open after insert on store_credit_lot referencing new table as made
  for each statement execute function store_credit_lots_open();

create or replace function store_credit_open_empty() returns trigger language plpgsql as $$
begin
  raise exception 'an account opens empty' using errcode = 'check_violation';
end $$;

drop trigger open_empty on store_credit_account;
create trigger open_empty before insert on store_credit_account for each row
  when (new.balance_minor <> 0 or new.held_minor <> 0 or new.version <> 0 or new.last_number <> 0 or new.previous_number <> 0
    or new.last_hash <> decode(repeat('00', 32), 'hex'))
  execute function store_credit_open_empty();

-- What an account can spend at a moment: open lots that have not run out, less holds, never below zero.
create or replace function store_credit_available(account uuid, held_minor bigint, moment timestamptz) returns bigint
language sql stable as $$
  select greatest(0, balance_minor - $2 - coalesce((
    select sum(remaining_minor) from store_credit_lot where account_id = a.id and is_open and expires_at <= moment), 0))::bigint
  from store_credit_account a where id = account
$$;

-- A movement as it comes in the batch's JSON.
create type store_credit_key as (scope text, key text, fingerprint text);
create type store_credit_movement as (
  id uuid, kind store_credit_transaction_kind, "accountId" uuid, "customerId" uuid, "newAccountId" uuid, currency text, "amountMinor" bigint,
  "expiresAt" timestamptz(3), event store_credit_system_event, note text, actor text, idempotency store_credit_key);

-- Opens accounts for first credits; a movement that is refused anyway, or was answered before, opens none.
create function store_credit_open(movements store_credit_movement[], accounts uuid[], largest bigint, at_ timestamptz) returns uuid[]
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
  update store_credit_account a set balance_minor = n.balance_minor, version = n.version, previous_number = n.previous_number,
      last_number = n.last_number, last_hash = n.last_hash, updated_at = n.updated_at
    from unnest(accounts) n where a.id = n.id;
end $$;

/*
 * The ledger's one door: a batch of movements in, one result for each out, in the same order.
 *
 * batch: [{ id, kind: CREDIT | DEBIT, accountId | customerId, newAccountId?, currency, amountMinor, expiresAt?, event, note?, actor,
 *           idempotency?: { scope, key, fingerprint (hex) } }]
 * moment: the ledger's clock; the database's own when null.
 * result: [{ ok: { transactionId, accountId, customerId, version, number, balanceMinor, availableMinor, createdAt } } |
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
 * A plan that is made once for every batch size must never read a whole table: hence the settings.
 */
create or replace function store_credit_post(batch jsonb, moment timestamptz default null) returns jsonb language plpgsql
set plan_cache_mode = 'force_generic_plan' set enable_seqscan = off set enable_bitmapscan = off set enable_mergejoin = off as $$
declare
  -- Not so much as one minor unit beyond this, in one movement or in a balance (core/money.ts).
  largest constant bigint := 1000000000000000;
  at_ constant timestamptz := date_trunc('milliseconds', coalesce(moment, clock_timestamp()));
  results jsonb[] := array_fill(null::jsonb, array[jsonb_array_length(batch)]);
  movements store_credit_movement[];
  accounts uuid[];
  owners uuid[];
  has_credits boolean;
  keys_count int;
  has_twins boolean;
  is_cut boolean;
  m store_credit_movement;
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
      count((r.idempotency).key)
    into movements, accounts, owners, keys_count
    from jsonb_populate_recordset(null::store_credit_movement, batch) r
    left join lateral (
      select id, customer_id from store_credit_account where id = r."accountId"
      union all
      select id, customer_id from store_credit_account where r."accountId" is null and customer_id = r."customerId" and currency = r.currency) a on true;
  has_credits := owners is not null;
  has_twins := keys_count > 1 and keys_count > (select count(distinct (r.idempotency).key) from unnest(movements) r);
  if has_credits then
    -- The owner of what is credited must not be deleted meanwhile.
    perform 1 from customer where id = any(owners) order by id for key share;
    if array_position(accounts, null) is not null then
      accounts := store_credit_open(movements, accounts, largest, at_);
    end if;
  end if;
  perform 1 from store_credit_account where id = any(accounts) order by id for no key update;

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
      select a as account, g.places, l.lots, l.lots_left,
          a.balance_minor - a.held_minor - (select coalesce(sum(remaining_minor), 0)::bigint
            from store_credit_lot where account_id = a.id and is_open and expires_at <= at_) as available,
          not has_credits or exists (select 1 from customer c where c.id = a.customer_id and c.deleted_at is null) as has_owner
        from (select id, array_agg(ordinality::int order by ordinality) as places from unnest(accounts) with ordinality o(id) group by id) g
        left join store_credit_account a on a.id = g.id
        cross join lateral (select array_agg(f.id) as lots, array_agg(f.remaining_minor) as lots_left from (
          select id, remaining_minor from store_credit_lot
            where account_id = g.id and is_open and (expires_at is null or expires_at > at_) order by expires_at, number limit 4) f) l
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
          when m."expiresAt" <= at_ then 'EXPIRES_AT_IN_PAST'
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
            -- Two gateways' clocks may differ; an account's own time never goes back.
            acc.updated_at := greatest(at_, acc.updated_at);
          end if;
          rest := m."amountMinor";
          change := case m.kind when 'CREDIT' then rest else -rest end;
          available := available + change;
          acc.balance_minor := acc.balance_minor + change;
          acc.version := acc.version + 1;
          acc.last_number := acc.last_number + 1;
          t := row(m.id, acc.id, acc.last_number, acc.version, m.kind, m.event, acc.currency, change, acc.balance_minor, greatest(0, available),
            m."expiresAt", null, m.note, m.actor, acc.updated_at, null);
          acc.last_hash := sha256(acc.last_hash || convert_to(concat_ws('|',
            t.id, t.account_id, t.number, t.version, t.kind, t.event, t.currency, t.amount_minor, t.balance_after_minor, t.available_after_minor,
            coalesce((extract(epoch from t.expires_at) * 1000)::bigint::text, ''), coalesce(t.related_id::text, ''),
            (extract(epoch from t.created_at) * 1000)::bigint, t.actor, coalesce(t.note, '')), 'UTF8'));
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
                    where account_id = acc.id and is_open and (expires_at is null or expires_at > at_)
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
            'availableMinor', t.available_after_minor::text, 'createdAt', t.created_at));
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
