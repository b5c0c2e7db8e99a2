-- How and when a session's customer last proved who she is, and for which client it was opened; customers that staff have blocked.
ALTER TABLE "session" ADD COLUMN "method" TEXT NOT NULL DEFAULT 'email_code',
ADD COLUMN "authenticated_at" TIMESTAMPTZ(3),
ADD COLUMN "client_id" TEXT;
UPDATE "session" SET "authenticated_at" = "created_at";
ALTER TABLE "session" ALTER COLUMN "authenticated_at" SET NOT NULL, ALTER COLUMN "method" DROP DEFAULT;

ALTER TABLE "customer" ADD COLUMN "blocked_at" TIMESTAMPTZ(3);
