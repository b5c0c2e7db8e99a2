-- The shop's movements by time, and an account's at any moment.

CREATE INDEX "store_credit_transaction_created_at_id_idx" ON "store_credit_transaction"("created_at", "id");

-- The number of an account's latest transaction by a moment, 0 for none. Moments grow with numbers, so that it is found by halving.
create function store_credit_number_at(account uuid, moment timestamptz) returns bigint language plpgsql stable as $$
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
  return low;
end $$;

create or replace function store_credit_balance_at(account uuid, moment timestamptz) returns bigint language plpgsql stable as $$
declare
  -- Once: in a condition it would be halved anew for each row that is looked at.
  latest constant bigint := store_credit_number_at(account, moment);
begin
  return coalesce((select balance_after_minor from store_credit_transaction where account_id = account and number = latest), 0);
end $$;

/*
 * What a movement stands against in the shop's books, credit itself being a liability. What takes a movement back stands against the same as
 * that movement: a reversal as its credit, a revert as its debit.
 */
create function store_credit_contra(kind store_credit_transaction_kind, event store_credit_system_event) returns text language sql immutable as $$
  select case
    when kind = 'EXPIRATION' then 'BREAKAGE_INCOME'
    when event in ('TRANSFER', 'MERGE') then 'TRANSFER_CLEARING'
    when event = 'OPENING_BALANCE' then 'OPENING_BALANCES'
    when kind = 'CREDIT' and event in ('ORDER_REFUND', 'ORDER_CANCELLATION', 'PAYMENT_RETURNED', 'PAYMENT_FAILURE') then 'SALES_RETURNS'
    when event in ('ORDER_PAYMENT', 'ORDER_REFUND', 'ORDER_CANCELLATION', 'PAYMENT_RETURNED', 'PAYMENT_FAILURE', 'TAX_FINALIZATION') then 'SALES_CLEARING'
    when event in ('ISSUE', 'GOODWILL', 'PROMOTION', 'LOYALTY', 'REFERRAL') then 'PROMOTION_EXPENSE'
    else 'ADJUSTMENTS'
  end
$$;
