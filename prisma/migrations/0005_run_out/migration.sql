-- What of an account has run out and is not yet posted as expired, beside the account as a relation, so that one statement reads both. Such
-- lots are few, and the index on open lots finds them: with statement_timestamp(), not clock_timestamp(), which no index can serve.
create view store_credit_run_out as
select account_id, sum(remaining_minor)::bigint as amount_minor
from store_credit_lot
where is_open and expires_at <= statement_timestamp()
group by account_id;
