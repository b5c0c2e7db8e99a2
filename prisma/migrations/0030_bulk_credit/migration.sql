-- Credit for many customers at once, in the background.

CREATE TYPE "store_credit_bulk_issue_state" AS ENUM ('CHECKING', 'CHECKED', 'AWAITING_APPROVAL', 'ISSUING', 'ISSUED', 'CANCELLED', 'UNDOING', 'UNDONE');
CREATE TYPE "store_credit_bulk_issue_row_state" AS ENUM ('PENDING', 'READY', 'REFUSED', 'ISSUED');

CREATE TABLE "store_credit_bulk_issue" (
    "id" UUID NOT NULL,
    "state" "store_credit_bulk_issue_state" NOT NULL DEFAULT 'CHECKING',
    "cursor" BIGINT NOT NULL DEFAULT 0,
    "last_place" BIGINT NOT NULL DEFAULT 0,
    "undo_round" INTEGER NOT NULL DEFAULT 0,
    "version" BIGINT NOT NULL DEFAULT 0,
    "name" TEXT,
    "query" TEXT,
    "event" "store_credit_system_event" NOT NULL,
    "credit_expires_at" TIMESTAMPTZ(3),
    "has_default_expiry" BOOLEAN NOT NULL,
    "notify" BOOLEAN,
    "reason" TEXT,
    "memo" TEXT,
    "note" TEXT,
    "reference" TEXT,
    "metadata" JSONB,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "started_by" TEXT,
    "started_at" TIMESTAMPTZ(3),
    "approved_by" TEXT,
    "approved_at" TIMESTAMPTZ(3),
    "cancelled_by" TEXT,
    "undone_by" TEXT,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "store_credit_bulk_issue_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "store_credit_bulk_issue_row" (
    "issue_id" UUID NOT NULL,
    "place" BIGINT NOT NULL,
    "customer_id" UUID,
    "currency" CHAR(3) NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "state" "store_credit_bulk_issue_row_state" NOT NULL DEFAULT 'PENDING',
    "code" TEXT,
    "transaction_id" UUID,
    "reversed_minor" BIGINT NOT NULL DEFAULT 0,
    "spent_minor" BIGINT NOT NULL DEFAULT 0,
    "moved_minor" BIGINT NOT NULL DEFAULT 0,
    "expired_minor" BIGINT NOT NULL DEFAULT 0,
    "held_minor" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "store_credit_bulk_issue_row_pkey" PRIMARY KEY ("issue_id","place")
);

CREATE TABLE "store_credit_bulk_issue_total" (
    "issue_id" UUID NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "rows_count" INTEGER NOT NULL DEFAULT 0,
    "rows_minor" NUMERIC(30,0) NOT NULL DEFAULT 0,
    "ready_count" INTEGER NOT NULL DEFAULT 0,
    "ready_minor" NUMERIC(30,0) NOT NULL DEFAULT 0,
    "refused_count" INTEGER NOT NULL DEFAULT 0,
    "refused_minor" NUMERIC(30,0) NOT NULL DEFAULT 0,
    "issued_count" INTEGER NOT NULL DEFAULT 0,
    "issued_minor" NUMERIC(30,0) NOT NULL DEFAULT 0,
    "reversed_minor" NUMERIC(30,0) NOT NULL DEFAULT 0,
    "spent_minor" NUMERIC(30,0) NOT NULL DEFAULT 0,
    "moved_minor" NUMERIC(30,0) NOT NULL DEFAULT 0,
    "expired_minor" NUMERIC(30,0) NOT NULL DEFAULT 0,
    "held_minor" NUMERIC(30,0) NOT NULL DEFAULT 0,

    CONSTRAINT "store_credit_bulk_issue_total_pkey" PRIMARY KEY ("issue_id","currency")
);

CREATE INDEX "store_credit_bulk_issue_row_customer_id_idx" ON "store_credit_bulk_issue_row"("customer_id");
CREATE UNIQUE INDEX "store_credit_bulk_issue_row_transaction_id_key" ON "store_credit_bulk_issue_row"("transaction_id");

ALTER TABLE "store_credit_bulk_issue_row" ADD CONSTRAINT "store_credit_bulk_issue_row_issue_id_fkey" FOREIGN KEY ("issue_id") REFERENCES "store_credit_bulk_issue"("id") ON DELETE RESTRICT ON UPDATE NO ACTION;
ALTER TABLE "store_credit_bulk_issue_row" ADD CONSTRAINT "store_credit_bulk_issue_row_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customer"("id") ON DELETE SET NULL ON UPDATE NO ACTION;
ALTER TABLE "store_credit_bulk_issue_row" ADD CONSTRAINT "store_credit_bulk_issue_row_transaction_id_fkey" FOREIGN KEY ("transaction_id") REFERENCES "store_credit_transaction"("id") ON DELETE RESTRICT ON UPDATE NO ACTION;
ALTER TABLE "store_credit_bulk_issue_total" ADD CONSTRAINT "store_credit_bulk_issue_total_issue_id_fkey" FOREIGN KEY ("issue_id") REFERENCES "store_credit_bulk_issue"("id") ON DELETE RESTRICT ON UPDATE NO ACTION;

-- Nobody is given the same currency twice; what was refused for that stays to be seen.
create unique index store_credit_bulk_issue_row_once on store_credit_bulk_issue_row (issue_id, customer_id, currency) where state <> 'REFUSED';
-- What a round looks for.
create index store_credit_bulk_issue_under_way on store_credit_bulk_issue (updated_at) where state in ('CHECKING', 'ISSUING', 'UNDOING');

alter table store_credit_bulk_issue
  add constraint store_credit_bulk_issue_two_people check (approved_by <> started_by),
  add constraint store_credit_bulk_issue_about check (
    length(name) <= 100 and length(reason) <= 64 and length(memo) <= 500 and length(note) <= 5000 and length(reference) <= 255
    and (metadata is null or jsonb_typeof(metadata) = 'object' and length(metadata::text) <= 8192));

alter table store_credit_bulk_issue_row
  add constraint store_credit_bulk_issue_row_amount check (amount_minor between 1 and 1000000000000000),
  add constraint store_credit_bulk_issue_row_outcome check (
    (state = 'ISSUED') = (transaction_id is not null) and (state = 'REFUSED') = (code is not null)),
  add constraint store_credit_bulk_issue_row_undone check (
    reversed_minor >= 0 and spent_minor >= 0 and moved_minor >= 0 and expired_minor >= 0 and held_minor >= 0
    and reversed_minor + spent_minor + moved_minor + expired_minor + held_minor in (0, amount_minor));

-- What was given, and what it was given by, stays so.
create trigger given before update of issue_id, place, currency, amount_minor, state, code, transaction_id on store_credit_bulk_issue_row
  for each row when (old.state in ('ISSUED', 'REFUSED')) execute function store_credit_refuse_change();
create trigger kept before delete on store_credit_bulk_issue_row for each row when (old.state = 'ISSUED') execute function store_credit_refuse_change();
