-- CreateEnum
CREATE TYPE "oidc_client_type" AS ENUM ('CONFIDENTIAL', 'PUBLIC');

-- CreateTable
CREATE TABLE "oidc_client" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "type" "oidc_client_type" NOT NULL,
    "secret_hash" BYTEA,
    "secret_hint" TEXT,
    "redirect_uris" TEXT[],
    "post_logout_redirect_uris" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "allowed_origins" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "backchannel_logout_uri" TEXT,
    "development" BOOLEAN NOT NULL DEFAULT false,
    "asks_consent" BOOLEAN NOT NULL DEFAULT false,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "oidc_client_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "oidc_key" (
    "kid" TEXT NOT NULL,
    "sealed" BYTEA NOT NULL,
    "published" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "activated_at" TIMESTAMPTZ(3),
    "retired_at" TIMESTAMPTZ(3),

    CONSTRAINT "oidc_key_pkey" PRIMARY KEY ("kid")
);

-- CreateTable
CREATE TABLE "oidc_entry" (
    "kind" TEXT NOT NULL,
    "hash" BYTEA NOT NULL,
    "sealed" BYTEA NOT NULL,
    "consumed_at" TIMESTAMPTZ(3),
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "oidc_entry_pkey" PRIMARY KEY ("kind","hash")
);

-- CreateTable
CREATE TABLE "oidc_session" (
    "session_id" UUID NOT NULL,
    "browser_session_id" UUID,
    "code_hash" BYTEA NOT NULL,
    "scope" TEXT NOT NULL,

    CONSTRAINT "oidc_session_pkey" PRIMARY KEY ("session_id")
);

-- CreateTable
CREATE TABLE "oidc_consent" (
    "customer_id" UUID NOT NULL,
    "client_id" UUID NOT NULL,
    "scopes" TEXT[],
    "granted_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "oidc_consent_pkey" PRIMARY KEY ("customer_id","client_id")
);

-- CreateIndex
CREATE INDEX "oidc_client_created_at_id_idx" ON "oidc_client"("created_at", "id");

-- CreateIndex
CREATE INDEX "oidc_entry_expires_at_idx" ON "oidc_entry"("expires_at");

-- CreateIndex
CREATE UNIQUE INDEX "oidc_session_code_hash_key" ON "oidc_session"("code_hash");

-- CreateIndex
CREATE INDEX "oidc_session_browser_session_id_idx" ON "oidc_session"("browser_session_id");

-- CreateIndex
CREATE INDEX "oidc_consent_client_id_idx" ON "oidc_consent"("client_id");

-- AddForeignKey
ALTER TABLE "oidc_session" ADD CONSTRAINT "oidc_session_session_id_fkey" FOREIGN KEY ("session_id") REFERENCES "session"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "oidc_consent" ADD CONSTRAINT "oidc_consent_customer_id_fkey" FOREIGN KEY ("customer_id") REFERENCES "customer"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "oidc_consent" ADD CONSTRAINT "oidc_consent_client_id_fkey" FOREIGN KEY ("client_id") REFERENCES "oidc_client"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- Confidential clients have a secret, public ones none; one key signs, one waits.
ALTER TABLE "oidc_client" ADD CONSTRAINT "oidc_client_secret" CHECK (("type" = 'CONFIDENTIAL') = ("secret_hash" IS NOT NULL));
CREATE UNIQUE INDEX "oidc_key_signing" ON "oidc_key" ((true)) WHERE "activated_at" IS NOT NULL AND "retired_at" IS NULL;
CREATE UNIQUE INDEX "oidc_key_waiting" ON "oidc_key" ((true)) WHERE "activated_at" IS NULL;
CREATE INDEX "session_client_id" ON "session"("client_id") WHERE "client_id" IS NOT NULL AND "revoked_at" IS NULL;
