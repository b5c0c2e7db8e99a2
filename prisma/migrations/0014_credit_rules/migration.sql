-- What the shop allows in each currency, kept inside the ledger's door, and credits that wait for a second member of staff.

CREATE TYPE "store_credit_credit_request_state" AS ENUM ('PENDING', 'APPROVED', 'DECLINED');

CREATE TABLE "store_credit_rule" (
    "currency" CHAR(3) NOT NULL,
    "is_enabled" BOOLEAN NOT NULL DEFAULT true,
    "is_refund_method" BOOLEAN NOT NULL DEFAULT true,
    "balance_max_minor" BIGINT,
    "issue_max_minor" BIGINT,
    "redemption_min_minor" BIGINT,
    "order_share_max" INTEGER,
    "expires_after_days" INTEGER,
    "approval_above_minor" BIGINT,
    "updated_by" TEXT NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

CONSTRAINT "store_credit_rule_pkey" PRIMARY KEY ("currency")
);

CREATE TABLE "store_credit_credit_request" (
    "id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "event" "store_credit_system_event" NOT NULL,
    "credit_expires_at" TIMESTAMPTZ(3),
    "has_default_expiry" BOOLEAN NOT NULL,
    "reason" TEXT,
    "memo" TEXT,
    "note" TEXT,
    "reference" TEXT,
    "metadata" JSONB,
    "origin" TEXT,
    "state" "store_credit_credit_request_state" NOT NULL DEFAULT 'PENDING',
    "requested_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "decided_by" TEXT,
    "decided_at" TIMESTAMPTZ(3),
    "decision_note" TEXT,
    "transaction_id" UUID,

CONSTRAINT "store_credit_credit_request_pkey" PRIMARY KEY ("id")
);

CREATE UNIQUE INDEX "store_credit_credit_request_transaction_id_key" ON "store_credit_credit_request"("transaction_id");

CREATE INDEX "store_credit_credit_request_customer_id_id_idx" ON "store_credit_credit_request"("customer_id", "id");

ALTER TABLE "store_credit_credit_request" ADD CONSTRAINT "store_credit_credit_request_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customer"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

ALTER TABLE "store_credit_credit_request" ADD CONSTRAINT "store_credit_credit_request_transaction_id_fkey" FOREIGN KEY ("transaction_id") REFERENCES "store_credit_transaction"("id") ON DELETE RESTRICT ON UPDATE NO ACTION;

alter table store_credit_rule
  add constraint store_credit_rule_amounts check (
    balance_max_minor between 1 and 1000000000000000 and issue_max_minor between 1 and 1000000000000000
    and redemption_min_minor between 1 and 1000000000000000 and approval_above_minor between 0 and 1000000000000000),
  add constraint store_credit_rule_share check (order_share_max between 1 and 10000),
  add constraint store_credit_rule_expiry check (expires_after_days between 1 and 36500);

alter table store_credit_credit_request
  add constraint store_credit_credit_request_amount check (amount_minor between 1 and 1000000000000000),
  add constraint store_credit_credit_request_decided check (
    (state = 'PENDING') = (decided_at is null) and (decided_at is null) = (decided_by is null) and (state = 'APPROVED') = (transaction_id is not null)),
  -- Nobody approves her own.
  add constraint store_credit_credit_request_four_eyes check (state <> 'APPROVED' or decided_by <> requested_by);

create trigger decided before update of currency, amount_minor, state, requested_by, decided_by, decided_at, transaction_id on store_credit_credit_request
  for each row when (old.state <> 'PENDING') execute function store_credit_refuse_change();

create index store_credit_credit_request_pending on store_credit_credit_request (id) where state = 'PENDING';
-- What an order has been paid with is found by its reference.
create index store_credit_hold_reference on store_credit_hold (account_id, reference) where reference is not null;

alter type store_credit_plain_movement add attribute "usesDefaultExpiry" boolean, add attribute "isApproved" boolean,
  add attribute "orderTotalMinor" bigint;
