-- CreateEnum
CREATE TYPE "customer_state" AS ENUM ('DECLINED', 'DISABLED', 'ENABLED', 'INVITED');

-- CreateEnum
CREATE TYPE "store_credit_transaction_kind" AS ENUM ('CREDIT', 'DEBIT', 'DEBIT_REVERT', 'EXPIRATION');

-- CreateEnum
CREATE TYPE "store_credit_system_event" AS ENUM ('ADJUSTMENT', 'ORDER_CANCELLATION', 'ORDER_PAYMENT', 'ORDER_REFUND', 'PAYMENT_FAILURE', 'PAYMENT_RETURNED', 'TAX_FINALIZATION', 'ISSUE', 'EXPIRATION');

-- CreateTable
CREATE TABLE "customer" (
    "id" UUID NOT NULL,
    "first_name" TEXT,
    "last_name" TEXT,
    "email" TEXT,
    "email_verified_at" TIMESTAMPTZ(3),
    "phone" TEXT,
    "phone_verified_at" TIMESTAMPTZ(3),
    "locale" TEXT,
    "birth_date" DATE,
    "note" TEXT,
    "tags" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "state" "customer_state" NOT NULL DEFAULT 'DISABLED',
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "deleted_at" TIMESTAMPTZ(3),
    "default_address_id" UUID,

    CONSTRAINT "customer_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "customer_external_id" (
    "source" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "customer_id" UUID NOT NULL,

    CONSTRAINT "customer_external_id_pkey" PRIMARY KEY ("source","value")
);

-- CreateTable
CREATE TABLE "customer_password" (
    "customer_id" UUID NOT NULL,
    "hash" TEXT NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "customer_password_pkey" PRIMARY KEY ("customer_id")
);

-- CreateTable
CREATE TABLE "address" (
    "id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "first_name" TEXT,
    "last_name" TEXT,
    "company" TEXT,
    "address1" TEXT,
    "address2" TEXT,
    "city" TEXT,
    "zip" TEXT,
    "zone_code" TEXT,
    "territory_code" CHAR(2),
    "phone_number" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "address_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "session" (
    "id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "access_hash" BYTEA NOT NULL,
    "access_expires_at" TIMESTAMPTZ(3) NOT NULL,
    "refresh_hash" BYTEA NOT NULL,
    "refresh_expires_at" TIMESTAMPTZ(3) NOT NULL,
    "rotation_salt" BYTEA,
    "user_agent" TEXT,
    "network" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "last_used_at" TIMESTAMPTZ(3) NOT NULL,
    "revoked_at" TIMESTAMPTZ(3),
    "revoked_reason" TEXT,

    CONSTRAINT "session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "retired_refresh_token" (
    "hash" BYTEA NOT NULL,
    "session_id" UUID NOT NULL,
    "retired_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "retired_refresh_token_pkey" PRIMARY KEY ("hash")
);

-- CreateTable
CREATE TABLE "staff_token" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "token_hash" BYTEA NOT NULL,
    "hint" TEXT NOT NULL,
    "scopes" TEXT[],
    "bootstrap" BOOLEAN NOT NULL DEFAULT false,
    "created_by" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "staff_token_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "store_credit_account" (
    "id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "balance_minor" BIGINT NOT NULL DEFAULT 0,
    "held_minor" BIGINT NOT NULL DEFAULT 0,
    "version" BIGINT NOT NULL DEFAULT 0,
    "last_number" BIGINT NOT NULL DEFAULT 0,
    "last_hash" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "store_credit_account_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "store_credit_transaction" (
    "id" UUID NOT NULL,
    "account_id" UUID NOT NULL,
    "number" BIGINT NOT NULL,
    "version" BIGINT NOT NULL,
    "kind" "store_credit_transaction_kind" NOT NULL,
    "event" "store_credit_system_event" NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "balance_after_minor" BIGINT NOT NULL,
    "available_after_minor" BIGINT NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "related_id" UUID,
    "note" TEXT,
    "actor" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "hash" BYTEA NOT NULL,

    CONSTRAINT "store_credit_transaction_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "store_credit_lot" (
    "id" UUID NOT NULL,
    "account_id" UUID NOT NULL,
    "number" BIGINT NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "remaining_minor" BIGINT NOT NULL,
    "expires_at" TIMESTAMPTZ(3),

    CONSTRAINT "store_credit_lot_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "store_credit_allocation" (
    "transaction_id" UUID NOT NULL,
    "lot_id" UUID NOT NULL,
    "amount_minor" BIGINT NOT NULL,

    CONSTRAINT "store_credit_allocation_pkey" PRIMARY KEY ("transaction_id","lot_id")
);

-- CreateTable
CREATE TABLE "idempotency_key" (
    "scope" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "fingerprint" BYTEA NOT NULL,
    "result" JSONB,
    "sealed" BYTEA,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "idempotency_key_pkey" PRIMARY KEY ("scope","key")
);

