-- Orders refunded to credit, and codes that are worth credit.

CREATE TABLE "store_credit_refund" (
    "id" UUID NOT NULL,
    "order_id" UUID NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "bonus_minor" BIGINT NOT NULL DEFAULT 0,
    "external_id" TEXT,
    "transaction_id" UUID NOT NULL,
    "bonus_transaction_id" UUID,
    "actor" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

CONSTRAINT "store_credit_refund_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "store_credit_code" (
    "id" UUID NOT NULL,
    "digest" BYTEA NOT NULL,
    "hint" TEXT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "customer_id" UUID,
    "batch" TEXT,
    "memo" TEXT,
    "note" TEXT,
    "expires_at" TIMESTAMPTZ(3),
    "credit_expires_after_days" INTEGER,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "regenerated_at" TIMESTAMPTZ(3),
    "disabled_at" TIMESTAMPTZ(3),
    "claimed_at" TIMESTAMPTZ(3),
    "transaction_id" UUID,

CONSTRAINT "store_credit_code_pkey" PRIMARY KEY ("id")
);

CREATE UNIQUE INDEX "store_credit_refund_transaction_id_key" ON "store_credit_refund"("transaction_id");

CREATE UNIQUE INDEX "store_credit_refund_bonus_transaction_id_key" ON "store_credit_refund"("bonus_transaction_id");

CREATE INDEX "store_credit_refund_order_id_id_idx" ON "store_credit_refund"("order_id", "id");

CREATE UNIQUE INDEX "store_credit_refund_order_id_external_id_key" ON "store_credit_refund"("order_id", "external_id");

CREATE UNIQUE INDEX "store_credit_code_digest_key" ON "store_credit_code"("digest");

CREATE UNIQUE INDEX "store_credit_code_transaction_id_key" ON "store_credit_code"("transaction_id");

CREATE INDEX "store_credit_code_customer_id_id_idx" ON "store_credit_code"("customer_id", "id");

CREATE INDEX "store_credit_code_batch_id_idx" ON "store_credit_code"("batch", "id");

ALTER TABLE "store_credit_refund" ADD CONSTRAINT "store_credit_refund_order_id_fkey" FOREIGN KEY ("order_id") REFERENCES "order"("id") ON DELETE RESTRICT ON UPDATE NO ACTION;

ALTER TABLE "store_credit_refund" ADD CONSTRAINT "store_credit_refund_transaction_id_fkey" FOREIGN KEY ("transaction_id") REFERENCES "store_credit_transaction"("id") ON DELETE RESTRICT ON UPDATE NO ACTION;

ALTER TABLE "store_credit_refund" ADD CONSTRAINT "store_credit_refund_bonus_transaction_id_fkey" FOREIGN KEY ("bonus_transaction_id") REFERENCES "store_credit_transaction"("id") ON DELETE RESTRICT ON UPDATE NO ACTION;

ALTER TABLE "store_credit_code" ADD CONSTRAINT "store_credit_code_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customer"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

ALTER TABLE "store_credit_code" ADD CONSTRAINT "store_credit_code_transaction_id_fkey" FOREIGN KEY ("transaction_id") REFERENCES "store_credit_transaction"("id") ON DELETE RESTRICT ON UPDATE NO ACTION;

alter table store_credit_refund
  add constraint store_credit_refund_amounts check (amount_minor > 0 and bonus_minor >= 0 and (bonus_minor > 0) = (bonus_transaction_id is not null));

alter table store_credit_code
  add constraint store_credit_code_amount check (amount_minor between 1 and 1000000000000000),
  add constraint store_credit_code_claimed check ((claimed_at is null) = (transaction_id is null)),
  add constraint store_credit_code_expiry check (credit_expires_after_days between 1 and 36500);

-- What was refunded stays so, and a code that was claimed is claimed.
create trigger immutable before update or delete or truncate on store_credit_refund for each statement execute function store_credit_refuse_change();
create trigger claimed before update of digest, currency, amount_minor, claimed_at, transaction_id on store_credit_code
  for each row when (old.claimed_at is not null) execute function store_credit_refuse_change();
create trigger kept before delete on store_credit_code
  for each row when (old.claimed_at is not null) execute function store_credit_refuse_change();
