-- CreateEnum
CREATE TYPE "duplicate_merge_run_state" AS ENUM ('CANCELLED', 'DONE', 'MERGING', 'UNDOING', 'UNDONE');

-- CreateEnum
CREATE TYPE "duplicate_merge_step_state" AS ENUM ('CHECKED', 'MERGED', 'PLANNED', 'REFUSED', 'UNDONE', 'UNDO_REFUSED');

-- CreateTable
CREATE TABLE "duplicate_merge_run" (
    "id" UUID NOT NULL,
    "state" "duplicate_merge_run_state" NOT NULL,
    "weight_min" INTEGER NOT NULL,
    "pairs_max" INTEGER NOT NULL,
    "is_dry_run" BOOLEAN NOT NULL,
    "note" TEXT,
    "pairs_count" INTEGER NOT NULL,
    "clusters_count" INTEGER NOT NULL,
    "customers_count" INTEGER NOT NULL,
    "confirmed_count" INTEGER NOT NULL,
    "dismissed_count" INTEGER NOT NULL,
    "started_by" TEXT NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "undone_by" TEXT,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "duplicate_merge_run_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "duplicate_merge_step" (
    "id" UUID NOT NULL,
    "run_id" UUID NOT NULL,
    "state" "duplicate_merge_step_state" NOT NULL,
    "customer_ids" UUID[],
    "pairs_count" INTEGER NOT NULL,
    "resulting_id" UUID,
    "merge_ids" UUID[],
    "refusal" JSONB,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "updated_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "duplicate_merge_step_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE INDEX "duplicate_merge_step_run_id_state_id_idx" ON "duplicate_merge_step"("run_id", "state", "id");

-- CreateIndex
CREATE INDEX "duplicate_merge_step_run_id_id_idx" ON "duplicate_merge_step"("run_id", "id");

-- AddForeignKey
ALTER TABLE "duplicate_merge_step" ADD CONSTRAINT "duplicate_merge_step_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "duplicate_merge_run"("id") ON DELETE CASCADE ON UPDATE NO ACTION;

-- One at a time: two would merge the same customers in turn.
create unique index duplicate_merge_run_live on duplicate_merge_run ((true)) where state in ('MERGING', 'UNDOING');

alter table duplicate_merge_run
  add constraint duplicate_merge_run_note check (length(note) <= 5000),
  add constraint duplicate_merge_run_undone check (state not in ('UNDOING', 'UNDONE') or undone_by is not null and not is_dry_run);
alter table duplicate_merge_step
  add constraint duplicate_merge_step_refused check ((state in ('REFUSED', 'UNDO_REFUSED')) = (refusal is not null)),
  add constraint duplicate_merge_step_merged check (state not in ('MERGED', 'UNDONE', 'UNDO_REFUSED') or resulting_id is not null and cardinality(merge_ids) > 0);
