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

-- The same from the other side, when the transaction commits: no lot changes and no movement stands without its account.
create function store_credit_lot_agrees() returns trigger language plpgsql as $$
begin
  if (select balance_minor from store_credit_account where id = new.account_id)
    <> (select coalesce(sum(remaining_minor), 0) from store_credit_lot where account_id = new.account_id and remaining_minor > 0) then
    raise exception 'account % does not agree with its lots', new.account_id using errcode = 'check_violation';
  end if;
  return null;
end $$;

create function store_credit_transaction_agrees() returns trigger language plpgsql as $$
begin
  -- An account that has come to this number was compared with its newest transaction when it did.
  if not exists (select 1 from store_credit_account where id = new.account_id and last_number >= new.number) then
    raise exception 'transaction % of account % stands without its account', new.number, new.account_id using errcode = 'check_violation';
  end if;
  return null;
end $$;

create constraint trigger agree after insert or update on store_credit_lot
  deferrable initially deferred for each row execute function store_credit_lot_agrees();
create constraint trigger agree after insert on store_credit_transaction
  deferrable initially deferred for each row execute function store_credit_transaction_agrees();

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

-- What a run of movements has left an account and its lots at, and which lots each debit spent. Part of store_credit_post().
create function store_credit_write(acc store_credit_account, lots uuid[], lots_left bigint[], spent_by uuid[], spent_lots uuid[], spent_amounts bigint[])
returns void language plpgsql as $$
begin
  if spent_by <> '{}' then
    update store_credit_lot l set remaining_minor = s.remaining
      from unnest(lots, lots_left) s(id, remaining) where l.id = s.id and l.remaining_minor <> s.remaining;
    insert into store_credit_allocation (transaction_id, lot_id, amount_minor) select * from unnest(spent_by, spent_lots, spent_amounts);
  end if;
  update store_credit_account set balance_minor = acc.balance_minor, version = acc.version, last_number = acc.last_number,
    last_hash = acc.last_hash, updated_at = acc.updated_at where id = acc.id;
