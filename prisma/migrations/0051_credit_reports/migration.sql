-- What became of credit is told from what was given, what is left, and the few movements that took it away without a payment.
create index store_credit_transaction_given on store_credit_transaction (created_at, id) where kind = 'CREDIT' and related_id is null;
create index store_credit_transaction_unpaid on store_credit_transaction (created_at, id)
  where kind <> 'CREDIT' and (kind = 'EXPIRATION' or event in ('TRANSFER', 'MERGE') or related_id is not null);

-- It reads nothing, so several processes of PostgreSQL may add up at once what it is asked of.
alter function store_credit_contra parallel safe;
