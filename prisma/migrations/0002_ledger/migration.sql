-- The ledger's rules in the database itself, and its one door, store_credit_post(). docs/ledger.md states the invariants.

alter table customer
  add constraint customer_email_canonical check (email = lower(btrim(email)) and email like '%_@_%'),
  add constraint customer_phone_e164 check (phone ~ '^\+[1-9][0-9]{4,14}$'),
  add constraint customer_note_length check (length(note) <= 5000),
  add constraint customer_tags_count check (cardinality(tags) <= 250);

create index customer_live on customer (created_at, id) where deleted_at is null;

-- What waits for delivery; nothing else in the table is looked through.
create index outbox_event_pending on outbox_event (id) where delivered_at is null and failed_at is null;

alter table store_credit_account
  add constraint store_credit_account_currency check (currency ~ '^[A-Z]{3}$'),
  add constraint store_credit_account_no_overdraft check (balance_minor >= 0 and held_minor >= 0 and held_minor <= balance_minor),
  add constraint store_credit_account_counters check (last_number >= 0 and version >= last_number);

alter table store_credit_transaction
  add constraint store_credit_transaction_positive check (number > 0 and version > 0),
  add constraint store_credit_transaction_no_overdraft check (balance_after_minor >= 0 and available_after_minor between 0 and balance_after_minor),
  add constraint store_credit_transaction_sign check (
    case when kind in ('CREDIT', 'DEBIT_REVERT') then amount_minor > 0 else amount_minor < 0 end),
  add constraint store_credit_transaction_expiry check (expires_at is null or kind = 'CREDIT'),
  add constraint store_credit_transaction_related check ((related_id is not null) = (kind in ('DEBIT_REVERT', 'EXPIRATION'))),
  add constraint store_credit_transaction_note_length check (length(note) <= 5000);

alter table store_credit_lot
  add constraint store_credit_lot_remaining check (amount_minor > 0 and remaining_minor between 0 and amount_minor);

alter table store_credit_allocation
  add constraint store_credit_allocation_positive check (amount_minor > 0);

-- The spend order of an account's open lots.
create index store_credit_lot_open on store_credit_lot (account_id, expires_at, number) where remaining_minor > 0;

-- 32 zero bytes open every account's chain.
alter table store_credit_account alter column last_hash set default decode(repeat('00', 32), 'hex');

create function store_credit_hash(previous bytea, t store_credit_transaction) returns bytea
language sql immutable as $$
  select sha256(previous || convert_to(concat_ws('|',
    t.id, t.account_id, t.number, t.version, t.kind, t.event, t.currency, t.amount_minor, t.balance_after_minor, t.available_after_minor,
    coalesce((extract(epoch from t.expires_at) * 1000)::bigint::text, ''), coalesce(t.related_id::text, ''),
    (extract(epoch from t.created_at) * 1000)::bigint, t.actor, coalesce(t.note, '')), 'UTF8'))
$$;

-- Says who may write: only store_credit_post() opens the door, for as long as it runs.
create function store_credit_guard() returns trigger language plpgsql as $$
begin
  if coalesce(current_setting('clientele.ledger_door', true), '') <> 'open' then
    raise exception '% is written by store_credit_post() alone', tg_table_name using errcode = 'restrict_violation';
  end if;
  return null;
end $$;

create function store_credit_refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% keeps its rows for ever: correct with a new transaction', tg_table_name using errcode = 'restrict_violation';
end $$;

create trigger guard before insert or update on store_credit_account for each statement execute function store_credit_guard();
create trigger guard before insert on store_credit_transaction for each statement execute function store_credit_guard();
create trigger guard before insert or update on store_credit_lot for each statement execute function store_credit_guard();
create trigger guard before insert on store_credit_allocation for each statement execute function store_credit_guard();

create trigger immutable before update or delete or truncate on store_credit_transaction for each statement execute function store_credit_refuse_change();
create trigger immutable before update or delete or truncate on store_credit_allocation for each statement execute function store_credit_refuse_change();
create trigger kept before delete or truncate on store_credit_lot for each statement execute function store_credit_refuse_change();
create trigger kept before delete or truncate on store_credit_account for each statement execute function store_credit_refuse_change();

-- A transaction continues its account's chain: the next number, the balance it leads to, the hash over both.
create function store_credit_chain() returns trigger language plpgsql as $$
declare
  previous store_credit_transaction;
