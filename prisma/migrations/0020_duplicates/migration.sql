-- CreateEnum
CREATE TYPE "duplicate_state" AS ENUM ('CONFIRMED', 'DISMISSED', 'OPEN');

-- CreateEnum
CREATE TYPE "duplicate_shared_kind" AS ENUM ('ADDRESS', 'EMAIL', 'PHONE');

-- CreateEnum
CREATE TYPE "duplicate_scan_state" AS ENUM ('CANCELLED', 'COMPARING', 'DONE', 'INDEXING');

-- CreateTable
CREATE TABLE "duplicate_profile" (
    "customer_id" UUID NOT NULL,
    "profile" JSONB NOT NULL,
    "keys" BIGINT[],

    CONSTRAINT "duplicate_profile_pkey" PRIMARY KEY ("customer_id")
);

-- CreateTable
CREATE TABLE "duplicate_key" (
    "key" BIGINT NOT NULL,
    "customer_id" UUID NOT NULL,

    CONSTRAINT "duplicate_key_pkey" PRIMARY KEY ("key","customer_id")
);

-- CreateTable
CREATE TABLE "duplicate_term" (
    "kind" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "customers" INTEGER NOT NULL,

    CONSTRAINT "duplicate_term_pkey" PRIMARY KEY ("kind","value")
);

-- CreateTable
CREATE TABLE "duplicate_change" (
    "id" BIGSERIAL NOT NULL,
    "customer_id" UUID NOT NULL,

    CONSTRAINT "duplicate_change_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "duplicate_candidate" (
    "id" UUID NOT NULL,
    "one_id" UUID NOT NULL,
    "two_id" UUID NOT NULL,
    "weight" INTEGER NOT NULL,
    "evidence" JSONB NOT NULL,
    "state" "duplicate_state" NOT NULL DEFAULT 'OPEN',
    "decided_by" TEXT,
    "decided_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "duplicate_candidate_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "duplicate_decision" (
    "id" UUID NOT NULL,
    "marks" BYTEA[],
    "state" "duplicate_state" NOT NULL,
    "weight" INTEGER NOT NULL,
    "decided_by" TEXT NOT NULL,
    "decided_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "duplicate_decision_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "duplicate_shared_value" (
    "id" UUID NOT NULL,
    "kind" "duplicate_shared_kind" NOT NULL,
    "value" TEXT NOT NULL,
    "label" TEXT NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "duplicate_shared_value_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "duplicate_scan" (
    "id" UUID NOT NULL,
    "state" "duplicate_scan_state" NOT NULL,
    "cursor" UUID,
    "customers_total" INTEGER NOT NULL,
    "indexed_count" INTEGER NOT NULL DEFAULT 0,
    "compared_count" INTEGER NOT NULL DEFAULT 0,
    "started_by" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "duplicate_scan_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "duplicate_candidate_two_id_idx" ON "duplicate_candidate"("two_id");

-- CreateIndex
CREATE INDEX "duplicate_candidate_state_weight_id_idx" ON "duplicate_candidate"("state", "weight", "id");

-- CreateIndex
CREATE UNIQUE INDEX "duplicate_candidate_one_id_two_id_key" ON "duplicate_candidate"("one_id", "two_id");

-- CreateIndex
CREATE INDEX "duplicate_decision_marks_idx" ON "duplicate_decision" USING GIN ("marks");

-- CreateIndex
CREATE UNIQUE INDEX "duplicate_shared_value_kind_value_key" ON "duplicate_shared_value"("kind", "value");

-- CreateIndex
CREATE INDEX "duplicate_scan_state_idx" ON "duplicate_scan"("state");

-- AddForeignKey
ALTER TABLE "duplicate_candidate" ADD CONSTRAINT "duplicate_candidate_one_id_fkey" FOREIGN KEY ("one_id") REFERENCES "customer"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "duplicate_candidate" ADD CONSTRAINT "duplicate_candidate_two_id_fkey" FOREIGN KEY ("two_id") REFERENCES "customer"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- Whatever writes a customer or her address book, the matcher hears of it in the same transaction. Rows are appended, never looked up, so
-- that no writer waits for the matcher.
create function duplicate_customer_changed() returns trigger language plpgsql as $$
begin
  insert into duplicate_change (customer_id) values (coalesce(new.id, old.id));
  return null;
end $$;

create trigger duplicate_customer_written after insert or delete on customer
  for each row execute function duplicate_customer_changed();
create trigger duplicate_customer_updated after update on customer
  for each row when ((old.first_name, old.last_name, old.email, old.phone, old.birth_date, old.default_address_id, old.deleted_at)
    is distinct from (new.first_name, new.last_name, new.email, new.phone, new.birth_date, new.default_address_id, new.deleted_at))
  execute function duplicate_customer_changed();

create function duplicate_address_changed() returns trigger language plpgsql as $$
begin
  insert into duplicate_change (customer_id)
  select distinct owner from (values (old.customer_id), (new.customer_id)) as owners (owner) where owner is not null;
  return null;
end $$;

create trigger duplicate_address_written after insert or delete on address
  for each row execute function duplicate_address_changed();
create trigger duplicate_address_updated after update on address
  for each row when ((old.customer_id, old.first_name, old.last_name, old.address1, old.address2, old.city, old.zip, old.zone_code, old.phone_number)
    is distinct from (new.customer_id, new.first_name, new.last_name, new.address1, new.address2, new.city, new.zip, new.zone_code, new.phone_number))
  execute function duplicate_address_changed();

-- Customers who are there already.
insert into duplicate_change (customer_id) select id from customer where deleted_at is null;
