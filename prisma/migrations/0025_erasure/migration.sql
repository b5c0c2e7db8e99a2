alter table customer
  add column erasure_requested_at timestamptz(3),
  add column erasure_due_at timestamptz(3),
  add column erased_at timestamptz(3),
  add constraint customer_erasure check ((erasure_requested_at is null) = (erasure_due_at is null));

-- Who is to be erased next.
create index customer_erasure_due on customer (erasure_due_at) where erasure_due_at is not null and erased_at is null;