begin
  select * into previous from store_credit_transaction where account_id = new.account_id order by number desc limit 1;
  if new.number <> coalesce(previous.number, 0) + 1 then
    raise exception 'transaction % of account % does not follow %', new.number, new.account_id, coalesce(previous.number, 0) using errcode = 'check_violation';
  end if;
  if new.balance_after_minor <> coalesce(previous.balance_after_minor, 0) + new.amount_minor then
    raise exception 'balance after transaction % of account % is not the one before plus the amount', new.number, new.account_id using errcode = 'check_violation';
  end if;
  if new.currency <> coalesce(previous.currency, new.currency) then
    raise exception 'transaction % of account % is in another currency', new.number, new.account_id using errcode = 'check_violation';
  end if;
  if new.version <= coalesce(previous.version, 0) or new.created_at < coalesce(previous.created_at, '-infinity') then
    raise exception 'transaction % of account % goes back in time', new.number, new.account_id using errcode = 'check_violation';
  end if;
  new.hash := store_credit_hash(coalesce(previous.hash, decode(repeat('00', 32), 'hex')), new);
  return new;
end $$;

create trigger chain before insert on store_credit_transaction for each row execute function store_credit_chain();

-- Whoever writes an account last must leave it equal to its newest transaction and to the sum of its lots.
create function store_credit_agree() returns trigger language plpgsql as $$
declare
  newest store_credit_transaction;
  in_lots bigint;
begin
  if new.id <> old.id or new.customer_id <> old.customer_id or new.currency <> old.currency or new.created_at <> old.created_at then
    raise exception 'the owner and the currency of account % are fixed', old.id using errcode = 'restrict_violation';
  end if;
  select * into newest from store_credit_transaction where account_id = new.id order by number desc limit 1;
  select coalesce(sum(remaining_minor), 0) into in_lots from store_credit_lot where account_id = new.id and remaining_minor > 0;
  if new.balance_minor <> coalesce(newest.balance_after_minor, 0) or new.balance_minor <> in_lots
    or new.last_number <> coalesce(newest.number, 0) or new.version < greatest(old.version, coalesce(newest.version, 0))
    or (newest.id is not null and new.last_hash <> newest.hash) then
    raise exception 'account % does not agree with its transactions and lots', new.id using errcode = 'check_violation';
  end if;
  return null;
end $$;

create trigger agree after update on store_credit_account for each row execute function store_credit_agree();

-- The same from the other side, when the statement's transaction commits: no lot and no transaction without its account.
create function store_credit_agree_at_commit() returns trigger language plpgsql as $$
declare
  account store_credit_account;
begin
  select * into account from store_credit_account where id = new.account_id;
  if account.balance_minor <> (select coalesce(sum(remaining_minor), 0) from store_credit_lot where account_id = account.id and remaining_minor > 0)
    or account.last_number <> (select number from store_credit_transaction where account_id = account.id order by number desc limit 1) then
    raise exception 'account % does not agree with its transactions and lots', account.id using errcode = 'check_violation';
  end if;
  return null;
end $$;

create constraint trigger agree after insert or update on store_credit_lot
  deferrable initially deferred for each row execute function store_credit_agree_at_commit();
create constraint trigger agree after insert on store_credit_transaction
  deferrable initially deferred for each row execute function store_credit_agree_at_commit();

create function store_credit_open_empty() returns trigger language plpgsql as $$
begin
  if new.balance_minor <> 0 or new.held_minor <> 0 or new.version <> 0 or new.last_number <> 0 or new.last_hash <> decode(repeat('00', 32), 'hex') then
    raise exception 'an account opens empty' using errcode = 'check_violation';
  end if;
  return new;
end $$;

create trigger open_empty before insert on store_credit_account for each row execute function store_credit_open_empty();

-- What an account can spend at a moment: open lots that have not run out, less holds, never below zero.
create function store_credit_available(account uuid, held_minor bigint, moment timestamptz) returns bigint
language sql stable as $$
  select greatest(0, coalesce(sum(remaining_minor), 0) - held_minor)::bigint
  from store_credit_lot
  where account_id = account and remaining_minor > 0 and (expires_at is null or expires_at > moment)
$$;

