-- CreateEnum
CREATE TYPE "customer_merge_job_state" AS ENUM ('COMPLETED', 'FAILED', 'IN_PROGRESS');

-- CreateTable
CREATE TABLE "customer_merge_job" (
    "id" UUID NOT NULL,
    "kept_id" UUID NOT NULL,
    "closed_id" UUID NOT NULL,
    "state" "customer_merge_job_state" NOT NULL DEFAULT 'IN_PROGRESS',
    "request" JSONB NOT NULL,
    "refusal" JSONB,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "actor" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "customer_merge_job_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "customer_merge_job_kept_id_idx" ON "customer_merge_job"("kept_id");

-- CreateIndex
CREATE INDEX "customer_merge_job_closed_id_idx" ON "customer_merge_job"("closed_id");

-- AddForeignKey
ALTER TABLE "customer_merge_job" ADD CONSTRAINT "customer_merge_job_kept_id_fkey" FOREIGN KEY ("kept_id") REFERENCES "customer"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- AddForeignKey
ALTER TABLE "customer_merge_job" ADD CONSTRAINT "customer_merge_job_closed_id_fkey" FOREIGN KEY ("closed_id") REFERENCES "customer"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- Few are under way at a time; they are looked for every second.
create index customer_merge_job_under_way on customer_merge_job (id) where state = 'IN_PROGRESS';

alter table customer_merge_job
  add constraint customer_merge_job_parties check (kept_id <> closed_id),
  add constraint customer_merge_job_finished check ((state = 'IN_PROGRESS') = (finished_at is null)),
  add constraint customer_merge_job_refused check ((state = 'FAILED') = (refusal is not null));
