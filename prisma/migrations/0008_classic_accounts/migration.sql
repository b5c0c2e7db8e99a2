-- Links by which a customer chooses her password, secrets of Multipass and the tokens that were used.
-- CreateEnum
CREATE TYPE "account_token_purpose" AS ENUM ('ACTIVATION', 'RECOVERY', 'REGISTRATION');

-- CreateTable
CREATE TABLE "account_token" (
    "purpose" "account_token_purpose" NOT NULL,
    "email" TEXT NOT NULL,
    "customer_id" UUID,
    "hash" BYTEA NOT NULL,
    "profile" JSONB,
    "is_mailed" BOOLEAN NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "account_token_pkey" PRIMARY KEY ("purpose","email")
);

-- CreateTable
CREATE TABLE "multipass_secret" (
    "id" UUID NOT NULL,
    "sealed" BYTEA NOT NULL,
    "hint" TEXT NOT NULL,
    "created_by" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "multipass_secret_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "multipass_use" (
    "hash" BYTEA NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "multipass_use_pkey" PRIMARY KEY ("hash")
);

-- CreateIndex
CREATE UNIQUE INDEX "account_token_hash_key" ON "account_token"("hash");

-- CreateIndex
CREATE INDEX "account_token_customer_id_idx" ON "account_token"("customer_id");

-- CreateIndex
CREATE INDEX "account_token_expires_at_idx" ON "account_token"("expires_at");

-- CreateIndex
CREATE INDEX "multipass_secret_created_at_id_idx" ON "multipass_secret"("created_at", "id");

-- CreateIndex
CREATE INDEX "multipass_use_expires_at_idx" ON "multipass_use"("expires_at");

-- AddForeignKey
ALTER TABLE "account_token" ADD CONSTRAINT "account_token_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customer"("id") ON DELETE CASCADE ON UPDATE NO ACTION;
