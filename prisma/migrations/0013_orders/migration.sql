-- CreateEnum
CREATE TYPE "order_financial_status" AS ENUM ('AUTHORIZED', 'EXPIRED', 'PAID', 'PARTIALLY_PAID', 'PARTIALLY_REFUNDED', 'PENDING', 'REFUNDED', 'VOIDED');

-- CreateEnum
CREATE TYPE "order_fulfillment_status" AS ENUM ('FULFILLED', 'IN_PROGRESS', 'ON_HOLD', 'OPEN', 'PARTIALLY_FULFILLED', 'PENDING_FULFILLMENT', 'READY_FOR_DELIVERY', 'READY_FOR_PICKUP', 'RESTOCKED', 'SCHEDULED', 'UNFULFILLED');

-- CreateEnum
CREATE TYPE "order_cancel_reason" AS ENUM ('CUSTOMER', 'DECLINED', 'FRAUD', 'INVENTORY', 'OTHER', 'STAFF');

-- AlterTable
ALTER TABLE "address" ADD COLUMN     "order_owner_id" UUID,
ALTER COLUMN "customer_id" DROP NOT NULL;

-- CreateTable
CREATE TABLE "order" (
    "id" UUID NOT NULL,
    "source" TEXT NOT NULL,
    "external_id" TEXT NOT NULL,
    "customer_id" UUID,
    "name" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "confirmation_number" TEXT,
    "email" TEXT,
    "phone" TEXT,
    "currency" CHAR(3) NOT NULL,
    "subtotal_minor" BIGINT,
    "total_minor" BIGINT NOT NULL,
    "tax_minor" BIGINT,
    "shipping_minor" BIGINT NOT NULL DEFAULT 0,
    "refunded_minor" BIGINT NOT NULL DEFAULT 0,
    "tip_minor" BIGINT,
    "duties_minor" BIGINT,
    "financial_status" "order_financial_status",
    "fulfillment_status" "order_fulfillment_status" NOT NULL,
    "cancel_reason" "order_cancel_reason",
    "note" TEXT,
    "po_number" TEXT,
    "customer_locale" TEXT,
    "location_name" TEXT,
    "status_page_url" TEXT,
    "is_edited" BOOLEAN NOT NULL DEFAULT false,
    "line_items" JSONB NOT NULL,
    "discounts" JSONB NOT NULL,
    "fulfillments" JSONB NOT NULL,
    "refunds" JSONB NOT NULL,
    "shipping_line" JSONB,
    "attributes" JSONB NOT NULL,
    "shipping_address_id" UUID,
    "billing_address_id" UUID,
    "processed_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "cancelled_at" TIMESTAMPTZ(3),

    CONSTRAINT "order_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "order_shipping_address_id_key" ON "order"("shipping_address_id");

-- CreateIndex
CREATE UNIQUE INDEX "order_billing_address_id_key" ON "order"("billing_address_id");

-- CreateIndex
CREATE INDEX "order_customer_id_processed_at_id_idx" ON "order"("customer_id", "processed_at", "id");

-- CreateIndex
CREATE INDEX "order_customer_id_id_idx" ON "order"("customer_id", "id");

-- CreateIndex
CREATE INDEX "order_processed_at_id_idx" ON "order"("processed_at", "id");

-- CreateIndex
CREATE INDEX "order_updated_at_id_idx" ON "order"("updated_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "order_source_external_id_key" ON "order"("source", "external_id");

-- AddForeignKey
ALTER TABLE "order" ADD CONSTRAINT "order_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customer"("id") ON DELETE RESTRICT ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "order" ADD CONSTRAINT "order_shipping_address_id_fkey" FOREIGN KEY ("shipping_address_id") REFERENCES "address"("id") ON DELETE SET NULL ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "order" ADD CONSTRAINT "order_billing_address_id_fkey" FOREIGN KEY ("billing_address_id") REFERENCES "address"("id") ON DELETE SET NULL ON UPDATE NO ACTION;
