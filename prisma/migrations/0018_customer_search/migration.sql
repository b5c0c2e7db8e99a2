-- Part of PostgreSQL's contrib, and trusted: the owner of a database may create it.
create extension if not exists pg_trgm;

-- CreateIndex
CREATE INDEX "customer_words_idx" ON "customer" USING GIN ("first_name" gin_trgm_ops, "last_name" gin_trgm_ops, "email" gin_trgm_ops, "phone" gin_trgm_ops);

-- CreateIndex
CREATE INDEX "customer_tags_idx" ON "customer" USING GIN ("tags");

-- CreateIndex
CREATE INDEX "session_authenticated_at_customer_id_idx" ON "session"("authenticated_at", "customer_id");