end $$;

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
  events jsonb[] := '{}';
  m jsonb;
  place int;
  found_id uuid;
  owner_id uuid;
  -- The account in hand and its open lots in the order of spending; written when the next account comes.
  acc store_credit_account;
  is_loaded boolean := false;
  is_changed boolean := false;
  lots uuid[];
  lots_left bigint[];
  lot int;
  unexpired bigint;
  spent_by uuid[];
  spent_lots uuid[];
  spent_amounts bigint[];
  transaction_id uuid;
  kind text;
  amount bigint;
  expires timestamptz;
  scope_ text;
  key_ text;
  print bytea;
  refusal text;
  answer jsonb;
  known idempotency_key;
  change bigint;
  part bigint;
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
    if acc.id is distinct from accounts[place] then
      if is_changed then
        perform store_credit_write(acc, lots, lots_left, spent_by, spent_lots, spent_amounts);
      end if;
      select * into acc from store_credit_account where id = accounts[place];
      is_changed := false;
      is_loaded := false;
    end if;
    m := batch->(place - 1);
    scope_ := m#>>'{idempotency,scope}';
    key_ := m#>>'{idempotency,key}';

    if key_ is not null then
      print := decode(m#>>'{idempotency,fingerprint}', 'hex');
      select * into known from idempotency_key k where k.scope = scope_ and k.key = key_;
      if found then
        results[place] := case when known.fingerprint = print and known.result is not null
          then known.result || '{"replayed": true}'
          else '{"refused": {"code": "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"}}' end;
        continue;
      end if;
    end if;

    if acc.id is not null and not is_loaded then
      select coalesce(array_agg(l.id order by l.expires_at, l.number), '{}'),
          coalesce(array_agg(l.remaining_minor order by l.expires_at, l.number), '{}'), coalesce(sum(l.remaining_minor), 0)
        into lots, lots_left, unexpired
        from store_credit_lot l
        where l.account_id = acc.id and l.remaining_minor > 0 and (l.expires_at is null or l.expires_at > at_);
      lot := 1;
      spent_by := '{}';
      spent_lots := '{}';
      spent_amounts := '{}';
      is_loaded := true;
    end if;

    kind := m->>'kind';
    amount := (m->>'amountMinor')::bigint;
    expires := (m->>'expiresAt')::timestamptz;
    refusal := case
      when amount <= 0 then 'NEGATIVE_OR_ZERO_AMOUNT'
      when expires <= at_ then 'EXPIRES_AT_IN_PAST'
      when amount > largest then case kind when 'CREDIT' then 'CREDIT_LIMIT_EXCEEDED' else 'INSUFFICIENT_FUNDS' end
      when acc.id is null then case when kind = 'CREDIT' and m->>'accountId' is null then 'OWNER_NOT_FOUND' else 'ACCOUNT_NOT_FOUND' end
      when acc.currency <> m->>'currency' then 'MISMATCHING_CURRENCY'
      when kind = 'CREDIT' and acc.balance_minor + amount > largest then 'CREDIT_LIMIT_EXCEEDED'
      when kind = 'DEBIT' and unexpired - acc.held_minor < amount then 'INSUFFICIENT_FUNDS'
    end;
    if refusal is null and kind = 'CREDIT' and not exists (select 1 from customer where id = acc.customer_id and deleted_at is null) then
      refusal := 'OWNER_NOT_FOUND';
    end if;

    if refusal is not null then
      answer := jsonb_build_object('refused', jsonb_build_object('code', refusal));
    else
      transaction_id := (m->>'id')::uuid;
      change := case kind when 'CREDIT' then amount else -amount end;
      unexpired := unexpired + change;
      acc.balance_minor := acc.balance_minor + change;
      acc.version := acc.version + 1;
      acc.last_number := acc.last_number + 1;
      -- Two gateways' clocks may differ; an account's own time never goes back.
      acc.updated_at := greatest(at_, acc.updated_at);
      is_changed := true;
      insert into store_credit_transaction (id, account_id, number, version, kind, event, currency, amount_minor, balance_after_minor,
          available_after_minor, expires_at, note, actor, created_at, hash)
        values (transaction_id, acc.id, acc.last_number, acc.version, kind::store_credit_transaction_kind,
          (m->>'event')::store_credit_system_event, acc.currency, change, acc.balance_minor, greatest(0, unexpired - acc.held_minor), expires,
          m->>'note', m->>'actor', acc.updated_at, '')
        returning hash into acc.last_hash;

      if kind = 'CREDIT' then
        -- The new lot has its place among the others: what was spent is written, and they are read again when they are needed.
        insert into store_credit_lot (id, account_id, number, amount_minor, remaining_minor, expires_at)
          values (transaction_id, acc.id, acc.last_number, amount, amount, expires);
        perform store_credit_write(acc, lots, lots_left, spent_by, spent_lots, spent_amounts);
        is_changed := false;
        is_loaded := false;
      else
        while amount > 0 loop
          part := least(amount, lots_left[lot]);
          lots_left[lot] := lots_left[lot] - part;
          spent_by := spent_by || transaction_id;
          spent_lots := spent_lots || lots[lot];
          spent_amounts := spent_amounts || part;
          amount := amount - part;
          if lots_left[lot] = 0 then
            lot := lot + 1;
          end if;
        end loop;
      end if;

      answer := jsonb_build_object('ok', jsonb_build_object('transactionId', transaction_id, 'accountId', acc.id,
        'customerId', acc.customer_id, 'version', acc.version::text));
      events := events || jsonb_build_object('at', acc.updated_at, 'actor', m->>'actor', 'payload', answer->'ok');
    end if;

    if key_ is not null then
      insert into idempotency_key (scope, key, fingerprint, result, created_at) values (scope_, key_, print, answer, at_);
    end if;
    results[place] := answer;
  end loop;

  if is_changed then
    perform store_credit_write(acc, lots, lots_left, spent_by, spent_lots, spent_amounts);
  end if;
  if events <> '{}' then
    insert into outbox_event (type, topic, customer_id, payload, actor, created_at, delivered_at)
      select 'store_credit_transaction.created', 'store_credit_account:' || (e#>>'{payload,accountId}'), (e#>>'{payload,customerId}')::uuid, e->'payload',
        e->>'actor', (e->>'at')::timestamptz, (e->>'at')::timestamptz
      from unnest(events) e;
  end if;
  perform set_config('clientele.ledger_door', '', true);
  return to_jsonb(results);
end $$;
