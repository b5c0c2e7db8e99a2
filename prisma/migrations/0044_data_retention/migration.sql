-- CreateEnum
CREATE TYPE "data_retention_kind" AS ENUM ('ACTIVITY_LOG', 'ENDED_SESSIONS', 'EXPIRED_SIGN_INS', 'IDEMPOTENCY_KEYS', 'IMPORT_PLANS', 'IMPORT_UNDO', 'INACTIVE_CUSTOMERS', 'VIEWED_PRODUCTS');

-- CreateTable
CREATE TABLE "data_retention" (
    "kind" "data_retention_kind" NOT NULL,
    "keep_days" INTEGER,
    "due_at" TIMESTAMPTZ(3),
    "cursor" TEXT,
    "running_count" BIGINT NOT NULL DEFAULT 0,
    "last_run_at" TIMESTAMPTZ(3),
    "last_run_count" BIGINT NOT NULL DEFAULT 0,
    "deleted_count" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "data_retention_pkey" PRIMARY KEY ("kind")
);

-- CreateIndex
CREATE INDEX "viewed_product_viewed_at_idx" ON "viewed_product"("viewed_at");

alter table data_retention add constraint data_retention_days check (keep_days > 0);

-- What was done before anybody could say otherwise.
insert into data_retention (kind, keep_days) values
  ('ACTIVITY_LOG', null), ('ENDED_SESSIONS', null), ('EXPIRED_SIGN_INS', 1), ('IDEMPOTENCY_KEYS', null),
  ('IMPORT_PLANS', 7), ('IMPORT_UNDO', 30), ('INACTIVE_CUSTOMERS', null), ('VIEWED_PRODUCTS', null);