alter type store_credit_movement add attribute "usesDefaultExpiry" boolean, add attribute "isApproved" boolean,
  add attribute "orderTotalMinor" bigint;

/*
 * Why a currency's rules refuse a movement, or null. Credits are held to what may be issued and to the largest balance; holds, and debits that
 * pay an order, to the smallest redemption and to the largest share of the order, of which `used` has been taken. All else is the shop's own
 * bookkeeping, and is free: merges and their undoing, corrections, captures of what was promised, expirations.
 */
create function store_credit_rule_refusal(r store_credit_rule, kind text, event store_credit_system_event, amount bigint, balance bigint, actor text,
  is_approved boolean, order_total bigint, used bigint) returns text language sql immutable as $$
  select case
    when kind = 'CREDIT' and event <> 'MERGE' then case
      when not r.is_enabled then 'UNSUPPORTED_CURRENCY'
      when amount > r.issue_max_minor or balance + amount > r.balance_max_minor then 'CREDIT_LIMIT_EXCEEDED'
      when amount > r.approval_above_minor and actor like 'staff:%' and is_approved is not true then 'APPROVAL_REQUIRED'
    end
    when kind = 'HOLD' or event = 'ORDER_PAYMENT' then case
      when not r.is_enabled then 'UNSUPPORTED_CURRENCY'
      when amount < r.redemption_min_minor then 'AMOUNT_BELOW_MINIMUM'
      when r.order_share_max is not null and order_total is null then 'ORDER_TOTAL_REQUIRED'
      when coalesce(used, 0) + amount > trunc(order_total::numeric * r.order_share_max / 10000) then 'ORDER_SHARE_EXCEEDED'
    end
  end
$$;

-- What an account's credit has paid, or is held to pay, for the order of a reference, less what was given back of it.
create function store_credit_order_share_used(account uuid, order_reference text) returns bigint language sql stable as $$
  select (coalesce((select sum(remaining_minor + captured_minor) from store_credit_hold where account_id = account and reference = order_reference), 0)
    + coalesce((select sum(-amount_minor) from store_credit_transaction
        where account_id = account and reference = order_reference and kind = 'DEBIT' and event = 'ORDER_PAYMENT' and hold_id is null), 0)
    - coalesce((select sum(back.amount_minor) from (
        select id from store_credit_transaction
          where account_id = account and reference = order_reference and kind = 'DEBIT' and event = 'ORDER_PAYMENT' and hold_id is null
        union all
        select t.id from store_credit_hold h join store_credit_transaction t on t.hold_id = h.id
          where h.account_id = account and h.reference = order_reference) paid
        join store_credit_transaction back on back.related_id = paid.id and back.kind = 'DEBIT_REVERT'), 0))::bigint
$$;

-- The door as it was, and the rules. A currency of JSON is compared as the column's type: as text no index answers, and a scan that the settings
-- below forbid is planned at a price at which the server compiles the plan, which takes a quarter of a second each time.
create or replace function store_credit_open(movements store_credit_plain_movement[], accounts uuid[], largest bigint, at_ timestamptz) returns uuid[]
language plpgsql as $$
begin
  insert into store_credit_account (id, customer_id, currency, created_at, updated_at)
    select distinct on (c.id, m.currency) m."newAccountId", c.id, m.currency, at_, at_
    from unnest(movements) with ordinality m join customer c on c.id = m."customerId" and c.deleted_at is null
      left join store_credit_rule r on r.currency = m.currency::bpchar
    where accounts[m.ordinality] is null and m."accountId" is null and m.kind = 'CREDIT' and m."amountMinor" between 1 and largest
      and (m."expiresAt" is null or m."expiresAt" > at_)
      and (r.currency is null
        or store_credit_rule_refusal(r, 'CREDIT', m.event, m."amountMinor", 0, m.actor, m."isApproved", null, null) is null)
      and not exists (select 1 from idempotency_key k where k.scope = (m.idempotency).scope and k.key = (m.idempotency).key)
    order by c.id, m.currency, m.ordinality
    on conflict do nothing;
  return (select array_agg(coalesce(accounts[m.ordinality], case when m."accountId" is null then
      (select id from store_credit_account where customer_id = m."customerId" and currency = m.currency) end) order by m.ordinality)
    from unnest(movements) with ordinality m);
