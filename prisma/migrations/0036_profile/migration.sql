-- CreateEnum
CREATE TYPE "payment_method_kind" AS ENUM ('BANK_ACCOUNT', 'CARD', 'OTHER', 'WALLET');

-- CreateEnum
CREATE TYPE "payment_method_status" AS ENUM ('ACTIVE', 'EXPIRED', 'REVOKED');

-- CreateEnum
CREATE TYPE "subscription_status" AS ENUM ('ACTIVE', 'CANCELLED', 'EXPIRED', 'FAILED', 'PAUSED', 'STALE');

-- CreateEnum
CREATE TYPE "subscription_interval" AS ENUM ('DAY', 'MONTH', 'WEEK', 'YEAR');

-- CreateTable
CREATE TABLE "wishlist" (
    "id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "name_key" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "wishlist_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "wishlist_item" (
    "id" UUID NOT NULL,
    "wishlist_id" UUID NOT NULL,
    "product_id" TEXT NOT NULL,
    "variant_id" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "image_url" TEXT,
    "url" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "wishlist_item_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "viewed_product" (
    "id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "product_id" TEXT NOT NULL,
    "title" TEXT NOT NULL,
    "image_url" TEXT,
    "url" TEXT,
    "viewed_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "viewed_product_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "payment_method" (
    "id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "source" TEXT NOT NULL,
    "external_id" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "kind" "payment_method_kind" NOT NULL,
    "status" "payment_method_status" NOT NULL,
    "label" TEXT,
    "brand" TEXT,
    "last_digits" TEXT,
    "expiry_month" INTEGER,
    "expiry_year" INTEGER,
    "manage_url" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "payment_method_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "subscription_contract" (
    "id" UUID NOT NULL,
    "customer_id" UUID NOT NULL,
    "source" TEXT NOT NULL,
    "external_id" TEXT NOT NULL,
    "status" "subscription_status" NOT NULL,
    "title" TEXT NOT NULL,
    "currency" CHAR(3) NOT NULL,
    "price_minor" BIGINT,
    "interval" "subscription_interval" NOT NULL,
    "interval_count" INTEGER NOT NULL,
    "next_billing_at" TIMESTAMPTZ(3),
    "payment_method_id" UUID,
    "manage_url" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "subscription_contract_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "wishlist_customer_id_id_idx" ON "wishlist"("customer_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "wishlist_customer_id_name_key_key" ON "wishlist"("customer_id", "name_key");

-- CreateIndex
CREATE INDEX "wishlist_item_wishlist_id_id_idx" ON "wishlist_item"("wishlist_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "wishlist_item_wishlist_id_product_id_variant_id_key" ON "wishlist_item"("wishlist_id", "product_id", "variant_id");

-- CreateIndex
CREATE INDEX "viewed_product_customer_id_viewed_at_id_idx" ON "viewed_product"("customer_id", "viewed_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "viewed_product_customer_id_product_id_key" ON "viewed_product"("customer_id", "product_id");

-- CreateIndex
CREATE INDEX "payment_method_customer_id_id_idx" ON "payment_method"("customer_id", "id");

-- CreateIndex
CREATE UNIQUE INDEX "payment_method_source_external_id_key" ON "payment_method"("source", "external_id");

-- CreateIndex
CREATE INDEX "subscription_contract_customer_id_id_idx" ON "subscription_contract"("customer_id", "id");

-- CreateIndex
CREATE INDEX "subscription_contract_payment_method_id_idx" ON "subscription_contract"("payment_method_id");

-- CreateIndex
CREATE UNIQUE INDEX "subscription_contract_source_external_id_key" ON "subscription_contract"("source", "external_id");

-- AddForeignKey
ALTER TABLE "wishlist" ADD CONSTRAINT "wishlist_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customer"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "wishlist_item" ADD CONSTRAINT "wishlist_item_wishlist_id_fkey" FOREIGN KEY ("wishlist_id") REFERENCES "wishlist"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "viewed_product" ADD CONSTRAINT "viewed_product_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customer"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "payment_method" ADD CONSTRAINT "payment_method_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customer"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "subscription_contract" ADD CONSTRAINT "subscription_contract_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customer"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "subscription_contract" ADD CONSTRAINT "subscription_contract_payment_method_id_fkey" FOREIGN KEY ("payment_method_id") REFERENCES "payment_method"("id") ON DELETE SET NULL ON UPDATE NO ACTION;