/*
 * The ledger's one door: a batch of movements in, one result for each out, in the same order.
 *
 * batch: [{ id, kind: CREDIT | DEBIT, accountId | customerId, newAccountId?, currency, amountMinor, expiresAt?, event, note?, actor,
 *           idempotency?: { scope, key, fingerprint (hex) } }]
 * moment: the ledger's clock; the database's own when null.
 * result: [{ ok: { transactionId, accountId, customerId, version } } | { refused: { code } }], with replayed: true when the key was known.
 *
 * Everything of a movement commits together: idempotency key and answer, lots, allocations, transaction, account, outbox event.
 * Locks are taken owners first, then new accounts, then accounts, each in order, so that two batches never wait for each other in a
 * circle. A refused movement writes nothing but the answer under its key. A key that another account's batch took in the same instant
 * is a unique violation: the statement fails as a whole and is run again.
 *
 * Accounts are looked up one by one and not by a join: a plan that is made once for every batch size must never read a whole table.
 */
create function store_credit_post(batch jsonb, moment timestamptz default null) returns jsonb language plpgsql as $$
declare
  -- Not so much as one minor unit beyond this, in one movement or in a balance (core/money.ts).
  largest constant bigint := 1000000000000000;
  at_ timestamptz := date_trunc('milliseconds', coalesce(moment, clock_timestamp()));
  size constant int := jsonb_array_length(batch);
  results jsonb[] := array_fill(null::jsonb, array[size]);
  accounts uuid[] := array_fill(null::uuid, array[size]);
  owners uuid[] := '{}';
  newcomers jsonb[] := '{}';
  m jsonb;
  place int;
  found_id uuid;
  owner_id uuid;
  acc store_credit_account;
  acc_changed boolean := false;
  kind text;
  amount bigint;
  expires timestamptz;
  refusal text;
  answer jsonb;
  known idempotency_key;
  available bigint;
  change bigint;
  part bigint;
  lot record;
  tx_hash bytea;
  tx_at timestamptz;