end $$;

create or replace function store_credit_hold(acc store_credit_account, m store_credit_movement) returns jsonb language plpgsql as $$
declare
  w store_credit_work;
  c store_credit_change;
  run_out bigint := store_credit_run_out_at(acc.id, acc.updated_at);
  rule store_credit_rule;
  refusal text;
begin
  select * into rule from store_credit_rule where currency = acc.currency;
  case
    when m."amountMinor" <= 0 then return store_credit_refused('NEGATIVE_OR_ZERO_AMOUNT');
    when m."expiresAt" <= acc.updated_at then return store_credit_refused('EXPIRES_AT_IN_PAST');
    when acc.balance_minor - acc.held_minor - run_out < m."amountMinor" then return store_credit_refused('INSUFFICIENT_FUNDS');
    else null;
  end case;
  if rule.currency is not null then
    refusal := store_credit_rule_refusal(rule, 'HOLD', m.event, m."amountMinor", acc.balance_minor, m.actor, false, m."orderTotalMinor",
      store_credit_order_share_used(acc.id, m.reference));
    if refusal is not null then
      return store_credit_refused(refusal);
    end if;
  end if;
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

create or replace function store_credit_transfer(acc store_credit_account, m store_credit_movement, largest bigint, at_ timestamptz) returns jsonb
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
    when target.balance_minor + amount > largest or m.event <> 'MERGE' and coalesce(target.balance_minor, 0) + amount > (
      select balance_max_minor from store_credit_rule where currency = acc.currency) then return store_credit_refused('CREDIT_LIMIT_EXCEEDED');
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

create or replace function store_credit_post(batch jsonb, moment timestamptz default null) returns jsonb language plpgsql
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
  rule store_credit_rule;
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
          not has_credits or exists (select 1 from customer c where c.id = a.customer_id and c.deleted_at is null) as has_owner,
          r as rule
        from (select id, array_agg(ordinality::int order by ordinality) as places from unnest(accounts) with ordinality o(id) group by id) g
        left join store_credit_account a on a.id = g.id
        left join store_credit_rule r on r.currency = a.currency
        -- Two gateways' clocks may differ; an account's own time never goes back.
        cross join lateral (select greatest(at_, a.updated_at) as moment) n
        cross join lateral (select array_agg(f.id) as lots, array_agg(f.remaining_minor) as lots_left from (
          select id, remaining_minor from store_credit_lot
            where account_id = g.id and is_open and (expires_at is null or expires_at > n.moment) order by expires_at, number limit 4) f) l
        order by g.id
    loop
      acc := standing.account;
      available := standing.available;
      rule := standing.rule;
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
        if has_new_lot and m.kind = 'DEBIT' or has_twins and key_.key = any(keys)
          -- What an order's share was used for before has to be written to be counted.
          or rule.order_share_max is not null and is_changed and m.kind = 'DEBIT' and m.event = 'ORDER_PAYMENT' then
          is_cut := true;
          exit;
        end if;
        if acc.id is null and m.kind = 'CREDIT' and m."accountId" is null then
          select * into rule from store_credit_rule where currency = m.currency::bpchar;
        end if;
        if m."usesDefaultExpiry" and rule.expires_after_days is not null then
          m."expiresAt" := standing.moment + make_interval(days => rule.expires_after_days);
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
        if rule.currency is not null and (refusal is null or refusal = 'OWNER_NOT_FOUND' and acc.id is null) then
          refusal := coalesce(store_credit_rule_refusal(rule, m.kind, m.event, m."amountMinor", coalesce(acc.balance_minor, 0), m.actor, m."isApproved",
            m."orderTotalMinor", case when rule.order_share_max is not null and m.kind = 'DEBIT' and m.event = 'ORDER_PAYMENT'
              then store_credit_order_share_used(acc.id, m.reference) end), refusal);
        end if;

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
