-- The order of `transactions(sortKey: EXPIRES_AT)`: without it every page sorts all of an account's movements.
CREATE INDEX "store_credit_transaction_account_id_expires_at_number_idx" ON "store_credit_transaction"("account_id", "expires_at", "number");
