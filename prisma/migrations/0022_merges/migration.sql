-- CreateEnum
CREATE TYPE "customer_merge_state" AS ENUM ('COMPLETED', 'UNDONE');

-- AlterTable
ALTER TABLE "customer" ADD COLUMN     "merged_into_id" UUID;

-- CreateTable
CREATE TABLE "customer_merge" (
    "id" UUID NOT NULL,
    "kept_id" UUID NOT NULL,
    "closed_id" UUID NOT NULL,
    "state" "customer_merge_state" NOT NULL DEFAULT 'COMPLETED',
    "note" TEXT,
    "journal" JSONB NOT NULL,
    "actor" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "undo_until" TIMESTAMPTZ(3) NOT NULL,
    "undone_at" TIMESTAMPTZ(3),
    "undone_by" TEXT,

    CONSTRAINT "customer_merge_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "customer_merge_kept_id_id_idx" ON "customer_merge"("kept_id", "id");

-- CreateIndex
CREATE INDEX "customer_merge_closed_id_id_idx" ON "customer_merge"("closed_id", "id");

-- AddForeignKey
ALTER TABLE "customer" ADD CONSTRAINT "customer_merged_into_id_fkey" FOREIGN KEY ("merged_into_id") REFERENCES "customer"("id") ON DELETE SET NULL ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "customer_merge" ADD CONSTRAINT "customer_merge_kept_id_fkey" FOREIGN KEY ("kept_id") REFERENCES "customer"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "customer_merge" ADD CONSTRAINT "customer_merge_closed_id_fkey" FOREIGN KEY ("closed_id") REFERENCES "customer"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- Few profiles are ever merged away: the others are not in the index, and writing them does not touch it.
create index customer_merged_into on customer (merged_into_id) where merged_into_id is not null;

alter table customer
  add constraint customer_merged check (merged_into_id is null or deleted_at is not null and merged_into_id <> id);
alter table customer_merge
  add constraint customer_merge_parties check (kept_id <> closed_id),
  add constraint customer_merge_undone check ((state = 'UNDONE') = (undone_at is not null) and (undone_at is null) = (undone_by is null)),
  add constraint customer_merge_note check (length(note) <= 5000);

-- A profile is merged away once at a time.
create unique index customer_merge_live on customer_merge (closed_id) where state = 'COMPLETED';

-- The living customer of an e-mail address: whose it is, or in whom that profile lives on.
create function customer_of_email(address text) returns uuid language sql stable as $$
  select coalesce(merged_into_id, id) from customer where email = address and (deleted_at is null or merged_into_id is not null)
$$;

-- The same of a phone number.
create function customer_of_phone(number text) returns uuid language sql stable as $$
  select coalesce(merged_into_id, id) from customer where phone = number and (deleted_at is null or merged_into_id is not null)
$$;

/*
 * The same of an address that is proven: one of a profile that was merged away leads to the survivor only when both had proven theirs.
 * Null for nobody, and for an address of a merged profile that leads nowhere.
 */
create function customer_signing_in(address text) returns uuid language sql stable as $$
  select case when c.deleted_at is null then c.id when c.email_verified_at is not null and s.email_verified_at is not null then s.id end
  from customer c left join customer s on s.id = c.merged_into_id and s.deleted_at is null where c.email = address
$$;

-- The account of a movement, or its owner, when either belongs to a profile that was merged away: where it lives on. Null otherwise.
create function store_credit_survivor(account uuid, owner uuid, currency_ text, out account_id uuid, out customer_id uuid)
language sql stable as $$
  select t.id, case when t.id is null then c.merged_into_id end
  from (select coalesce((select a.customer_id from store_credit_account a where a.id = account), owner) as id,
      (select a.currency from store_credit_account a where a.id = account) as currency) asked
  join customer c on c.id = asked.id and c.merged_into_id is not null
  left join store_credit_account t on t.customer_id = c.merged_into_id and t.currency = coalesce(asked.currency, currency_)
  where asked.currency is null or asked.currency = currency_
$$;

/*
 * A batch for the ledger, in which profiles that were merged away, and their accounts, are replaced by those that they live on in. What
 * names a hold or a transaction is meant for the account where that is, wherever its owner has gone.
 */
create function store_credit_followed(batch jsonb) returns jsonb language plpgsql stable set enable_seqscan = off as $$
begin
  if not exists (select 1 from customer where merged_into_id is not null) then
    return batch;
  end if;
  -- Most batches are about nobody who was merged: that is found out by keys alone.
  if not exists (
    select 1 from jsonb_array_elements(batch) m
    left join store_credit_account f on f.id = (m.value->>'accountId')::uuid
    left join store_credit_account t on t.id = (m.value->>'toAccountId')::uuid
    where exists (select 1 from customer c where c.merged_into_id is not null
      and c.id = any(array[f.customer_id, t.customer_id, (m.value->>'customerId')::uuid, (m.value->>'toCustomerId')::uuid])))
  then
    return batch;
  end if;
  return (
    select jsonb_agg(
      case when m.value->>'kind' not in ('CREDIT', 'DEBIT', 'HOLD', 'TRANSFER') then m.value else m.value
        || case when m.value ? 'fromClosed' or s.account_id is null and s.customer_id is null then '{}'
          else jsonb_build_object('accountId', s.account_id, 'customerId', s.customer_id) end
        || case when t.account_id is null and t.customer_id is null then '{}'
          else jsonb_build_object('toAccountId', t.account_id, 'toCustomerId', t.customer_id) end
      end order by m.ordinality)
    from jsonb_array_elements(batch) with ordinality m
    left join lateral store_credit_survivor((m.value->>'accountId')::uuid, (m.value->>'customerId')::uuid, m.value->>'currency') s on true
    left join lateral store_credit_survivor((m.value->>'toAccountId')::uuid, (m.value->>'toCustomerId')::uuid, m.value->>'currency') t on true);
end $$;

/*
 * The door for those who may hold old ids. A movement that waited for a merge and was then refused since the account is closed is not
 * answered but run again, from the beginning: the error is one that callers retry, and what it wrote goes with it.
 */
create function store_credit_post_followed(batch jsonb, moment timestamptz default null) returns jsonb language plpgsql as $$
declare
  asked constant jsonb := store_credit_followed(batch);
  answers jsonb;
begin
  answers := store_credit_post(asked, moment);
  if answers @? '$[*].refused' and store_credit_followed(asked) is distinct from asked then
    raise exception 'a profile was merged meanwhile' using errcode = 'serialization_failure';
  end if;
  return answers;
end $$;