begin
  perform set_config('clientele.ledger_door', 'open', true);

  -- Whose accounts are meant. The owner of what is credited must not be deleted meanwhile.
  for place in 1..size loop
    m := batch->(place - 1);
    if m->>'accountId' is not null then
      select id, customer_id into found_id, owner_id from store_credit_account where id = (m->>'accountId')::uuid;
    else
      owner_id := (m->>'customerId')::uuid;
      select id into found_id from store_credit_account where customer_id = owner_id and currency = m->>'currency';
    end if;
    accounts[place] := found_id;
    if m->>'kind' = 'CREDIT' then
      owners := owners || owner_id;
      -- A first credit opens the account; a movement that is refused anyway, or was answered before, opens none.
      if found_id is null and m->>'accountId' is null and (m->>'amountMinor')::bigint between 1 and largest
        and coalesce((m->>'expiresAt')::timestamptz > at_, true)
        and not exists (select 1 from idempotency_key k where k.scope = m#>>'{idempotency,scope}' and k.key = m#>>'{idempotency,key}') then
        newcomers := newcomers || m;
      end if;
    end if;
  end loop;
  if owners <> '{}' then
    perform 1 from customer where id = any(owners) order by id for key share;
  end if;

  if newcomers <> '{}' then
    insert into store_credit_account (id, customer_id, currency, created_at, updated_at)
      select distinct on (c.id, n->>'currency') (n->>'newAccountId')::uuid, c.id, n->>'currency', at_, at_
      from unnest(newcomers) n join customer c on c.id = (n->>'customerId')::uuid and c.deleted_at is null
      order by c.id, n->>'currency'
      on conflict do nothing;
    for place in 1..size loop
      m := batch->(place - 1);
      if accounts[place] is null and m->>'accountId' is null then
        select id into found_id from store_credit_account where customer_id = (m->>'customerId')::uuid and currency = m->>'currency';
        accounts[place] := found_id;
      end if;
    end loop;
  end if;

  perform 1 from store_credit_account where id = any(accounts) order by id for no key update;

  for place in select u.place::int from unnest(accounts) with ordinality u(account, place) order by u.account, u.place loop
    -- An account's row is written once, when the last of its movements is through.
    if acc.id is distinct from accounts[place] then
      if acc_changed then
        update store_credit_account set balance_minor = acc.balance_minor, version = acc.version, last_number = acc.last_number,
          last_hash = acc.last_hash, updated_at = acc.updated_at where id = acc.id;
        acc_changed := false;
      end if;
      select * into acc from store_credit_account where id = accounts[place];
    end if;
    m := batch->(place - 1);

    if jsonb_typeof(m->'idempotency') = 'object' then
      select * into known from idempotency_key where scope = m#>>'{idempotency,scope}' and key = m#>>'{idempotency,key}';
      if found then
        results[place] := case when known.fingerprint = decode(m#>>'{idempotency,fingerprint}', 'hex') and known.result is not null
          then known.result || '{"replayed": true}'
          else '{"refused": {"code": "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"}}' end;
        continue;
      end if;
    end if;

    kind := m->>'kind';
    amount := (m->>'amountMinor')::bigint;
    expires := (m->>'expiresAt')::timestamptz;
    refusal := null;
    if amount <= 0 then
      refusal := 'NEGATIVE_OR_ZERO_AMOUNT';
    elsif expires <= at_ then
      refusal := 'EXPIRES_AT_IN_PAST';
    elsif amount > largest then
      refusal := case kind when 'CREDIT' then 'CREDIT_LIMIT_EXCEEDED' else 'INSUFFICIENT_FUNDS' end;
    elsif acc.id is null then
      refusal := case when kind = 'CREDIT' and m->>'accountId' is null then 'OWNER_NOT_FOUND' else 'ACCOUNT_NOT_FOUND' end;
    elsif acc.currency <> m->>'currency' then
      refusal := 'MISMATCHING_CURRENCY';
    elsif kind = 'CREDIT' and not exists (select 1 from customer where id = acc.customer_id and deleted_at is null) then
      refusal := 'OWNER_NOT_FOUND';
    elsif kind = 'CREDIT' and acc.balance_minor + amount > largest then
      refusal := 'CREDIT_LIMIT_EXCEEDED';
    else
      available := store_credit_available(acc.id, acc.held_minor, at_);
      if kind = 'DEBIT' and available < amount then
        refusal := 'INSUFFICIENT_FUNDS';
      end if;
    end if;

    if refusal is not null then
      answer := jsonb_build_object('refused', jsonb_build_object('code', refusal));
    else
      change := case kind when 'CREDIT' then amount else -amount end;
      acc.balance_minor := acc.balance_minor + change;
      acc.version := acc.version + 1;
      acc.last_number := acc.last_number + 1;
      -- Two gateways' clocks may differ; an account's own time never goes back.
      tx_at := greatest(at_, acc.updated_at);
      insert into store_credit_transaction (id, account_id, number, version, kind, event, currency, amount_minor, balance_after_minor,
          available_after_minor, expires_at, note, actor, created_at, hash)
        values ((m->>'id')::uuid, acc.id, acc.last_number, acc.version, kind::store_credit_transaction_kind,
          (m->>'event')::store_credit_system_event, acc.currency, change, acc.balance_minor, greatest(0, available + change), expires,
          m->>'note', m->>'actor', tx_at, '')
        returning hash into tx_hash;
      acc.last_hash := tx_hash;
      acc.updated_at := tx_at;
      acc_changed := true;

      if kind = 'CREDIT' then
        insert into store_credit_lot (id, account_id, number, amount_minor, remaining_minor, expires_at)
          values ((m->>'id')::uuid, acc.id, acc.last_number, amount, amount, expires);
      else
        for lot in
          select l.id, l.remaining_minor from store_credit_lot l
          where l.account_id = acc.id and l.remaining_minor > 0 and (l.expires_at is null or l.expires_at > at_)
          order by l.expires_at, l.number
        loop
          exit when amount = 0;
          part := least(amount, lot.remaining_minor);
          update store_credit_lot set remaining_minor = remaining_minor - part where id = lot.id;
          insert into store_credit_allocation (transaction_id, lot_id, amount_minor) values ((m->>'id')::uuid, lot.id, part);
          amount := amount - part;
        end loop;
      end if;

      answer := jsonb_build_object('ok', jsonb_build_object('transactionId', m->>'id', 'accountId', acc.id,
        'customerId', acc.customer_id, 'version', acc.version::text));
      insert into outbox_event (type, topic, customer_id, payload, actor, created_at, delivered_at)
        values ('store_credit_transaction.created', 'store_credit_account:' || acc.id, acc.customer_id, answer->'ok', m->>'actor', tx_at, tx_at);
    end if;

    if jsonb_typeof(m->'idempotency') = 'object' then
      insert into idempotency_key (scope, key, fingerprint, result, created_at)
        values (m#>>'{idempotency,scope}', m#>>'{idempotency,key}', decode(m#>>'{idempotency,fingerprint}', 'hex'), answer, at_);
    end if;
    results[place] := answer;
  end loop;

  if acc_changed then
    update store_credit_account set balance_minor = acc.balance_minor, version = acc.version, last_number = acc.last_number,
      last_hash = acc.last_hash, updated_at = acc.updated_at where id = acc.id;
  end if;
  perform set_config('clientele.ledger_door', '', true);
  return to_jsonb(results);
end $$;
