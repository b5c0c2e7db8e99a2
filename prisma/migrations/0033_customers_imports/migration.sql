-- CreateEnum
CREATE TYPE "customers_import_state" AS ENUM ('APPLIED', 'APPLYING', 'CANCELLED', 'PLANNED', 'PLANNING', 'READING', 'UNDOING', 'UNDONE');

-- CreateEnum
CREATE TYPE "customers_import_outcome" AS ENUM ('CREATE', 'REJECTED', 'UNCHANGED', 'UPDATE');

-- CreateEnum
CREATE TYPE "customers_import_undo" AS ENUM ('KEPT', 'PARTLY_RESTORED', 'REMOVED', 'RESTORED');

-- AlterEnum
ALTER TYPE "marketing_consent_source" ADD VALUE 'IMPORT';

-- AlterTable
ALTER TABLE "customer_password" ADD COLUMN     "imported_digest" BYTEA;

-- CreateTable
CREATE TABLE "customers_import" (
    "id" UUID NOT NULL,
    "state" "customers_import_state" NOT NULL,
    "name" TEXT,
    "ignored" TEXT[],
    "gives_credit" BOOLEAN NOT NULL DEFAULT false,
    "rows_count" INTEGER NOT NULL DEFAULT 0,
    "cursor" INTEGER NOT NULL DEFAULT 0,
    "undo_cursor" UUID,
    "plan_created" INTEGER NOT NULL DEFAULT 0,
    "plan_updated" INTEGER NOT NULL DEFAULT 0,
    "plan_unchanged" INTEGER NOT NULL DEFAULT 0,
    "plan_rejected" INTEGER NOT NULL DEFAULT 0,
    "created" INTEGER NOT NULL DEFAULT 0,
    "updated" INTEGER NOT NULL DEFAULT 0,
    "unchanged" INTEGER NOT NULL DEFAULT 0,
    "rejected" INTEGER NOT NULL DEFAULT 0,
    "customers_changed" INTEGER NOT NULL DEFAULT 0,
    "removed" INTEGER NOT NULL DEFAULT 0,
    "restored" INTEGER NOT NULL DEFAULT 0,
    "kept" INTEGER NOT NULL DEFAULT 0,
    "started_by" TEXT NOT NULL,
    "applied_by" TEXT,
    "undone_by" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "planned_at" TIMESTAMPTZ(3),
    "applied_at" TIMESTAMPTZ(3),
    "undone_at" TIMESTAMPTZ(3),
    "clear_at" TIMESTAMPTZ(3),

    CONSTRAINT "customers_import_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "customers_import_row" (
    "run_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "line" INTEGER NOT NULL,
    "content" JSONB,
    "outcome" "customers_import_outcome",
    "planned" "customers_import_outcome",
    "customer_id" UUID,
    "code" TEXT,
    "field" TEXT,
    "params" JSONB,
    "kept_fields" TEXT[],
    "kept_line" INTEGER,

    CONSTRAINT "customers_import_row_pkey" PRIMARY KEY ("run_id","number")
);

-- CreateTable
CREATE TABLE "customers_import_draft" (
    "run_id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "draft" JSONB NOT NULL,

    CONSTRAINT "customers_import_draft_pkey" PRIMARY KEY ("run_id","customer_id")
);

-- CreateTable
CREATE TABLE "customers_import_key" (
    "run_id" UUID NOT NULL,
    "key" TEXT NOT NULL,
    "customer_id" UUID NOT NULL,

    CONSTRAINT "customers_import_key_pkey" PRIMARY KEY ("run_id","key")
);

-- CreateTable
CREATE TABLE "customers_import_change" (
    "run_id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "is_new" BOOLEAN NOT NULL,
    "changes" JSONB,
    "written_at" TIMESTAMPTZ(3) NOT NULL,
    "undo" "customers_import_undo",
    "kept" JSONB,

    CONSTRAINT "customers_import_change_pkey" PRIMARY KEY ("run_id","customer_id")
);

-- CreateIndex
CREATE INDEX "customers_import_state_idx" ON "customers_import"("state");

-- CreateIndex
CREATE INDEX "customers_import_clear_at_idx" ON "customers_import"("clear_at");

-- CreateIndex
CREATE INDEX "customers_import_row_run_id_outcome_number_idx" ON "customers_import_row"("run_id", "outcome", "number");

-- CreateIndex
CREATE INDEX "customers_import_row_customer_id_idx" ON "customers_import_row"("customer_id");

-- CreateIndex
CREATE INDEX "customers_import_draft_customer_id_idx" ON "customers_import_draft"("customer_id");

-- CreateIndex
CREATE INDEX "customers_import_key_run_id_customer_id_idx" ON "customers_import_key"("run_id", "customer_id");

-- CreateIndex
CREATE INDEX "customers_import_key_customer_id_idx" ON "customers_import_key"("customer_id");

-- CreateIndex
CREATE INDEX "customers_import_change_run_id_undo_customer_id_idx" ON "customers_import_change"("run_id", "undo", "customer_id");

-- CreateIndex
CREATE INDEX "customers_import_change_customer_id_idx" ON "customers_import_change"("customer_id");

-- AddForeignKey
ALTER TABLE "customers_import_row" ADD CONSTRAINT "customers_import_row_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "customers_import"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "customers_import_draft" ADD CONSTRAINT "customers_import_draft_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "customers_import"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "customers_import_key" ADD CONSTRAINT "customers_import_key_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "customers_import"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "customers_import_change" ADD CONSTRAINT "customers_import_change_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "customers_import"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- Addresses and numbers of merged profiles are looked up by equality: without these the trigrams of all customers answered, at 400 ms a look.
create index customer_merged_email on customer (email) where merged_into_id is not null;
create index customer_merged_phone on customer (phone) where merged_into_id is not null;

-- What bcrypt hashes cost that are still kept, so that a wrong password takes as long at every address.
create index customer_password_bcrypt on customer_password (substr(hash, 5, 2)) where hash like '$2_$%';
