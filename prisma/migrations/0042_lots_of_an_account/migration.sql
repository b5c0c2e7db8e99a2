-- Checking an account, and what could be spent of it in the past, read closed lots too.
CREATE INDEX "store_credit_lot_account_id_number_idx" ON "store_credit_lot"("account_id", "number");