-- CreateTable
CREATE TABLE "outbox_event" (
    "id" BIGSERIAL NOT NULL,
    "type" TEXT NOT NULL,
    "topic" TEXT NOT NULL,
    "customer_id" UUID,
    "payload" JSONB NOT NULL,
    "actor" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "leased_until" TIMESTAMPTZ(3),
    "delivered_at" TIMESTAMPTZ(3),
    "failed_at" TIMESTAMPTZ(3),

    CONSTRAINT "outbox_event_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "development_mail" (
    "id" BIGSERIAL NOT NULL,
    "to" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "html" TEXT NOT NULL,
    "code" TEXT,
    "link" TEXT,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "development_mail_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "imported_customer" (
    "run_id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "line" INTEGER NOT NULL,

    CONSTRAINT "imported_customer_pkey" PRIMARY KEY ("run_id","customer_id")
);

-- CreateTable
CREATE TABLE "setting" (
    "name" TEXT NOT NULL,
    "value" JSONB NOT NULL,

    CONSTRAINT "setting_pkey" PRIMARY KEY ("name")
);

-- CreateIndex
CREATE UNIQUE INDEX "customer_email_key" ON "customer"("email");

-- CreateIndex
CREATE UNIQUE INDEX "customer_phone_key" ON "customer"("phone");

-- CreateIndex
CREATE UNIQUE INDEX "customer_default_address_id_key" ON "customer"("default_address_id");

-- CreateIndex
CREATE INDEX "customer_created_at_id_idx" ON "customer"("created_at", "id");

-- CreateIndex
CREATE INDEX "customer_updated_at_id_idx" ON "customer"("updated_at", "id");

-- CreateIndex
CREATE INDEX "customer_last_name_first_name_id_idx" ON "customer"("last_name", "first_name", "id");

-- CreateIndex
CREATE INDEX "customer_external_id_customer_id_idx" ON "customer_external_id"("customer_id");

-- CreateIndex
CREATE INDEX "address_customer_id_id_idx" ON "address"("customer_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "session_access_hash_key" ON "session"("access_hash");

-- CreateIndex
CREATE UNIQUE INDEX "session_refresh_hash_key" ON "session"("refresh_hash");

-- CreateIndex
CREATE INDEX "session_customer_id_created_at_idx" ON "session"("customer_id", "created_at");

-- CreateIndex
CREATE INDEX "retired_refresh_token_session_id_idx" ON "retired_refresh_token"("session_id");

-- CreateIndex
CREATE UNIQUE INDEX "staff_token_token_hash_key" ON "staff_token"("token_hash");

-- CreateIndex
CREATE INDEX "staff_token_created_at_id_idx" ON "staff_token"("created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "store_credit_account_customer_id_currency_key" ON "store_credit_account"("customer_id", "currency");

-- CreateIndex
CREATE INDEX "store_credit_transaction_related_id_idx" ON "store_credit_transaction"("related_id");

-- CreateIndex
CREATE UNIQUE INDEX "store_credit_transaction_account_id_number_key" ON "store_credit_transaction"("account_id", "number");

-- CreateIndex
CREATE UNIQUE INDEX "store_credit_transaction_account_id_version_key" ON "store_credit_transaction"("account_id", "version");

-- CreateIndex
CREATE INDEX "store_credit_allocation_lot_id_idx" ON "store_credit_allocation"("lot_id");

-- CreateIndex
CREATE INDEX "idempotency_key_created_at_idx" ON "idempotency_key"("created_at");

-- CreateIndex
CREATE INDEX "outbox_event_customer_id_id_idx" ON "outbox_event"("customer_id", "id");

-- AddForeignKey
ALTER TABLE "customer" ADD CONSTRAINT "customer_default_address_id_fkey" FOREIGN KEY ("default_address_id") REFERENCES "address"("id") ON DELETE SET NULL ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "customer_external_id" ADD CONSTRAINT "customer_external_id_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customer"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "customer_password" ADD CONSTRAINT "customer_password_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customer"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "address" ADD CONSTRAINT "address_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customer"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "session" ADD CONSTRAINT "session_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customer"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "retired_refresh_token" ADD CONSTRAINT "retired_refresh_token_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "store_credit_account" ADD CONSTRAINT "store_credit_account_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customer"("id") ON DELETE RESTRICT ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "store_credit_transaction" ADD CONSTRAINT "store_credit_transaction_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "store_credit_account"("id") ON DELETE RESTRICT ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "store_credit_transaction" ADD CONSTRAINT "store_credit_transaction_related_id_fkey" FOREIGN KEY ("related_id") REFERENCES "store_credit_transaction"("id") ON DELETE RESTRICT ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "store_credit_lot" ADD CONSTRAINT "store_credit_lot_id_fkey" FOREIGN KEY ("id") REFERENCES "store_credit_transaction"("id") ON DELETE RESTRICT ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "store_credit_lot" ADD CONSTRAINT "store_credit_lot_account_id_fkey" FOREIGN KEY ("account_id") REFERENCES "store_credit_account"("id") ON DELETE RESTRICT ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "store_credit_allocation" ADD CONSTRAINT "store_credit_allocation_transaction_id_fkey" FOREIGN KEY ("transaction_id") REFERENCES "store_credit_transaction"("id") ON DELETE RESTRICT ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "store_credit_allocation" ADD CONSTRAINT "store_credit_allocation_lot_id_fkey" FOREIGN KEY ("lot_id") REFERENCES "store_credit_lot"("id") ON DELETE RESTRICT ON UPDATE NO ACTION;
